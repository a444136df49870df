import { describe, expect, it } from "vitest";
import { fields, isCountry, isKeyed, show } from "../src/option-checks.ts";

describe("show", () => {
  const itself: Record<string, unknown> = {};
  itself.self = itself;
  it.each<[unknown, string]>([
    ["a\nb", '"a\\nb"'],
    ["x".repeat(100), `"${"x".repeat(64)}…"`],
    [14155550100n, "14155550100"],
    [Number.NaN, "NaN"],
    [Symbol("s"), "Symbol(s)"],
    [null, "null"],
    [undefined, "undefined"],
    [() => "secret", "a function"],
    [[5n], "a list"],
    [itself, "an object"],
    [Object.create(null), "an object"],
  ])("writes %o on a line", (value, text) => {
    expect(show(value)).toBe(text);
  });
});

describe("isKeyed", () => {
  it.each<[unknown, boolean]>([
    [{}, true],
    [Object.create(null), true],
    [[], false],
    [new Map([["es", true]]), false],
    [null, false],
    ["es", false],
    [() => {}, false],
  ])("says of %o %s", (value, keyed) => {
    expect(isKeyed(value)).toBe(keyed);
  });
});

describe("isCountry", () => {
  it.each(["US", "GB", "PR", "XK", "AC", "TW"])("knows %s", (code) => {
    expect(isCountry(code)).toBe(true);
  });

  it.each(["UK", "gb", "GBR", "AN", "SU", "EU", "ZZ", "AB", "", null, 44])("does not know %o", (code) => {
    expect(isCountry(code)).toBe(false);
  });
});

describe("fields", () => {
  it("refuses what has none", () => {
    for (const value of [undefined, null, 5, "limit", [], new Map()])
      expect(() => fields("messages", value, ["limit"])).toThrow("messages takes an object with limit.");
  });
});
