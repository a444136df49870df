import { clustersOf } from "./grapheme.ts";
import { ESCAPED, UNIT_CLASS } from "./gsm7.ts";
import { smartEncode } from "./smart.ts";

/** A character that costs more than one septet, or makes the whole text UCS-2. Frozen. */
export interface CostlyCharacter {
  /** What a reader takes for one character: a grapheme cluster. */
  readonly character: string;
  /** Of each of its code points: `U+2019`, or `U+1F44D U+1F3FD`. */
  readonly codePoint: string;
  /** Where it begins, in UTF-16 code units from 0. */
  readonly position: number;
  /** "extension": in GSM-7 it takes an escape and a septet. "ucs-2": it is not in GSM-7. */
  readonly reason: "extension" | "ucs-2";
  /** Septets in GSM-7 ("extension"), UTF-16 code units in UCS-2 ("ucs-2"). */
  readonly units: number;
  /** What Smart Encoding writes for it, perhaps nothing; `null` where it has nothing, and the text stays UCS-2. */
  readonly replacement: string | null;
}

/** The characters of a text that cost more than others, in order. One septet each is what those not listed take in GSM-7. */
export function costlyCharacters(body: string): readonly CostlyCharacter[] {
  const found: CostlyCharacter[] = [];
  let end = 0;
  for (const character of clustersOf(body)) {
    const position = end;
    end += character.length;
    const most = highestClass(character);
    if (most < ESCAPED) continue;
    const codePoint = Array.from(character, (each) => `U+${hex(each)}`).join(" ");
    const isForeign = most > ESCAPED;
    const encoded = isForeign ? smartEncode(character) : character;
    found.push(
      Object.freeze({
        character,
        codePoint,
        position,
        reason: isForeign ? "ucs-2" : "extension",
        units: isForeign ? character.length : 2,
        replacement: isForeign && encoded !== character ? encoded : null,
      }),
    );
  }
  return Object.freeze(found);
}

function highestClass(character: string): number {
  let most = 0;
  for (let at = 0; at < character.length; at += 1)
    most = Math.max(most, UNIT_CLASS[character.charCodeAt(at)] as number);
  return most;
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
