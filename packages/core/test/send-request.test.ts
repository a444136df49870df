import { describe, expect, it } from "vitest";
import { checkSchedule, type Draft, type DraftContext, parseSendRequest } from "../src/send-request.ts";
import { resolveSettings } from "../src/settings.ts";
import type { SendRequest } from "../src/types.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const MINUTE = 60_000;
const DAY = 86_400_000;
const HX = `HX${"a".repeat(32)}`;
const context: DraftContext = {
  settings: resolveSettings({}),
  serviceSid: `MG${"1".repeat(32)}`,
  defaultCountry: undefined,
};
const base: SendRequest = { to: "+14155550123", body: "x" };
const parse = (change: object, other: Partial<DraftContext> = {}): Draft => {
  const draft = parseSendRequest({ ...base, ...change } as SendRequest, { ...context, ...other });
  if (draft.sendAt !== undefined) checkSchedule(draft.sendAt, NOW);
  return draft;
};

describe("a send request", () => {
  it("is completed from the settings", () => {
    expect(parse({})).toMatchObject({
      text: "x",
      mediaUrl: [],
      validityPeriod: 36_000,
      smartEncoding: true,
      sendAsMms: false,
      refusals: "reject",
      from: undefined,
    });
  });

  it("takes national numbers where a country is given", () => {
    expect(parse({ to: "(415) 555-0123" }, { defaultCountry: "US" }).to.address).toBe("+14155550123");
  });

  it("takes one media URL for a list of one", () => {
    expect(parse({ mediaUrl: "https://a/b" }).mediaUrl).toEqual(["https://a/b"]);
  });

  it("means a choice by the service's own SID in from", () => {
    expect(parse({ from: context.serviceSid }).from).toBeUndefined();
  });

  it("needs no body beside media or a template", () => {
    expect(parse({ body: undefined, mediaUrl: ["https://a/b"] }).text).toBe("");
    expect(parse({ body: "", contentSid: HX }).text).toBe("");
  });

  it("takes 1,600 characters, 10 media, and times from 5 minutes to 35 days ahead", () => {
    expect(parse({ body: "x".repeat(1_600) }).text).toHaveLength(1_600);
    expect(parse({ mediaUrl: Array(10).fill("https://a/b") }).mediaUrl).toHaveLength(10);
    for (const ahead of [5 * MINUTE, 35 * DAY])
      expect(parse({ sendAt: new Date(NOW + ahead) }).sendAt).toBe(NOW + ahead);
    for (const sendAt of ["2026-01-02T12:00:00Z", "2026-01-02T13:00:00.0+01:00", "2026-01-02 12:00:00.000z"])
      expect(parse({ sendAt }).sendAt).toBe(NOW + DAY);
  });

  it("refuses a sendAt that is no time in time linear in its length", () => {
    // Looking for the zone from every T took 8 seconds at a tenth of this.
    const begun = performance.now();
    expect(() => parse({ sendAt: "t".repeat(1_000_000) })).toThrow(
      expect.objectContaining({ code: "INVALID_SEND_AT" }),
    );
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it("clamps WhatsApp's validity period to four hours", () => {
    expect(parse({ to: "whatsapp:+14155550123", validityPeriod: 20_000 }).validityPeriod).toBe(14_400);
    expect(parse({ to: "whatsapp:+14155550123", validityPeriod: 20 }).validityPeriod).toBe(20);
  });

  it("keeps content variables as JSON, however they were given", () => {
    const contentSid = HX;
    expect(parse({ contentSid, contentVariables: { 1: "a" } }).contentVariables).toBe('{"1":"a"}');
    expect(parse({ contentSid, contentVariables: '{ "1": "a" }' }).contentVariables).toBe('{"1":"a"}');
  });

  it.each([
    ["to", "+1415", "INVALID_RECIPIENT", 21211],
    ["to", "", "INVALID_RECIPIENT", 21211],
    ["to", undefined, "INVALID_RECIPIENT", 21211],
    ["to", 14155550123, "INVALID_RECIPIENT", 21211],
    ["to", "415-555-0123", "INVALID_RECIPIENT", 21211],
    ["to", "12345", "INVALID_RECIPIENT", 21211],
    ["to", "ACME", "INVALID_RECIPIENT", 21211],
    ["body", "", "MISSING_CONTENT", 21619],
    ["body", undefined, "MISSING_CONTENT", 21619],
    ["body", 5, "MISSING_CONTENT", 21619],
    ["body", "x".repeat(1_601), "BODY_TOO_LONG", 21617],
    ["mediaUrl", "a.png", "INVALID_MEDIA_URL", 21620],
    ["mediaUrl", ["https://a/b", "ftp://a/b"], "INVALID_MEDIA_URL", 21620],
    ["mediaUrl", [null], "INVALID_MEDIA_URL", 21620],
    ["mediaUrl", 5, "INVALID_MEDIA_URL", 21620],
    ["mediaUrl", null, "INVALID_MEDIA_URL", 21620],
    ["mediaUrl", Array(11).fill("https://a/b"), "TOO_MANY_MEDIA", 21623],
    ["from", "nobody at all!", "INVALID_SENDER", 21212],
    ["from", "", "INVALID_SENDER", 21212],
    ["from", 5, "INVALID_SENDER", 21212],
    ["from", 14155550100n, "INVALID_SENDER", 21212],
    ["to", 14155550123n, "INVALID_RECIPIENT", 21211],
    ["mediaUrl", [5n], "INVALID_MEDIA_URL", 21620],
    ["contentSid", Symbol("HX"), "INVALID_CONTENT_SID", 21655],
    ["fallbackFrom", "whatsapp:+14155550100", "INVALID_FALLBACK_FROM", 21665],
    ["fallbackFrom", 5, "INVALID_FALLBACK_FROM", 21665],
    ["contentSid", "HX1", "INVALID_CONTENT_SID", 21655],
    ["contentSid", null, "INVALID_CONTENT_SID", 21655],
    ["contentVariables", { 1: "a" }, "CONTENT_SID_MISSING", 21654],
    ["validityPeriod", 0, "INVALID_VALIDITY_PERIOD", 90007],
    ["validityPeriod", 36_001, "INVALID_VALIDITY_PERIOD", 90007],
    ["validityPeriod", 1.5, "INVALID_VALIDITY_PERIOD", 90007],
    ["validityPeriod", "60", "INVALID_VALIDITY_PERIOD", 90007],
    ["sendAt", new Date(NOW + 5 * MINUTE - 1), "SCHEDULE_TOO_SOON", 35114],
    ["sendAt", new Date(NOW - DAY), "SCHEDULE_TOO_SOON", 35114],
    ["sendAt", new Date(NOW + 35 * DAY + 1), "SCHEDULE_TOO_LATE", 35117],
    ["sendAt", "tomorrow", "INVALID_SEND_AT", 35114],
    ["sendAt", "2026-01-03", "INVALID_SEND_AT", 35114],
    ["sendAt", "2026-01-03T12:00:00", "INVALID_SEND_AT", 35114],
    ["sendAt", "01/03/2026 12:00Z", "INVALID_SEND_AT", 35114],
    ["sendAt", "2026-01-32T12:00:00Z", "INVALID_SEND_AT", 35114],
    ["sendAt", "2026-02-30T12:00:00Z", "INVALID_SEND_AT", 35114],
    ["sendAt", new Date("nonsense"), "INVALID_SEND_AT", 35114],
    ["sendAt", null, "INVALID_SEND_AT", 35114],
    ["sendAt", {}, "INVALID_SEND_AT", 35114],
    ["statusCallback", "/status", "INVALID_STATUS_CALLBACK", 21609],
    ["statusCallback", "https://my_host/status", "INVALID_STATUS_CALLBACK", 21609],
    ["statusCallback", `https://a/${"x".repeat(4_000)}`, "INVALID_STATUS_CALLBACK", 21609],
    ["statusCallback", 5, "INVALID_STATUS_CALLBACK", 21609],
    ["category", "", "INVALID_OPTION", null],
    ["idempotencyKey", "", "INVALID_OPTION", null],
    ["idempotencyKey", "x".repeat(256), "INVALID_OPTION", null],
    ["refusals", "Status", "INVALID_OPTION", null],
    ["smartEncoded", "false", "INVALID_OPTION", null],
    ["sendAsMms", "false", "INVALID_OPTION", null],
    ["tags", "a", "INVALID_OPTION", null],
    ["tags", { a: 5 }, "INVALID_OPTION", null],
  ] as const)("with %s %o is refused with %s", (field, value, code, twilioCode) => {
    let caught: unknown;
    try {
      parse({ [field]: value });
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ name: "MessagingError", code, twilioCode });
    expect((caught as Error).message).toContain((caught as { help: string }).help);
  });

  it.each([
    [{ contentVariables: "no json" }],
    [{ contentVariables: "[1]" }],
    [{ contentVariables: '{"1":2}' }],
    [{ contentVariables: null }],
    [{ contentVariables: new Map([["1", "Ann"]]) }],
    [{ contentVariables: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [n, "x"])) }],
  ])("with content variables %o is refused", (change) => {
    expect(() => parse({ ...change, contentSid: HX })).toThrow(
      expect.objectContaining({ code: "INVALID_CONTENT_VARIABLES", twilioCode: 21656 }),
    );
  });

  it("with a fallback beside from is refused", () => {
    expect(() => parse({ from: "+14155550100", fallbackFrom: "+14155550101" })).toThrow(
      expect.objectContaining({ code: "FALLBACK_WITH_FROM", twilioCode: 21664 }),
    );
  });

  it("with an unknown field is refused, naming the nearest", () => {
    expect(() => parse({ mediaURL: "x" })).toThrow(
      expect.objectContaining({
        code: "UNKNOWN_REQUEST_OPTION",
        message: expect.stringContaining('"mediaUrl"') as string,
      }),
    );
  });

  it.each([undefined, null, "x"])("that is %o is refused", (request) => {
    expect(() => parseSendRequest(request as never, context)).toThrow(
      expect.objectContaining({ name: "MessagingError" }),
    );
  });
});
