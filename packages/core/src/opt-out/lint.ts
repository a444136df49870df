import { segment } from "../encoding/segment.ts";
import type { OptOutType } from "../types.ts";
import type { ResolvedOptOut } from "./keywords.ts";
import { builtInWords, mentioned } from "./mention.ts";
import { normalizeKeyword } from "./normalize.ts";
import { MAX_REPLY_LENGTH } from "./replies.ts";

/** What may be wrong with a reply's text. */
export type ReplyWarningCode =
  | "missing-brand"
  | "missing-opt-in"
  | "missing-opt-out"
  | "missing-support-contact"
  | "unknown-slot"
  | "too-short"
  | "too-long"
  | "ucs-2"
  | "several-segments";

/** Something to look at in a reply's text; nothing is refused for it. */
export interface ReplyWarning {
  readonly code: ReplyWarningCode;
  readonly message: string;
}

/** What a reply is for. */
export interface LintReplyOptions {
  readonly type: OptOutType;
  /** The name that should be in the text. Default: the text must have the `{brand}` slot. */
  readonly brand?: string | undefined;
  /** Words that would do as the way back or out, beside the built-in ones. */
  readonly keywords?: readonly string[] | undefined;
}

/** The campaign registry takes texts of 20 to 320 characters. */
const MIN_REPLY_LENGTH = 20;
/** What does not begin in the middle of a run is not looked for from each of its characters. */
const CONTACT =
  /\{supportContact\}|https?:\/\/|(?<![\w.+-])[\w.+-]+@[\w-]+\.\w|(?<![\w-])-*\w[\w-]*\.[a-z]{2,}\b|(?:\d[\s().-]*){7,}/i;

/**
 * What US carriers, the campaign registry and the phone bill would object to in a reply: no brand, no way back (opt-out
 * reply) or out (the others), no support contact (help reply), a length outside 20 to 320, UCS-2, more than one segment.
 */
export function lintReply(text: string, options: LintReplyOptions): readonly ReplyWarning[] {
  const { type, brand, keywords = [] } = options;
  const warnings: ReplyWarning[] = [];
  const warn = (code: ReplyWarningCode, message: string) => warnings.push(Object.freeze({ code, message }));

  const named = brand !== undefined && normalizeKeyword(text).includes(normalizeKeyword(brand));
  if (!named && !text.includes("{brand}")) {
    warn("missing-brand", `The reply does not name the brand${brand === undefined ? "" : ` "${brand}"`}.`);
  }
  const wanted = type === "STOP" ? "START" : "STOP";
  if (mentioned(text, [...builtInWords(wanted), ...keywords]) === undefined) {
    if (type === "STOP")
      warn("missing-opt-in", "The opt-out reply does not say how to opt in again (START).");
    else warn("missing-opt-out", `The ${type} reply does not say how to opt out (STOP).`);
  }
  if (type === "HELP" && !CONTACT.test(text)) {
    warn("missing-support-contact", "The help reply has no support contact: a phone number, address or URL.");
  }
  const filled = text.replaceAll("{brand}", brand ?? "").replaceAll("{supportContact}", "");
  for (const [slot] of filled.matchAll(/\{\w+\}/g)) {
    warn("unknown-slot", `The reply has the slot ${slot}, which nothing fills.`);
  }

  const length = [...filled].length;
  if (length < MIN_REPLY_LENGTH) {
    warn("too-short", `The reply has ${length} characters; the campaign registry wants ${MIN_REPLY_LENGTH}.`);
  }
  if (length > MAX_REPLY_LENGTH) {
    warn("too-long", `The reply has ${length} characters; at most ${MAX_REPLY_LENGTH} are allowed.`);
  }
  const { encoding, numSegments } = segment(filled);
  if (encoding === "UCS-2") {
    warn("ucs-2", "The reply has characters outside GSM-7: a segment holds 70 characters, not 160.");
  }
  if (numSegments > 1) warn("several-segments", `The reply is ${numSegments} segments long.`);
  return Object.freeze(warnings);
}

/** {@link lintReply} over every reply that is configured, each text once. */
export function lintOptOut(resolved: ResolvedOptOut): readonly (ReplyWarning & { readonly reply: string })[] {
  const sets = [resolved.standard, ...resolved.languages, ...resolved.countries];
  const words = sets.flatMap((set) => set.words);
  const seen = new Map<string, OptOutType>();
  for (const { reply, optOutType } of words) if (!seen.has(reply)) seen.set(reply, optOutType);
  return Object.freeze(
    [...seen].flatMap(([reply, type]) => {
      const keywords = words.filter((word) => word.optOutType !== type).map((word) => word.word);
      return lintReply(reply, { type, brand: resolved.brand, keywords }).map((warning) =>
        Object.freeze({ ...warning, reply }),
      );
    }),
  );
}
