import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMessagingError } from "../../src/errors.ts";
import { parseAddress, parseRecipient } from "../../src/phone/address.ts";

function refusal(to: string, options: { defaultCountry?: string } = {}): string {
  try {
    parseRecipient(to, options);
  } catch (error) {
    if (isMessagingError(error, "INVALID_RECIPIENT")) return error.message;
    throw error;
  }
  throw new Error(`${to} was accepted`);
}

describe("parseAddress", () => {
  it.each([
    ["+14155552671", "+14155552671", "sms", "phone-number"],
    ["12345", "12345", "sms", "short-code"],
    ["123", "123", "sms", "short-code"],
    ["12345678", "12345678", "sms", "short-code"],
    ["ACME", "ACME", "sms", "sender-id"],
    ["A&B Co-op_1+", undefined, undefined, undefined],
    ["A&B Co-op_1", "A&B Co-op_1", "sms", "sender-id"],
    ["1234567890A", "1234567890A", "sms", "sender-id"],
    ["whatsapp:+14155552671", "whatsapp:+14155552671", "whatsapp", "phone-number"],
    ["WhatsApp:+14155552671", "whatsapp:+14155552671", "whatsapp", "phone-number"],
    ["rcs:+14155552671", "rcs:+14155552671", "rcs", "phone-number"],
    ["rcs:acme_agent", "rcs:acme_agent", "rcs", "agent"],
    ["RCS:Acme_Agent", "rcs:Acme_Agent", "rcs", "agent"],
    ["whatsapp:ACME", undefined, undefined, undefined],
    ["messenger:12345", undefined, undefined, undefined],
    ["rcs:", undefined, undefined, undefined],
    ["12", undefined, undefined, undefined],
    ["123456789", undefined, undefined, undefined],
    ["", undefined, undefined, undefined],
    ["Ümlaut", undefined, undefined, undefined],
    ["ACME.com", undefined, undefined, undefined],
  ])("reads %j as %s", (value, address, channel, kind) => {
    const parsed = parseAddress(value);
    expect([parsed?.address, parsed?.channel, parsed?.kind]).toEqual([address, channel, kind]);
  });

  it("has the number of phone numbers only, on every channel", () => {
    expect(parseAddress("whatsapp:+14155552671")?.number).toBe("+14155552671");
    expect(parseAddress("12345")?.number).toBeUndefined();
    expect(parseAddress("rcs:acme_agent")?.number).toBeUndefined();
  });

  it("takes 7 or 8 digits for a number where the default country has such numbers", () => {
    expect(parseAddress("91234567", { defaultCountry: "SG" })?.address).toBe("+6591234567");
    expect(parseAddress("12345678", { defaultCountry: "US" })?.kind).toBe("short-code");
    expect(parseAddress("12345", { defaultCountry: "NO" })?.kind).toBe("short-code");
  });

  it("keeps a canonical address as it is", () => {
    const canonical = fc.oneof(
      fc.integer({ min: 2_000_000_000, max: 9_999_999_999 }).map((national) => `+1${national}`),
      fc.integer({ min: 100_000_000, max: 999_999_999 }).map((national) => `whatsapp:+49${national}`),
      fc.integer({ min: 100, max: 99_999_999 }).map(String),
      fc.integer({ min: 100_000_000, max: 999_999_999 }).map((national) => `+3906${national}`),
      fc.string({ unit: fc.constantFrom(..."ABCxyz"), minLength: 1, maxLength: 11 }),
    );
    fc.assert(
      fc.property(canonical, (address) => {
        expect(parseAddress(address)?.address).toBe(address);
      }),
    );
  });

  it("never throws, and answers only with addresses it reads as the same", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.stringMatching(/^(whatsapp:|rcs:|tel:)?[+0-9 ()./-]{0,20}$/),
          fc.stringMatching(/^\+[1-9][0-9]{0,2}0{1,3}[0-9]{4,10}$/),
        ),
        fc.constantFrom(undefined, "US", "DE", "SG", "XX"),
        (value, defaultCountry) => {
          const parsed = parseAddress(value, { defaultCountry });
          if (parsed !== undefined) expect(parseAddress(parsed.address)).toEqual(parsed);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe("parseRecipient", () => {
  it("says who, where and on which channel", () => {
    expect(parseRecipient("whatsapp:+14155552671")).toEqual({
      address: "whatsapp:+14155552671",
      channel: "whatsapp",
      number: "+14155552671",
      person: "+14155552671",
      country: "US",
      areaCode: "415",
    });
    expect(parseRecipient("+5215512345678")).toEqual({
      address: "+5215512345678",
      channel: "sms",
      number: "+5215512345678",
      person: "+525512345678",
      country: "MX",
      areaCode: undefined,
    });
  });

  it.each([
    ["+44 (0)20 7946 0958", "+442079460958"],
    ["+4402079460958", "+442079460958"],
    ["+44002079460958", "+442079460958"],
    ["whatsapp:+4915112345678", "whatsapp:+4915112345678"],
    ["whatsapp:+49015112345678", "whatsapp:+4915112345678"],
    ["+23408031234567", "+2348031234567"],
    ["+390669812345", "+390669812345"],
    ["+2250701234567", "+2250701234567"],
    ["+2290195123456", "+2290195123456"],
    ["+4400000", "+4400000"],
    ["+1 (415) 555-2671", "+14155552671"],
    ["+1-415-555-2671", "+14155552671"],
    ["+1.415.555.2671", "+14155552671"],
    ["+1 555 123 4567", "+15551234567"],
    ["+39 06 698 12345", "+390669812345"],
    ["tel:+1-415-555-2671", "+14155552671"],
    ["TEL:+14155552671", "+14155552671"],
    ["whatsapp: +44 7700 900123", "whatsapp:+447700900123"],
    ["  +14155552671\n", "+14155552671"],
    ["\u202A+1 415\u00A0555\u20112671\u202C", "+14155552671"],
    ["\u200B+14155552671\uFEFF", "+14155552671"],
    ["＋１４１５５５５２６７１", "+14155552671"],
    ["+٤٤١٦٣٢٩٦٠٦٧٥", "+441632960675"],
    ["+४४१६३२९६०६७५", "+441632960675"],
    ["+𝟒𝟒𝟙𝟞𝟯𝟮𝟫𝟨𝟶𝟼𝟽𝟻", "+441632960675"],
  ])("reads %j as %s", (to, address) => {
    expect(parseRecipient(to).address).toBe(address);
  });

  it.each([
    ["(415) 555-2671", "US", "+14155552671"],
    ["14155552671", "US", "+14155552671"],
    ["1 415 555 2671", "US", "+14155552671"],
    ["(555) 123-4567", "US", "+15551234567"],
    ["020 7946 0958", "GB", "+442079460958"],
    ["01632 960675", "GB", "+441632960675"],
    ["0176/12345678", "DE", "+4917612345678"],
    ["91234567", "SG", "+6591234567"],
    ["001 415 555 2671", "GB", "+14155552671"],
    ["011 44 20 7946 0958", "US", "+442079460958"],
    ["whatsapp:07700 900123", "GB", "whatsapp:+447700900123"],
  ])("reads %j of %s as %s", (to, defaultCountry, address) => {
    expect(parseRecipient(to, { defaultCountry }).address).toBe(address);
  });

  it.each(["1", "2", "3", "4", "5", "6", "7", "8", "9"])("takes the magic number +1500555000%s", (last) => {
    expect(parseRecipient(`+1500555000${last}`).number).toBe(`+1500555000${last}`);
  });

  it.each([
    ["+1415555267a", "a trailing letter"],
    ["+14155552671x", "a trailing letter"],
    ["+14155552671 ext. 5", "an extension"],
    ["+14155552671;ext=5", "an extension"],
    ["tel:+14155552671;ext=5", "an extension"],
    ["+14155552671,,5", "a dial pause"],
    ["+14155552671#5", "an extension"],
    ["call +14155552671", "words before"],
    ["+14155552671 (home)", "words after"],
    ["+14155552671 +14155552672", "two numbers"],
    ["+49 30 123456/7", "two extensions"],
    ["+14155552671²", "a footnote"],
    ["sms:+14155552671", "another scheme"],
    ["whatsapp:whatsapp:+14155552671", "a prefix twice"],
    ["+1415555267", "a digit missing"],
    ["+1 415 555 267", "a digit missing"],
    ["+141555526711", "a digit too many"],
    ["+441632960675000000", "more than 15 digits"],
    ["+9991234567", "no such calling code"],
    ["+", "no digits"],
    ["", "nothing"],
    ["\u200B", "nothing to see"],
    ["123456789012", "no plus and no default country"],
    ["(415) 555-2671", "national without a default country"],
    ["12345", "a short code"],
    ["12345678", "a short code"],
    ["ACME", "a sender ID"],
    ["rcs:acme_agent", "an agent"],
    ["whatsapp:12345", "no number"],
  ])("refuses %j: %s", (to) => {
    expect(refusal(to)).toContain(JSON.stringify(to));
  });

  it.each([
    ["555-2671", "US"],
    ["123456789012345", "US"],
    ["(415) 555-267", "US"],
    ["415 555 2671 x5", "US"],
    ["(415) 555-2671", "XX"],
  ])("refuses %j of %s", (to, defaultCountry) => {
    expect(refusal(to, { defaultCountry })).toContain(JSON.stringify(to));
  });

  it("says why", () => {
    expect(refusal("12345")).toContain("short code");
    expect(refusal("ACME")).toContain("sender ID");
    expect(refusal("+1415555267")).toContain("ten digits");
    expect(refusal("+9991234567")).toContain("calling code");
    expect(refusal("4155552671")).toContain("defaultCountry");
    expect(refusal("415555267", { defaultCountry: "US" })).toContain("US");
    expect(refusal("+14155552671x5")).toContain("alone");
    expect(refusal("")).toContain("empty");
  });

  it("names a value that is no string without failing over it", () => {
    expect(refusal(undefined as unknown as string)).toContain("undefined is not a string");
    expect(refusal(14155552671 as unknown as string)).toContain("14155552671 is not a string");
  });

  it("quotes no more than the beginning of a long value", () => {
    expect(refusal("9".repeat(100_000)).length).toBeLessThan(400);
  });
});
