import type { OptOutType } from "../types.ts";
import type { KeywordMatch, KeywordMatcher } from "./match.ts";

/** An inbound text, as far as it may be a keyword. */
export interface Recognizable {
  readonly body: string;
  /** ISO 3166-1 alpha-2 of the person texting. */
  readonly country: string | undefined;
  /** What the provider took it for. */
  readonly hint?: OptOutType | undefined;
}

/**
 * The keyword that an inbound text is. Where the provider recognized one, its word on the type goes, even where our sets
 * lack the word: what it blocks, the ledger must know.
 */
export function recognizeKeyword(
  matcher: KeywordMatcher,
  { body, country, hint }: Recognizable,
): KeywordMatch | undefined {
  const match = matcher.match(body, country);
  if (hint === undefined || match?.optOutType === hint) return match;
  const reserved = matcher.match(hint, country);
  return reserved === undefined ? undefined : { ...reserved, keyword: body.trim() };
}
