import fc from "fast-check";
import type { CountryCode } from "libphonenumber-js/max";
import { getCountries, getExampleNumber, parsePhoneNumberFromString } from "libphonenumber-js/max";
import metadata from "libphonenumber-js/min/metadata";
import examples from "libphonenumber-js/mobile/examples";
import { describe, expect, it } from "vitest";
import { CALLING_CODES } from "../../src/phone/calling-codes.ts";
import { areaCodeCountry } from "../../src/phone/nanp.ts";
import { isPhoneNumber, isTollFree, mayHoldTrunkZero, routingCountry } from "../../src/phone/number.ts";

const callingCodes = metadata.country_calling_codes as Readonly<Record<string, readonly CountryCode[]>>;

/** The rule in terms of the library: where it tells +7's and +1's countries apart, theirs; else the calling code's main country. */
function routingCountryByLibrary(e164: string): string | undefined {
  const parsed = parsePhoneNumberFromString(e164);
  if (parsed === undefined) return undefined;
  const main = callingCodes[parsed.countryCallingCode]?.[0];
  return parsed.countryCallingCode === "7" || parsed.countryCallingCode === "1"
    ? (parsed.country ?? main)
    : main;
}

const digits = (count: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: count, maxLength: count });

describe("routingCountry", () => {
  it.each([
    ["+441632960675", "GB", "fictional, so the library cannot place it"],
    ["+447911123456", "GB", "Guernsey shares +44"],
    ["+4779123456", "NO", "Svalbard shares +47"],
    ["+14155552671", "US", ""],
    ["+16045550100", "CA", ""],
    ["+18765550100", "JM", ""],
    ["+17875550100", "PR", "territories are their own"],
    ["+79161234567", "RU", ""],
    ["+77012345678", "KZ", ""],
    ["+3906698123", "IT", "the Vatican shares +39"],
    ["+18005550100", "US", "toll-free"],
    ["+15005550006", "US", "a magic number"],
    ["+16005550100", "CA", "Canada's tariffed services"],
    ["+15555550100", "US", "no such area code"],
    ["+5511987654321", "BR", ""],
    ["+35312345678", "IE", ""],
  ])("of %s is %s %s", (number, country) => {
    expect(routingCountry(number)).toBe(country);
  });

  it.each(["+80012345678", "+870773111632", "+881612345678", "+883510012345", "+9991234567", "+2101234567"])(
    "of %s is nobody's",
    (number) => {
      expect(routingCountry(number)).toBeUndefined();
    },
  );

  it("is the library's for the example number of every country", () => {
    const checked = getCountries().filter((country) => {
      const number = getExampleNumber(country, examples)?.number;
      if (number !== undefined)
        expect([number, routingCountry(number)]).toEqual([number, routingCountryByLibrary(number)]);
      return number !== undefined;
    });
    expect(checked.length).toBeGreaterThan(230);
  });

  it("is the library's for any number, assigned or not", () => {
    const anyNumber = fc
      .tuple(fc.constantFrom(...Object.keys(callingCodes)), digits(9))
      .filter(([code]) => code !== "1")
      .map(([code, rest]) => `+${code}${rest}`);
    fc.assert(
      fc.property(anyNumber, (number) => {
        const expected = routingCountryByLibrary(number);
        fc.pre(expected !== undefined);
        expect(routingCountry(number)).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it("tells Kazakhstan from Russia as the library does, for every beginning", () => {
    for (let prefix = 0; prefix < 1000; prefix += 1) {
      const number = `+7${String(prefix).padStart(3, "0")}1234567`;
      const expected = parsePhoneNumberFromString(number)?.country ?? "RU";
      expect([number, routingCountry(number)]).toEqual([number, expected]);
    }
  });

  it("goes by the area code for every +1 number", () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 999 }), digits(7), (areaCode, rest) => {
        const expected = areaCodeCountry(String(areaCode));
        fc.pre(expected !== undefined);
        expect(routingCountry(`+1${areaCode}${rest}`)).toBe(expected);
      }),
    );
  });
});

describe("the calling code table", () => {
  it("is the library's: every code, with its main country", () => {
    const fromLibrary = Object.entries(callingCodes).map(([code, countries]) => [code, countries[0]]);
    expect(fromLibrary.length).toBeGreaterThan(200);
    expect(CALLING_CODES).toMatchObject(Object.fromEntries(fromLibrary));
    const extra = Object.entries(CALLING_CODES).filter(([code]) => callingCodes[code] === undefined);
    expect(new Set(extra.map(([, country]) => country))).toEqual(new Set(["001"]));
  });

  it("is prefix-free", () => {
    const codes = Object.keys(CALLING_CODES);
    expect(codes.filter((code) => codes.some((other) => other !== code && code.startsWith(other)))).toEqual(
      [],
    );
  });
});

describe("isPhoneNumber", () => {
  it.each([
    "+441632960675",
    "+15005550006",
    "+15551234567",
    "+6834002",
    "+123456789012345".slice(0, 12),
    "+870773111632",
  ])("takes %s", (number) => {
    expect(isPhoneNumber(number)).toBe(true);
  });

  it.each([
    ["14155552671", "no plus"],
    ["+1415555267", "nine digits after +1"],
    ["+141555526711", "eleven digits after +1"],
    ["+441234", "too short"],
    ["+4412345678901234", "16 digits"],
    ["+0441632960675", "a calling code has no leading zero"],
    ["+9991234567", "no such calling code"],
    ["+1415555267a", "a letter"],
    ["+1 4155552671", "a space"],
    ["+14155552671\n", "a line end"],
    ["", "nothing"],
  ])("refuses %j: %s", (number) => {
    expect(isPhoneNumber(number)).toBe(false);
  });
});

describe("isTollFree", () => {
  it("knows the seven codes of +1", () => {
    for (const code of [800, 833, 844, 855, 866, 877, 888]) expect(isTollFree(`+1${code}5550100`)).toBe(true);
  });

  it.each(["+18225550100", "+14155550100", "+80012345678", "+448001111111", "+1800555010"])(
    "does not take %s for one",
    (number) => {
      expect(isTollFree(number)).toBe(false);
    },
  );
});

describe("mayHoldTrunkZero", () => {
  it.each([
    ["+4407911123456", true],
    ["+447911123456", false],
    ["+23408031234567", true],
    ["+2348031234567", false],
    ["+390669812345", true],
    ["+7012345678", true],
    ["+79012345678", false],
    ["+12025550123", false],
  ])("says of %s %s", (number, may) => {
    expect(mayHoldTrunkZero(number)).toBe(may);
  });
});
