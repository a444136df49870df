import type { SenderInput, SendRequest } from "@messaging-service/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const SENDERS: readonly SenderInput[] = [
  SENDER,
  SECOND,
  "+14165550100",
  "+18005550199",
  "+447911123456",
  "+33612345678",
  { shortCode: "12345", country: "US" },
  { shortCode: "54321", country: "GB" },
  { senderId: "ACME" },
  { senderId: "ACMEFR", country: "FR" },
  "whatsapp:+14155550101",
  { phoneNumber: "+16175550100", capabilities: ["SMS"] },
];
const PEOPLE = [
  PHONE,
  "+12125550123",
  "+14165550123",
  "+447911123457",
  "+33612345679",
  "+4915112345678",
  `whatsapp:${PHONE}`,
];

const request: fc.Arbitrary<SendRequest> = fc.record(
  {
    to: fc.constantFrom(...PEOPLE),
    body: fc.constantFrom("Hello", "“Smart”", "x".repeat(200), "日本語"),
    mediaUrl: fc.constant("https://example.com/a.png"),
    from: fc.constantFrom(SENDER, "ACME", "12345", "+447911123456"),
    smartEncoded: fc.boolean(),
  },
  { requiredKeys: ["to", "body"] },
);

describe("explain", () => {
  it("says what send does, on any pool, for any sequence of sends", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...SENDERS), { minLength: 1, maxLength: 6 }),
        fc.array(request, { minLength: 1, maxLength: 8 }),
        fc.record({ stickySender: fc.boolean(), areaCodeGeomatch: fc.boolean(), mmsConverter: fc.boolean() }),
        async (senders, requests, settings) => {
          const { service, clock } = createWorld({ senders, ...settings });
          for (const each of requests) {
            const plan = await service.explain(each);
            const sent = await service.send(each).catch((error: unknown) => error as { code: string });
            if (plan.decision === null) {
              expect(sent).toMatchObject({ code: plan.refusal?.code });
            } else {
              expect(sent).toMatchObject({
                from: plan.decision.sender.id,
                kind: plan.decision.kind,
                encoding: plan.encoding,
                numSegments: plan.numSegments,
                body: plan.body,
                explanation: { rule: plan.decision.rule },
              });
            }
          }
          await clock.advance(0);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("writes nothing", async () => {
    const { service } = createWorld();
    await service.explain({ to: PHONE, body: "x", idempotencyKey: "k" });
    expect(await service.sticky.get(PHONE)).toBeUndefined();
    expect(await service.messages()).toHaveLength(0);
    expect((await service.send({ to: PHONE, body: "y", idempotencyKey: "k" })).status).toBe("queued");
  });

  it("says a refusal instead of rejecting", async () => {
    const { service } = createWorld({ senders: ["whatsapp:+14155550101"] });
    expect(await service.explain({ to: PHONE, body: "x" })).toMatchObject({
      decision: null,
      refusal: { code: "NO_SENDER" },
      optedOut: false,
    });
    const empty = createWorld({ senders: [] });
    expect(await empty.service.explain({ to: PHONE, body: "x" })).toMatchObject({
      refusal: { code: "EMPTY_POOL" },
    });
  });
});

describe("send", () => {
  it.each([
    ["from a number that is not ours", { from: "+13105550100" }, "SENDER_NOT_IN_POOL", 21606],
    ["from a sender of another channel", { from: "whatsapp:+14155550101" }, "CHANNEL_MISMATCH", 21910],
    ["to the sender itself", { to: SENDER, from: SENDER }, "SAME_RECIPIENT", 21211],
    ["with a fallback where there is no RCS", { fallbackFrom: SENDER }, "FALLBACK_WITHOUT_RCS", 21667],
  ] as const)("refuses a message %s", async (_, change, code, twilioCode) => {
    const { service } = createWorld({ senders: [SENDER, "whatsapp:+14155550101"] });
    await expect(service.send({ to: PHONE, body: "x", ...change })).rejects.toMatchObject({
      code,
      twilioCode,
    });
  });

  it("from the service's own SID has a sender chosen", async () => {
    const { service } = createWorld();
    expect((await service.send({ to: PHONE, from: service.sid, body: "x" })).from).toBe(SENDER);
  });

  it("never picks the recipient's own number", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND] });
    expect((await service.send({ to: SENDER, body: "x" })).from).toBe(SECOND);
  });

  it("is refused beyond maxBacklog", async () => {
    const { service } = createWorld({ maxBacklog: 2, senders: [{ phoneNumber: SENDER, throughput: 0.01 }] });
    for (let n = 0; n < 3; n++) await service.send({ to: PHONE, body: "x" }).catch(() => undefined);
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({
      code: "BACKLOG_FULL",
      status: 429,
    });
  });
});
