import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { segment } from "../../src/encoding/segment.ts";
import { smartEncode } from "../../src/encoding/smart.ts";
import { lint } from "../../src/opt-out/lint-body.ts";

const codes = (...args: Parameters<typeof lint>) => lint(...args).warnings.map(({ code }) => code);

describe("lint", () => {
  it("says which character costs what, where it is, and what would do", () => {
    expect(lint("a’b €5 😱").characters).toEqual([
      { character: "’", codePoint: "U+2019", position: 1, reason: "ucs-2", units: 1, replacement: "'" },
      { character: "€", codePoint: "U+20AC", position: 4, reason: "extension", units: 2, replacement: null },
      { character: "😱", codePoint: "U+1F631", position: 7, reason: "ucs-2", units: 2, replacement: null },
    ]);
  });

  it("takes for one character what a reader does", () => {
    expect(lint("👍🏽 n\u0303").characters).toEqual([
      {
        character: "👍🏽",
        codePoint: "U+1F44D U+1F3FD",
        position: 0,
        reason: "ucs-2",
        units: 4,
        replacement: null,
      },
      {
        character: "n\u0303",
        codePoint: "U+006E U+0303",
        position: 5,
        reason: "ucs-2",
        units: 2,
        replacement: "ñ",
      },
    ]);
  });

  it("shows the encoded form, and segments before and after", () => {
    const body = `${"x".repeat(124)}—`;
    expect(lint(body)).toMatchObject({
      encoded: `${"x".repeat(124)}-`,
      before: { encoding: "UCS-2", numSegments: 2, units: 125 },
      after: { encoding: "GSM-7", numSegments: 1, units: 125 },
      saved: 1,
    });
  });

  it("says that one character without a replacement keeps all as they are", () => {
    const body = "“quoted” 안녕 😱 안";
    const { encoded, before, after, saved, warnings } = lint(body);
    expect({ encoded, after, saved }).toEqual({ encoded: body, after: before, saved: 0 });
    expect(warnings[0]).toEqual({
      code: "ucs-2",
      message: expect.stringContaining("안 (U+C548), 녕 (U+B155), 😱 (U+1F631)."),
    });
  });

  it("says when replacements that are longer cost a segment", () => {
    const { saved, warnings } = lint("…".repeat(70));
    expect(saved).toBe(-1);
    expect(warnings.map(({ code }) => code)).toContain("smart-encoding-longer");
  });

  it.each([
    [" STOP", 1, 0],
    ["\u00a0\u200bSTOP\n\n ", 2, 3],
    ["STOP", 0, 0],
    ["   ", 3, 0],
    ["", 0, 0],
  ])("counts the blanks around %j", (body, leadingBlanks, trailingBlanks) => {
    expect(lint(body)).toMatchObject({ leadingBlanks, trailingBlanks });
    expect(codes(body).includes("leading-blanks")).toBe(leadingBlanks > 0);
    expect(codes(body).includes("trailing-blanks")).toBe(trailingBlanks > 0);
  });

  it.each([
    ["Sale today. Reply STOP to opt out.", "STOP"],
    ["Sale today. Reply stop to opt out.", "STOP"],
    ["Sale today. Text 'end' to leave.", "END"],
    ["Sale today. OPT OUT: reply with that.", "OPT OUT"],
    ["Oferta. Responda BAJA para salir.", "BAJA"],
    ["促销。回复退订取消", "退订"],
  ])("finds the way out in %j", (body, keyword) => {
    expect(lint(body).optOutKeyword).toBe(keyword);
    expect(codes(body)).not.toContain("missing-opt-out");
  });

  it.each([
    "The bus will stop at the end of the road.",
    "End of sale. Don't quit, can't cancel!",
    "NONSTOP flights from $99",
    "Text me when you stop.",
    "",
  ])("finds none in %j", (body) => {
    expect(lint(body).optOutKeyword).toBeNull();
    expect(codes(body)).toContain("missing-opt-out");
  });

  it("looks for a language's own words where it is named, and for yours", () => {
    const spanish = "Oferta. Responda BAJA para salir.";
    expect(lint(spanish, { language: "es-MX" }).optOutKeyword).toBe("BAJA");
    expect(lint(spanish, { language: "ES" }).optOutKeyword).toBe("BAJA");
    expect(lint(spanish, { language: "fr" }).optOutKeyword).toBeNull();
    expect(lint("Offre. STOP au 36000", { language: "fr" }).optOutKeyword).toBe("STOP");
    expect(lint("Sale. Reply BASTA", { language: "xx" }).optOutKeyword).toBeNull();
    expect(lint("Sale. Reply BASTA", { language: "xx", keywords: ["basta"] }).optOutKeyword).toBe("basta");
  });

  it("takes an empty language for one without words of its own, whoever asked first", () => {
    expect(lint("Responda BAJA", { language: "" }).optOutKeyword).toBeNull();
    expect(lint("Responda BAJA").optOutKeyword).toBe("BAJA");
  });

  it("takes time by the length of the text alone", () => {
    const { leadingBlanks, trailingBlanks } = lint(`x${" ".repeat(50_000)}x`);
    expect([leadingBlanks, trailingBlanks]).toEqual([0, 0]);
    const family = "👨‍👩‍👧";
    const { characters } = lint(`a${family.repeat(3_000)}`);
    expect(characters).toHaveLength(3_000);
    expect(characters.every(({ character, position }) => character === family && position % 8 === 1)).toBe(
      true,
    );
  });

  it("finds nothing wrong with a plain text", () => {
    const result = lint("Acme: sale today. Reply STOP to opt out.");
    expect(result).toMatchObject({ characters: [], saved: 0, warnings: [] });
    expect(Object.isFrozen(result)).toBe(true);
  });

  it("tells characters apart as a reader does, however long the text", () => {
    const unit = fc.constantFrom(
      "a",
      "’",
      "👨",
      "\u200d",
      "🏽",
      "🇫",
      "🇷",
      "\u0303",
      "क",
      "\u094d",
      "\r",
      "\n",
      "각",
      "ᄀ",
      "ᅡ",
    );
    fc.assert(
      fc.property(fc.string({ unit, minLength: 250, maxLength: 600 }), (body) => {
        const clusters = Array.from(new Intl.Segmenter("en").segment(body), ({ segment: each }) => each);
        const foreign = clusters.filter((each) => segment(each).encoding === "UCS-2");
        expect(lint(body).characters.map(({ character }) => character)).toEqual(foreign);
      }),
      { numRuns: 200 },
    );
  });

  it("agrees with segment and smartEncode, whatever the text", () => {
    const text = fc.string({
      unit: fc.oneof(fc.constantFrom("a", "’", "…", "€", "\u200b", "\u0303", "n", "😱", "🏽"), fc.string()),
      maxLength: 200,
    });
    fc.assert(
      fc.property(text, (body) => {
        const { characters, encoded, before, after, saved } = lint(body);
        expect(encoded).toBe(segment(body, { smartEncoding: true }).body);
        expect([before.numSegments, after.numSegments]).toEqual([
          segment(body).numSegments,
          segment(encoded).numSegments,
        ]);
        expect(saved).toBe(before.numSegments - after.numSegments);
        const foreign = characters.filter(({ reason }) => reason === "ucs-2");
        expect(before.encoding === "UCS-2").toBe(foreign.length > 0);
        for (const { character, position } of characters)
          expect(body.slice(position, position + character.length)).toBe(character);
        // All or nothing: the text is encoded when each of them can be, and then each as it is said.
        expect(after.encoding === "GSM-7").toBe(foreign.every(({ replacement }) => replacement !== null));
        if (after.encoding === "UCS-2") return;
        let replaced = "";
        let done = 0;
        for (const { character, position, replacement } of foreign) {
          replaced += body.slice(done, position) + replacement;
          done = position + character.length;
        }
        expect(replaced + body.slice(done)).toBe(smartEncode(body));
      }),
      { numRuns: 500 },
    );
  });
});
