import { type CostlyCharacter, costlyCharacters } from "../encoding/costs.ts";
import { type Segmentation, segment } from "../encoding/segment.ts";
import { askedFor, builtInWords, mentioned } from "./mention.ts";

/** What {@link lint} is told. */
export interface LintOptions {
  /** BCP 47: the language whose opt-out words count, beside the standard English ones. Default: all built-in languages. */
  readonly language?: string | undefined;
  /** Words of your own that opt out. Default: none. */
  readonly keywords?: readonly string[] | undefined;
}

/** What may be worth changing in a body. */
export type BodyWarningCode =
  | "ucs-2"
  | "smart-encoding-longer"
  | "leading-blanks"
  | "trailing-blanks"
  | "missing-opt-out";

/** Something to look at in a body; nothing is refused for it. Frozen. */
export interface BodyWarning {
  readonly code: BodyWarningCode;
  readonly message: string;
}

/** A form of the body: what it is encoded in, how long it is, and in how many segments it is paid. */
export type BodyCost = Pick<Segmentation, "encoding" | "numSegments" | "units">;

/** What a body costs, and why. Frozen. */
export interface BodyLint {
  /** The characters that cost more than one septet or make the text UCS-2, in order. */
  readonly characters: readonly CostlyCharacter[];
  /** What Smart Encoding makes of the body; the body itself where it cannot help. */
  readonly encoded: string;
  /** The body as it is given. */
  readonly before: BodyCost;
  /** The body as Smart Encoding leaves it. */
  readonly after: BodyCost;
  /** Segments that Smart Encoding saves; below 0 where replacements that are longer cost one. */
  readonly saved: number;
  /** Blanks and characters that print nothing at the ends, in UTF-16 code units. */
  readonly leadingBlanks: number;
  readonly trailingBlanks: number;
  /** The word that the body says to reply with to opt out; `null` where it does not say. */
  readonly optOutKeyword: string | null;
  readonly warnings: readonly BodyWarning[];
}

const BLANK = /[\s\u00ad\u200b-\u200f\u2060\ufeff]/;

/**
 * What a body costs as SMS and which characters are to blame, before and after Smart Encoding, and what else may be worth
 * changing: blanks at its ends, no word about how to opt out. Decides nothing and never throws.
 *
 * @see https://www.twilio.com/docs/messaging/services#smart-encoding
 */
export function lint(body: string, options: LintOptions = {}): BodyLint {
  const { language, keywords = [] } = options;
  const before = segment(body);
  const after = segment(body, { smartEncoding: true });
  const characters = costlyCharacters(body);
  const saved = before.numSegments - after.numSegments;
  const text = trimmed(body);
  const words = [...builtInWords("STOP", language), ...keywords];
  const optOutKeyword = mentioned(askedFor(body), words) ?? null;

  const warnings: BodyWarning[] = [];
  const warn = (code: BodyWarningCode, message: string) => warnings.push(Object.freeze({ code, message }));
  if (after.encoding === "UCS-2") {
    const stubborn = characters.filter((each) => each.reason === "ucs-2" && each.replacement === null);
    const names = [...new Set(stubborn.map((each) => `${each.character} (${each.codePoint})`))].slice(0, 5);
    warn("ucs-2", `A segment holds 70 characters, not 160, because of ${names.join(", ")}.`);
  }
  if (saved < 0)
    warn(
      "smart-encoding-longer",
      `The replacements are longer: ${-saved} more segments with Smart Encoding.`,
    );
  const leadingBlanks = text.start;
  const trailingBlanks = body.length - text.end;
  if (leadingBlanks > 0) warn("leading-blanks", `Blanks before the text: ${leadingBlanks}.`);
  if (trailingBlanks > 0) warn("trailing-blanks", `Blanks after the text: ${trailingBlanks}.`);
  if (optOutKeyword === null) warn("missing-opt-out", "The body does not say how to opt out (Reply STOP).");

  return Object.freeze({
    characters,
    encoded: after.body,
    before: costOf(before),
    after: costOf(after),
    saved,
    leadingBlanks,
    trailingBlanks,
    optOutKeyword,
    warnings: Object.freeze(warnings),
  });
}

/** Where the text begins and ends between the blanks; of nothing but blanks, all are before it. */
function trimmed(body: string): { readonly start: number; readonly end: number } {
  let start = 0;
  let end = body.length;
  while (start < end && BLANK.test(body.charAt(start))) start += 1;
  while (end > start && BLANK.test(body.charAt(end - 1))) end -= 1;
  return { start, end };
}

function costOf({ encoding, numSegments, units }: Segmentation): BodyCost {
  return Object.freeze({ encoding, numSegments, units });
}
