import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SENDER } from "../../support/world.ts";

const WHATSAPP = "whatsapp:+14155550101";
const PERSON = `whatsapp:${PHONE}`;
const CONTENT = `HX${"a".repeat(32)}`;
const QUIET = { refreshMs: 3_600_000, heartbeatMs: 600_000 };

describe("you can add a WhatsApp-enabled phone number to the other sender-types in your Sender Pool", () => {
  it("it alone texts WhatsApp recipients, and nobody else", async () => {
    const { service } = createWorld({ senders: [SENDER, WHATSAPP] });
    expect(await service.send({ to: PERSON, contentSid: CONTENT })).toMatchObject({
      from: WHATSAPP,
      kind: "WHATSAPP",
      encoding: null,
      numSegments: 1,
    });
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SENDER);
    const alone = createWorld({ senders: [WHATSAPP] });
    await expect(alone.service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "NO_SENDER" });
    const without = createWorld({ senders: [SENDER] });
    await expect(without.service.send({ to: PERSON, contentSid: CONTENT })).rejects.toMatchObject({
      code: "NO_SENDER",
    });
  });

  it("keeps a message four hours at most", async () => {
    const { service } = createWorld({ senders: [WHATSAPP] });
    expect((await service.send({ to: PERSON, contentSid: CONTENT })).validityPeriod).toBe(14_400);
  });
});

describe("a template", () => {
  it("goes with its variables, at any time", async () => {
    const { service, carrier, clock } = createWorld({ senders: [WHATSAPP] });
    await service.send({ to: PERSON, contentSid: CONTENT, contentVariables: { 1: "Ada", 2: "7 pm" } });
    await clock.advance(1_000);
    expect(carrier.messages).toHaveLength(1);
    const parameters = carrier.messages[0]?.parameters;
    expect(parameters).toMatchObject({ ContentSid: CONTENT });
    expect(JSON.parse(parameters?.ContentVariables ?? "")).toEqual({ 1: "Ada", 2: "7 pm" });
  });

  it.each([
    [{ contentVariables: { 1: "Ada" }, body: "x" }, "CONTENT_SID_MISSING", 21654],
    [{ contentSid: "HX1" }, "INVALID_CONTENT_SID", 21655],
    [{ contentSid: CONTENT, contentVariables: "{" }, "INVALID_CONTENT_VARIABLES", 21656],
  ] as const)("%j is refused", async (content, code, twilioCode) => {
    const { service } = createWorld({ senders: [WHATSAPP] });
    await expect(service.send({ to: PERSON, ...content })).rejects.toMatchObject({ code, twilioCode });
  });
});

describe("the 24-hour window", () => {
  it("is closed for who never wrote: 63016, and the provider is not asked", async () => {
    const { service, carrier, clock } = createWorld({ senders: [WHATSAPP] });
    await expect(service.send({ to: PERSON, body: "x" })).rejects.toMatchObject({
      code: "OUTSIDE_WINDOW",
      twilioCode: 63016,
    });
    await expect(service.send({ to: PERSON, from: WHATSAPP, body: "x" })).rejects.toMatchObject({
      twilioCode: 63016,
    });
    await clock.advance(1_000);
    expect(carrier.messages).toHaveLength(0);
  });

  it("opens with a text from the recipient and closes a day later", async () => {
    const { service, carrier, clock } = createWorld({ ...QUIET, senders: [WHATSAPP] });
    await carrier.handset(PERSON).text(WHATSAPP, "Hello");
    expect((await service.send({ to: PERSON, body: "x" })).status).toBe("queued");
    await clock.advance(86_399_000);
    expect((await service.send({ to: PERSON, body: "x" })).status).toBe("queued");
    await clock.advance(2_000);
    await expect(service.send({ to: PERSON, body: "x" })).rejects.toMatchObject({ code: "OUTSIDE_WINDOW" });
    await carrier.handset(PERSON).text(WHATSAPP, "Again");
    expect((await service.send({ to: PERSON, body: "x" })).status).toBe("queued");
  });

  it("is open to what the application sends while it handles that text", async () => {
    const world = createWorld({
      senders: [WHATSAPP],
      webhook: async ({ from }) => void (await world.service.send({ to: from, body: "Hello back" })),
    });
    await world.carrier.handset(PERSON).text(WHATSAPP, "Hello");
    await world.clock.advance(1_000);
    expect(world.carrier.handset(PERSON).inbox.map(({ body }) => body)).toEqual(["Hello back"]);
  });

  it("is asked again when a schedule falls due", async () => {
    const { service, carrier, clock, message } = createWorld({ ...QUIET, senders: [WHATSAPP] });
    await carrier.handset(PERSON).text(WHATSAPP, "Hello");
    const sendAt = new Date(clock.now() + 2 * 86_400_000);
    const { sid } = await service.send({ to: PERSON, body: "x", sendAt });
    await clock.advance(2 * 86_400_000 + 60_000);
    expect(await message(sid)).toMatchObject({ status: "failed", errorCode: 63016 });
    expect(carrier.messages.filter(({ direction }) => direction !== "inbound")).toHaveLength(0);
  });

  it("of one person is nobody else's", async () => {
    const { service, carrier } = createWorld({ senders: [WHATSAPP] });
    await carrier.handset(PERSON).text(WHATSAPP, "Hello");
    await expect(service.send({ to: "whatsapp:+14155550124", body: "x" })).rejects.toMatchObject({
      code: "OUTSIDE_WINDOW",
    });
  });
});
