import type { ResolvedOptOut } from "./keywords.ts";
import type { KeywordMatch } from "./match.ts";
import { normalizeKeyword } from "./normalize.ts";

/** What is known when a keyword arrives. */
export interface KeywordSituation {
  readonly match: KeywordMatch;
  /** Consent now, before this message, under the service's scope. */
  readonly optedOut: boolean;
  /**
   * An earlier opt-out is on record, so a STOP was confirmed before. Not the same as `optedOut`: a STOP that came while the
   * store was down binds at once and is still owed its confirmation.
   */
  readonly repeated: boolean;
  /** The provider, or its platform, has answered the sender. */
  readonly providerAnswered: boolean;
  /**
   * The sender texted is a NANP toll-free number: its network answers STOP itself, and only START and UNSTOP, which it
   * answers too, lift the block.
   */
  readonly tollFreeNetwork: boolean;
  /** Keyword replies this person got in the last hour. */
  readonly repliesInLastHour: number;
  /** Since the message was sent, in milliseconds. */
  readonly ageMs: number;
}

/** Why a keyword was decided as it was. */
export type KeywordReason =
  | "opt-out-disabled"
  | "opted-out"
  | "opted-in"
  | "help"
  | "not-opted-out"
  | "already-opted-out"
  | "answer-required"
  | "provider-answered"
  | "toll-free-network-answers"
  | "toll-free-network-blocks"
  | "reply-limit"
  | "confirmation-too-late";

/** What to do about a keyword. */
export interface KeywordDecision {
  /** False: an ordinary message, the application's turn. */
  readonly handled: boolean;
  /** What to write to the consent ledger, before any reply. */
  readonly consent: "opt-out" | "opt-in" | "none";
  /** What to answer; undefined: nothing. */
  readonly reply: string | undefined;
  readonly reasons: readonly KeywordReason[];
  /** Something the operator should know, in a sentence. */
  readonly alert?: string | undefined;
}

/** A confirmation within five minutes is presumed to be covered by the consent revoked: 47 CFR 64.1200(a)(12). */
export const CONFIRMATION_DEADLINE_MS = 300_000;

/** The reply to a STOP that is too late to be sent, in a sentence for the operator. `undefined`: it is not. */
export function lateAlert(ageMs: number): string | undefined {
  if (ageMs <= CONFIRMATION_DEADLINE_MS) return undefined;
  const minutes = Math.floor(ageMs / 60_000);
  return `The confirmation of an opt-out was dropped: the message is ${minutes} minutes old, and after 5 the confirmation is no longer presumed allowed.`;
}

/**
 * What a keyword does: consent, reply, or nothing of the kind because it is an ordinary message in this situation. Pure. An
 * opt-out is always recorded; only its reply depends on the policy.
 */
export function decideKeyword(situation: KeywordSituation, policy: ResolvedOptOut): KeywordDecision {
  if (!policy.enabled) return ordinary("opt-out-disabled");
  switch (situation.match.optOutType) {
    case "STOP":
      return decideStop(situation, policy);
    case "START":
      return decideStart(situation, policy);
    case "HELP":
      return decideHelp(situation, policy);
  }
}

function decideStop(situation: KeywordSituation, policy: ResolvedOptOut): KeywordDecision {
  const { match, repeated, tollFreeNetwork, ageMs } = situation;
  const silent = (...reasons: KeywordReason[]) => handled("opt-out", undefined, ["opted-out", ...reasons]);
  if (tollFreeNetwork && isWord(match, "stop")) return silent("toll-free-network-answers");
  if (situation.providerAnswered) return silent("provider-answered");

  if (repeated && !match.answerNonSubscribers && policy.onRepeatedStop === "silent") {
    return silent("already-opted-out");
  }
  const alert = lateAlert(ageMs);
  if (alert !== undefined) return { ...silent("confirmation-too-late"), alert };
  if (overLimit(situation, policy)) return silent("reply-limit");
  const reasons: KeywordReason[] = ["opted-out"];
  if (repeated) reasons.push("already-opted-out");
  if (repeated && match.answerNonSubscribers) reasons.push("answer-required");
  return handled("opt-out", match.reply, reasons);
}

function decideStart(situation: KeywordSituation, policy: ResolvedOptOut): KeywordDecision {
  const { match, optedOut, tollFreeNetwork } = situation;
  if (!optedOut && (match.onlyWhenOptedOut || policy.startWhenNotOptedOut === "pass")) {
    return ordinary("not-opted-out");
  }
  if (optedOut && tollFreeNetwork && !isWord(match, "start", "unstop"))
    return ordinary("toll-free-network-blocks");

  const reasons: KeywordReason[] = ["opted-in"];
  const silent = (reason: KeywordReason) => handled("opt-in", undefined, [...reasons, reason]);
  if (!optedOut) reasons.push("not-opted-out");
  if (!optedOut && policy.startWhenNotOptedOut === "silent") return handled("opt-in", undefined, reasons);
  if (situation.providerAnswered) return silent("provider-answered");
  if (optedOut && tollFreeNetwork) return silent("toll-free-network-answers");
  if (overLimit(situation, policy)) return silent("reply-limit");
  return handled("opt-in", match.reply, reasons);
}

function decideHelp(situation: KeywordSituation, policy: ResolvedOptOut): KeywordDecision {
  const { match, optedOut, tollFreeNetwork } = situation;
  const silent = (...reasons: KeywordReason[]) => handled("none", undefined, ["help", ...reasons]);
  if (situation.providerAnswered) return silent("provider-answered");
  if (optedOut && tollFreeNetwork) return silent("toll-free-network-blocks");
  if (optedOut && !policy.helpWhenOptedOut && !match.answerNonSubscribers) return silent("already-opted-out");
  if (overLimit(situation, policy)) return silent("reply-limit");
  const required = optedOut && match.answerNonSubscribers;
  return handled("none", match.reply, required ? ["help", "answer-required"] : ["help"]);
}

function isWord(match: KeywordMatch, ...keys: readonly string[]): boolean {
  return keys.includes(normalizeKeyword(match.keyword));
}

function overLimit(situation: KeywordSituation, policy: ResolvedOptOut): boolean {
  return situation.repliesInLastHour >= policy.repliesPerHour;
}

function ordinary(reason: KeywordReason): KeywordDecision {
  return { handled: false, consent: "none", reply: undefined, reasons: [reason] };
}

function handled(
  consent: KeywordDecision["consent"],
  reply: string | undefined,
  reasons: readonly KeywordReason[],
): KeywordDecision {
  return { handled: true, consent, reply, reasons };
}
