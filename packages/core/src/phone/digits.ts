/** Marks that word processors and chat programs leave around a pasted number: zero-width, directional, soft hyphen. */
const INVISIBLE = /[\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/g;

/** Plus signs of other widths. */
const PLUS = /[\uFE62\uFF0B]/g;

const FOREIGN_DIGIT = /[^\P{Nd}0-9]/gu;
const DIGIT = /\p{Nd}/u;

/** Printable ASCII needs no cleaning, and nearly every address is nothing else. */
const PLAIN = /^[!-~]*$/;

/** Text as a person meant it: without invisible marks and surrounding white space, digits of any script as 0-9. */
export function cleanAddress(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(INVISIBLE, "").replace(PLUS, "+").replace(FOREIGN_DIGIT, toAsciiDigit).trim();
}

/** Unicode lays decimal digits out in ascending runs of ten, so a digit's value is its distance from the run's start. */
function toAsciiDigit(digit: string): string {
  const code = digit.codePointAt(0) ?? 0;
  let start = code;
  while (DIGIT.test(String.fromCodePoint(start - 1))) start -= 1;
  return String((code - start) % 10);
}
