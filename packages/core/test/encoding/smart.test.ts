import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGsm7 } from "../../src/encoding/gsm7.ts";
import { smartEncode } from "../../src/encoding/smart.ts";
import { SMART_ENCODING_TABLE } from "../../src/encoding/smart-table.ts";

const replaced = SMART_ENCODING_TABLE.flatMap(([replacement, characters]) =>
  [...characters].map((character) => [character, replacement] as const),
);

describe("smartEncode", () => {
  it("knows Twilio's 271 characters, each once, none of them GSM-7", () => {
    expect(new Set(replaced.map(([character]) => character)).size).toBe(271);
    expect(replaced).toHaveLength(271);
    expect(replaced.filter(([character]) => isGsm7(character))).toEqual([]);
  });

  it("replaces each of them by GSM-7 text", () => {
    // Q composes with no mark, so the combining ones are replaced too.
    for (const [character, replacement] of replaced) {
      expect(isGsm7(replacement)).toBe(true);
      expect(smartEncode(`Q${character}`).slice(1), character).toBe(replacement);
    }
  });

  it.each([
    ["“It’s”", '"It\'s"'],
    ["wait…", "wait..."],
    ["a – b — c • d", "a - b - c - d"],
    ["½ ¼ ¾", "1/2 1/4 3/4"],
    ["‼", "!!"],
    ["‹a›", "<a>"],
    ["«a»", '"a"'],
    ["no\u00a0break\u2003em\u3000wide", "no break em wide"],
    ["tab\there", "tab here"],
    ["\ufeffzero\u200bwidth\u200c\u2060", "zerowidth"],
    ["ＡＢＣ１２３", "ABC123"],
    ["5€ [ok]", "5€ [ok]"],
  ])("turns %j into %j", (body, encoded) => {
    expect(smartEncode(body)).toBe(encoded);
  });

  it("returns the original when any character stays outside GSM-7", () => {
    for (const body of ["“Привет”", "it’s \u{1F600}", "it’s ç", "n\u0303 я", "’\ud83d"])
      expect(smartEncode(body)).toBe(body);
  });

  it("composes before it replaces, so a decomposed ñ is not n~", () => {
    expect(smartEncode("man\u0303ana")).toBe("mañana");
    expect(smartEncode("u\u0308ber “A\u030a”")).toBe('über "Å"');
  });

  it("takes the Ohm sign, the Kelvin sign and the Greek question mark for what they compose to", () => {
    expect(smartEncode("10 \u2126, 3 \u212a\u037e")).toBe("10 Ω, 3 K;");
  });

  it("gives back a text in GSM-7 as it is", () => {
    expect(smartEncode("")).toBe("");
    expect(smartEncode("plain [text] €\f")).toBe("plain [text] €\f");
  });

  it("answers a GSM-7 text or the original, and nothing changes the second time", () => {
    const characters = fc.constantFrom(
      ...replaced.map(([character]) => character),
      ..."aZ é€n\u0303я\u{1F600}ñ\u0301",
    );
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 12 }), (body) => {
        const encoded = smartEncode(body);
        expect(encoded === body || isGsm7(encoded)).toBe(true);
        expect(smartEncode(encoded)).toBe(encoded);
      }),
      { numRuns: 1000 },
    );
  });
});
