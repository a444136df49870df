import { type OptOutOptions, type ResolvedOptOut, resolveOptOut } from "./keywords.ts";
import { createKeywordMatcher, type KeywordMatcher } from "./match.ts";

/** Options of opt-out with every default filled in, and what finds their words in a text. */
export interface CompiledOptOut {
  readonly policy: ResolvedOptOut;
  readonly matcher: KeywordMatcher;
}

/** The standard words: of a thousand services most have no others. */
let standard: CompiledOptOut | undefined;

/** @throws MessagingError INVALID_KEYWORD, INVALID_OPTION, naming what to change. */
export function compileOptOut(options: OptOutOptions | undefined): CompiledOptOut {
  if (options === undefined && standard !== undefined) return standard;
  const policy = resolveOptOut(options);
  const compiled = Object.freeze({ policy, matcher: createKeywordMatcher(policy) });
  if (options === undefined) standard = compiled;
  return compiled;
}
