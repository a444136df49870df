import type { Sender } from "../sender.ts";
import type { MessageKind } from "../types.ts";
import { placesFor } from "./places.ts";
import type { PlanDecision, PlanSticky } from "./plan-types.ts";
import type { PlanReason } from "./reasons.ts";
import { cannotServe, isLocal } from "./rules.ts";
import { countIn, decide, type Run, record } from "./run.ts";

/** What became of the recipient's mapping: the decision it made, or why it made none. */
export interface StickyOutcome {
  readonly decision: PlanDecision | undefined;
  readonly sticky: PlanSticky;
}

/**
 * Sticky sender: the mapping is used while its sender is the same membership, can serve this content and recipient,
 * and is not foreign while a number or short code of the recipient's country could serve them. Otherwise it is dropped.
 */
export function followSticky(run: Run, kind: MessageKind, before: number): StickyOutcome {
  const { facts, settings } = run;
  if (!settings.stickySender || facts.sticky === undefined) {
    return { decision: undefined, sticky: leaveSticky(run, settings.stickySender) };
  }
  const sender = run.pool.byMembership(facts.sticky);
  const dropped = sender === undefined ? "STICKY_REMOVED" : whyDropped(run, sender, kind);
  record(run, "sticky-sender", dropped ?? "STICKY_USED", before, dropped === undefined ? 1 : before);
  const read = sender?.id ?? null;
  if (dropped !== undefined || sender === undefined) {
    return { decision: undefined, sticky: outcome(read, dropped ?? null, true, false) };
  }
  return { decision: decide(sender, kind, "sticky-sender"), sticky: outcome(read, null, false, true) };
}

/**
 * The mapping of a plan that does not ask it: it stays as it is. Where there is none (or its sender has left), one may
 * still be claimed.
 */
export function leaveSticky(run: Run, mayClaim: boolean): PlanSticky {
  const { sticky } = run.facts;
  const sender = sticky === undefined ? undefined : run.pool.byMembership(sticky);
  if (mayClaim && sticky !== undefined && sender === undefined)
    return outcome(null, "STICKY_REMOVED", true, false);
  return outcome(sender?.id ?? null, null, mayClaim && sticky === undefined, sticky !== undefined);
}

/** The same, for a plan that made no decision: nothing is claimed. */
export function withoutClaim(sticky: PlanSticky): PlanSticky {
  return sticky.claim ? outcome(sticky.read, sticky.dropped, false, sticky.kept) : sticky;
}

function outcome(read: string | null, dropped: PlanReason | null, claim: boolean, kept: boolean): PlanSticky {
  return Object.freeze({ read, dropped, claim, kept });
}

function whyDropped(run: Run, sender: Sender, kind: MessageKind): PlanReason | undefined {
  const { to } = run.request;
  if (run.skip.some((member) => member.sender === sender)) return "STICKY_EXCLUDED";
  if (sender.channel !== to.channel || cannotServe(sender, to, kind, run.facts) !== undefined) {
    return "STICKY_CANNOT_SERVE";
  }
  if (to.channel !== "sms" || sender.type === "short-code") return undefined;
  if (sender.type !== "alphanumeric" && isLocal(sender, to)) return undefined;
  const places = placesFor(run.pool, to);
  // Selection never takes a sender ID beside a short code of the country; kept by mapping, it would outlive that rule.
  if (sender.type === "alphanumeric") {
    return places.shortCodesHere[0] === undefined ? undefined : "SENDER_ID_BEHIND_SHORT_CODE";
  }
  const local = countIn(run, [...places.shortCodesHere, ...places.numbersHere], kind, run.facts.carrier);
  return local > 0 ? "STICKY_FOREIGN" : undefined;
}
