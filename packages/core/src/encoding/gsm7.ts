import { toUnits } from "./units.ts";

/** GSM 7-bit default alphabet without its escape, in septet order (3GPP TS 23.038 clause 6.2.1). One septet each. */
const DEFAULT_ALPHABET: string =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/** GSM 7-bit extension table (3GPP TS 23.038 clause 6.2.1.1). An escape and a septet each. */
const EXTENSION: string = "\f^{}\\[~]|€";

/** Class of a code unit in the default alphabet; also its cost in septets. */
export const SEPTET = 1;
/** Class of a code unit in the extension table; also its cost in septets. */
export const ESCAPED = 2;
/** Class of every other code unit: one of them makes a text UCS-2. A bit that no other class has. */
export const FOREIGN = 4;

/** The class of every UTF-16 code unit: {@link SEPTET}, {@link ESCAPED} or {@link FOREIGN}. */
export const UNIT_CLASS: Uint8Array = classify();

function classify(): Uint8Array {
  const table = new Uint8Array(0x10000).fill(FOREIGN);
  for (const character of DEFAULT_ALPHABET) table[character.charCodeAt(0)] = SEPTET;
  for (const character of EXTENSION) table[character.charCodeAt(0)] = ESCAPED;
  return table;
}

/** How much of a text is read as it is: where it is foreign from the start, or short, a copy does not pay. */
const HEAD = 24;
const LEAST_COPIED = 48;

/** The septets a text takes, two for each of `^ { } \\ [ ~ ] | €` and form feed; -1 when it does not fit GSM-7. */
export function countSeptets(body: string): number {
  const { length } = body;
  const head = length < LEAST_COPIED ? length : HEAD;
  let septets = 0;
  for (let at = 0; at < head; at += 1) {
    const cost = UNIT_CLASS[body.charCodeAt(at)] as number;
    if (cost === FOREIGN) return -1;
    septets += cost;
  }
  if (head === length) return septets;
  const units = toUnits(body);
  let at = head;
  // Four at a time take half as long. What is foreign among them shows in the bits of all.
  for (; at < length - 3; at += 4) {
    const a = UNIT_CLASS[units[at] as number] as number;
    const b = UNIT_CLASS[units[at + 1] as number] as number;
    const c = UNIT_CLASS[units[at + 2] as number] as number;
    const d = UNIT_CLASS[units[at + 3] as number] as number;
    if ((a | b | c | d) >= FOREIGN) return -1;
    septets += a + b + c + d;
  }
  for (; at < length; at += 1) {
    const cost = UNIT_CLASS[units[at] as number] as number;
    if (cost === FOREIGN) return -1;
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
