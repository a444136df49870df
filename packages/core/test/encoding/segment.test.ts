import fc from "fast-check";
import { SegmentedMessage } from "sms-segments-calculator";
import { describe, expect, it } from "vitest";
import { segment } from "../../src/encoding/segment.ts";

const GRIN = "\u{1F600}";
const FAMILY = "\u{1F468}\u200d\u{1F469}\u200d\u{1F467}\u200d\u{1F466}";
const FLAG = "\u{1F1EB}\u{1F1F7}";

/** Half a surrogate pair. */
const LONE = /\p{Surrogate}/u;

/** The units of each segment. */
function sizes(body: string): number[] {
  return segment(body).segments.map((part) =>
    segment(body).encoding === "GSM-7" ? segment(part).units : part.length,
  );
}

describe("segment", () => {
  it("says everything of a short text", () => {
    expect(segment("Hi {you}")).toEqual({
      encoding: "GSM-7",
      numSegments: 1,
      segments: ["Hi {you}"],
      units: 10,
      body: "Hi {you}",
      forcedBy: [],
    });
  });

  it("counts the empty text as one empty segment", () => {
    expect(segment("")).toMatchObject({
      encoding: "GSM-7",
      numSegments: 1,
      segments: [""],
      units: 0,
      forcedBy: [],
    });
  });

  it.each<[name: string, body: string, sizes: number[]]>([
    ["160 GSM", "a".repeat(160), [160]],
    ["161 GSM", "a".repeat(161), [153, 8]],
    ["306 GSM", "a".repeat(306), [153, 153]],
    ["307 GSM", "a".repeat(307), [153, 153, 1]],
    ["1600 GSM", "a".repeat(1600), [...Array<number>(10).fill(153), 70]],
    ["158 GSM + €", `${"a".repeat(158)}€`, [160]],
    ["159 GSM + €", `${"a".repeat(159)}€`, [153, 8]],
    ["152 + € + 151", `${"a".repeat(152)}€${"a".repeat(151)}`, [152, 153]],
    ["152 + € + 152", `${"a".repeat(152)}€${"a".repeat(152)}`, [152, 153, 1]],
    ["151 + € + 153", `${"a".repeat(151)}€${"a".repeat(153)}`, [153, 153]],
    ["80 €", "€".repeat(80), [160]],
    ["81 €", "€".repeat(81), [152, 10]],
    ["153 €", "€".repeat(153), [152, 152, 2]],
    ["153 ]", "]".repeat(153), [152, 152, 2]],
    ["70 я", "я".repeat(70), [70]],
    ["71 я", "я".repeat(71), [67, 4]],
    ["134 я", "я".repeat(134), [67, 67]],
    ["135 я", "я".repeat(135), [67, 67, 1]],
    ["68 я + emoji", "я".repeat(68) + GRIN, [70]],
    ["69 я + emoji", "я".repeat(69) + GRIN, [67, 4]],
    ["66 я + emoji + 66", "я".repeat(66) + GRIN + "я".repeat(66), [66, 67, 1]],
    ["35 emoji", GRIN.repeat(35), [70]],
    ["36 emoji", GRIN.repeat(36), [66, 6]],
    ["67 emoji", GRIN.repeat(67), [66, 66, 2]],
    ["60 я + family + 62", "я".repeat(60) + FAMILY + "я".repeat(62), [60, 67, 6]],
    ["65 я + flag + 65", "я".repeat(65) + FLAG + "я".repeat(65), [65, 67, 2]],
    ["66 я + e and its accent + 10", `${"я".repeat(66)}e\u0301${"я".repeat(10)}`, [66, 12]],
    ["152 + CR LF + 10", `${"a".repeat(152)}\r\n${"a".repeat(10)}`, [153, 11]],
    ["66 я + CR LF + 10", `${"я".repeat(66)}\r\n${"я".repeat(10)}`, [67, 11]],
    ["1600 я", "я".repeat(1600), [...Array<number>(23).fill(67), 59]],
    ["a lone high surrogate at the border", `${"я".repeat(66)}\ud83dяяяя`, [67, 4]],
    ["a lone low surrogate at the border", `${"я".repeat(67)}\ude00яяя`, [67, 4]],
    ["71 lone high surrogates", "\ud83d".repeat(71), [67, 4]],
  ])("splits %s", (_, body, expected) => {
    expect(sizes(body)).toEqual(expected);
    expect(segment(body).numSegments).toBe(new SegmentedMessage(body).segmentsCount);
  });

  it("counts septets in GSM-7 and UTF-16 code units in UCS-2", () => {
    expect(segment("€[").units).toBe(4);
    expect(segment(`€[${GRIN}`).units).toBe(4);
    expect(segment("a".repeat(400)).units).toBe(400);
  });

  it("splits a cluster longer than a segment between code points", () => {
    const zalgo = `я${"\u0301".repeat(200)}`;
    expect(sizes(zalgo)).toEqual([67, 67, 67]);
    expect(sizes(`${GRIN}${"\u{E0061}".repeat(60)}`)).toEqual([66, 56]);
    expect(sizes(`яя${zalgo}`)).toEqual([2, 67, 67, 67]);
  });

  it("splits a very long cluster in time that grows with its length", () => {
    expect(segment(`я${"\u0301".repeat(200_000)}`).numSegments).toBe(Math.ceil(200_001 / 67));
  });

  describe("forcedBy", () => {
    it("names the distinct characters that forced UCS-2, in order of appearance", () => {
      expect(segment("“It’s” “so” it’s").forcedBy).toEqual(["“", "’", "”"]);
      expect(segment("ça va `ça`").forcedBy).toEqual(["ç", "`"]);
    });

    it("names whole grapheme clusters", () => {
      expect(segment(`Hi ${FAMILY} from ${FLAG}${FLAG}, e\u0301 ${GRIN}\r\n`).forcedBy).toEqual([
        FAMILY,
        FLAG,
        "e\u0301",
        GRIN,
      ]);
    });

    it("is empty when smart encoding made it GSM-7", () => {
      expect(segment("it’s", { smartEncoding: true }).forcedBy).toEqual([]);
    });

    it("is the same array each time, is part of the JSON, and survives freezing", () => {
      const result = segment("я");
      expect(JSON.parse(JSON.stringify(result))).toEqual({
        encoding: "UCS-2",
        numSegments: 1,
        segments: ["я"],
        units: 1,
        body: "я",
        forcedBy: ["я"],
      });
      expect(result.forcedBy).toBe(result.forcedBy);
      expect(Object.freeze(segment("я")).forcedBy).toEqual(["я"]);
    });
  });

  describe("with smart encoding", () => {
    it("is off unless asked for", () => {
      expect(segment("it’s")).toMatchObject({ encoding: "UCS-2", body: "it’s" });
      expect(segment("it’s", { smartEncoding: undefined }).encoding).toBe("UCS-2");
    });

    it("counts and returns the text that leaves", () => {
      expect(segment(`${"a".repeat(158)}…`, { smartEncoding: true })).toMatchObject({
        encoding: "GSM-7",
        units: 161,
        numSegments: 2,
        segments: [`${"a".repeat(153)}`, "aaaaa..."],
        body: `${"a".repeat(158)}...`,
      });
    });

    it("leaves a text that stays UCS-2 as it is", () => {
      const body = `“Привет” n\u0303`;
      expect(segment(body, { smartEncoding: true })).toMatchObject({
        encoding: "UCS-2",
        body,
        units: body.length,
      });
    });
  });

  /*
   * The oracle's grapheme rules are Unicode 10's. Left out is what newer rules join or part differently: skin tones
   * after anything but the bases of Unicode 10, a bare ZWJ between other things than emoji sequences, Indic
   * conjuncts (GB9c), signs that prepend (U+0600); and clusters over 32 units, which the oracle packs into segments of more than 67.
   */
  it("agrees with Twilio's calculator on encoding, segments and foreign characters", () => {
    const pieces = [
      ["a", "B", "z", " ", "0", "é", "\n", "\r", "\r\n", "Ω"],
      ["^", "{", "}", "\\", "[", "~", "]", "|", "€", "\f"],
      ["я", "Ж", "漢", "あ", "한", "ا", "ת", "’", "“", "ё", "ç", "\t", "\u00a0", "\u200b", "\u00ad"],
      [GRIN, "\u{1F389}", "\u{1F680}", "\u{1F44D}", "⌚", "☺", "©"],
      [FAMILY, "👩‍💻", "👩‍❤️‍👩", "🏳️‍🌈", "👨🏽‍🚒", "👁️‍🗨️", "👍🏽", "👋🏻", "☝🏼"],
      [FLAG, "\u{1F1FA}\u{1F1F8}", "\u{1F1E9}", "❤️", "1️⃣", "#️⃣", "🏴\u{E0067}\u{E0062}\u{E007F}"],
      ["e\u0301", "n\u0303", "я\u0306", "Z\u0351\u0343\u0352", "กำ", "น้ำ", "நி", "\u1112\u1161\u11ab"],
      ["\ud83d", "\ude00", "\ud800", "\udfff"],
    ].map((characters) => fc.constantFrom(...characters));
    const texts = fc
      .subarray(pieces, { minLength: 1, maxLength: 3 })
      .chain((some) => fc.string({ unit: fc.oneof(...some), minLength: 0, maxLength: 200, size: "max" }));
    fc.assert(
      fc.property(texts, (body) => {
        const oracle = new SegmentedMessage(body);
        const result = segment(body);
        expect(result.encoding).toBe(oracle.encodingName);
        expect(result.segments).toEqual(oracle.segments.map(textOf));
        expect(result.numSegments).toBe(oracle.segmentsCount);
        const foreign = oracle.encodingName === "GSM-7" ? [] : oracle.getNonGsmCharacters();
        expect(result.forcedBy).toEqual([...new Set(foreign)]);
      }),
      { numRuns: 500 },
    );
  });

  it("fills segments within their limit, joined to the body, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400, size: "max" }), (body) => {
        const { encoding, segments, units, numSegments } = segment(body);
        const limit = encoding === "GSM-7" ? (numSegments === 1 ? 160 : 153) : numSegments === 1 ? 70 : 67;
        const lengths =
          encoding === "GSM-7"
            ? segments.map((part) => segment(part).units)
            : segments.map((part) => part.length);
        expect(segments.join("")).toBe(body);
        expect(Math.max(...lengths)).toBeLessThanOrEqual(limit);
        expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(units);
        if (!LONE.test(body)) expect(segments.filter((part) => LONE.test(part))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

/** The characters of the oracle's segment, without the header it holds in front. */
function textOf(part: Iterable<{ readonly raw?: string }>): string {
  return [...part].map(({ raw }) => raw ?? "").join("");
}
