/** GSM 7-bit default alphabet without its escape, in septet order (3GPP TS 23.038 clause 6.2.1). One septet each. */
const DEFAULT_ALPHABET: string =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/** GSM 7-bit extension table (3GPP TS 23.038 clause 6.2.1.1). An escape and a septet each. */
const EXTENSION: string = "\f^{}\\[~]|€";

/** Class of a code unit in the default alphabet; also its cost in septets. */
export const SEPTET = 1;
/** Class of a code unit in the extension table; also its cost in septets. Every class above is not GSM-7. */
export const ESCAPED = 2;
/** Class of a foreign code unit that joins no neighbour into a grapheme cluster, save one of class {@link JOINING}. */
export const FOREIGN = 3;
/** Class of the other foreign code units: combining marks, joiners, flags, skin tones, and what is not known better. */
export const JOINING = 4;

/**
 * Code units known to stand alone: letters and signs of the scripts most texts are in, whose grapheme cluster break
 * is Other or Control, or a precomposed Hangul syllable (Unicode TR29). The last range is the high surrogates of
 * U+1F400–U+1FBFF, where emoji live but neither flags nor skin tones. Leaving a range out costs time, never correctness.
 */
const STANDALONE_RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x0000, 0x02ff], // Latin
  [0x0370, 0x0482], // Greek, Cyrillic
  [0x048a, 0x0556], // Cyrillic, Armenian
  [0x05d0, 0x05ea], // Hebrew
  [0x0620, 0x064a], // Arabic
  [0x1e00, 0x1fff], // Latin, Greek with diacritics
  [0x2010, 0x205e], // punctuation
  [0x20a0, 0x20cf], // currency
  [0x2100, 0x2bff], // symbols, arrows
  [0x3000, 0x3029], // CJK punctuation
  [0x3041, 0x3096], // Hiragana
  [0x309b, 0x312f], // Katakana, Bopomofo
  [0x3400, 0x9fff], // CJK ideographs
  [0xac00, 0xd7a3], // Hangul syllables
  [0xff01, 0xff9d], // full-width and half-width forms
  [0xd83d, 0xd83e],
];

/** The class of every UTF-16 code unit: {@link SEPTET}, {@link ESCAPED}, {@link FOREIGN} or {@link JOINING}. */
export const UNIT_CLASS: Uint8Array = classify();

function classify(): Uint8Array {
  const table = new Uint8Array(0x10000).fill(JOINING);
  for (const [first, last] of STANDALONE_RANGES) table.fill(FOREIGN, first, last + 1);
  for (const character of DEFAULT_ALPHABET) table[character.charCodeAt(0)] = SEPTET;
  for (const character of EXTENSION) table[character.charCodeAt(0)] = ESCAPED;
  return table;
}

/** The septets a text takes, two for each of `^ { } \ [ ~ ] | €` and form feed; -1 when it does not fit GSM-7. */
export function countSeptets(body: string): number {
  let septets = 0;
  for (let at = 0; at < body.length; at += 1) {
    const cost = UNIT_CLASS[body.charCodeAt(at)] as number;
    if (cost > ESCAPED) return -1;
    septets += cost;
  }
  return septets;
}

/**
 * Whether a text fits the GSM 7-bit default alphabet and its extension table, and so leaves 160 septets to a segment
 * instead of 70 characters. National shift tables are not used. The empty text fits.
 */
export function isGsm7(body: string): boolean {
  return countSeptets(body) >= 0;
}
