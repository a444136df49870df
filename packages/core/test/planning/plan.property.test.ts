import fc from "fast-check";
import { expect, test } from "vitest";
import { plan } from "../../src/planning/plan.ts";
import { createSenderPool, type SenderPool } from "../../src/planning/pool.ts";
import { PLAN_REASONS } from "../../src/planning/reasons.ts";
import type { SenderInput } from "../../src/sender.ts";
import { requestTo, senderOf } from "./fixtures.ts";
import { referencePlan } from "./reference-plan.ts";

const PHONE_NUMBERS = [
  "+14155550100",
  "+14155550101",
  "+16285550102",
  "+12125550103",
  "+19175550104",
  "+17185550105",
  "+16045550106",
  "+17785550107",
  "+14165550108",
  "+442079460109",
  "+447700900110",
  "+33612345111",
  "+61491570112",
  "+18765550113",
  "+17875550114",
  "+18005550115",
  "+18885550116",
] as const;
const SMS_OR_MMS = [["SMS"], ["MMS"], ["SMS", "MMS"]] as const;

const phoneNumber = fc.record({
  phoneNumber: fc.constantFrom(...PHONE_NUMBERS),
  capabilities: fc.constantFrom(undefined, ...SMS_OR_MMS),
});
const shortCode = fc.record({
  shortCode: fc.constantFrom("12345", "23456", "34567", "45678"),
  country: fc.constantFrom("US", "CA", "GB"),
  unsupportedCarriers: fc.constantFrom(undefined, ["Verizon"], ["Verizon", "Bell"]),
  capabilities: fc.constantFrom(undefined, ...SMS_OR_MMS),
});
const senderId = fc.record({
  senderId: fc.constantFrom("ACME", "ACME FR", "ACME GB", "OTHER"),
  country: fc.constantFrom(undefined, "FR", "GB", "US", "JM"),
});
const channelSender = fc.constantFrom<SenderInput>(
  "whatsapp:+14155550100",
  "whatsapp:+442079460109",
  "whatsapp:+33612345111",
  "rcs:acme_agent",
  "rcs:acme_other",
);
const sender: fc.Arbitrary<SenderInput> = fc.oneof(
  { arbitrary: phoneNumber, weight: 5 },
  { arbitrary: shortCode, weight: 2 },
  { arbitrary: senderId, weight: 2 },
  { arbitrary: channelSender, weight: 2 },
);
const senders = fc.uniqueArray(sender.map(senderOf), { selector: ({ id }) => id, maxLength: 14 });
const loads = fc.array(fc.record({ busy: fc.boolean(), mappings: fc.nat(2), lastUsed: fc.nat(2) }), {
  minLength: 14,
  maxLength: 14,
});
const recipient = fc.constantFrom(
  "+14155550199",
  "+12125550199",
  "+16045550199",
  "+15145550199",
  "+14165550108",
  "+442079460199",
  "+33612345199",
  "+61491570199",
  "+8613800138000",
  "+819012345678",
  "+32470123456",
  "+18765550199",
  "+17875550199",
  "+870773111632",
  "whatsapp:+14155550199",
  "whatsapp:+442079460109",
  "rcs:+14155550199",
);
const settings = fc.record({
  stickySender: fc.boolean(),
  areaCodeGeomatch: fc.boolean(),
  mmsConverter: fc.boolean(),
  preRegistrationAlert: fc.boolean(),
});

const scenario = fc.record({
  senders,
  loads,
  removed: fc.array(fc.nat(13), { maxLength: 3 }),
  settings,
  to: recipient,
  media: fc.constantFrom<readonly string[]>([], [], ["https://example.com/cat.png"]),
  sendAsMms: fc.constantFrom(undefined, true),
  contentSid: fc.constantFrom(undefined, "HX00000000000000000000000000000000"),
  from: fc.option(fc.nat(14), { nil: undefined, freq: 4 }),
  sticky: fc.option(fc.nat(14), { nil: undefined, freq: 2 }),
  excluded: fc.array(fc.nat(13), { maxLength: 3 }),
  carrier: fc.constantFrom(undefined, "Verizon", "Bell"),
  rcsCapable: fc.constantFrom(undefined, true, false),
  windowOpen: fc.constantFrom(undefined, true, false),
  isReply: fc.constantFrom(undefined, true),
  mmsFailed: fc.constantFrom(undefined, true),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer Value> ? Value : never;

function poolFrom({ senders, loads, removed }: Scenario): SenderPool {
  const pool = createSenderPool(senders);
  senders.forEach(({ id }, at) => {
    const load = loads[at];
    pool.setBusy(id, load?.busy === true);
    pool.addMapping(id, load?.mappings ?? 0);
    pool.touch(id, load?.lastUsed ?? 0);
  });
  for (const at of removed) pool.remove(senders[at]?.id ?? "nobody");
  return pool;
}

test("decides and refuses as the rules read, for any pool, recipient, settings and facts", () => {
  fc.assert(
    fc.property(scenario, (given) => {
      const pool = poolFrom(given);
      const request = requestTo(given.to, {
        mediaUrl: given.media,
        sendAsMms: given.sendAsMms,
        contentSid: given.contentSid,
        isReply: given.isReply,
        from: given.from === undefined ? undefined : (given.senders[given.from]?.id ?? "+15005550000"),
      });
      const facts = {
        sticky:
          given.sticky === undefined ? undefined : (given.senders[given.sticky]?.membership ?? "m:gone"),
        excluded: new Set(given.excluded.map((at) => given.senders[at]?.id ?? "nobody")),
        carrier: given.carrier,
        rcsCapable: given.rcsCapable,
        windowOpen: given.windowOpen,
        mmsFailed: given.mmsFailed,
      };
      const actual = plan(pool, given.settings, request, facts);
      const expected = referencePlan(pool, given.settings, request, facts);
      expect(actual.refusal?.code ?? null).toBe(expected.refusal);
      expect(actual.decision?.kind ?? null).toBe(expected.kind);
      if (actual.decision !== null) expect(expected.best).toContain(actual.decision.sender.id);
      if (actual.fallback !== null) expect(expected.fallback).toContain(actual.fallback.sender.id);
      expect(actual.fallback === null).toBe(expected.fallback.length === 0);
      expect(actual.decision?.rule === "sticky-sender").toBe(expected.sticky === "used");
      if (actual.decision?.kind !== "RCS")
        expect(actual.sticky.dropped !== null).toBe(expected.sticky === "dropped");
    }),
    { numRuns: 4000 },
  );
});

test("accounts for every sender: each step of a rule starts from what is left, and names whom it set aside", () => {
  fc.assert(
    fc.property(scenario, (given) => {
      const pool = poolFrom(given);
      const request = requestTo(given.to, { mediaUrl: given.media, sendAsMms: given.sendAsMms });
      const sticky = given.sticky === undefined ? undefined : given.senders[given.sticky]?.membership;
      const excluded = new Set(given.excluded.map((at) => given.senders[at]?.id ?? "nobody"));
      const { steps, decision } = plan(pool, given.settings, request, {
        sticky,
        excluded,
        carrier: given.carrier,
        all: true,
      });
      const chain = steps.filter(({ rule }) => rule !== "rcs");
      expect(chain[0]?.before ?? pool.size).toBe(pool.size);
      chain.slice(1).forEach((step, at) => {
        expect(step.before).toBe(chain[at]?.after);
      });
      for (const { reason, before, after, rejected } of steps) {
        expect(Object.keys(PLAN_REASONS)).toContain(reason);
        if (rejected === undefined) continue;
        expect(new Set(rejected).size).toBe(before - after);
        expect(rejected).not.toContain(decision?.sender.id);
      }
      if (decision === null && pool.size > 0) expect(chain.at(-1)?.after).toBe(0);
    }),
    { numRuns: 3000 },
  );
});

test("is a pure function: the same arguments give an equal plan, and the pool stays as it was", () => {
  fc.assert(
    fc.property(scenario, (given) => {
      const pool = poolFrom(given);
      const loadsBefore = pool.list().map(({ id }) => pool.load(id));
      const request = requestTo(given.to, { mediaUrl: given.media });
      const facts = { rcsCapable: given.rcsCapable };
      expect(plan(pool, given.settings, request, facts)).toEqual(plan(pool, given.settings, request, facts));
      expect(pool.list().map(({ id }) => pool.load(id))).toEqual(loadsBefore);
    }),
    { numRuns: 300 },
  );
});
