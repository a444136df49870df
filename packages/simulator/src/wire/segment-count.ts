/** Characters of the GSM 7-bit default alphabet, and of its extension table, which cost two (3GPP TS 23.038). */
const BASIC = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]$/u;
const EXTENDED = /^[\f^{}\\[~\]|€]$/u;
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * In how many segments a text is billed: 160 septets, or 153 each when joined; with any character outside GSM 7-bit
 * 70 UTF-16 units, or 67 each. Escape pairs and grapheme clusters stay whole. The empty text is one segment.
 */
export function countSegments(body: string): number {
  const characters = [...body];
  const gsm = characters.every((character) => BASIC.test(character) || EXTENDED.test(character));
  const costs = gsm
    ? characters.map((character) => (EXTENDED.test(character) ? 2 : 1))
    : [...graphemes.segment(body)].map(({ segment }) => segment.length);
  const [alone, joined] = gsm ? [160, 153] : [70, 67];
  if (costs.reduce((sum, cost) => sum + cost, 0) <= alone) return 1;
  let count = 1;
  let used = 0;
  for (const cost of costs) {
    if (used + cost > joined) {
      count++;
      used = 0;
    }
    used += cost;
  }
  return count;
}
