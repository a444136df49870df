import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aliasesOf, personOf } from "../../src/phone/aliases.ts";

const digits = (count: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: count, maxLength: count });

const aliasedNumber = fc.oneof(
  fc.tuple(fc.constantFrom("+52", "+521", "+54", "+549"), digits(10)).map((parts) => parts.join("")),
  fc.tuple(fc.constant("+55"), fc.constantFrom(8, 10, 11, 12).chain(digits)).map((parts) => parts.join("")),
  fc
    .tuple(fc.constantFrom("+55119", "+5511"), fc.constantFrom("6", "7", "8", "9"), digits(7))
    .map((parts) => parts.join("")),
  fc.tuple(fc.constantFrom("+5", "+1", "+44"), digits(10)).map((parts) => parts.join("")),
);

describe("personOf", () => {
  it.each([
    ["Mexico's old mobile 1", "+5215512345678", "+525512345678"],
    ["Argentina's mobile 9", "+5491112345678", "+541112345678"],
    ["Brazil's ninth digit", "+551187654321", "+5511987654321"],
  ])("sees through %s", (_what, one, other) => {
    expect(personOf(one)).toBe(other);
    expect(personOf(other)).toBe(other);
  });

  it.each([
    ["a Brazilian land line", "+551133334444"],
    ["a Brazilian mobile that never had eight digits", "+5511912345678"],
    ["a Mexican number of another length", "+52155123456"],
    ["Peru", "+51987654321"],
    ["Belize, which is +501", "+5016221234"],
    ["the United States", "+14155552671"],
    ["Britain", "+441632960675"],
  ])("leaves %s alone", (_what, number) => {
    expect(personOf(number)).toBe(number);
    expect(aliasesOf(number)).toContain(number);
  });

  it("is idempotent, and one for all aliases", () => {
    fc.assert(
      fc.property(aliasedNumber, (number) => {
        const person = personOf(number);
        expect(personOf(person)).toBe(person);
        for (const alias of aliasesOf(number)) {
          expect(personOf(alias)).toBe(person);
          expect(aliasesOf(alias)).toEqual(aliasesOf(number));
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("aliasesOf", () => {
  it("has both forms, the person's first", () => {
    expect(aliasesOf("+5215512345678")).toEqual(["+525512345678", "+5215512345678"]);
    expect(aliasesOf("+541112345678")).toEqual(["+541112345678", "+5491112345678"]);
    expect(aliasesOf("+5511987654321")).toEqual(["+5511987654321", "+551187654321"]);
  });

  it("is the number alone where there is no other form", () => {
    expect(aliasesOf("+5511912345678")).toEqual(["+5511912345678"]);
    expect(aliasesOf("+14155552671")).toEqual(["+14155552671"]);
  });

  it("always has the number itself", () => {
    fc.assert(
      fc.property(aliasedNumber, (number) => {
        expect(aliasesOf(number)).toContain(number);
      }),
    );
  });
});
