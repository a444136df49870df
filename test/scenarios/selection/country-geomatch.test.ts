import type { SenderInput } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../../support/world.ts";

const FRENCH = "+33612345678";
const GERMAN = "+4915112345678";
const CANADIAN = "+14165550100";
const BRITON = "+447911123457";

async function fromOf(senders: readonly SenderInput[], to: string): Promise<string | null> {
  const { service } = createWorld({ senders });
  return (await service.send({ to, body: "x" })).from;
}

describe("selects the number that matches the country of your recipient's phone number", () => {
  it.each([
    ["+33698765432", FRENCH],
    ["+4917612345678", GERMAN],
    [PHONE, SENDER],
    ["+15145550123", CANADIAN],
  ])("%s is texted from %s", async (to, from) => {
    expect(await fromOf([SENDER, CANADIAN, FRENCH, GERMAN], to)).toBe(from);
  });

  it("by the country the number is routed to, though nobody can say more of it", async () => {
    expect(await fromOf([SENDER, "+447911123456"], "+441632960675")).toBe("+447911123456");
  });

  it("also for WhatsApp, else by any WhatsApp sender", async () => {
    const senders = ["whatsapp:+14155550101", "whatsapp:+33612345678"];
    const { service } = createWorld({ senders });
    const contentSid = `HX${"0".repeat(32)}`;
    const french = await service.send({ to: "whatsapp:+33698765432", contentSid });
    expect(french).toMatchObject({
      from: "whatsapp:+33612345678",
      explanation: { rule: "country-geomatch" },
    });
    expect((await service.send({ to: `whatsapp:${BRITON}`, contentSid })).kind).toBe("WHATSAPP");
  });
});

describe("first attempts to select an SMS-enabled US phone number before selecting another phone number", () => {
  it("a US number where the country has none", async () => {
    expect(await fromOf([FRENCH, SENDER, GERMAN], BRITON)).toBe(SENDER);
  });

  it("any other number where there is no US number that sends SMS", async () => {
    expect(await fromOf([{ phoneNumber: SENDER, capabilities: ["MMS"] }, FRENCH], BRITON)).toBe(FRENCH);
  });

  it("for the US a Canadian number before one from overseas", async () => {
    expect(await fromOf([FRENCH, GERMAN, CANADIAN], PHONE)).toBe(CANADIAN);
  });
});

describe("your message will fail if there are no phone numbers available", () => {
  it("with NO_SENDER, 21703 and the reason of each rule", async () => {
    const { service } = createWorld({
      senders: [
        { shortCode: "12345", country: "US" },
        { senderId: "ACMEFR", country: "FR" },
        "rcs:acme_agent",
      ],
    });
    await expect(service.send({ to: BRITON, body: "x" })).rejects.toMatchObject({
      code: "NO_SENDER",
      twilioCode: 21703,
      details: {
        steps: expect.arrayContaining([
          expect.objectContaining({ rule: "channel", reason: "CHANNEL_SMS", before: 3, after: 2 }),
          expect.objectContaining({
            reason: "SHORT_CODE_OTHER_COUNTRY",
            before: 2,
            after: 1,
            rejected: ["12345"],
          }),
          expect.objectContaining({
            reason: "SENDER_ID_OTHER_COUNTRY",
            before: 1,
            after: 0,
            rejected: ["ACMEFR"],
          }),
        ]),
      },
    });
  });

  it("with EMPTY_POOL and 21704 where there are no senders at all", async () => {
    const { service } = createWorld({ senders: [] });
    await expect(service.send({ to: BRITON, body: "x" })).rejects.toMatchObject({
      code: "EMPTY_POOL",
      twilioCode: 21704,
    });
  });

  it("asynchronously where refusals are asked for as a status", async () => {
    const { service, clock, message } = createWorld({ senders: [{ shortCode: "12345", country: "US" }] });
    const accepted = await service.send({ to: BRITON, body: "x", refusals: "status" });
    expect(accepted).toMatchObject({ status: "accepted", from: null });
    await clock.advance(1_000);
    expect(await message(accepted.sid)).toMatchObject({
      status: "failed",
      error: "NO_SENDER",
      errorCode: 21703,
    });
  });

  it("and a US number of the wrong area is no obstacle", async () => {
    expect(await fromOf([SECOND], PHONE)).toBe(SECOND);
  });
});
