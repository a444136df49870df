import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutAtCluster, foreignClusters } from "../../src/encoding/grapheme.ts";
import { GRAPHEME_RANGES, UNICODE_VERSION } from "../../src/encoding/grapheme-table.ts";
import { isGsm7 } from "../../src/encoding/gsm7.ts";
import { toUnits } from "../../src/encoding/units.ts";

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Where the platform's clusters begin; it keeps CR LF together, which a segment's border may part. */
function boundaries(body: string): Set<number> {
  const found = new Set(Array.from(segmenter.segment(body), ({ index }) => index));
  for (const { index } of body.matchAll(/\r\n/g)) found.add(index + 1);
  return found;
}

/** Code points of every class, and of none. */
const characters = fc.oneof(
  ...Object.values(GRAPHEME_RANGES).map((ranges) =>
    fc.constantFrom(...ranges.split(" ")).chain((range) => {
      const [first = 0, last = first] = range.split("-").map((code) => Number.parseInt(code, 16));
      return fc.integer({ min: first, max: last }).map((code) => String.fromCodePoint(code));
    }),
  ),
  fc.integer({ min: 0xac00, max: 0xd7a3 }).map((code) => String.fromCodePoint(code)),
  fc.constantFrom("a", "я", "\r", "\n", "\u200d", "\u094d", "\u{1f600}", "\u0301", "\u{20000}", "\u{e1000}"),
);
const texts = fc.array(characters, { minLength: 2, maxLength: 24 }).map((parts) => parts.join(""));

// Another version of Unicode has other characters, and now and then another rule.
describe.runIf(process.versions.unicode === UNICODE_VERSION)("beside the platform's own segmenter", () => {
  it("cuts at the last boundary that the platform knows", () => {
    fc.assert(
      fc.property(texts, (body) => {
        const known = boundaries(body);
        for (let end = 2; end < body.length; end += 1) {
          const expected = [...known].filter((at) => at > 0 && at <= end).sort((a, b) => b - a)[0];
          // Where there is none the cluster is torn, between two code points.
          if (expected !== undefined) expect(cutOf(body, end)).toBe(expected);
          else expect(end - cutOf(body, end)).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it("names the clusters that the platform names", () => {
    fc.assert(
      fc.property(texts, (body) => {
        const clusters = Array.from(segmenter.segment(body), ({ segment }) => segment);
        const isForeign = (each: string): boolean => (each.length > 1 ? each !== "\r\n" : !isGsm7(each));
        expect(foreignClusters(body)).toEqual([...new Set(clusters.filter(isForeign))]);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Where a text is cut. */
function cutOf(body: string, end: number): number {
  return cutAtCluster(toUnits(body), 0, end);
}

describe("cutAtCluster", () => {
  it.each<[name: string, body: string, end: number, cut: number]>([
    ["a flag", "a\u{1F1EB}\u{1F1F7}", 3, 1],
    ["the second of two flags", "\u{1F1EB}\u{1F1F7}\u{1F1E9}\u{1F1EA}", 6, 4],
    ["a family", "a\u{1F468}\u200d\u{1F469}\u200d\u{1F467}", 7, 1],
    ["a skin tone and its hand", "a\u{1F44D}\u{1F3FD}", 3, 1],
    ["a syllable of Hangul letters", "a\u1112\u1161\u11ab", 3, 1],
    ["an Indic conjunct", "a\u0915\u094d\u0937", 3, 1],
    ["a letter and its accents", "ae\u0301\u0302", 3, 1],
    ["a subdivision's flag", "a\u{1F3F4}\u{E0067}\u{E0062}\u{E007F}", 7, 1],
  ])("keeps %s whole", (_, body, end, cut) => {
    expect(cutOf(body, end)).toBe(cut);
  });

  it("parts CR and LF, and letters of different syllables", () => {
    expect(cutOf("ab\r\n", 3)).toBe(3);
    expect(cutOf("a\u11ab\u1112", 2)).toBe(2);
  });
});
