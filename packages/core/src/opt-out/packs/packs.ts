import { STANDARD_REPLIES, STANDARD_WORDS } from "../standard.ts";
import { CANADA } from "./canada.ts";
import { LANGUAGE_PACKS } from "./languages.ts";
import type { CountryPack, KeywordPack } from "./pack.ts";
import { AS_OF } from "./pack.ts";

const TWILIO_DEFAULTS = "https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out";

/** English is the standard layer; as a pack it serves a country that wants those words in its own set. */
const ENGLISH: KeywordPack = {
  language: "en",
  asOf: AS_OF,
  countries: ["US", "GB", "AU", "NZ", "IE"],
  words: STANDARD_WORDS.map((word) => ({ ...word, verified: true, source: TWILIO_DEFAULTS })),
  replies: STANDARD_REPLIES,
};

const BY_LANGUAGE: ReadonlyMap<string, KeywordPack> = new Map(
  [ENGLISH, ...LANGUAGE_PACKS].map((pack) => [pack.language, pack]),
);
const BY_COUNTRY: ReadonlyMap<string, CountryPack> = new Map([[CANADA.country, CANADA]]);

/** Languages with a built-in pack, English first. */
export const PACK_LANGUAGES: readonly string[] = Object.freeze([...BY_LANGUAGE.keys()]);

/** Countries with a built-in pack. */
export const PACK_COUNTRIES: readonly string[] = Object.freeze([...BY_COUNTRY.keys()]);

/** The two written Norwegians read the same words. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["nb", "no"],
  ["nn", "no"],
]);

/**
 * The built-in pack of a language (`pt-BR` uses that of `pt`, `nb` that of `no`), or undefined. In any case: tags are the
 * same however they are written (RFC 5646, 2.1.1).
 */
export function languagePack(language: string): KeywordPack | undefined {
  const primary = (language.split("-", 1)[0] ?? language).toLowerCase();
  return BY_LANGUAGE.get(language) ?? BY_LANGUAGE.get(ALIASES.get(primary) ?? primary);
}

/** The built-in pack of a country, or undefined. */
export function countryPack(country: string): CountryPack | undefined {
  return BY_COUNTRY.get(country);
}
