import { readFileSync } from "node:fs";
import {
  explainText,
  PLAN_ALERTS,
  PLAN_REASONS,
  type SenderInput,
  type SendRequest,
} from "@messaging-service/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../../support/world.ts";

const SENDERS: readonly SenderInput[] = [
  SENDER,
  SECOND,
  "+16285550100",
  { phoneNumber: "+16175550100", capabilities: ["SMS"] },
  "+14165550100",
  "+18005550199",
  "+18885550116",
  "+447911123456",
  "+33612345678",
  { shortCode: "12345", country: "US", unsupportedCarriers: ["Rural"] },
  { shortCode: "54321", country: "GB" },
  { senderId: "ACME" },
  { senderId: "ACME", country: "FR" },
  { senderId: "ACME", country: "DE" },
  "whatsapp:+14155550101",
  "whatsapp:+33612345678",
  "rcs:acme_agent",
];
const NUMBERS = [
  PHONE,
  "+12125550123",
  "+14165550123",
  "+447911123457",
  "+33612345679",
  "+4915112345678",
  "+8613800138000",
];
const PEOPLE = [...NUMBERS, `whatsapp:${PHONE}`, "whatsapp:+33612345679", `rcs:${PHONE}`];

const fields = {
  to: fc.constantFrom(...PEOPLE),
  body: fc.constantFrom("Hello", "“Smart”", "x".repeat(200), "日本語"),
  mediaUrl: fc.constant("https://example.com/a.png"),
  contentSid: fc.constant(`HX${"0".repeat(32)}`),
  sendAsMms: fc.boolean(),
  smartEncoded: fc.boolean(),
};
const from = fc.constantFrom(SENDER, "ACME", "12345", "+447911123456", "rcs:acme_agent");
const request: fc.Arbitrary<SendRequest> = fc.oneof(
  { weight: 4, arbitrary: fc.record(fields, { requiredKeys: ["to", "body"] }) },
  { weight: 1, arbitrary: fc.record({ ...fields, from }, { requiredKeys: ["to", "body", "from"] }) },
);
/** What happens between two messages. */
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ send: request }) },
  { weight: 1, arbitrary: fc.record({ text: fc.constantFrom(...NUMBERS) }) },
  { weight: 1, arbitrary: fc.record({ pin: fc.constantFrom(...NUMBERS), to: fc.nat(16) }) },
  { weight: 1, arbitrary: fc.record({ remove: fc.nat(16) }) },
  { weight: 1, arbitrary: fc.record({ add: fc.constantFrom(...SENDERS) }) },
  { weight: 1, arbitrary: fc.record({ stickySender: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ wait: fc.nat(5_000) }) },
);

describe("explain", () => {
  it("says what send then does on the same state, for any pool, recipients, settings and history", async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.constantFrom(...SENDERS), { minLength: 1, maxLength: 9, size: "max" }),
        fc.array(step, { minLength: 4, maxLength: 16, size: "max" }),
        fc.record({
          stickySender: fc.boolean(),
          areaCodeGeomatch: fc.boolean(),
          mmsConverter: fc.boolean(),
          smartEncoding: fc.boolean(),
        }),
        async (senders, steps, settings) => {
          const { service, carrier, clock } = createWorld({
            senders,
            ...settings,
            lookupCarrier: async (to) => (to === PHONE ? "Rural" : "Metro"),
          });
          carrier.handset("+12125550123", { rcs: true });
          for (const each of steps) {
            const pool = service.senders.list();
            if ("text" in each) {
              const sender = pool.find(({ channel, type }) => channel === "sms" && type !== "alphanumeric");
              if (sender !== undefined) await carrier.handset(each.text).text(sender.id, "Hello");
            } else if ("pin" in each) {
              await service.sticky.pin(each.pin, pool[each.to]?.id ?? "").catch(() => undefined);
            } else if ("remove" in each) {
              await service.senders.remove(pool[each.remove]?.id ?? "").catch(() => undefined);
            } else if ("add" in each) {
              await service.senders.add(each.add).catch(() => undefined);
            } else if ("wait" in each) {
              await clock.advance(each.wait);
            } else if ("stickySender" in each) {
              await service.update(each);
            } else {
              // While a message is handed over its sender is busy.
              await clock.advance(0);
              const plan = await service.explain(each.send);
              expect(await service.explain(each.send)).toEqual(plan);
              for (const { reason } of plan.steps) expect(Object.keys(PLAN_REASONS)).toContain(reason);
              for (const { code } of plan.alerts) expect(Object.keys(PLAN_ALERTS)).toContain(code);
              const sent = await service.send(each.send).catch((error: unknown) => error);
              if (plan.decision === null) {
                expect(sent).toMatchObject({ code: plan.refusal?.code });
              } else {
                compared += 1;
                expect(sent).toMatchObject({
                  from: plan.decision.sender.id,
                  provider: plan.decision.sender.provider,
                  kind: plan.decision.kind,
                  encoding: plan.encoding,
                  numSegments: plan.numSegments,
                  explanation: {
                    sender: plan.decision.sender.id,
                    rule: plan.decision.rule,
                    steps: plan.steps.map(({ rule, reason, before, after }) => ({
                      rule,
                      reason,
                      before,
                      after,
                    })),
                    alerts: plan.alerts,
                  },
                });
                if (plan.sticky.claim) {
                  const kept = await service.sticky.get(each.send.to);
                  expect(kept?.sender).toBe(plan.decision.sender.id);
                }
              }
            }
          }
        },
      ),
      { numRuns: 60 },
    );
    // Most messages find a sender, or the comparison would say little.
    expect(compared).toBeGreaterThan(40);
  });

  it("shows the decision, the rules, the mapping, the text and the alerts", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND, "+18005550199", "+18885550116"] });
    await service.sticky.pin(PHONE, SECOND);
    const plan = await service.explain({ to: PHONE, body: "Grüße 👋" });
    expect(plan).toMatchObject({
      decision: { sender: { id: SECOND }, kind: "SMS", rule: "sticky-sender" },
      refusal: null,
      encoding: "UCS-2",
      numSegments: 1,
      forcedBy: ["👋"],
      sticky: { read: SECOND, dropped: null, claim: false, kept: true },
      alerts: [{ code: "MULTIPLE_TOLL_FREE" }],
      optedOut: false,
    });
    expect(plan.steps).toEqual([
      expect.objectContaining({ rule: "channel", reason: "CHANNEL_SMS", before: 4, after: 4 }),
      expect.objectContaining({ rule: "content", reason: "CONTENT_TEXT" }),
      expect.objectContaining({ rule: "sticky-sender", reason: "STICKY_USED", before: 4, after: 1 }),
    ]);
  });

  it("names up to 20 senders a rule set aside, and all of them when asked", async () => {
    const senders = [
      SENDER,
      ...Array.from({ length: 30 }, (_, n) => `+336123456${String(n).padStart(2, "0")}`),
    ];
    const { service } = createWorld({ senders });
    const rejected = async (all: boolean): Promise<number | undefined> =>
      (await service.explain({ to: PHONE, body: "x" }, { all })).steps.find(
        ({ rule }) => rule === "country-geomatch",
      )?.rejected?.length;
    expect(await rejected(false)).toBe(20);
    expect(await rejected(true)).toBe(30);
  });

  it("says who opted out, and changes nothing", async () => {
    const { service } = createWorld();
    await service.consent.set(PHONE, { status: "opted-out", source: "operator" });
    expect(await service.explain({ to: PHONE, body: "x" })).toMatchObject({ optedOut: true });
    expect(await service.sticky.get(PHONE)).toBeUndefined();
    expect(await service.messages()).toHaveLength(0);
  });
});

describe("docs/explain.md", () => {
  const page = readFileSync(new URL("../../../docs/explain.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (.*) \|$/gm)].map(([, code, text]) => [code, text]);

  it("lists every reason and alert there is, and no other", () => {
    expect(Object.fromEntries(rows)).toEqual({ ...PLAN_REASONS, ...PLAN_ALERTS });
    expect(rows).toHaveLength(Object.keys(PLAN_REASONS).length + Object.keys(PLAN_ALERTS).length);
  });

  it("shows what explainText says", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND, { shortCode: "12345", country: "CA" }] });
    expect(page).toContain(explainText(await service.explain({ to: PHONE, body: "Your table is ready." })));
  });
});

describe("message.explanation", () => {
  it("is kept compactly with the message: the steps without the senders they set aside", async () => {
    const { service, clock, message } = createWorld({ senders: [SENDER, SECOND] });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(5_000);
    const { explanation } = await message(sid);
    expect(explanation).toMatchObject({ sender: SENDER, rule: "area-code-geomatch", alerts: [] });
    expect(explanation?.steps.every((each) => !("rejected" in each))).toBe(true);
    expect(JSON.stringify(explanation).length).toBeLessThan(700);
  });

  it("of a scheduled message is the plan of the day it leaves", async () => {
    const { service, clock, message } = createWorld({ senders: [SENDER, SECOND], refreshMs: 60_000 });
    const sendAt = new Date(clock.now() + 3_600_000);
    const { sid, explanation } = await service.send({ to: PHONE, body: "x", sendAt });
    expect(explanation).toBeNull();
    await service.senders.remove(SENDER);
    await clock.advance(3_660_000);
    expect(await message(sid)).toMatchObject({ from: SECOND, explanation: { sender: SECOND } });
  });
});

describe("explainText", () => {
  it("reads as a few lines", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND, { shortCode: "12345", country: "CA" }] });
    expect(explainText(await service.explain({ to: PHONE, body: "Hello" }))).toBe(
      [
        `${PHONE} (US): SMS from ${SENDER}, long-code of US, settled by area-code-geomatch.`,
        "GSM-7, 1 segment",
        `- channel (3 left): ${PLAN_REASONS.CHANNEL_SMS}`,
        `- content (3 left): ${PLAN_REASONS.CONTENT_TEXT}`,
        `- type (3 to 2): ${PLAN_REASONS.SHORT_CODE_OTHER_COUNTRY}`,
        `- type (2 left): ${PLAN_REASONS.TYPE_NUMBER}`,
        `- country-geomatch (2 left): ${PLAN_REASONS.COUNTRY_SAME}`,
        `- area-code-geomatch (2 to 1): ${PLAN_REASONS.AREA_CODE_SAME}`,
        `- scaler (1 left): ${PLAN_REASONS.SCALER_ONLY}`,
        "The recipient will keep this sender.",
      ].join("\n"),
    );
  });

  it("says why nobody can send", async () => {
    const { service } = createWorld({ senders: [{ shortCode: "12345", country: "CA" }] });
    const text = explainText(await service.explain({ to: PHONE, body: "Hello" }));
    expect(text).toContain("not sent, NO_SENDER");
    expect(text).toContain(PLAN_REASONS.SHORT_CODE_OTHER_COUNTRY);
  });
});
