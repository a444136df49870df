/** Characters that print nothing: zero-width spaces and joiners, variation selectors, bidi marks, soft hyphens. */
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;

/** Diacritics that can follow any Latin, Greek or Cyrillic letter, with the letter when it is Cyrillic. */
const DIACRITICS =
  /(\p{Script=Cyrillic}?)([\u0300-\u036F\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF\uFE20-\uFE2F]+)/gu;

/** Hebrew points and Arabic vowel signs (with the tatweel): writing with or without them is the same word. */
const OPTIONAL_SIGNS =
  /[\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0610-\u061A\u0640\u064B-\u065F\u0670\u06D6-\u06DC\u06DF-\u06E4\u06E7\u06E8\u06EA-\u06ED]/g;

/** Letters that Unicode does not decompose but people type without their stroke, and spellings that alternate. */
const TWINS: ReadonlyMap<string, string> = new Map([
  ["ς", "σ"],
  ["ł", "l"],
  ["đ", "d"],
  ["ð", "d"],
  ["ø", "o"],
  ["æ", "ae"],
  ["œ", "oe"],
  ["ħ", "h"],
  ["ŧ", "t"],
  ["þ", "th"],
  ["ى", "ي"],
  ["ی", "ي"],
  ["ک", "ك"],
  ["ة", "ه"],
  ["’", "'"],
  ["‘", "'"],
  ["ʼ", "'"],
]);
const TWIN = /[ςłđðøæœħŧþىیکة’‘ʼ]/g;

/** White letters on black, as "fancy text" keyboards write them and NFKC leaves them. One alone is a symbol: 🅿 is a car park. */
const WHITE_LETTERS = /[\u{1F150}-\u{1F169}\u{1F170}-\u{1F189}]{2,}/gu;
const WHITE_A = 0x1f150;

const GAP = /[\p{Z}\p{Cc}\p{Pd}_\u2212]+/gu;
const LEADING = /^[^\p{L}\p{N}]+/u;
const TRAILING = /[^\p{L}\p{N}\p{M}]+$/u;
const WORD_CHARACTER =
  /(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{N}\p{M}\u{1F150}-\u{1F169}\u{1F170}-\u{1F189}]/u;
const ASCII_GAP = /[\x00-\x20\x7F_-]+/g;

/**
 * The canonical form of a keyword, the same for every way of typing it: "STOP", " stop!! ", "«ＳＴＯＰ»" and "stop👍" are all
 * "stop"; "ARRÊT" and "arret" are both "arret"; "OPT-OUT" and "opt  out" are both "opt out". A text without letters or
 * digits becomes "".
 *
 * What is folded: compatibility forms (NFKC), white letters on black, case (ß = ss, final sigma, all four Turkish i's), invisible characters,
 * punctuation and symbols around the text, runs of spaces and dashes within it, diacritics on Latin and Greek letters,
 * ё, Hebrew points and Arabic vowel signs. What is kept: every sign that is part of the spelling (й, ї, Indic and Thai
 * vowels, Japanese voicing marks) and punctuation between letters.
 *
 * Total and idempotent: it never throws, and normalizing twice changes nothing.
 */
export function normalizeKeyword(text: string): string {
  return keywordKey(text, Number.POSITIVE_INFINITY);
}

/**
 * {@link normalizeKeyword} that gives up early: "" for a text longer than `limit` UTF-16 units once decoration is off its
 * ends. An ordinary message of 1,600 characters costs the look at its two ends.
 */
export function keywordKey(text: string, limit: number): string {
  let start = 0;
  let end = text.length;
  while (start < end && isAsciiDecoration(text.charCodeAt(start))) start += 1;
  while (end > start && isAsciiDecoration(text.charCodeAt(end - 1))) end -= 1;
  if (end - start > limit) {
    while (start < end && isDecoration(text, start)) start += 1;
    while (end > start && isDecoration(text, end - 1)) end -= 1;
  }
  if (start === end || end - start > limit) return "";

  let plain = true;
  for (let index = start; index < end; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return foldUnicode(text.slice(start, end));
    plain &&= isAsciiWord(code);
  }
  const word = text.slice(start, end).toLowerCase();
  return plain ? word : word.replace(ASCII_GAP, " ");
}

function foldUnicode(text: string): string {
  const folded = foldCase(stripSigns(decompose(text)));
  return stripSigns(decompose(folded))
    .normalize("NFC")
    .replace(TWIN, (letter) => TWINS.get(letter) ?? letter)
    .replace(GAP, " ")
    .replace(LEADING, "")
    .replace(TRAILING, "");
}

function decompose(text: string): string {
  // Twice: some compatibility forms decompose into ignorable characters (the Hangul fillers).
  const visible = text.replace(IGNORABLE, "").replace(WHITE_LETTERS, inBlack);
  return visible.normalize("NFKD").replace(IGNORABLE, "");
}

/** Both alphabets, in circles and in squares, begin at a multiple of 32 after the first. */
function inBlack(letters: string): string {
  return Array.from(letters, (letter) => {
    const place = ((letter.codePointAt(0) ?? 0) - WHITE_A) % 32;
    return String.fromCodePoint(0x41 + place);
  }).join("");
}

/** Full case folding by way of both cases: ẞ → ß → SS → ss, ı → I → i. */
function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase();
}

function stripSigns(text: string): string {
  return text.replace(DIACRITICS, keepLetterSigns).replace(OPTIONAL_SIGNS, "");
}

/** й, ў and ї are letters of their own; ё is commonly written е. */
function keepLetterSigns(_match: string, letter: string, signs: string): string {
  if (letter === "") return "";
  const isYe = letter === "е" || letter === "Е";
  let kept = letter;
  for (const sign of signs) if (sign === "\u0306" || (sign === "\u0308" && !isYe)) kept += sign;
  return kept;
}

function isAsciiWord(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a) || (code >= 0x30 && code <= 0x39);
}

/** What is written in two halves is judged by the whole, from either. */
function isDecoration(text: string, at: number): boolean {
  const before = text.codePointAt(at - 1) ?? 0;
  const code = before > 0xffff ? before : (text.codePointAt(at) ?? 0);
  return !WORD_CHARACTER.test(String.fromCodePoint(code));
}

function isAsciiDecoration(code: number): boolean {
  return code <= 0x7f && !isAsciiWord(code);
}
