/** Texts of the GSM 7-bit default alphabet and its extension table, whose characters cost two (3GPP TS 23.038). */
const GSM =
  /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà\f^{}\\[~\]|€]*$/u;
const EXTENDED = /[\f^{}\\[~\]|€]/gu;
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * In how many segments a text is billed: 160 septets, or 153 each when joined; with any character outside GSM 7-bit
 * 70 UTF-16 units, or 67 each. Escape pairs and grapheme clusters stay whole. The empty text is one segment.
 */
export function countSegments(body: string): number {
  const gsm = GSM.test(body);
  const [alone, joined] = gsm ? [160, 153] : [70, 67];
  const units = body.length + (gsm ? (body.match(EXTENDED)?.length ?? 0) : 0);
  if (units <= alone) return 1;
  const costs = gsm
    ? Array.from(body, (character) => (character.search(EXTENDED) === -1 ? 1 : 2))
    : Array.from(graphemes.segment(body), ({ segment }) => segment.length);
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
