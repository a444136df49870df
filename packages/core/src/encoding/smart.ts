import { ESCAPED, isGsm7, UNIT_CLASS } from "./gsm7.ts";
import { SMART_ENCODING_TABLE } from "./smart-table.ts";

const REPLACEMENTS: ReadonlyMap<number, string> = new Map(
  SMART_ENCODING_TABLE.flatMap(([replacement, characters]) =>
    [...characters].map((character) => [character.charCodeAt(0), replacement] as const),
  ),
);

/**
 * Twilio's Smart Encoding: curly quotes, dashes, exotic spaces and the like become their GSM-7 look-alikes, so that
 * one stray `’` does not more than halve what fits a segment. The text is composed (NFC) first: a decomposed `ñ` is
 * a GSM-7 letter. All or nothing, as at Twilio: when any character stays outside GSM-7 the original string is
 * returned, unchanged. The result may be longer than the text (`…` becomes three dots).
 *
 * @see https://www.twilio.com/docs/messaging/services#smart-encoding
 */
export function smartEncode(body: string): string {
  if (isGsm7(body)) return body;
  const text = body.normalize("NFC");
  let encoded = "";
  let done = 0;
  for (let at = nextForeign(text, 0); at < text.length; at = nextForeign(text, done)) {
    const replacement = REPLACEMENTS.get(text.charCodeAt(at));
    if (replacement === undefined) return body;
    encoded += text.slice(done, at) + replacement;
    done = at + 1;
  }
  return encoded + text.slice(done);
}

/** Where the next code unit outside GSM-7 is, from `from` on; the length of the text when there is none. */
function nextForeign(text: string, from: number): number {
  let at = from;
  while (at < text.length && (UNIT_CLASS[text.charCodeAt(at)] as number) <= ESCAPED) at += 1;
  return at;
}
