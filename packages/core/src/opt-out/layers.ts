import { MessagingError } from "../errors.ts";
import type { CountryKeywords, KeywordLayer, OptOutOptions, ResolvedSet } from "./keywords.ts";
import type { CountryPack, KeywordPack } from "./packs/pack.ts";
import { countryPack, languagePack, PACK_COUNTRIES, PACK_LANGUAGES } from "./packs/packs.ts";
import type { Replies } from "./replies.ts";
import { buildSet, nameSet, type SetBase } from "./set.ts";
import { STANDARD_REPLIES, STANDARD_WORDS } from "./standard.ts";
import { checkCountry, checkLanguage, checkObject, checkOneOf } from "./validate.ts";

const LAYER_KEYS = ["pack", "stop", "start", "help", "remove", "replies"];
const REPLY_KEYS = ["stop", "start", "help"];

/** The three layers of keywords. */
export interface ResolvedLayers {
  readonly standard: ResolvedSet;
  readonly languages: readonly ResolvedSet[];
  readonly countries: readonly ResolvedSet[];
}

/**
 * The three layers, each set with its words and replies: what you wrote goes before what is built in.
 *
 * @throws MessagingError as {@link import("./keywords.ts").resolveOptOut}.
 */
export function resolveLayers(options: OptOutOptions): ResolvedLayers {
  const standard = resolveStandard(options);
  const languages = resolveLanguages(options);
  refuseTypeConflicts([standard, ...languages]);
  return {
    standard,
    languages: Object.freeze(languages),
    countries: Object.freeze(resolveCountries(options)),
  };
}

function resolveStandard(options: OptOutOptions): ResolvedSet {
  const layer = options.keywords === undefined ? {} : options.keywords;
  checkLayer(layer, "optOut.keywords");
  const base: SetBase = {
    language: "en",
    country: undefined,
    answerNonSubscribers: false,
    homeCountries: [],
    words: STANDARD_WORDS,
    replies: mergeReplies(STANDARD_REPLIES, layer.replies),
  };
  return buildSet(base, layer, options);
}

function resolveLanguages(options: OptOutOptions): ResolvedSet[] {
  const sets: ResolvedSet[] = [];
  if (options.languages !== undefined) checkObject(options.languages, undefined, "optOut.languages");
  for (const [language, value] of Object.entries(options.languages ?? {})) {
    const path = `optOut.languages.${language}`;
    checkLanguage(language, path);
    if (value === false) continue;
    const layer = toLayer(value, path);
    const pack = languagePack(language);
    if (value === true && pack === undefined) throw noPack(`language ${language}`, PACK_LANGUAGES);
    const base: SetBase = {
      language,
      country: undefined,
      answerNonSubscribers: false,
      homeCountries: pack?.countries ?? [],
      words: layer.pack === false ? [] : (pack?.words ?? []),
      replies: languageReplies(language, options),
    };
    sets.push(buildSet(base, layer, options));
  }
  return sets;
}

/** Canada's is there unless it was left out. */
function resolveCountries(options: OptOutOptions): ResolvedSet[] {
  if (options.countries !== undefined) checkObject(options.countries, undefined, "optOut.countries");
  const all: ResolvedSet[] = [];
  const countries: Readonly<Record<string, CountryKeywords | boolean>> = { CA: true, ...options.countries };
  for (const [country, value] of Object.entries(countries)) {
    const path = `optOut.countries.${country}`;
    checkCountry(country, path);
    if (value === false) continue;
    const pack = countryPack(country);
    if (value === true && pack === undefined) throw noPack(`country ${country}`, PACK_COUNTRIES);
    const sets = resolveCountry(country, value === true ? {} : value, pack, options);
    refuseRepeats(sets);
    all.push(...sets);
  }
  return all;
}

function resolveCountry(
  country: string,
  value: CountryKeywords,
  pack: CountryPack | undefined,
  options: OptOutOptions,
): ResolvedSet[] {
  const path = `optOut.countries.${country}`;
  checkObject(value, ["languages", "answerNonSubscribers"], path);
  checkOneOf(value.answerNonSubscribers, [true, false], `${path}.answerNonSubscribers`);
  if (value.languages !== undefined) checkObject(value.languages, undefined, `${path}.languages`);
  const builtIn = new Map((pack?.sets ?? []).map((set) => [set.language, set]));
  const languages: Record<string, KeywordLayer | boolean> = {};
  for (const language of builtIn.keys()) languages[language] = true;
  Object.assign(languages, value.languages);

  const sets: ResolvedSet[] = [];
  for (const [language, layerValue] of Object.entries(languages)) {
    const layerPath = `${path}.languages.${language}`;
    checkLanguage(language, layerPath);
    if (layerValue === false) continue;
    const layer = toLayer(layerValue, layerPath);
    const ownPack = builtIn.get(language);
    const usePack = layer.pack ?? (layerValue === true || ownPack !== undefined);
    const chosen = usePack ? (ownPack ?? languagePack(language)) : undefined;
    if (usePack && chosen === undefined) throw noPack(`language ${language}`, PACK_LANGUAGES);
    const base: SetBase = {
      language,
      country,
      answerNonSubscribers: value.answerNonSubscribers ?? pack?.answerNonSubscribers ?? false,
      homeCountries: [],
      words: chosen?.words ?? [],
      replies: countryReplies(language, ownPack, layer, options),
    };
    sets.push(buildSet(base, layer, options));
  }
  if (sets.length === 0) {
    throw new MessagingError("INVALID_KEYWORD", `The set of country ${country} has no language.`);
  }
  return sets;
}

function languageReplies(language: string, options: OptOutOptions): Replies {
  const pack = languagePack(language);
  const isStandard = pack === undefined || pack.language === "en";
  const wider = isStandard ? mergeReplies(STANDARD_REPLIES, options.keywords?.replies) : pack.replies;
  return mergeReplies(wider, ownReplies(options.languages?.[language]));
}

function countryReplies(
  language: string,
  ownPack: KeywordPack | undefined,
  layer: KeywordLayer,
  options: OptOutOptions,
): Replies {
  let replies = ownPack?.replies ?? languageReplies(language, options);
  if (ownPack?.language === "en") replies = mergeReplies(replies, options.keywords?.replies);
  if (ownPack !== undefined) replies = mergeReplies(replies, ownReplies(options.languages?.[language]));
  return mergeReplies(replies, layer.replies);
}

function ownReplies(layer: KeywordLayer | boolean | undefined): Partial<Replies> | undefined {
  return typeof layer === "object" && layer !== null ? layer.replies : undefined;
}

function mergeReplies(base: Replies, own: Partial<Replies> | undefined): Replies {
  return {
    stop: own?.stop ?? base.stop,
    start: own?.start ?? base.start,
    help: own?.help ?? base.help,
  };
}

function toLayer(value: KeywordLayer | boolean, path: string): KeywordLayer {
  if (value === true) return {};
  checkLayer(value, path);
  return value as KeywordLayer;
}

function checkLayer(layer: unknown, path: string): void {
  checkObject(layer, LAYER_KEYS, path);
  const { pack, replies } = layer as KeywordLayer;
  checkOneOf(pack, [true, false], `${path}.pack`);
  if (replies !== undefined) checkObject(replies, REPLY_KEYS, `${path}.replies`);
}

/** Where every country shares the words, languages may share one of the same type (CANCELAR), but not of two. */
function refuseTypeConflicts(sets: readonly ResolvedSet[]): void {
  forEachRepeat(sets, (word, type, first, second, firstType) => {
    if (type === firstType) return;
    throw new MessagingError(
      "INVALID_KEYWORD",
      `"${word}" is a ${firstType} keyword ${nameSet(first)} and a ${type} keyword ${nameSet(second)}.`,
    );
  });
}

function refuseRepeats(sets: readonly ResolvedSet[]): void {
  forEachRepeat(sets, (word, type, first, second, firstType) => {
    throw new MessagingError(
      "INVALID_KEYWORD",
      `"${word}" is there twice: as ${firstType} ${nameSet(first)} and as ${type} ${nameSet(second)}.`,
    );
  });
}

function forEachRepeat(
  sets: readonly ResolvedSet[],
  visit: (word: string, type: string, first: ResolvedSet, second: ResolvedSet, firstType: string) => void,
): void {
  const seen = new Map<string, { readonly set: ResolvedSet; readonly type: string }>();
  for (const set of sets) {
    for (const { key, word, optOutType } of set.words) {
      const earlier = seen.get(key);
      if (earlier === undefined) seen.set(key, { set, type: optOutType });
      else visit(word, optOutType, earlier.set, set, earlier.type);
    }
  }
}

function noPack(what: string, known: readonly string[]): MessagingError {
  return new MessagingError(
    "INVALID_KEYWORD",
    `There is no built-in pack for ${what} (there is for ${known.join(", ")}): give its words.`,
  );
}
