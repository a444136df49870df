import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseForm, parseQuery } from "../../src/wire/form.ts";
import { renderForm } from "../../src/wire/form-render.ts";

/** What the platform's own parser makes of a form. */
function oracle(text: string): Record<string, string | string[]> {
  const parameters: Record<string, string | string[]> = Object.create(null);
  for (const name of new Set(new URLSearchParams(`?${text}`).keys())) {
    const values = new URLSearchParams(`?${text}`).getAll(name);
    parameters[name] = values.length === 1 ? (values[0] ?? "") : values;
  }
  return parameters;
}

describe("parseForm", () => {
  it("reads an inbound message", () => {
    expect(parseForm("From=%2B15005550006&Body=Hi+there%21&NumMedia=0&Empty=")).toEqual({
      From: "+15005550006",
      Body: "Hi there!",
      NumMedia: "0",
      Empty: "",
    });
  });

  it("reads bytes as UTF-8, escaped or not", () => {
    expect(parseForm(Buffer.from("a=%C3%A9é&b=👋"))).toEqual({ a: "éé", b: "👋" });
  });

  it("takes a byte order mark for text, as the URL Standard does", () => {
    expect(parseForm(Buffer.from("\uFEFFa=%EF%BB%BF%"))).toEqual({ "\uFEFFa": "\uFEFF%" });
  });

  it("holds the values of a repeated name in order", () => {
    expect(parseForm("a=1&b=2&a=3&a=")).toEqual({ a: ["1", "3", ""], b: "2" });
  });

  it("keeps an incomplete escape as written", () => {
    expect(parseForm("a=100%&b=%zz%41&c=%4")).toEqual({ a: "100%", b: "%zzA", c: "%4" });
  });

  it("treats __proto__ as any name", () => {
    const parameters = parseForm("__proto__=x&constructor=y&__proto__=z");
    expect("toString" in parameters).toBe(false);
    expect("constructor" in parseForm("a=1")).toBe(false);
    expect("__proto__" in parseForm("a=1")).toBe(false);
    expect(parameters.constructor).toBe("y");
    expect(Object.entries(parameters)).toEqual([
      ["__proto__", ["x", "z"]],
      ["constructor", "y"],
    ]);
  });

  it("reads forms of other names in turn as if each were the first", () => {
    const pair = fc.tuple(
      fc.constantFrom("a", "ab", "a%62", "", "b", "Body", "%2525", "%25", "+"),
      fc.constantFrom(
        "",
        "1",
        "12",
        "a=b",
        "+%26",
        "%2525",
        "%25",
        "%",
        "+",
        "a value of some length",
        "100%",
      ),
    );
    const form = fc
      .array(pair, { maxLength: 6 })
      .map((pairs) => pairs.map((each) => each.join("=")).join("&"));
    fc.assert(
      fc.property(fc.array(form, { maxLength: 6 }), (forms) => {
        for (const each of forms) expect({ ...parseForm(each) }).toEqual({ ...oracle(each) });
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["raw bytes", Buffer.from([0x61, 0x3d, 0xff])],
    ["escapes", "a=%FF"],
    ["an escaped surrogate", "a=%ED%A0%80"],
    ["an overlong escape", "a=%C0%AF"],
  ])("refuses %s that are not UTF-8", (_name, body) => {
    expect(() => parseForm(body)).toThrow(
      expect.objectContaining({ code: "MALFORMED_REQUEST", message: expect.stringContaining("not UTF-8") }),
    );
  });

  it("accepts as many parameters as allowed and no more", () => {
    const form = (count: number) => Array.from({ length: count }, (_, index) => `a${index}=1`).join("&");
    expect(Object.keys(parseForm(form(1_000)))).toHaveLength(1_000);
    expect(() => parseForm(form(1_001))).toThrow(expect.objectContaining({ code: "MALFORMED_REQUEST" }));
    expect(() => parseForm("a=1&a=2&a=3", { maxParameters: 2 })).toThrow(/more than 2/);
  });

  it("takes time linear in the body", () => {
    const hostile = ["a&", "&", "a=&", "%", "+", "=", "a=%zz&"].map((unit) =>
      unit.repeat(500_000 / unit.length),
    );
    const start = performance.now();
    for (const body of hostile) parseForm(body, { maxParameters: Number.POSITIVE_INFINITY });
    // Quadratic time would be minutes.
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it("agrees with URLSearchParams on every ASCII form", () => {
    const token = fc.constantFrom("a", "b", "=", "&", "+", "%", "%41", "%C3%A9", "4", "z", " ", "#", "?");
    fc.assert(
      fc.property(fc.array(token, { maxLength: 30 }), (tokens) => {
        const text = tokens.join("");
        const expected = oracle(text);
        // It writes U+FFFD for what is not UTF-8; we refuse that.
        if (JSON.stringify(expected).includes("\uFFFD")) expect(() => parseForm(text)).toThrow(/not UTF-8/);
        else expect(parseForm(Buffer.from(text))).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});

describe("parseQuery", () => {
  it.each([
    ["https://example.com/sms?a=1&b=x+y", { a: "1", b: "x y" }],
    ["/sms?a=1#rc=2?b=3", { a: "1" }],
    ["/sms#a?b=1", {}],
    ["/sms", {}],
    ["/sms?", {}],
  ])("reads %s", (url, expected) => {
    expect({ ...parseQuery(url) }).toEqual(expected);
  });
});

describe("renderForm", () => {
  it("escapes as the URL Standard says", () => {
    expect(renderForm({ To: "+1", Body: "a b&c='~'", MediaUrl: ["x", "y"], None: [] })).toBe(
      "To=%2B1&Body=a+b%26c%3D%27%7E%27&MediaUrl=x&MediaUrl=y",
    );
  });

  it("writes what URLSearchParams writes", () => {
    const value = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom(..."aZ09*-._~!'()&=+% #\ud800é\0") }),
    );
    fc.assert(
      fc.property(fc.dictionary(value, value, { noNullPrototype: false }), (parameters) => {
        expect(renderForm(parameters)).toBe(new URLSearchParams(Object.entries(parameters)).toString());
      }),
    );
  });

  it("writes what URLSearchParams writes, however long it is", () => {
    for (const unit of ["a", " ", "é", "&"])
      for (const length of [
        2_700, 2_729, 2_730, 2_731, 4_095, 8_185, 8_189, 8_190, 8_191, 8_192, 8_193, 20_000,
      ]) {
        const parameters = { A: "x", [unit.repeat(3)]: unit.repeat(length), B: "é y" };
        expect(renderForm(parameters)).toBe(new URLSearchParams(Object.entries(parameters)).toString());
      }
    const list = { A: Array.from({ length: 5_000 }, (_, n) => `${n} é`), B: "last" };
    const pairs = new URLSearchParams(list.A.map((value): [string, string] => ["A", value]));
    pairs.append("B", list.B);
    expect(renderForm(list)).toBe(pairs.toString());
  });

  it("is undone by parseForm", () => {
    const value = fc.string({ unit: "grapheme" });
    const values = fc.oneof(value, fc.array(value, { minLength: 2, maxLength: 4 }));
    fc.assert(
      fc.property(fc.dictionary(value, values, { noNullPrototype: false }), (parameters) => {
        expect({ ...parseForm(renderForm(parameters)) }).toEqual({ ...parameters });
      }),
    );
  });
});
