import type { OptOutType } from "../types.ts";
import { normalizeKeyword } from "./normalize.ts";
import { languagePack, PACK_LANGUAGES } from "./packs/packs.ts";

const built = new Map<string, readonly string[]>();

/** The built-in words of a type: of all languages, or of one beside the standard ones. A language without a pack has those alone. */
export function builtInWords(type: OptOutType, language?: string): readonly string[] {
  const key = `${type} ${language ?? "*"}`;
  let words = built.get(key);
  if (words === undefined) {
    words = (language === undefined ? PACK_LANGUAGES : ["en", language])
      .flatMap((each) => languagePack(each)?.words ?? [])
      .filter((word) => word.optOutType === type)
      .map((word) => word.word);
    // Languages come from code, but from whose is not known: a handful is kept.
    if (built.size < 1_000) built.set(key, words);
  }
  return words;
}

/** The first of the words that stands by itself in the text; scripts without spaces need not set it apart. */
export function mentioned(text: string, words: readonly string[]): string | undefined {
  const folded = normalizeKeyword(text);
  return words.find((word) => {
    const key = normalizeKeyword(word);
    for (let at = folded.indexOf(key); at >= 0 && key !== ""; at = folded.indexOf(key, at + 1)) {
      const glued = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\d]/u;
      const isAlone = !glued.test(folded[at - 1] ?? "") && !glued.test(folded[at + key.length] ?? "");
      if (isAlone) return true;
    }
    return false;
  });
}

const WORD = /[\p{L}\p{N}\p{M}'’-]+/gu;
const QUOTED = /(?<![\p{L}\p{N}])["'“”„‘’«»「」]([^"'“”„‘’«»「」]{1,30})["'“”„‘’«»「」](?![\p{L}\p{N}])/gu;
const ASKED_FOR =
  /(?<![\p{L}\p{N}])(?:reply|respond|answer|text|txt|send)(?:\s+with)?\s+(\S{1,30}(?:\s\S{1,30})?)/giu;

/**
 * What of a text asks for a word: words in capitals or in a script without them, quoted ones, and what follows "reply",
 * "text" or "send" in English. "Reply STOP to end" asks for one; "we stop at the end" does not.
 */
export function askedFor(text: string): string {
  const capitals = text.replace(WORD, (word) => (word === word.toUpperCase() ? word : "."));
  const others = [...text.matchAll(QUOTED), ...text.matchAll(ASKED_FOR)].map(([, words = ""]) => words);
  // A full stop between: what stands apart in the text must not become one word here.
  return [capitals, ...others].join(" . ");
}
