import type { OptOutType } from "../types.ts";
import { type OptOutOptions, type ResolvedOptOut, type ResolvedSet, resolveOptOut } from "./keywords.ts";
import { keywordKey } from "./normalize.ts";
import { RESERVED_WORDS } from "./standard.ts";

/** What a message that is a keyword means, and how to answer it. Frozen. */
export interface KeywordMatch {
  readonly optOutType: OptOutType;
  /** The word as configured. */
  readonly keyword: string;
  /** BCP 47; the language of the word, and of the reply. */
  readonly language: string;
  /** The country whose set held the word; `undefined` when it came from a layer of all countries. */
  readonly country: string | undefined;
  /** From someone who is not opted out it is an ordinary message: {@link import("./decide.ts").decideKeyword} knows. */
  readonly onlyWhenOptedOut: boolean;
  /** Slots filled. */
  readonly reply: string;
  /** STOP and HELP are answered even when the sender is opted out already (Canada). */
  readonly answerNonSubscribers: boolean;
}

/** A compiled, immutable set of keywords. */
export interface KeywordMatcher {
  /**
   * What the message means as a keyword, or undefined. The whole message must be the keyword: "STOP." is, "STOP PLEASE" is not.
   *
   * @param country ISO 3166-1 alpha-2 of the person texting: their set is looked up first.
   */
  match(body: string, country: string | undefined): KeywordMatch | undefined;
  /** How many words are configured, in all layers. */
  readonly words: number;
}

interface CountryTable {
  readonly words: Map<string, KeywordMatch>;
  readonly fallback: boolean;
}

/** Each character of a keyword may come with a few invisible or combining ones; the rest is decoration at the ends. */
const NOISE_PER_CHARACTER = 4;
const DECORATION = 64;

/**
 * Compiles the options into tables: a match costs one normalization and at most two look-ups, however many words there are.
 * With `enabled: false` nothing matches.
 */
export function createKeywordMatcher(resolved: ResolvedOptOut): KeywordMatcher {
  const { standard, languages, countries, countryFallback, enabled } = resolved;
  const everywhere = new Map<string, KeywordMatch>();
  const byCountry = new Map<string, CountryTable>();

  for (const set of [...languages, standard]) addMissing(everywhere, set);
  for (const set of countries) addMissing(tableOf(byCountry, set.country ?? "", countryFallback).words, set);
  if (!countryFallback) keepReserved(everywhere, byCountry);
  preferHomeLanguages(languages, everywhere, byCountry);

  const sets = [standard, ...languages, ...countries];
  const longest = Math.max(...sets.flatMap((set) => set.words.map(({ word }) => word.length)));
  const limit = longest * NOISE_PER_CHARACTER + DECORATION;

  return Object.freeze({
    words: sets.reduce((count, set) => count + set.words.length, 0),
    match(body: string, country: string | undefined): KeywordMatch | undefined {
      if (!enabled) return undefined;
      const key = keywordKey(body, limit);
      if (key === "") return undefined;
      const table = country === undefined ? undefined : byCountry.get(country);
      if (table === undefined) return everywhere.get(key);
      return table.words.get(key) ?? (table.fallback ? everywhere.get(key) : undefined);
    },
  });
}

/** Options of {@link matchKeyword}. */
export interface MatchKeywordOptions {
  /** ISO 3166-1 alpha-2 of the person texting. Default: none, so only the layers of all countries. */
  readonly country?: string | undefined;
  /** As the service's `optOut` option. Compiled once per object. Default: the defaults. */
  readonly optOut?: OptOutOptions | undefined;
}

const DEFAULTS: OptOutOptions = Object.freeze({});
const compiled = new WeakMap<OptOutOptions, KeywordMatcher>();

/**
 * What an inbound text means as a keyword, or undefined when it is an ordinary message.
 *
 * @throws MessagingError as {@link resolveOptOut}, for options that are wrong.
 */
export function matchKeyword(body: string, options: MatchKeywordOptions = {}): KeywordMatch | undefined {
  const optOut = options.optOut ?? DEFAULTS;
  let matcher = compiled.get(optOut);
  if (matcher === undefined) {
    matcher = createKeywordMatcher(resolveOptOut(optOut));
    compiled.set(optOut, matcher);
  }
  return matcher.match(body, options.country);
}

function addMissing(table: Map<string, KeywordMatch>, set: ResolvedSet): void {
  for (const word of set.words) if (!table.has(word.key)) table.set(word.key, toMatch(set, word));
}

function toMatch(set: ResolvedSet, word: ResolvedSet["words"][number]): KeywordMatch {
  return Object.freeze({
    optOutType: word.optOutType,
    keyword: word.word,
    language: set.language,
    country: set.country,
    onlyWhenOptedOut: word.onlyWhenOptedOut,
    reply: word.reply,
    answerNonSubscribers: set.answerNonSubscribers,
  });
}

function tableOf(tables: Map<string, CountryTable>, country: string, fallback: boolean): CountryTable {
  let table = tables.get(country);
  if (table === undefined) {
    table = { words: new Map(), fallback };
    tables.set(country, table);
  }
  return table;
}

/** A word that several languages share is answered in Portuguese in Brazil and in Spanish in Mexico. */
function preferHomeLanguages(
  languages: readonly ResolvedSet[],
  everywhere: ReadonlyMap<string, KeywordMatch>,
  byCountry: Map<string, CountryTable>,
): void {
  for (const set of languages) {
    for (const word of set.words) {
      const shared = everywhere.get(word.key);
      if (shared === undefined || shared.language === set.language) continue;
      for (const country of set.homeCountries) {
        const { words, fallback } = tableOf(byCountry, country, true);
        // Without fallback a country's own set is all it has.
        if (fallback && !words.has(word.key)) words.set(word.key, toMatch(set, word));
      }
    }
  }
}

function keepReserved(
  everywhere: ReadonlyMap<string, KeywordMatch>,
  byCountry: ReadonlyMap<string, CountryTable>,
): void {
  for (const { words } of byCountry.values()) {
    for (const key of RESERVED_WORDS.keys()) {
      const match = everywhere.get(key);
      if (match !== undefined && !words.has(key)) words.set(key, match);
    }
  }
}
