import { describe, expect, test } from "vitest";
import { explainText } from "../../src/planning/explain-text.ts";
import { withLink } from "../../src/planning/media.ts";
import { planOn, poolOf, reasonsOf, senderFor } from "./fixtures.ts";

const US415 = "+14155550101";
const US212 = "+12125550102";
const CA604 = "+16045550103";
const GB = "+447700900104";
const TOLL_FREE = "+18005550105";
const WHATSAPP = "whatsapp:+14155550106";
const RCS = "rcs:acme_agent";
const media = ["https://example.com/cat.png"];
const mapped = (id: string) => ({ sticky: `m:${id}` });

describe("from", () => {
  test("is used as it is, without selection", () => {
    const plan = planOn(poolOf(US415, GB), { to: "+14155550199", from: GB });
    expect(plan.decision).toMatchObject({ sender: { id: GB }, kind: "SMS", rule: "from" });
  });

  test("is refused when it is not in the pool", () => {
    expect(senderFor(poolOf(US415), { to: "+14155550199", from: GB })).toBe("SENDER_NOT_IN_POOL");
  });

  test("is refused on another channel than the recipient's", () => {
    const pool = poolOf(US415, WHATSAPP, RCS);
    expect(senderFor(pool, { to: "whatsapp:+14155550199", from: US415 })).toBe("CHANNEL_MISMATCH");
    expect(senderFor(pool, { to: "+14155550199", from: WHATSAPP })).toBe("CHANNEL_MISMATCH");
    expect(senderFor(pool, { to: "+14155550199", from: RCS })).toBe("CHANNEL_MISMATCH");
  });

  test("is refused when it is the recipient", () => {
    expect(senderFor(poolOf(US415), { to: US415, from: US415 })).toBe("SAME_RECIPIENT");
  });

  test.each([
    ["a short code of another country", "12345", "+447700900199", {}],
    ["a sender ID to the US", "ACME", "+14155550199", {}],
    ["a sender ID kept for another country", "ACME FR", "+447700900199", {}],
    ["a toll-free number outside +1", TOLL_FREE, "+447700900199", {}],
    [
      "a short code to a carrier it does not reach",
      "12345",
      "+14155550199",
      { facts: { carrier: "Verizon" } },
    ],
    [
      "a sender the message may not leave by",
      US415,
      "+14155550199",
      { facts: { excluded: new Set([US415]) } },
    ],
  ])("is refused when it cannot reach: %s", (_, from, to, rest) => {
    const pool = poolOf(
      US415,
      { shortCode: "12345", country: "US", unsupportedCarriers: ["Verizon"] },
      "ACME",
      { senderId: "ACME FR", country: "FR" },
      TOLL_FREE,
    );
    expect(senderFor(pool, { to, from, ...rest })).toBe("SENDER_CANNOT_REACH");
  });

  test.each([
    ["to a country with MMS", "+14155550199", { mediaUrl: media }],
    ["to a country without", "+447700900199", { mediaUrl: media }],
    ["as MMS without media", "+14155550199", { sendAsMms: true }],
  ])("is refused media when it has no MMS, %s; a reply from it is converted", (_, to, content) => {
    const pool = poolOf({ phoneNumber: US415, capabilities: ["SMS"] }, US212);
    expect(senderFor(pool, { to, from: US415, ...content })).toBe("SENDER_WITHOUT_MMS");
    expect(planOn(pool, { to, from: US415, isReply: true, ...content }).decision).toMatchObject({
      sender: { id: US415 },
      kind: "SMS",
    });
  });

  test("is asked for a link where it has MMS and the recipient's country has not", () => {
    const plan = planOn(poolOf(US415), { to: "+447700900199", from: US415, mediaUrl: media });
    expect(plan.decision).toMatchObject({ sender: { id: US415 }, kind: "SMS" });
  });

  test("leaves a mapping alone, and claims one where there is none", () => {
    const pool = poolOf(US415, US212);
    const kept = planOn(pool, { to: "+14155550199", from: US415, facts: mapped(US212) });
    expect(kept.sticky).toEqual({ read: US212, dropped: null, claim: false, kept: true });
    expect(planOn(pool, { to: "+14155550199", from: US415 }).sticky.claim).toBe(true);
  });
});

describe("channel", () => {
  const pool = poolOf(US415, WHATSAPP, RCS);

  test("whatsapp: recipients get WhatsApp senders, of another country where none is of theirs", () => {
    const plan = planOn(pool, { to: "whatsapp:+447700900199" });
    expect(plan.decision).toMatchObject({ sender: { id: WHATSAPP }, kind: "WHATSAPP" });
    expect(plan).toMatchObject({ encoding: null, numSegments: 1 });
  });

  test("plain numbers never get WhatsApp", () => {
    expect(senderFor(poolOf(WHATSAPP), { to: "+14155550199" })).toBe("NO_SENDER");
  });

  test("rcs: recipients get RCS senders only, and no fallback", () => {
    const plan = planOn(pool, { to: "rcs:+14155550199", facts: { rcsCapable: true } });
    expect(plan.decision).toMatchObject({ sender: { id: RCS }, kind: "RCS" });
    expect(plan.fallback).toBeNull();
    expect(plan.sticky.claim).toBe(false);
    expect(senderFor(poolOf(US415), { to: "rcs:+14155550199" })).toBe("NO_SENDER");
  });

  test("outside WhatsApp's window only a template goes", () => {
    const to = "whatsapp:+14155550199";
    const facts = { windowOpen: false };
    expect(senderFor(pool, { to, facts })).toBe("OUTSIDE_WINDOW");
    expect(senderFor(pool, { to, facts, from: WHATSAPP })).toBe("OUTSIDE_WINDOW");
    expect(senderFor(pool, { to, facts, contentSid: "HX1" })).toBe(WHATSAPP);
    expect(senderFor(pool, { to })).toBe(WHATSAPP);
  });

  test("an empty pool is refused as such", () => {
    expect(senderFor(poolOf(), { to: "+14155550199" })).toBe("EMPTY_POOL");
  });
});

describe("RCS", () => {
  const to = "+14155550199";

  test("goes first where the recipient is capable, with the SMS sender as fallback", () => {
    const plan = planOn(poolOf(US415, RCS), { to, facts: { rcsCapable: true } });
    expect(plan.decision).toMatchObject({ sender: { id: RCS }, kind: "RCS", rule: "rcs" });
    expect(plan.fallback).toMatchObject({ sender: { id: US415 }, kind: "SMS" });
    expect(plan.sticky.claim).toBe(false);
  });

  test("does not go where capability is unknown or denied", () => {
    const pool = poolOf(US415, RCS);
    expect(senderFor(pool, { to })).toBe(US415);
    expect(reasonsOf(planOn(pool, { to }))).toContain("RCS_UNKNOWN");
    expect(senderFor(pool, { to, facts: { rcsCapable: false } })).toBe(US415);
  });

  test("leaves the sticky mapping to its fallback", () => {
    const plan = planOn(poolOf(US415, US212, RCS), { to, facts: { rcsCapable: true, ...mapped(US212) } });
    expect(plan.decision?.sender.id).toBe(RCS);
    expect(plan.fallback).toMatchObject({ sender: { id: US212 }, rule: "sticky-sender" });
    expect(plan.sticky).toEqual({ read: US212, dropped: null, claim: false, kept: true });
  });

  test("is skipped once its senders are excluded", () => {
    const facts = { rcsCapable: true, excluded: new Set([RCS]) };
    expect(senderFor(poolOf(US415, RCS), { to, facts })).toBe(US415);
  });

  test("falls back to fallbackFrom, in the pool or not", () => {
    const facts = { rcsCapable: true };
    expect(planOn(poolOf(US415, US212, RCS), { to, facts, fallbackFrom: US212 }).fallback?.sender.id).toBe(
      US212,
    );
    expect(planOn(poolOf(US415, RCS), { to, facts, fallbackFrom: US212 }).fallback).toMatchObject({
      sender: { id: US212, provider: "carrier" },
      kind: "SMS",
    });
    expect(senderFor(poolOf(US415, RCS), { to, fallbackFrom: US212 })).toBe(US212);
  });

  test("refuses a fallbackFrom with from, without an RCS sender, or of another channel", () => {
    expect(senderFor(poolOf(US415, RCS), { to, from: US415, fallbackFrom: US415 })).toBe(
      "FALLBACK_WITH_FROM",
    );
    expect(senderFor(poolOf(US415), { to, fallbackFrom: US415 })).toBe("FALLBACK_WITHOUT_RCS");
    const facts = { rcsCapable: true };
    expect(senderFor(poolOf(US415, RCS, WHATSAPP), { to, facts, fallbackFrom: WHATSAPP })).toBe(
      "INVALID_FALLBACK_FROM",
    );
    expect(senderFor(poolOf(US415, RCS), { to, facts, fallbackFrom: "not an address!" })).toBe(
      "INVALID_FALLBACK_FROM",
    );
  });
});

describe("sticky sender", () => {
  const to = "+14155550199";

  test("keeps the mapped sender, though another is nearer", () => {
    const plan = planOn(poolOf(US415, US212), { to, facts: mapped(US212) });
    expect(plan.decision).toMatchObject({ sender: { id: US212 }, rule: "sticky-sender" });
    expect(plan.sticky).toEqual({ read: US212, dropped: null, claim: false, kept: true });
  });

  test("claims a mapping where there is none", () => {
    expect(planOn(poolOf(US415), { to }).sticky).toEqual({
      read: null,
      dropped: null,
      claim: true,
      kept: false,
    });
  });

  test("keeps a long code when a short code of its country joins", () => {
    expect(
      senderFor(poolOf(US212, { shortCode: "12345", country: "US" }), { to, facts: mapped(US212) }),
    ).toBe(US212);
  });

  test("moves to the recipient's country when a number of it joins", () => {
    const plan = planOn(poolOf(US415, GB), { to: "+447700900199", facts: mapped(US415) });
    expect(plan.decision?.sender.id).toBe(GB);
    expect(plan.sticky).toEqual({ read: US415, dropped: "STICKY_FOREIGN", claim: true, kept: false });
  });

  test("moves nobody when a sender ID joins", () => {
    expect(senderFor(poolOf(US415, "ACME"), { to: "+447700900199", facts: mapped(US415) })).toBe(US415);
    expect(
      senderFor(poolOf("ACME", { senderId: "ACME GB", country: "GB" }), {
        to: "+447700900199",
        facts: mapped("ACME"),
      }),
    ).toBe("ACME");
  });

  test("keeps a sender ID when a number of the country joins, not when a short code does", () => {
    const facts = mapped("ACME");
    expect(senderFor(poolOf("ACME", GB), { to: "+447700900199", facts })).toBe("ACME");
    const pool = poolOf("ACME", { shortCode: "60123", country: "GB" });
    expect(senderFor(pool, { to: "+447700900199", facts })).toBe("60123");
  });

  test("keeps a foreign sender while the local one cannot carry the message", () => {
    const pool = poolOf(US415, { phoneNumber: GB, capabilities: ["MMS"] });
    expect(senderFor(pool, { to: "+447700900199", facts: mapped(US415) })).toBe(US415);
  });

  test("counts a toll-free number as local to Canada", () => {
    expect(senderFor(poolOf(TOLL_FREE, CA604), { to: "+16045550199", facts: mapped(TOLL_FREE) })).toBe(
      TOLL_FREE,
    );
    expect(senderFor(poolOf(US415, TOLL_FREE), { to: "+16045550199", facts: mapped(US415) })).toBe(TOLL_FREE);
  });

  test("is dropped when its sender left, though the address came back", () => {
    const plan = planOn(poolOf(US415), { to, facts: { sticky: "m:of an earlier life" } });
    expect(plan.sticky).toEqual({ read: null, dropped: "STICKY_REMOVED", claim: true, kept: false });
  });

  test("is dropped when its sender cannot carry the message, or may not", () => {
    const pool = poolOf(US415, { phoneNumber: US212, capabilities: ["SMS"] });
    const withMedia = planOn(pool, { to, mediaUrl: media, facts: mapped(US212) });
    expect(withMedia).toMatchObject({
      decision: { sender: { id: US415 } },
      sticky: { dropped: "STICKY_CANNOT_SERVE" },
    });
    const excluded = planOn(pool, { to, facts: { ...mapped(US212), excluded: new Set([US212]) } });
    expect(excluded).toMatchObject({
      decision: { sender: { id: US415 } },
      sticky: { dropped: "STICKY_EXCLUDED" },
    });
  });

  test("off: the mapping is ignored and kept, and none is claimed", () => {
    const pool = poolOf(US415, US212);
    const plan = planOn(pool, { to, facts: mapped(US212), settings: { stickySender: false } });
    expect(plan.decision?.sender.id).toBe(US415);
    expect(plan.sticky).toEqual({ read: US212, dropped: null, claim: false, kept: true });
  });

  test("keeps a WhatsApp sender too", () => {
    const pool = poolOf(WHATSAPP, "whatsapp:+447700900104");
    const facts = mapped("whatsapp:+447700900104");
    expect(senderFor(pool, { to: "whatsapp:+14155550199", facts })).toBe("whatsapp:+447700900104");
  });
});

describe("type", () => {
  test("a short code of the recipient's country comes before everything else", () => {
    const pool = poolOf(US415, TOLL_FREE, "ACME", { shortCode: "12345", country: "US" });
    expect(planOn(pool, { to: "+14155550199" }).decision).toMatchObject({
      sender: { id: "12345" },
      rule: "type",
    });
  });

  test("a short code is never used for another country", () => {
    expect(senderFor(poolOf(US415, { shortCode: "12345", country: "CA" }), { to: "+14155550199" })).toBe(
      US415,
    );
    expect(senderFor(poolOf({ shortCode: "12345", country: "CA" }), { to: "+14155550199" })).toBe(
      "NO_SENDER",
    );
  });

  test("a long code serves the carriers a short code does not reach", () => {
    const pool = poolOf(US415, { shortCode: "12345", country: "US", unsupportedCarriers: ["Verizon"] });
    expect(senderFor(pool, { to: "+14155550199", facts: { carrier: "Verizon" } })).toBe(US415);
    expect(senderFor(pool, { to: "+14155550199", facts: { carrier: "T-Mobile" } })).toBe("12345");
    expect(senderFor(pool, { to: "+14155550199" })).toBe("12345");
  });

  test("a sender ID comes before numbers where the country accepts it", () => {
    expect(senderFor(poolOf(GB, "ACME"), { to: "+447700900199" })).toBe("ACME");
    expect(senderFor(poolOf(GB, "ACME"), { to: "+32470123456" })).toBe(GB);
  });

  test.each(["+14155550199", "+16045550199", "+17875550199"])("a sender ID is never used for %s", (to) => {
    expect(senderFor(poolOf(US415, "ACME"), { to })).toBe(US415);
    expect(senderFor(poolOf("ACME"), { to })).toBe("NO_SENDER");
  });

  test("a sender ID of the country comes before one for every country", () => {
    const pool = poolOf("ACME", { senderId: "ACME FR", country: "FR" });
    expect(senderFor(pool, { to: "+33612345199" })).toBe("ACME FR");
    expect(senderFor(pool, { to: "+447700900199" })).toBe("ACME");
  });

  test("no sender ID goes beside a short code of the country, even one that does not reach the carrier", () => {
    const pool = poolOf(GB, "ACME", { shortCode: "60123", country: "GB", unsupportedCarriers: ["O2"] });
    expect(senderFor(pool, { to: "+447700900199", facts: { carrier: "O2" } })).toBe(GB);
  });

  test("toll-free comes first for Canada, and is equal to long codes elsewhere", () => {
    const pool = poolOf(CA604, TOLL_FREE, US415);
    expect(senderFor(pool, { to: "+16045550199" })).toBe(TOLL_FREE);
    const chosen = new Set(
      Array.from({ length: 60 }, (_, n) => senderFor(pool, { to: `+1305555${1000 + n}` })),
    );
    expect(chosen).toEqual(new Set([TOLL_FREE, US415]));
  });

  test("toll-free never leaves +1", () => {
    expect(senderFor(poolOf(TOLL_FREE), { to: "+447700900199" })).toBe("NO_SENDER");
    expect(senderFor(poolOf(TOLL_FREE), { to: "+18765550199" })).toBe(TOLL_FREE);
  });
});

describe("country geomatch", () => {
  test("takes the same country, then a US number, then any", () => {
    const to = "+447700900199";
    expect(senderFor(poolOf(US415, GB, "+33612345111"), { to })).toBe(GB);
    expect(senderFor(poolOf(US415, "+33612345111"), { to })).toBe(US415);
    expect(senderFor(poolOf(CA604), { to })).toBe(CA604);
    expect(senderFor(poolOf({ phoneNumber: US415, capabilities: ["MMS"] }, "+33612345111"), { to })).toBe(
      "+33612345111",
    );
  });

  test("sends to the US from abroad rather than not at all, with an alert", () => {
    const plan = planOn(poolOf(GB), { to: "+14155550199" });
    expect(plan.decision).toMatchObject({ sender: { id: GB }, rule: "country-geomatch" });
    expect(plan.alerts).toMatchObject([{ code: "FOREIGN_SENDER" }]);
  });

  test("serves numbers of no country from anywhere", () => {
    expect(senderFor(poolOf(GB), { to: "+870773111632" })).toBe(GB);
  });
});

describe("area code geomatch", () => {
  test("takes the area code, then an overlay, then any number of the country", () => {
    const to = "+14155550199";
    expect(senderFor(poolOf(US212, "+16285550107", US415), { to })).toBe(US415);
    expect(senderFor(poolOf(US212, "+16285550107"), { to })).toBe("+16285550107");
    expect(senderFor(poolOf(US212), { to })).toBe(US212);
    expect(planOn(poolOf(US212, US415), { to }).decision?.rule).toBe("area-code-geomatch");
  });

  test("does not take an overlay of an overlay", () => {
    const chosen = Array.from({ length: 40 }, (_, n) =>
      reasonsOf(planOn(poolOf("+17185550107", "+13055550107"), { to: `+1212555${1000 + n}` })),
    );
    for (const reasons of chosen) expect(reasons).toContain("AREA_CODE_NONE");
  });

  test("prefers Canada for Canada when no area code matches", () => {
    expect(senderFor(poolOf(US415, US212, CA604), { to: "+15145550199" })).toBe(CA604);
  });

  test("off: area codes do not matter", () => {
    const pool = poolOf(US212, US415);
    const chosen = new Set(
      Array.from({ length: 60 }, (_, n) =>
        senderFor(pool, { to: `+1415555${1000 + n}`, settings: { areaCodeGeomatch: false } }),
      ),
    );
    expect(chosen.size).toBe(2);
  });
});

describe("content", () => {
  const SMS_ONLY = { phoneNumber: "+14155550107", capabilities: ["SMS"] } as const;

  test("media leaves as MMS from an MMS sender where the country receives it", () => {
    const plan = planOn(poolOf(SMS_ONLY, US212), { to: "+14155550199", mediaUrl: media });
    expect(plan.decision).toMatchObject({ sender: { id: US212 }, kind: "MMS" });
    expect(plan).toMatchObject({ encoding: null, numSegments: 1, body: "hello" });
  });

  test("the converter appends the link where the country has no MMS, and the link counts", () => {
    const facts = { mediaLink: "https://x.example/m/Ab3dE7f" };
    const plan = planOn(poolOf(GB), { to: "+447700900199", mediaUrl: media, body: "x".repeat(150), facts });
    expect(plan.decision).toMatchObject({ sender: { id: GB }, kind: "SMS" });
    expect(plan.body).toBe(`${"x".repeat(150)} https://x.example/m/Ab3dE7f`);
    expect(plan.numSegments).toBe(2);
  });

  test("the converter serves pools without an MMS sender, and empty bodies", () => {
    const facts = { mediaLink: "https://x.example/m/Ab3dE7f" };
    const plan = planOn(poolOf(SMS_ONLY), { to: "+14155550199", mediaUrl: media, body: "", facts });
    expect(plan).toMatchObject({ decision: { kind: "SMS" }, body: "https://x.example/m/Ab3dE7f" });
  });

  test("a converted message carries the media's own URLs until it has a link", () => {
    expect(planOn(poolOf(GB), { to: "+447700900199", mediaUrl: media }).body).toBe(`hello ${media[0]}`);
  });

  test("the converter serves carriers that did not take the message as MMS", () => {
    const facts = { mmsFailed: true, mediaLink: "https://x.example/m/ab3de7f" };
    const plan = planOn(poolOf(US415), { to: "+14155550199", mediaUrl: media, facts });
    expect(plan).toMatchObject({ decision: { kind: "SMS" }, body: "hello https://x.example/m/ab3de7f" });
    const settings = { mmsConverter: false };
    expect(senderFor(poolOf(US415), { to: "+14155550199", mediaUrl: media, facts, settings })).toBe(
      "NO_SENDER",
    );
  });

  test("another link changes the text, its segments, and nothing else", () => {
    const request = { to: "+447700900199", mediaUrl: media, body: "x".repeat(140) };
    const short = planOn(poolOf(GB), { ...request, facts: { mediaLink: "https://x.example/1" } });
    const long = "https://x.example/messaging/m/ab3de7f";
    const { forcedBy, ...relinked } = withLink(short, { body: request.body, smartEncoding: true }, long);
    expect({ ...relinked, forcedBy }).toEqual({
      ...planOn(poolOf(GB), { ...request, facts: { mediaLink: long } }),
    });
    expect([short.numSegments, relinked.numSegments]).toEqual([1, 2]);
    expect(Object.isFrozen(withLink(short, { body: "", smartEncoding: true }, long))).toBe(true);
  });

  test("without the converter media is refused where it cannot leave as MMS", () => {
    const settings = { mmsConverter: false };
    expect(senderFor(poolOf(GB), { to: "+447700900199", mediaUrl: media, settings })).toBe("NO_SENDER");
    expect(senderFor(poolOf(SMS_ONLY), { to: "+14155550199", mediaUrl: media, settings })).toBe("NO_SENDER");
    expect(senderFor(poolOf(US415), { to: "+14155550199", mediaUrl: media, settings })).toBe(US415);
  });

  test.each(["+8613800138000", "+819012345678", "+85366123456", "+84912345678", "+989121234567"])(
    "media goes to %s in no way",
    (to) => {
      expect(senderFor(poolOf(US415), { to, mediaUrl: media })).toBe("NO_SENDER");
      expect(senderFor(poolOf(US415), { to })).toBe(US415);
    },
  );

  test("sendAsMms makes an MMS of a text, where it can be one", () => {
    const pool = poolOf(US415);
    expect(planOn(pool, { to: "+14155550199", sendAsMms: true }).decision?.kind).toBe("MMS");
    const abroad = planOn(pool, { to: "+447700900199", sendAsMms: true });
    expect(abroad).toMatchObject({ decision: { kind: "SMS" }, body: "hello" });
  });

  test("WhatsApp carries media as it is", () => {
    const plan = planOn(poolOf(WHATSAPP), { to: "whatsapp:+447700900199", mediaUrl: media });
    expect(plan).toMatchObject({ decision: { kind: "WHATSAPP" }, body: "hello" });
  });

  test("smart encoding saves a segment, and what forces UCS-2 is named", () => {
    const pool = poolOf(US415);
    expect(planOn(pool, { to: "+14155550199", body: "“hi”" })).toMatchObject({
      encoding: "GSM-7",
      body: '"hi"',
    });
    const forced = planOn(pool, { to: "+14155550199", body: "hi 😱" });
    expect(forced).toMatchObject({ encoding: "UCS-2", forcedBy: ["😱"] });
  });
});

describe("alerts", () => {
  test("an unregistered sender ID to a country that wants registration is told, a registered one is not", () => {
    const to = "+971501234567";
    expect(planOn(poolOf("ACME"), { to }).alerts).toMatchObject([{ code: "PREREGISTRATION" }]);
    expect(planOn(poolOf({ senderId: "ACME", registered: true }), { to }).alerts).toEqual([]);
    expect(planOn(poolOf("ACME"), { to, settings: { preRegistrationAlert: false } }).alerts).toEqual([]);
    expect(planOn(poolOf("ACME"), { to: "+33612345199" }).alerts).toEqual([]);
  });

  test("more than one toll-free number is told", () => {
    const to = "+14155550199";
    expect(planOn(poolOf(TOLL_FREE, "+18885550105"), { to }).alerts).toMatchObject([
      { code: "MULTIPLE_TOLL_FREE" },
    ]);
    expect(planOn(poolOf(TOLL_FREE), { to }).alerts).toEqual([]);
  });

  test("a country that overwrites sender IDs gets them, and it is told", () => {
    expect(planOn(poolOf("ACME", US415), { to: "+5491123456789" })).toMatchObject({
      decision: { sender: { id: "ACME" } },
      alerts: [{ code: "SENDER_ID_OVERWRITTEN" }],
    });
  });
});

describe("reasons", () => {
  test("NO_SENDER says why each rule left none", () => {
    const plan = planOn(poolOf({ shortCode: "12345", country: "US" }, "ACME", TOLL_FREE, WHATSAPP), {
      to: "+32470123456",
    });
    expect(plan.refusal?.code).toBe("NO_SENDER");
    expect(plan.steps).toEqual([
      { rule: "channel", reason: "CHANNEL_SMS", before: 4, after: 3, rejected: [WHATSAPP] },
      { rule: "content", reason: "CONTENT_TEXT", before: 3, after: 3 },
      { rule: "type", reason: "SHORT_CODE_OTHER_COUNTRY", before: 3, after: 2, rejected: ["12345"] },
      { rule: "type", reason: "SENDER_ID_NOT_ACCEPTED", before: 2, after: 1, rejected: ["ACME"] },
      { rule: "type", reason: "TOLL_FREE_ABROAD", before: 1, after: 0, rejected: [TOLL_FREE] },
    ]);
  });

  test("names 20 senders a rule set aside, and all of them when asked", () => {
    const french = Array.from({ length: 30 }, (_, n) => `+336123450${10 + n}`);
    const pool = poolOf(GB, ...french);
    const geomatch = (all: boolean) =>
      planOn(pool, { to: "+447700900199", facts: { all } }).steps.find(
        ({ rule }) => rule === "country-geomatch",
      );
    expect(geomatch(false)).toMatchObject({ before: 31, after: 1 });
    expect(geomatch(false)?.rejected).toEqual(french.slice(0, 20));
    expect(geomatch(true)?.rejected).toEqual(french);
  });

  test("the recipient is never its own sender", () => {
    expect(senderFor(poolOf(US415, US212), { to: US415 })).toBe(US212);
    expect(senderFor(poolOf(US415), { to: US415 })).toBe("NO_SENDER");
  });

  test("a plan reads as a few lines", () => {
    const plan = planOn(poolOf(US415, US212), { to: "+14155550199", body: "hi 😱" });
    expect(explainText(plan)).toBe(
      [
        "+14155550199 (US): SMS from +14155550101, long-code of US, settled by area-code-geomatch.",
        "UCS-2, 1 segment; not GSM-7 because of 😱",
        "- channel (2 left): A plain number is reached by SMS and MMS senders; senders of other channels were set aside.",
        "- content (2 left): Text leaves as SMS.",
        "- type (2 left): No short code and no sender ID serves this recipient, so a number does.",
        "- country-geomatch (2 left): Numbers of the recipient's country come first.",
        "- area-code-geomatch (2 to 1): Numbers with the recipient's area code come first.",
        "- scaler (1 left): One sender was left.",
        "The recipient will keep this sender.",
      ].join("\n"),
    );
    const refused = explainText(planOn(poolOf(WHATSAPP), { to: "+14155550199" }));
    expect(refused).toContain(
      "+14155550199 (US): not sent, NO_SENDER. No sender of the pool can take this message",
    );
  });
});
