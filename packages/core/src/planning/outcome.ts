import type { ErrorCode } from "../errors.ts";
import type { Address } from "../types.ts";
import type { PlanDecision, PlanRefusal, PlanSticky } from "./plan-types.ts";
import { PLAN_REASONS, type PlanReason } from "./reasons.ts";
import { type Run, record } from "./run.ts";
import { leaveSticky, withoutClaim } from "./sticky.ts";

/** What a plan decides, before its text is counted. */
export interface Outcome {
  readonly decision: PlanDecision | null;
  readonly fallback: PlanDecision | null;
  readonly refusal: PlanRefusal | null;
  readonly sticky: PlanSticky;
  /** The media leaves as a link. */
  readonly converted: boolean;
}

/** A refusal, with the mapping left alone. */
export function refuse(
  run: Run,
  code: ErrorCode,
  message: string,
  sticky: PlanSticky = leaveSticky(run, false),
): Outcome {
  const refusal = Object.freeze({ code, message });
  return { decision: null, fallback: null, refusal, sticky: withoutClaim(sticky), converted: false };
}

/** NO_SENDER, with the sentence of the last rule that set someone aside, or of the one that could not go on. */
export function refuseNobody(run: Run, sticky?: PlanSticky): Outcome {
  const last = run.steps.findLast(({ before, after }) => before > after && after === 0) ?? run.steps.at(-1);
  const why = last === undefined ? "" : ` ${PLAN_REASONS[last.reason as PlanReason]}`;
  return refuse(
    run,
    "NO_SENDER",
    `No sender of the pool can take this message to ${run.request.to.address}.${why}`,
    sticky,
  );
}

/** A decision, or NO_SENDER. */
export function conclude(
  run: Run,
  decision: PlanDecision | undefined,
  sticky: PlanSticky,
  converted = false,
): Outcome {
  if (decision === undefined) return refuseNobody(run, sticky);
  return { decision, fallback: null, refusal: null, sticky, converted };
}

/** Whether WhatsApp's rules refuse this message: no template, and the window is known to be closed. */
export function isOutsideWindow({ request, facts }: Run): boolean {
  return request.to.channel === "whatsapp" && facts.windowOpen === false && request.contentSid === undefined;
}

/** OUTSIDE_WINDOW, recorded. */
export function refuseOutsideWindow(run: Run, before: number): Outcome {
  record(run, "content", "CONTENT_OUTSIDE_WINDOW", before, 0);
  return refuse(run, "OUTSIDE_WINDOW", `The 24-hour window of ${run.request.to.address} is closed.`);
}

/** An address in a message. */
export function quote(address: Address): string {
  return JSON.stringify(address);
}
