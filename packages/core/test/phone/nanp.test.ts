import { getCountryCallingCode, parsePhoneNumberFromString } from "libphonenumber-js/max";
import { describe, expect, it } from "vitest";
import { areaCodeCountry, areaCodeOf, overlaysOf } from "../../src/phone/nanp.ts";
import { AREA_CODES, OVERLAY_COMPLEXES, TOLL_FREE_AREA_CODES } from "../../src/phone/nanp-area-codes.ts";

const areaCodes = Object.entries(AREA_CODES).flatMap(([country, codes]) =>
  codes.split(" ").map((code) => ({ country, code })),
);

/** In service, but not in libphonenumber. */
const UNKNOWN_TO_LIBPHONENUMBER = "357 436 457 465 471 483 621 624 679 729 837 861 924".split(" ");

describe("the area code table", () => {
  it("has every code once, 454 in all, of countries of +1", () => {
    expect(new Set(areaCodes.map(({ code }) => code)).size).toBe(454);
    expect(areaCodes).toHaveLength(454);
    for (const { country, code } of areaCodes) {
      expect(code).toMatch(/^[2-9][0-8][0-9]$/);
      expect(getCountryCallingCode(country as "US")).toBe("1");
    }
  });

  it("places every code as libphonenumber does, but for 13 it does not know", () => {
    const unplaced = areaCodes.filter(({ country, code }) => {
      const placed = ["2345678", "5552345", "6222345", "9203000"]
        .map((rest) => parsePhoneNumberFromString(`+1${code}${rest}`)?.country)
        .find((found) => found !== undefined);
      if (placed !== undefined) expect([code, placed]).toEqual([code, country]);
      return placed === undefined;
    });
    expect(unplaced.map(({ code }) => code).sort()).toEqual(UNKNOWN_TO_LIBPHONENUMBER);
  });

  it("has only complexes of two and more codes in service, in ascending order", () => {
    const inService = new Set(areaCodes.map(({ code }) => code));
    expect(Object.keys(OVERLAY_COMPLEXES)).toHaveLength(143);
    for (const complex of Object.values(OVERLAY_COMPLEXES)) {
      const codes = complex.split(" ");
      expect(codes.length).toBeGreaterThan(1);
      expect(codes).toEqual([...codes].sort());
      expect(codes.filter((code) => !inService.has(code))).toEqual([]);
    }
  });
});

describe("areaCodeOf", () => {
  it("is the area code of American and Canadian numbers, the territories included", () => {
    expect(areaCodeOf("+14155552671")).toBe("415");
    expect(areaCodeOf("+16045550100")).toBe("604");
    expect(areaCodeOf("+17875550100")).toBe("787");
    for (const code of UNKNOWN_TO_LIBPHONENUMBER) expect(areaCodeOf(`+1${code}5550100`)).toBe(code);
  });

  it.each([
    ["an island state", "+18765550100"],
    ["a toll-free number", "+18005550100"],
    ["a personal number", "+15005550006"],
    ["a code not in service", "+12735550100"],
    ["another country", "+441632960675"],
    ["too few digits", "+1415555267"],
  ])("is nothing for %s", (_what, number) => {
    expect(areaCodeOf(number)).toBeUndefined();
  });
});

describe("overlaysOf", () => {
  it("is the other codes of the geography", () => {
    expect(overlaysOf("415")).toEqual(["628"]);
    expect(overlaysOf("212")).toEqual(["332", "646", "917"]);
  });

  it("is not transitive: 917 overlays 212 and 718, which do not overlay each other", () => {
    expect(overlaysOf("917")).toEqual(expect.arrayContaining(["212", "718"]));
    expect(overlaysOf("212")).not.toContain("718");
    expect(overlaysOf("718")).not.toContain("212");
  });

  it("keeps Atlanta and its ring apart, though 470 and 678 overlay both", () => {
    expect(overlaysOf("404")).not.toContain("770");
    expect(overlaysOf("470")).toEqual(expect.arrayContaining(["404", "678", "770"]));
  });

  it("is symmetric, and never names the code itself", () => {
    for (const { code } of areaCodes) {
      for (const other of overlaysOf(code)) {
        expect(other).not.toBe(code);
        expect(overlaysOf(other)).toContain(code);
      }
    }
  });

  it("is empty for codes that share nothing", () => {
    expect(overlaysOf("684")).toEqual([]);
    expect(overlaysOf("800")).toEqual([]);
    expect(overlaysOf("000")).toEqual([]);
  });
});

describe("areaCodeCountry", () => {
  it("gives territories and island states their own country", () => {
    expect(["415", "604", "787", "684", "876", "264"].map(areaCodeCountry)).toEqual([
      "US",
      "CA",
      "PR",
      "AS",
      "JM",
      "AI",
    ]);
  });

  it("is nothing for toll-free codes", () => {
    for (const code of TOLL_FREE_AREA_CODES.split(" ")) expect(areaCodeCountry(code)).toBeUndefined();
  });
});
