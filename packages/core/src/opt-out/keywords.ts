import { MessagingError } from "../errors.ts";
import { show } from "../option-checks.ts";
import type { OptOutType } from "../types.ts";
import { resolveLayers } from "./layers.ts";
import type { Replies } from "./replies.ts";
import { checkObject, checkOneOf, checkText, checkTexts } from "./validate.ts";

/** A keyword: the word, or the word with what is special about it. At most 34 characters, spaces allowed. */
export type KeywordEntry =
  | string
  | {
      readonly word: string;
      /** Act only on someone who is opted out, else leave the message to the application (as YES does). START words only. Default false. */
      readonly onlyWhenOptedOut?: boolean | undefined;
      /** Answers this word alone. Default: the layer's reply of its type. */
      readonly reply?: string | undefined;
    };

/** A set of keywords in one language, and how they are answered. */
export interface KeywordLayer {
  /**
   * Start from the built-in pack and add to it. Default true for a language, and for a language of a country that has a
   * built-in pack (Canada); for any other country's language default false, and true means the language's pack.
   */
  readonly pack?: boolean | undefined;
  /** Words that opt out. */
  readonly stop?: readonly KeywordEntry[] | undefined;
  /** Words that opt in. */
  readonly start?: readonly KeywordEntry[] | undefined;
  /** Words that ask for help. */
  readonly help?: readonly KeywordEntry[] | undefined;
  /** Words of the layer beneath to leave to the application ("CANCEL", "YES"). STOP, START, UNSTOP and HELP stay. */
  readonly remove?: readonly string[] | undefined;
  /** Texts, at most 320 characters with `{brand}` and `{supportContact}` filled in. Default: the pack's, else the standard ones. */
  readonly replies?: Partial<Replies> | undefined;
}

/** The keywords of one country, by language. */
export interface CountryKeywords {
  /** Language → its words; `true` is the built-in pack, `false` leaves a built-in one out. */
  readonly languages?: Readonly<Record<string, KeywordLayer | boolean>> | undefined;
  /** Answer STOP and HELP words even for someone opted out already. Default: true in Canada, where it is required, else false. */
  readonly answerNonSubscribers?: boolean | undefined;
}

/** The service's `optOut` option. */
export interface OptOutOptions {
  /** Recognize keywords at all. Default true. False where the provider or your own code does all of it. */
  readonly enabled?: boolean | undefined;
  /** Name put in front of every reply; carriers expect it. Default: none. */
  readonly brand?: string | undefined;
  /** What the help reply names: a toll-free number, an address, a URL. Default: none, and the sentence is left out. */
  readonly supportContact?: string | undefined;
  /** The standard words, known in every country: additions, removals, texts. Default: Twilio's thirteen and "OPT OUT". */
  readonly keywords?: KeywordLayer | undefined;
  /**
   * Sets known in every country, by language, looked up before the standard words; `true` is the built-in pack. A word that
   * two languages share is answered in the language of the country it came from, else in the one named first. Default: none.
   */
  readonly languages?: Readonly<Record<string, KeywordLayer | boolean>> | undefined;
  /**
   * Sets of one country (of the person texting), looked up first; `true` is the built-in pack, `false` leaves it out.
   * Default: `{ CA: true }`, because Canadian short codes must answer ARRET and AIDE in French, and elsewhere it does no harm.
   */
  readonly countries?: Readonly<Record<string, CountryKeywords | boolean>> | undefined;
  /**
   * Look a word that the country's set does not have up in the other layers. Twilio's page says both that a country's set
   * replaces the standard words and that the rest falls through to them; true (the default) loses no opt-out. With false the
   * reserved words STOP, START, UNSTOP and HELP still work.
   */
  readonly countryFallback?: boolean | undefined;
  /**
   * Answer HELP from someone who is opted out. Default false, as Twilio does: after an opt-out nothing goes out that the
   * person did not opt into again. CTIA's short code handbook wants HELP answered regardless: set true there. Canada's
   * words are always answered.
   */
  readonly helpWhenOptedOut?: boolean | undefined;
  /** START from someone not opted out: answered ("confirm", the default, as Twilio does), recorded without an answer, or passed to the application. */
  readonly startWhenNotOptedOut?: "confirm" | "silent" | "pass" | undefined;
  /**
   * STOP from someone opted out already. Default "silent": US law allows one confirmation per revocation (47 CFR
   * 64.1200(a)(12)). Canada's words are always answered.
   */
  readonly onRepeatedStop?: "silent" | "confirm" | undefined;
  /** Whom an opt-out binds: the service (default), only the sender texted, or every service of the account. */
  readonly scope?: "service" | "sender" | "account" | undefined;
  /** Most keyword replies to one person in an hour, so that two machines do not answer each other for ever. Consent is recorded all the same. Default 5; 0 answers nobody. */
  readonly repliesPerHour?: number | undefined;
  /**
   * Milliseconds within which a START (or an opt-in written down) cannot lift a STOP: messages may overtake each other on their way,
   * and of two readings STOP is the one that texts nobody. Default 10,000. 0 lifts at once, as Twilio does.
   */
  readonly stopWinsMs?: number | undefined;
  /**
   * Categories of messages that a STOP does not end, such as "transactional". Default none: an opt-out ends everything until
   * the law lets you say otherwise.
   */
  readonly exemptCategories?: readonly string[] | undefined;
}

/** A keyword with everything it needs to be answered. */
export interface ResolvedKeyword {
  /** As configured. */
  readonly word: string;
  /** Its canonical form. */
  readonly key: string;
  readonly optOutType: OptOutType;
  readonly onlyWhenOptedOut: boolean;
  /** Slots filled. */
  readonly reply: string;
}

/** The words of one language, in all countries or in one. */
export interface ResolvedSet {
  readonly language: string;
  /** `undefined`: every country. */
  readonly country: string | undefined;
  readonly answerNonSubscribers: boolean;
  /** Countries where the language is the usual one. */
  readonly homeCountries: readonly string[];
  readonly words: readonly ResolvedKeyword[];
}

/** {@link OptOutOptions}, complete and frozen. */
export interface ResolvedOptOut {
  readonly enabled: boolean;
  readonly brand: string | undefined;
  readonly supportContact: string | undefined;
  /** The standard layer. */
  readonly standard: ResolvedSet;
  readonly languages: readonly ResolvedSet[];
  readonly countries: readonly ResolvedSet[];
  readonly countryFallback: boolean;
  readonly helpWhenOptedOut: boolean;
  readonly startWhenNotOptedOut: "confirm" | "silent" | "pass";
  readonly onRepeatedStop: "silent" | "confirm";
  readonly scope: "service" | "sender" | "account";
  readonly repliesPerHour: number;
  readonly stopWinsMs: number;
  readonly exemptCategories: readonly string[];
}

const OPTION_NAMES: readonly (keyof OptOutOptions)[] = [
  "enabled",
  "brand",
  "supportContact",
  "keywords",
  "languages",
  "countries",
  "countryFallback",
  "helpWhenOptedOut",
  "startWhenNotOptedOut",
  "onRepeatedStop",
  "scope",
  "repliesPerHour",
  "stopWinsMs",
  "exemptCategories",
];

/**
 * The opt-out options with every default in place, validated and frozen.
 *
 * @throws MessagingError INVALID_KEYWORD, naming the word, the country and the language: a word twice in one country, a word
 * of two types, one over 34 characters or without a letter or digit, a reply over 320 characters, an empty set, a reserved
 * word removed or given another meaning, an unknown country or language. INVALID_OPTION or UNKNOWN_OPTION for the rest.
 */
export function resolveOptOut(options: OptOutOptions | undefined): ResolvedOptOut {
  const given = options ?? {};
  checkObject(given, OPTION_NAMES, "optOut");
  for (const name of ["enabled", "countryFallback", "helpWhenOptedOut"] as const) {
    checkOneOf(given[name], [true, false], `optOut.${name}`);
  }
  checkOneOf(given.startWhenNotOptedOut, ["confirm", "silent", "pass"], "optOut.startWhenNotOptedOut");
  checkOneOf(given.onRepeatedStop, ["silent", "confirm"], "optOut.onRepeatedStop");
  checkOneOf(given.scope, ["service", "sender", "account"], "optOut.scope");
  checkText(given.brand, "optOut.brand");
  checkText(given.supportContact, "optOut.supportContact");
  checkTexts(given.exemptCategories, "optOut.exemptCategories");

  return Object.freeze({
    enabled: given.enabled ?? true,
    brand: given.brand?.trim(),
    supportContact: given.supportContact?.trim(),
    ...resolveLayers(given),
    countryFallback: given.countryFallback ?? true,
    helpWhenOptedOut: given.helpWhenOptedOut ?? false,
    startWhenNotOptedOut: given.startWhenNotOptedOut ?? "confirm",
    onRepeatedStop: given.onRepeatedStop ?? "silent",
    scope: given.scope ?? "service",
    repliesPerHour: checkWhole("repliesPerHour", given.repliesPerHour ?? 5),
    stopWinsMs: checkWhole("stopWinsMs", given.stopWinsMs ?? 10_000),
    exemptCategories: Object.freeze([...(given.exemptCategories ?? [])]),
  });
}

function checkWhole(name: keyof OptOutOptions, value: number): number {
  if (Number.isInteger(value) && value >= 0) return value;
  throw new MessagingError(
    "INVALID_OPTION",
    `optOut.${name} must be a whole number from 0, not ${show(value)}.`,
  );
}
