import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  applyConsent,
  boundBy,
  type ConsentDocument,
  type ConsentEvent,
  type ConsentQuestion,
  parseConsent,
} from "../../src/records/consent-record.ts";

const EMPTY: ConsentDocument = { states: [] };
const MINUTE = 60_000;
const said = (change: Partial<ConsentEvent> = {}): Omit<ConsentEvent, "effect"> => ({
  person: "+14155550123",
  status: "opted-out",
  channel: "sms",
  at: 0,
  source: "keyword",
  service: "a",
  sender: "+14155550100",
  ...change,
});
const asked = (change: Partial<ConsentQuestion> = {}): ConsentQuestion => ({
  service: "a",
  channel: "sms",
  sender: "+14155550100",
  scope: "service",
  ...change,
});
const STOPPED = applyConsent(EMPTY, said(), "service").document;

describe("who is bound by a STOP", () => {
  it("is the service it was said to, with every sender", () => {
    expect(boundBy(STOPPED, asked())).toBeDefined();
    expect(boundBy(STOPPED, asked({ sender: "+12125550100" }))).toBeDefined();
    expect(boundBy(STOPPED, asked({ service: "b" }))).toBeUndefined();
  });

  it('is the one sender with scope "sender", and whoever does not say by which', () => {
    const scope = "sender";
    expect(boundBy(STOPPED, asked({ scope }))).toBeDefined();
    expect(boundBy(STOPPED, asked({ scope, sender: "+12125550100" }))).toBeUndefined();
    expect(boundBy(STOPPED, asked({ scope, sender: undefined }))).toBeDefined();
  });

  it('is every service with scope "account"', () => {
    expect(boundBy(STOPPED, asked({ scope: "account", service: "b" }))).toBeDefined();
  });

  it("is not the other channel", () => {
    expect(boundBy(STOPPED, asked({ channel: "whatsapp" }))).toBeUndefined();
  });

  it("is every category but the exempt", () => {
    expect(boundBy(STOPPED, asked({ category: "alerts" }))).toBeDefined();
    expect(boundBy(STOPPED, asked({ category: "alerts", exemptCategories: ["alerts"] }))).toBeUndefined();
    expect(boundBy(STOPPED, asked({ exemptCategories: ["alerts"] }))).toBeDefined();
  });
});

describe("an opt-in", () => {
  const start = (change: Partial<ConsentEvent> = {}): Omit<ConsentEvent, "effect"> =>
    said({ status: "opted-in", at: MINUTE, ...change });

  it("by the person's own word lifts the STOP at every sender of the service", () => {
    const { document, applied } = applyConsent(STOPPED, start({ sender: "+12125550100" }), "service");
    expect(applied).toBe(true);
    expect(boundBy(document, asked())).toBeUndefined();
  });

  it("leaves a STOP that was said to another service", () => {
    const { document } = applyConsent(STOPPED, start({ service: "b" }), "service");
    expect(boundBy(document, asked())).toBeDefined();
  });

  it('at one sender leaves the others with scope "sender"', () => {
    const { document } = applyConsent(STOPPED, start({ sender: "+12125550100" }), "sender");
    expect(boundBy(document, asked({ scope: "sender" }))).toBeDefined();
  });

  it('at one sender does not lift an opt-out of all with scope "sender": it stands beside it', () => {
    const scope = "sender";
    const all = applyConsent(EMPTY, said({ source: "website", sender: undefined }), scope).document;
    const { document, applied, repeated } = applyConsent(all, start(), scope);
    expect([applied, repeated]).toEqual([true, false]);
    expect(boundBy(document, asked({ scope }))).toBeUndefined();
    expect(boundBy(document, asked({ scope, category: "alerts" }))).toBeUndefined();
    expect(boundBy(document, asked({ scope, sender: "+12125550100" }))).toBeDefined();
    expect(applyConsent(document, start({ at: 2 * MINUTE }), scope).repeated).toBe(true);
    const again = applyConsent(document, said({ at: 3 * MINUTE }), scope).document;
    expect(boundBy(again, asked({ scope }))).toBeDefined();
    const everywhere = applyConsent(document, said({ at: 3 * MINUTE, sender: undefined }), scope).document;
    expect(boundBy(everywhere, asked({ scope }))).toBeDefined();
    const lifted = applyConsent(document, start({ at: 3 * MINUTE, sender: undefined }), scope).document;
    expect(boundBy(lifted, asked({ scope, sender: "+12125550100" }))).toBeUndefined();
  });

  it("within ten seconds of the STOP, before or after, loses to it", () => {
    for (const at of [-9_000, 0, 10_000])
      expect(applyConsent(STOPPED, start({ at }), "service").applied).toBe(false);
    expect(applyConsent(STOPPED, start({ at: 10_001 }), "service").applied).toBe(true);
  });

  it("given elsewhere lifts an earlier STOP, and never a later one unless forced", () => {
    for (const source of ["website", "operator", "offline"] as const) {
      expect(applyConsent(STOPPED, start({ source }), "service").applied).toBe(true);
      for (const at of [-MINUTE, 0, 10_000]) {
        const earlier = start({ source, at });
        expect(applyConsent(STOPPED, earlier, "service").applied).toBe(false);
        expect(applyConsent(STOPPED, earlier, "service", { force: true }).applied).toBe(true);
      }
    }
  });

  it("of an import lifts a STOP only when it says itself that it is later", () => {
    const imported = start({ source: "import" });
    expect(applyConsent(STOPPED, imported, "service").applied).toBe(false);
    expect(applyConsent(STOPPED, imported, "service", { dated: true }).applied).toBe(true);
    const earlier = start({ source: "import", at: -MINUTE });
    expect(applyConsent(STOPPED, earlier, "service", { dated: true }).applied).toBe(false);
  });

  it("given elsewhere lifts no block of the provider's, unless forced", () => {
    const { document } = applyConsent(EMPTY, said({ source: "provider" }), "service");
    const website = start({ source: "website" });
    expect(applyConsent(document, website, "service").applied).toBe(false);
    expect(applyConsent(document, website, "service", { force: true }).applied).toBe(true);
    expect(applyConsent(document, start(), "service").applied).toBe(true);
  });

  it("to one category leaves the opt-out of everything else", () => {
    const { document } = applyConsent(STOPPED, start({ source: "website", category: "alerts" }), "service");
    expect(boundBy(document, asked({ category: "alerts" }))).toBeUndefined();
    expect(boundBy(document, asked({ category: "news" }))).toBeDefined();
    expect(boundBy(document, asked())).toBeDefined();
    const again = applyConsent(document, said({ at: 0 }), "service").document;
    expect(boundBy(again, asked({ category: "alerts" }))).toBeDefined();
  });

  it("of nobody who was opted out, or an opt-out of somebody who was, is a repetition", () => {
    expect(applyConsent(EMPTY, said(), "service").repeated).toBe(false);
    expect(applyConsent(STOPPED, said({ at: 1 }), "service").repeated).toBe(true);
    const { document, repeated } = applyConsent(STOPPED, start(), "service");
    expect(repeated).toBe(false);
    expect(applyConsent(document, start({ at: 2 * MINUTE }), "service").repeated).toBe(true);
  });

  it("lifts a website's opt-out only if it is later", () => {
    const { document } = applyConsent(EMPTY, said({ source: "website" }), "service");
    expect(applyConsent(document, start({ source: "website", at: 0 }), "service").applied).toBe(false);
    expect(applyConsent(document, start({ source: "website", at: 1 }), "service").applied).toBe(true);
  });

  it("at a toll-free number lifts its network's block by START and UNSTOP alone", () => {
    const { document } = applyConsent(EMPTY, said(), "service", { network: true });
    expect(applyConsent(document, start(), "service").applied).toBe(false);
    expect(applyConsent(document, start({ source: "website" }), "service").applied).toBe(false);
    expect(applyConsent(document, start(), "service", { liftsNetwork: true }).applied).toBe(true);
  });
});

describe("any sequence of events", () => {
  const event = fc.record({
    status: fc.constantFrom("opted-out" as const, "opted-in" as const),
    source: fc.constantFrom("keyword" as const, "import" as const, "website" as const),
    sender: fc.constantFrom("+14155550100", "+12125550100", undefined),
    category: fc.constantFrom(undefined, "alerts"),
    at: fc.integer({ min: 0, max: 10 * MINUTE }),
  });

  it("ending in the person's STOP leaves them opted out of everything, whatever scope and times", () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 12 }),
        fc.constantFrom("service" as const, "sender" as const, "account" as const),
        fc.integer({ min: 0, max: 10 * MINUTE }),
        (events, scope, at) => {
          let document = EMPTY;
          for (const each of events) document = applyConsent(document, said(each), scope).document;
          document = applyConsent(document, said({ at }), scope).document;
          for (const category of [undefined, "alerts"])
            expect(boundBy(document, asked({ scope, category }))).toBeDefined();
          const later = said({ status: "opted-in", source: "import", at: at + MINUTE });
          expect(boundBy(applyConsent(document, later, scope).document, asked({ scope }))).toBeDefined();
        },
      ),
      { numRuns: 200 },
    );
  });

  it("keeps one state for each service, channel, sender and category", () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (events) => {
        let document = EMPTY;
        for (const each of events) document = applyConsent(document, said(each), "service").document;
        const names = document.states.map(({ service, channel, sender, category }) =>
          JSON.stringify([service, channel, sender, category]),
        );
        expect(new Set(names).size).toBe(names.length);
      }),
      { numRuns: 100 },
    );
  });
});

describe("a stored document", () => {
  it("that cannot be read refuses, rather than to forget an opt-out", () => {
    for (const raw of ["", "{", "null", "[]", "{}", '{"states":5}'])
      expect(() => parseConsent(raw)).toThrow(expect.objectContaining({ name: "MessagingError" }));
    expect(parseConsent(undefined)).toEqual(EMPTY);
  });
});
