import type { Sender } from "../sender.ts";
import type { Address, MessageKind, PlanStep, RuleName } from "../types.ts";
import { type Lineup, type Member, type ScalerOrder, scale, serves, sizeWithout } from "./lineup.ts";
import type { Places } from "./places.ts";
import type { PlanDecision, PlanFacts, PlanRequest, PlanSettings } from "./plan-types.ts";
import type { PoolPlace, SenderPool } from "./pool.ts";
import type { PlanReason } from "./reasons.ts";

/** One planning under way: what it was given, and the steps so far. */
export interface Run {
  readonly pool: SenderPool;
  readonly settings: PlanSettings;
  readonly request: PlanRequest;
  readonly facts: PlanFacts;
  /** Members that may not send: excluded ones, and the recipient itself. */
  readonly skip: readonly Member[];
  readonly steps: PlanStep[];
}

/** How many of the senders that a rule set aside a step names. */
const SAMPLES = 20;

/** How many senders of these places can carry the kind; with a carrier, only those that reach it. */
export function countIn(run: Run, places: Places, kind: MessageKind, carrier?: string): number {
  let count = 0;
  for (const place of places) {
    if (place === undefined) continue;
    for (const lineup of place.lineups) {
      if (serves(lineup, kind, carrier)) count += sizeWithout(lineup, run.skip);
    }
  }
  return count;
}

/** Records what a rule did. `rejected` collects up to `limit` of the senders it set aside. */
export function record(
  run: Run,
  rule: RuleName,
  reason: PlanReason,
  before: number,
  after: number,
  rejected?: (limit: number) => Address[],
): void {
  if (rejected === undefined || before === after || run.facts.unnamed === true) {
    const step = { rule, reason, before, after };
    // Nobody sees the steps of a plan that names none: what a message keeps of them is a copy.
    run.steps.push(run.facts.unnamed === true ? step : Object.freeze(step));
    return;
  }
  const limit = run.facts.all === true ? Number.POSITIVE_INFINITY : SAMPLES;
  run.steps.push(Object.freeze({ rule, reason, before, after, rejected: Object.freeze(rejected(limit)) }));
}

/** The senders of `places` outside `kept` that pass: what a rule that keeps `kept` sets aside. */
export function sampleOf(
  run: Run,
  places: Places,
  kept: Places,
  limit: number,
  passes: (lineup: Lineup) => boolean,
): Address[] {
  const sample: Address[] = [];
  const visit = (place: PoolPlace | undefined): void => {
    if (place === undefined || sample.length >= limit || kept.includes(place)) return;
    if (kept.length > 0 && place.children.size > 0) {
      for (const child of place.children.values()) visit(child);
      return;
    }
    for (const lineup of place.lineups) {
      if (passes(lineup)) addTo(sample, lineup, limit, run.skip);
    }
  };
  for (const place of places) visit(place);
  return sample;
}

function addTo(sample: Address[], lineup: Lineup, limit: number, skip: readonly Member[]): void {
  for (const member of lineup.members) {
    if (sample.length >= limit) return;
    if (!skip.includes(member)) sample.push(member.sender.id);
  }
}

/** Lets the scaler choose in these places, and records it. */
export function chooseIn(
  run: Run,
  places: Places,
  kind: MessageKind,
  rule: RuleName,
  order: ScalerOrder,
): PlanDecision | undefined {
  const { carrier } = run.facts;
  const lineups: Lineup[] = [];
  let count = 0;
  for (const place of places) {
    if (place === undefined) continue;
    for (const lineup of place.lineups) {
      if (!serves(lineup, kind, carrier)) continue;
      lineups.push(lineup);
      count += sizeWithout(lineup, run.skip);
    }
  }
  const choice = scale(lineups, order, hashOf(run.request.to.address), run.skip);
  if (choice === undefined) return undefined;
  const { sender } = choice.member;
  const reason = count === 1 ? "SCALER_ONLY" : choice.ties > 1 ? "SCALER_HASH" : ORDER_REASONS[order];
  record(run, "scaler", reason, count, 1, (limit) => {
    const others = { ...run, skip: [...run.skip, choice.member] };
    return sampleOf(others, places, [], limit, (lineup) => serves(lineup, kind, carrier));
  });
  return decide(sender, kind, count === 1 ? rule : "scaler");
}

const ORDER_REASONS: Readonly<Record<ScalerOrder, PlanReason>> = {
  mappings: "SCALER_MAPPINGS",
  lastUsed: "SCALER_LAST_USED",
};

/** A frozen decision. */
export function decide(sender: Sender, kind: MessageKind, rule: RuleName): PlanDecision {
  return Object.freeze({ sender, kind, rule });
}

/** FNV-1a with a finisher that spreads it over all bits, as an unsigned 32-bit number. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
