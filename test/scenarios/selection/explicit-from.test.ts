import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../../support/world.ts";

const WHATSAPP = "whatsapp:+14155550101";

describe("a message with `from`", () => {
  it("leaves by that sender, whatever selection would say", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND, { shortCode: "12345", country: "US" }] });
    expect(await service.send({ to: PHONE, from: SECOND, body: "x" })).toMatchObject({
      from: SECOND,
      explanation: { rule: "from" },
    });
  });

  it("makes the mapping where there is none", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND] });
    await service.send({ to: PHONE, from: SECOND, body: "x" });
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
  });

  it("written nationally is understood in defaultCountry", async () => {
    const { service } = createWorld({ senders: [SENDER], defaultCountry: "US" });
    expect((await service.send({ to: "(415) 555-0123", from: "(415) 555-0100", body: "x" })).from).toBe(
      SENDER,
    );
  });

  it("that is the service's own SID has a sender chosen", async () => {
    const { service } = createWorld({ senders: [SENDER] });
    const message = await service.send({ to: PHONE, from: service.sid, body: "x" });
    expect(message).toMatchObject({ from: SENDER, explanation: { rule: "area-code-geomatch" } });
  });

  it("still is encoded, expires and knows who opted out: the service's other features hold", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND], validityPeriod: 60 });
    expect(await service.send({ to: PHONE, from: SECOND, body: "“Hi”" })).toMatchObject({
      body: '"Hi"',
      encoding: "GSM-7",
      validityPeriod: 60,
    });
    await service.consent.set(PHONE, { status: "opted-out", source: "operator" });
    await expect(service.send({ to: PHONE, from: SECOND, body: "x" })).rejects.toMatchObject({
      twilioCode: 21610,
    });
  });

  it.each([
    ["that is no sender of the pool", { from: "+13105550100" }, "SENDER_NOT_IN_POOL", 21606],
    ["of another channel", { from: WHATSAPP }, "CHANNEL_MISMATCH", 21910],
    ["that is no address", { from: "no such thing!" }, "INVALID_SENDER", 21212],
    ["that is the recipient", { to: SENDER, from: SENDER }, "SAME_RECIPIENT", 21211],
  ] as const)("%s is refused", async (_, change, code, twilioCode) => {
    const { service } = createWorld({ senders: [SENDER, WHATSAPP] });
    await expect(service.send({ to: PHONE, body: "x", ...change })).rejects.toMatchObject({
      code,
      twilioCode,
    });
  });

  it("cannot send what its sender cannot carry: the MMS converter is for recipients who cannot receive", async () => {
    const { service } = createWorld({ senders: [{ phoneNumber: SENDER, capabilities: ["SMS"] }, SECOND] });
    const picture = { to: PHONE, from: SENDER, body: "x", mediaUrl: "https://example.com/a.png" };
    await expect(service.send(picture)).rejects.toMatchObject({
      code: "SENDER_WITHOUT_MMS",
      twilioCode: 21621,
    });
    expect((await service.send({ ...picture, from: SECOND })).kind).toBe("MMS");
  });

  it("a short code cannot reach another country", async () => {
    const { service } = createWorld({ senders: [{ shortCode: "12345", country: "US" }, SENDER] });
    await expect(service.send({ to: "+447911123457", from: "12345", body: "x" })).rejects.toMatchObject({
      code: "SENDER_CANNOT_REACH",
    });
  });
});
