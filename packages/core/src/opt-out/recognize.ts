import type { OptOutType } from "../types.ts";
import type { KeywordMatch, KeywordMatcher } from "./match.ts";

/** An inbound text, as far as it may be a keyword. */
export interface Recognizable {
  readonly body: string;
  /** ISO 3166-1 alpha-2 of the person texting. */
  readonly country: string | undefined;
  /** What the provider took it for. */
  readonly hint?: OptOutType | undefined;
  /** False: the provider says what it is, and has not answered it. Default true. */
  readonly answered?: boolean | undefined;
}

/**
 * The keyword that an inbound text is. Where the provider recognized one, its word on the type goes, even where our sets
 * lack the word: what it blocks, the ledger must know. YES that it answered as an opt-in is one, whoever says it.
 */
export function recognizeKeyword(
  matcher: KeywordMatcher,
  { body, country, hint, answered = true }: Recognizable,
): KeywordMatch | undefined {
  const match = matcher.match(body, country);
  if (hint === undefined) return match;
  const named = match?.optOutType === hint ? match : toReserved(matcher.match(hint, country), body);
  return named?.onlyWhenOptedOut === true && answered ? { ...named, onlyWhenOptedOut: false } : named;
}

function toReserved(reserved: KeywordMatch | undefined, body: string): KeywordMatch | undefined {
  return reserved === undefined ? undefined : { ...reserved, keyword: body.trim() };
}
