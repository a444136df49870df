import { type Segmentation, segment } from "../encoding/segment.ts";
import type { Address, MessageKind, PlanAlert } from "../types.ts";
import { isUsOrCanada, senderIdVerdict, wantsRegistration } from "./countries.ts";
import { planDecision } from "./decide.ts";
import type { Member } from "./lineup.ts";
import { bodyWithLink } from "./media.ts";
import type { Outcome } from "./outcome.ts";
import type { Plan, PlanDecision, PlanFacts, PlanRequest, PlanSettings } from "./plan-types.ts";
import type { SenderPool } from "./pool.ts";
import { PLAN_ALERTS } from "./reasons.ts";
import type { Run } from "./run.ts";

export type {
  Plan,
  PlanDecision,
  PlanFacts,
  PlanRefusal,
  PlanRequest,
  PlanSettings,
  PlanSticky,
} from "./plan-types.ts";

/**
 * Which sender sends a message, as what, in how many segments, and why. A pure function of its four arguments: `send`
 * acts on what `explain` shows. It refuses by value and never throws. Its time does not depend on the size of the
 * pool, save by a logarithm; it reads the pool's loads and changes nothing.
 */
export function plan(pool: SenderPool, settings: PlanSettings, request: PlanRequest, facts: PlanFacts): Plan {
  const run: Run = { pool, settings, request, facts, skip: membersToSkip(pool, request, facts), steps: [] };
  const outcome = planDecision(run);
  const { decision } = outcome;
  const text = describeText(run, outcome);
  // A plan that names nobody is for a message: what that keeps of it is a copy.
  const isSeen = facts.unnamed !== true;
  const made: Plan = {
    to: request.to,
    decision,
    fallback: outcome.fallback,
    refusal: outcome.refusal,
    steps: isSeen ? Object.freeze(run.steps) : run.steps,
    alerts: alertsOf(run, decision),
    encoding: text.encoding,
    numSegments: text.numSegments,
    segments: text.segments,
    body: text.body,
    forcedBy: text.encoding === "UCS-2" ? NOTHING : text.forcedBy,
    sticky: outcome.sticky,
  };
  // Found only when asked: it takes a second pass over a UCS-2 text.
  if (text.encoding === "UCS-2") Object.defineProperty(made, "forcedBy", { get: () => text.forcedBy });
  return isSeen ? Object.freeze(made) : made;
}

const NOTHING: readonly never[] = Object.freeze([]);

function membersToSkip(pool: SenderPool, request: PlanRequest, facts: PlanFacts): readonly Member[] {
  const self = pool.members(request.to.address);
  if (facts.excluded === undefined || facts.excluded.size === 0) return self;
  const skip = new Set(self);
  for (const id of facts.excluded) for (const member of pool.members(id)) skip.add(member);
  return [...skip];
}

type Text = Pick<Segmentation, "numSegments" | "segments" | "body" | "forcedBy"> & {
  readonly encoding: Plan["encoding"];
};

/** SMS is segmented; everything else leaves whole. A refused plain number shows what its text would have taken. */
function describeText(run: Run, { decision, converted }: Outcome): Text {
  const { request, facts } = run;
  const refusedAs: MessageKind | undefined = request.to.channel === "sms" ? "SMS" : undefined;
  if ((decision === null ? refusedAs : decision.kind) !== "SMS") {
    return { encoding: null, numSegments: 1, segments: [request.body], body: request.body, forcedBy: [] };
  }
  const body = converted ? bodyWithLink(request, facts) : request.body;
  return segment(body, { smartEncoding: request.smartEncoding });
}

function alertsOf(run: Run, decision: PlanDecision | null): readonly PlanAlert[] {
  const { to } = run.request;
  if (to.channel !== "sms") return NOTHING;
  const alerts: PlanAlert[] = [];
  if ((run.pool.place("toll-free")?.size ?? 0) > 1) alerts.push(alert("MULTIPLE_TOLL_FREE"));
  const sender = decision?.sender;
  if (sender?.type === "alphanumeric") {
    const unregistered = run.settings.preRegistrationAlert && sender.registered !== true;
    if (unregistered && wantsRegistration(to.country)) alerts.push(alert("PREREGISTRATION"));
    if (senderIdVerdict(to.country) === "overwritten") alerts.push(alert("SENDER_ID_OVERWRITTEN"));
  }
  const isForeign = isUsOrCanada(to.country) && sender?.type === "long-code" && !isNorthAmerican(sender.id);
  if (isForeign) alerts.push(alert("FOREIGN_SENDER"));
  return alerts.length === 0 ? NOTHING : Object.freeze(alerts);
}

function isNorthAmerican(id: Address): boolean {
  return id.startsWith("+1");
}

function alert(code: keyof typeof PLAN_ALERTS): PlanAlert {
  return Object.freeze({ code, message: PLAN_ALERTS[code] });
}
