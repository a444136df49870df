import type { OptOutType } from "../types.ts";
import type { Replies } from "./replies.ts";

/** A word of the standard layer. */
export interface StandardWord {
  readonly word: string;
  readonly optOutType: OptOutType;
  /** Acts only on someone who is opted out; from anyone else it is an ordinary message. */
  readonly onlyWhenOptedOut: boolean;
}

const stop = (word: string): StandardWord => ({ word, optOutType: "STOP", onlyWhenOptedOut: false });
const start = (word: string): StandardWord => ({ word, optOutType: "START", onlyWhenOptedOut: false });
const help = (word: string): StandardWord => ({ word, optOutType: "HELP", onlyWhenOptedOut: false });

/**
 * The words known in every country: Twilio's thirteen defaults (REVOKE and OPTOUT since 2025-05-14), and "OPT OUT", which
 * 47 CFR 64.1200(a)(10) names among the words that revoke consent per se and Twilio cannot match for its space. Dashes are
 * spaces here, so "opt-out" is the same word. YES is an everyday answer: it opts in only someone who is opted out.
 *
 * @see https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
 */
export const STANDARD_WORDS: readonly StandardWord[] = Object.freeze([
  stop("STOP"),
  stop("STOPALL"),
  stop("UNSUBSCRIBE"),
  stop("CANCEL"),
  stop("END"),
  stop("QUIT"),
  stop("REVOKE"),
  stop("OPTOUT"),
  stop("OPT OUT"),
  start("START"),
  start("UNSTOP"),
  { word: "YES", optOutType: "START", onlyWhenOptedOut: true },
  help("HELP"),
  help("INFO"),
]);

/** Words that cannot be removed or given another meaning, by canonical form; Twilio reserves the same four. */
export const RESERVED_WORDS: ReadonlyMap<string, OptOutType> = new Map([
  ["stop", "STOP"],
  ["start", "START"],
  ["unstop", "START"],
  ["help", "HELP"],
]);

/**
 * The standard texts, in English. Each holds what US carriers and the campaign registry look for: the brand, in the
 * opt-out reply the way back and nothing promotional, in the others the way out; the help reply adds the support contact.
 */
export const STANDARD_REPLIES: Replies = Object.freeze({
  stop: "{brand}: You are unsubscribed and will receive no more messages from us. Reply START to resubscribe.",
  start:
    "{brand}: You are subscribed. Reply HELP for help, STOP to unsubscribe. Msg frequency varies. Msg&data rates may apply.",
  help: "{brand}: For help contact {supportContact}. Reply STOP to unsubscribe. Msg frequency varies. Msg&data rates may apply.",
});
