import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../../support/world.ts";

const AGENT = "rcs:acme_agent";
const OUTSIDE = "+13125550100";

/** A pool with an RCS sender, and a phone that RCS reaches. */
function withRcs(senders: readonly string[] = [AGENT, SENDER]) {
  const world = createWorld({ senders });
  world.carrier.handset(PHONE, { rcs: true });
  return world;
}

describe("you can add a Rich Communication Services (RCS) Sender to your Messaging Service Sender Pool", () => {
  it("it goes first where the provider says the recipient is capable", async () => {
    const { service, clock, message, carrier } = withRcs();
    const sent = await service.send({ to: PHONE, body: "x" });
    expect(sent).toMatchObject({ from: AGENT, kind: "RCS", explanation: { rule: "rcs" } });
    await clock.advance(5_000);
    expect((await message(sent.sid)).status).toBe("delivered");
    expect(carrier.messages).toMatchObject([{ from: AGENT, to: `rcs:${PHONE}` }]);
  });

  it("and not where it is not, or nobody can say", async () => {
    const { service } = withRcs();
    const other = await service.send({ to: "+14155550124", body: "x" });
    expect(other).toMatchObject({ from: SENDER, kind: "SMS" });
    const mute = createWorld({
      senders: [AGENT, SENDER],
      wrap: ({ rcsCapable: _, ...provider }) => provider,
    });
    const { from, explanation } = await mute.service.send({ to: PHONE, body: "x" });
    expect(from).toBe(SENDER);
    expect(explanation?.steps).toContainEqual(
      expect.objectContaining({ rule: "rcs", reason: "RCS_UNKNOWN" }),
    );
  });

  it("nor where the provider fails or takes longer than 2 s to say", async () => {
    const down = createWorld({
      senders: [AGENT, SENDER],
      wrap: (provider) => ({ ...provider, rcsCapable: () => Promise.reject(new Error("down")) }),
    });
    expect((await down.service.send({ to: PHONE, body: "x" })).from).toBe(SENDER);
    const slow = createWorld({
      senders: [AGENT, SENDER],
      wrap: (provider) => ({ ...provider, rcsCapable: () => new Promise<boolean>(() => {}) }),
    });
    const sending = slow.service.send({ to: PHONE, body: "x" });
    await slow.clock.advance(2_000);
    expect((await sending).from).toBe(SENDER);
  });

  it("an rcs: recipient is reached by RCS only, without fallback", async () => {
    const { service, carrier, clock, message } = withRcs();
    carrier.outcome({ refuse: 63036 });
    const { sid } = await service.send({ to: `rcs:${PHONE}`, body: "x" });
    await clock.advance(5_000);
    expect(await message(sid)).toMatchObject({ status: "failed", from: AGENT, errorCode: 63036 });
    const without = createWorld({ senders: [SENDER] });
    await expect(without.service.send({ to: `rcs:${PHONE}`, body: "x" })).rejects.toMatchObject({
      code: "NO_SENDER",
    });
  });

  it("explain shows who would take over", async () => {
    const { service } = withRcs();
    expect(await service.explain({ to: PHONE, body: "x" })).toMatchObject({
      decision: { kind: "RCS" },
      fallback: { sender: { id: SENDER }, kind: "SMS" },
    });
  });
});

describe("a message that RCS does not get through is sent as SMS or MMS, as the same message", () => {
  it.each([63035, 63036])("when the provider refuses it with %i", async (code) => {
    const { service, carrier, clock, message } = withRcs();
    carrier.outcome({ match: { from: AGENT }, refuse: code });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(5_000);
    expect(await message(sid)).toMatchObject({
      status: "delivered",
      from: SENDER,
      kind: "SMS",
      encoding: "GSM-7",
      attempts: [
        { from: AGENT, outcome: "refused", errorCode: code },
        { from: SENDER, outcome: "accepted" },
      ],
    });
    expect(carrier.messages).toMatchObject([{ from: SENDER, to: PHONE }]);
    expect(await service.sticky.get(PHONE)).toEqual({ to: PHONE, sender: SENDER });
  });

  it.each([
    ["failed", { fail: 63035 }],
    ["undelivered", { undelivered: 63036 }],
  ] as const)("when a receipt says %s for that reason", async (_, outcome) => {
    const { service, carrier, clock, message, statuses } = withRcs();
    carrier.outcome({ match: { from: AGENT }, ...outcome });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(10_000);
    expect(await message(sid)).toMatchObject({
      status: "delivered",
      from: SENDER,
      kind: "SMS",
      errorCode: null,
    });
    expect(carrier.messages.map(({ from }) => from)).toEqual([AGENT, SENDER]);
    expect(statuses.map(({ status }) => status)).not.toContain("failed");
  });

  it.each([
    ["while the text is handed over", { latencyMs: 8_000 }],
    ["after the text was sent", { latencyMs: 0, deliveryDelayMs: 20_000 }],
    ["while the text waits for another try", { latencyMs: 0, throttle: 10, times: 1 }],
  ])("though its answer comes later than that receipt, %s", async (_, outcome) => {
    const { service, carrier, clock, message, statuses } = withRcs();
    carrier.outcome({
      match: { from: AGENT },
      latencyMs: 5_000,
      path: [{ status: "undelivered", errorCode: 63036 }],
    });
    carrier.outcome({ match: { from: SENDER }, ...outcome });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(40_000);
    const end = await message(sid);
    expect(end).toMatchObject({ status: "delivered", from: SENDER, providerSid: carrier.messages[1]?.sid });
    expect(end.attempts.filter(({ outcome }) => outcome === "accepted")).toHaveLength(2);
    expect(carrier.messages).toHaveLength(2);
    expect(statuses.map(({ status }) => status)).toEqual(["sent", "delivered"]);
  });

  it("but not once its text was taken off the record: the failure stands", async () => {
    const { service, carrier, clock, message } = withRcs();
    carrier.outcome({
      match: { from: AGENT },
      path: [{ status: "sent" }, { status: "undelivered", errorCode: 63036, afterMs: 60_000 }],
    });
    const { sid } = await service.send({ to: PHONE, body: "secret" });
    await clock.advance(10_000);
    await service.redact(sid);
    await clock.advance(120_000);
    expect(await message(sid)).toMatchObject({ status: "undelivered", errorCode: 63036, body: "" });
    expect(carrier.messages).toHaveLength(1);
  });

  it("once, though that receipt comes again and again", async () => {
    const { service, carrier, clock, message } = withRcs();
    carrier.outcome({ match: { from: AGENT }, fail: 63036, duplicateCallbacks: 3 });
    carrier.outcome({ match: { from: SENDER }, latencyMs: 5_000 });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(30_000);
    expect(await message(sid)).toMatchObject({ status: "delivered", from: SENDER });
    expect(carrier.messages).toHaveLength(2);
  });

  it("media as MMS where a sender can", async () => {
    const { service, carrier, clock, message } = withRcs();
    carrier.outcome({ match: { from: AGENT }, refuse: 63036 });
    const { sid } = await service.send({ to: PHONE, body: "x", mediaUrl: "https://example.com/a.png" });
    await clock.advance(5_000);
    expect(await message(sid)).toMatchObject({ from: SENDER, kind: "MMS", status: "delivered" });
  });

  it("not for any other failure", async () => {
    const { service, carrier, clock, message } = withRcs();
    carrier.outcome({ match: { from: AGENT }, undelivered: 30008 });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(10_000);
    expect(await message(sid)).toMatchObject({ status: "undelivered", from: AGENT, errorCode: 30008 });
    expect(carrier.messages).toHaveLength(1);
  });

  it("not where nobody else can send it: RCS's own failure stands", async () => {
    const { service, carrier, clock, message } = withRcs([AGENT]);
    carrier.outcome({ fail: 63036 });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(10_000);
    expect(await message(sid)).toMatchObject({ status: "failed", from: AGENT, errorCode: 63036 });
  });

  it("not to who opted out meanwhile", async () => {
    const { service, carrier, clock, message } = withRcs();
    carrier.outcome({ match: { from: AGENT }, fail: 63036, sentDelayMs: 60_000 });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await service.consent.set(PHONE, { status: "opted-out", source: "operator" });
    await clock.advance(120_000);
    expect((await message(sid)).status).toBe("failed");
    expect(carrier.messages.filter(({ from }) => from === SENDER)).toHaveLength(0);
  });
});

describe("fallbackFrom", () => {
  it.each([
    ["of the pool", SECOND],
    ["of the account, in no pool", OUTSIDE],
  ])("a sender %s takes over", async (_, fallbackFrom) => {
    const { service, carrier, clock, message } = withRcs([AGENT, SENDER, SECOND]);
    carrier.outcome({ match: { from: AGENT }, refuse: 63036 });
    const { sid } = await service.send({ to: PHONE, body: "x", fallbackFrom });
    await clock.advance(5_000);
    expect(await message(sid)).toMatchObject({ status: "delivered", from: fallbackFrom });
  });

  it("also by receipt, and at once where RCS does not reach", async () => {
    const { service, carrier, clock, message } = withRcs();
    carrier.outcome({ match: { from: AGENT }, fail: 63036 });
    const { sid } = await service.send({ to: PHONE, body: "x", fallbackFrom: OUTSIDE });
    await clock.advance(10_000);
    expect(await message(sid)).toMatchObject({ status: "delivered", from: OUTSIDE });
    expect((await service.send({ to: "+14155550124", body: "x", fallbackFrom: OUTSIDE })).from).toBe(OUTSIDE);
  });

  it("outside the pool is kept for nobody", async () => {
    const { service } = withRcs();
    await service.send({ to: "+14155550124", body: "x", fallbackFrom: OUTSIDE });
    expect(await service.sticky.get("+14155550124")).toBeUndefined();
  });

  it.each([
    [{ fallbackFrom: SENDER, from: SENDER }, "FALLBACK_WITH_FROM", 21664],
    [{ fallbackFrom: AGENT }, "INVALID_FALLBACK_FROM", 21665],
    [{ fallbackFrom: "whatsapp:+14155550101" }, "INVALID_FALLBACK_FROM", 21665],
  ] as const)("%j is refused", async (change, code, twilioCode) => {
    const { service } = withRcs();
    await expect(service.send({ to: PHONE, body: "x", ...change })).rejects.toMatchObject({
      code,
      twilioCode,
    });
  });

  it("needs an RCS sender in the pool", async () => {
    const { service } = createWorld({ senders: [SENDER] });
    await expect(service.send({ to: PHONE, body: "x", fallbackFrom: SECOND })).rejects.toMatchObject({
      code: "FALLBACK_WITHOUT_RCS",
      twilioCode: 21667,
    });
  });
});
