import {
  type CountryKeywords,
  type KeywordEntry,
  type KeywordLayer,
  type OptOutOptions,
  type OptOutType,
  resolveOptOut,
} from "@messaging-service/core";

/** Which keywords: their type, language, and the country they are for; `undefined`: every country. */
export interface KeywordPlace {
  readonly type: OptOutType;
  readonly language: string;
  readonly country: string | undefined;
}

const FIELDS = { STOP: "stop", START: "start", HELP: "help" } as const;

/** The options with keywords added at a place. */
export function addKeywords(
  options: OptOutOptions,
  place: KeywordPlace,
  words: readonly string[],
): OptOutOptions {
  return editLayer(options, place, (layer) => {
    const field = FIELDS[place.type];
    const there = layer[field] ?? [];
    const known = new Set(there.map((entry) => same(wordOf(entry))));
    return {
      ...layer,
      [field]: [...there, ...words.filter((word) => !known.has(same(word)))],
      remove: layer.remove?.filter((word) => !words.some((each) => same(each) === same(word))),
    };
  });
}

/** The options without a keyword: one that was added goes, with its set where it is the last; one that is built in is left to the application. */
export function removeKeyword(options: OptOutOptions, place: KeywordPlace, word: string): OptOutOptions {
  const { languages, countries } = resolveOptOut(options);
  const [only, ...others] =
    [...languages, ...countries].find(
      ({ language, country }) => language === place.language && country === place.country,
    )?.words ?? [];
  if (only !== undefined && others.length === 0 && same(only.word) === same(word))
    return removeSet(options, place);
  return editLayer(options, place, (layer) => {
    const field = FIELDS[place.type];
    const there = layer[field] ?? [];
    const left = there.filter((entry) => same(wordOf(entry)) !== same(word));
    if (left.length < there.length) return { ...layer, [field]: left };
    return { ...layer, remove: [...(layer.remove ?? []), word] };
  });
}

function removeSet(options: OptOutOptions, { language, country }: KeywordPlace): OptOutOptions {
  const without = <Value>(entries: Readonly<Record<string, Value>> = {}, name: string) =>
    Object.fromEntries(Object.entries(entries).filter(([each]) => each !== name));
  if (country === undefined) return { ...options, languages: without(options.languages, language) };
  const there = options.countries?.[country];
  const own: CountryKeywords = typeof there === "object" ? there : {};
  const languages = without(own.languages, language);
  if (Object.keys(languages).length === 0)
    return { ...options, countries: without(options.countries, country) };
  return { ...options, countries: { ...options.countries, [country]: { ...own, languages } } };
}

/** The options with another reply at a place. */
export function setReply(options: OptOutOptions, place: KeywordPlace, message: string): OptOutOptions {
  return editLayer(options, place, (layer) => ({
    ...layer,
    replies: { ...layer.replies, [FIELDS[place.type]]: message },
  }));
}

/** English in every country is the standard layer; everything else is a set of a language, or of a country's language. */
function editLayer(
  options: OptOutOptions,
  { language, country }: KeywordPlace,
  edit: (layer: KeywordLayer) => KeywordLayer,
): OptOutOptions {
  const change = (layer: KeywordLayer | boolean | undefined): KeywordLayer =>
    withoutUndefined(edit(typeof layer === "object" ? layer : {}));
  if (country !== undefined) {
    const there = options.countries?.[country];
    const own: CountryKeywords = typeof there === "object" ? there : {};
    const languages = { ...own.languages, [language]: change(own.languages?.[language]) };
    return { ...options, countries: { ...options.countries, [country]: { ...own, languages } } };
  }
  if (language === "en" && options.languages?.en === undefined)
    return { ...options, keywords: change(options.keywords) };
  return {
    ...options,
    languages: { ...options.languages, [language]: change(options.languages?.[language]) },
  };
}

function wordOf(entry: KeywordEntry): string {
  return typeof entry === "string" ? entry : entry.word;
}

function same(word: string): string {
  return word.trim().toLowerCase();
}

function withoutUndefined(layer: KeywordLayer): KeywordLayer {
  return Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined));
}
