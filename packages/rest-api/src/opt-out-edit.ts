import type {
  CountryKeywords,
  KeywordEntry,
  KeywordLayer,
  OptOutOptions,
  OptOutType,
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

/** The options without a keyword: one that was added goes, one that is built in is left to the application. */
export function removeKeyword(options: OptOutOptions, place: KeywordPlace, word: string): OptOutOptions {
  return editLayer(options, place, (layer) => {
    const field = FIELDS[place.type];
    const there = layer[field] ?? [];
    const left = there.filter((entry) => same(wordOf(entry)) !== same(word));
    if (left.length < there.length) return { ...layer, [field]: left };
    return { ...layer, remove: [...(layer.remove ?? []), word] };
  });
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
