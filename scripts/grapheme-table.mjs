// Writes packages/core/src/encoding/grapheme-table.ts from the Unicode data of the Node it runs on: each code point's
// part in the rules of TR29, found by what the platform's own segmenter does with it. Run it on the newest Node.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("../packages/core/src/encoding/grapheme-table.ts", import.meta.url));
const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });
const [ZWJ, ACUTE, GRIN, KA, VIRAMA] = ["\u200d", "\u0301", "\u{1f600}", "\u0915", "\u094d"];
const [HANGUL_V, HANGUL_LV] = ["\u1160", "\uac00"];

/**
 * Whether a text is one cluster.
 *
 * @param {string[]} parts
 */
function joins(...parts) {
  const text = parts.join("");
  return segmenter.segment(text).containing(0)?.segment.length === text.length;
}

/**
 * The name of a code point's class, or `undefined` for Other.
 *
 * @param {string} c
 */
function classOf(c) {
  if (c === ZWJ) return "ZWJ";
  if (!joins(c, ACUTE)) return "CONTROL";
  if (joins("a", c)) {
    // A spacing mark ends what a joiner could go on with; so do marks that are not part of Indic conjuncts.
    if (!joins(GRIN, c, ZWJ, GRIN)) return "SPACING_MARK";
    if (joins(KA, c, KA)) return "LINKER";
    return joins(KA, c, VIRAMA, KA) ? "EXTEND" : "EXTEND_ALONE";
  }
  if (joins(c, "a")) return "PREPEND";
  if (joins(c, c) && !joins(c, c, c)) return "REGIONAL_INDICATOR";
  if (joins(c, HANGUL_LV)) return "HANGUL_L";
  if (joins(HANGUL_V, c)) return joins(c, HANGUL_V) ? "HANGUL_V" : "HANGUL_T";
  if (joins(c, ZWJ, GRIN)) return "PICTOGRAPHIC";
  return joins(c, VIRAMA, KA) ? "CONSONANT" : undefined;
}

/** @type {Map<string, string[]>} */
const ranges = new Map();
let [first, current] = [0, /** @type {string | undefined} */ (undefined)];
for (let code = 0; code <= 0x110000; code += 1) {
  // Every syllable follows from its number.
  const isSyllable = code >= 0xac00 && code <= 0xd7a3;
  const name = code === 0x110000 || isSyllable ? undefined : classOf(String.fromCodePoint(code));
  if (name === current) continue;
  if (current !== undefined) {
    const [from, to] = [first.toString(16), (code - 1).toString(16)];
    ranges.set(current, [...(ranges.get(current) ?? []), from === to ? from : `${from}-${to}`]);
  }
  [first, current] = [code, name];
}

const rows = [...ranges]
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(
    ([name, list]) =>
      `  ${name}:\n    "${list
        .join(" ")
        .replace(/(.{1,98})( |$)/g, (_, part, end) => `${part}${end}" +\n    "`)
        .replace(/ \+\n {4}""?$/, "")
        .replace(/" \+\n {4}$/, "")},\n`,
  );
writeFileSync(
  FILE,
  `/** The version of Unicode that {@link GRAPHEME_RANGES} is from. */
export const UNICODE_VERSION = "${process.versions.unicode}";

/** The classes that the rules of grapheme clusters tell apart, the numbered syllables of Hangul left out. */
export type GraphemeClass =
${[...ranges.keys()]
  .sort()
  .map((name) => `  | "${name}"`)
  .join("\n")};

/**
 * Code points by their part in the rules of grapheme clusters, as hexadecimal ranges; all others stand alone. Hangul
 * syllables (U+AC00-U+D7A3) are left out: they follow from their number. EXTEND_ALONE extends any cluster but no Indic conjunct.
 *
 * Written by scripts/grapheme-table.mjs from ICU ${process.versions.icu} on ${new Date().toISOString().slice(0, 10)}.
 *
 * @see https://www.unicode.org/reports/tr29/#Grapheme_Cluster_Boundary_Rules
 */
export const GRAPHEME_RANGES: Readonly<Record<GraphemeClass, string>> = {
${rows.join("")}};
`,
);
execFileSync("node_modules/.bin/biome", ["format", "--write", FILE], { stdio: "inherit" });
