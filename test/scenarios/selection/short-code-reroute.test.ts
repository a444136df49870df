import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../../support/world.ts";

const SHORT_CODE = { shortCode: "12345", country: "US" } as const;
const LIMITED = { ...SHORT_CODE, unsupportedCarriers: ["Rural Wireless"] } as const;
/** Everything else takes its time. */
const QUIET = { refreshMs: 3_600_000, heartbeatMs: 600_000 };

describe("when your Sender Pool includes a short code, message delivery using that short code is always prioritized", () => {
  it("before sender IDs, toll-free numbers and long codes", async () => {
    const { service } = createWorld({ senders: [SENDER, "+18005550199", { senderId: "ACME" }, SHORT_CODE] });
    expect(await service.send({ to: PHONE, body: "x" })).toMatchObject({
      from: "12345",
      explanation: { rule: "type" },
    });
  });

  it("in its own country only", async () => {
    const { service } = createWorld({ senders: [SENDER, SHORT_CODE] });
    expect((await service.send({ to: "+14165550123", body: "x" })).from).toBe(SENDER);
  });
});

describe("if a carrier is not supported by the short code, the message is delivered with a long code instead", () => {
  it("where lookupCarrier says so", async () => {
    const { service, carrier } = createWorld({
      senders: [LIMITED, SENDER],
      lookupCarrier: async (to) => (to === PHONE ? "Rural Wireless" : "Metro Mobile"),
    });
    const rerouted = await service.send({ to: PHONE, body: "x" });
    expect(rerouted.from).toBe(SENDER);
    expect(rerouted.explanation?.steps).toContainEqual(
      expect.objectContaining({ rule: "type", reason: "SHORT_CODE_CARRIER", before: 2, after: 1 }),
    );
    expect((await service.send({ to: "+14155550124", body: "x" })).from).toBe("12345");
    expect(carrier.messages.every(({ from }) => from !== null)).toBe(true);
  });

  it("asked once a day for a number, and only where a short code has such limits", async () => {
    const asked: string[] = [];
    const lookupCarrier = async (to: string): Promise<string> => {
      asked.push(to);
      return "Metro Mobile";
    };
    const { service, clock } = createWorld({ ...QUIET, senders: [LIMITED, SENDER], lookupCarrier });
    for (let n = 0; n < 3; n++) await service.send({ to: PHONE, body: "x" });
    await service.explain({ to: PHONE, body: "x" });
    await service.send({ to: "+14165550123", body: "x" });
    expect(asked).toEqual([PHONE]);
    await clock.advance(86_400_001);
    await service.send({ to: PHONE, body: "x" });
    expect(asked).toEqual([PHONE, PHONE]);
    const unlimited = createWorld({ senders: [SHORT_CODE, SENDER], lookupCarrier });
    await unlimited.service.send({ to: PHONE, body: "x" });
    expect(asked).toHaveLength(2);
  });

  it("a look-up that fails or takes longer than 2 s holds nothing up, and is asked again", async () => {
    const answers = [
      () => Promise.reject(new Error("down")),
      () => new Promise<string>(() => {}),
      async () => "Rural Wireless",
    ];
    const { service, clock } = createWorld({
      senders: [LIMITED, SENDER],
      stickySender: false,
      lookupCarrier: () => (answers.shift() ?? (async () => undefined))(),
    });
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe("12345");
    const late = service.send({ to: PHONE, body: "x" });
    await clock.advance(2_000);
    expect((await late).from).toBe("12345");
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SENDER);
  });

  it("where the carrier API refuses it at submission, in the same message", async () => {
    const { service, carrier, clock, message } = createWorld({ senders: [SHORT_CODE, SENDER] });
    carrier.outcome({ match: { from: "12345" }, refuse: 21612 });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(5_000);
    expect(await message(sid)).toMatchObject({
      status: "delivered",
      from: SENDER,
      attempts: [
        { from: "12345", outcome: "refused", errorCode: 21612 },
        { from: SENDER, outcome: "accepted" },
      ],
      explanation: { sender: SENDER },
    });
    expect(carrier.messages).toMatchObject([{ from: SENDER, to: PHONE }]);
  });

  it("and then keeps the long code for this recipient", async () => {
    const { service, carrier, clock } = createWorld({ senders: [SHORT_CODE, SENDER] });
    carrier.outcome({ match: { from: "12345" }, refuse: 21612 });
    await service.send({ to: PHONE, body: "x" });
    await clock.advance(5_000);
    expect(await service.sticky.get(PHONE)).toEqual({ to: PHONE, sender: SENDER });
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SENDER);
    expect((await service.send({ to: "+14155550124", body: "x" })).from).toBe("12345");
  });

  it("through as many senders as it takes, each tried once", async () => {
    const { service, carrier, clock, message } = createWorld({ senders: [SHORT_CODE, SENDER, SECOND] });
    carrier.outcome({ refuse: 21606 });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(5_000);
    const failed = await message(sid);
    expect(failed).toMatchObject({ status: "failed", error: "PROVIDER_REFUSED", errorCode: 21606 });
    expect(failed.attempts.map(({ from }) => from)).toEqual(["12345", SENDER, SECOND]);
    expect(await service.sticky.get(PHONE)).toBeUndefined();
  });

  it("not where `from` asked for the short code", async () => {
    const { service, carrier, clock, message } = createWorld({ senders: [SHORT_CODE, SENDER] });
    carrier.outcome({ match: { from: "12345" }, refuse: 21612 });
    const { sid } = await service.send({ to: PHONE, from: "12345", body: "x" });
    await clock.advance(5_000);
    expect(await message(sid)).toMatchObject({ status: "failed", from: "12345", errorCode: 21612 });
    const known = createWorld({ senders: [LIMITED, SENDER], lookupCarrier: async () => "Rural Wireless" });
    await expect(known.service.send({ to: PHONE, from: "12345", body: "x" })).rejects.toMatchObject({
      code: "SENDER_CANNOT_REACH",
    });
  });
});

describe("does not attempt to redeliver your message over a long code due to a Failed or Undelivered delivery status", () => {
  it.each([
    ["failed", { fail: 21612 }],
    ["undelivered", { undelivered: 30006 }],
  ] as const)("%s is the end of it", async (status, outcome) => {
    const { service, carrier, clock, message } = createWorld({ senders: [SHORT_CODE, SENDER] });
    carrier.outcome({ match: { from: "12345" }, ...outcome });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(60_000);
    expect(await message(sid)).toMatchObject({ status, from: "12345" });
    expect(carrier.messages).toHaveLength(1);
    expect((await service.send({ to: PHONE, body: "y" })).from).toBe("12345");
  });
});
