import type { Plan } from "../planning/plan.ts";
import type { Explanation, PlanStep } from "../types.ts";

/** How far some plans went together, by the last step. */
interface Way {
  readonly step: PlanStep;
  /** Where they went on, by the next step's reason. */
  readonly next: Map<string, Way[]>;
  /** Where they ended, by the sender that was chosen. */
  readonly ends: Map<string | undefined, Explanation[]>;
}

/** Ways and ends that are remembered; beyond, a pool changes so much that little is shared. */
const MOST_KEPT = 10_000;

const START: PlanStep = Object.freeze({ rule: "scaler", reason: "", before: 0, after: 0 });

let start: Way = { step: START, next: new Map(), ends: new Map() };
let kept = 0;

const texts = new WeakMap<Explanation, string>();

/**
 * What a record keeps of its plan: the steps without their samples. Frozen, and one object for all messages whose plans went
 * the same way: thousands that wait hold it once.
 */
export function explanationOf(plan: Plan): Explanation {
  if (plan.alerts.length > 0) return compact(plan);
  if (kept >= MOST_KEPT) {
    start = { step: START, next: new Map(), ends: new Map() };
    kept = 0;
  }
  let way = start;
  for (const step of plan.steps) way = follow(way, step);
  const sender = plan.decision?.sender.id;
  const rule = plan.decision?.rule ?? null;
  const ends = way.ends.get(sender) ?? [];
  const known = ends.find((each) => each.rule === rule);
  if (known !== undefined) return known;
  const explanation = compact(plan);
  texts.set(explanation, JSON.stringify(explanation));
  way.ends.set(sender, [...ends, explanation]);
  kept += 1;
  return explanation;
}

/** The JSON of an explanation that {@link explanationOf} shares, of which there is one too; `undefined` of any other. */
export function sharedTextOf(explanation: Explanation): string | undefined {
  return texts.get(explanation);
}

function follow(way: Way, step: PlanStep): Way {
  const ways = way.next.get(step.reason) ?? [];
  for (const each of ways) {
    const { rule, before, after } = each.step;
    if (before === step.before && after === step.after && rule === step.rule) return each;
  }
  const another: Way = { step, next: new Map(), ends: new Map() };
  way.next.set(step.reason, [...ways, another]);
  kept += 1;
  return another;
}

function compact({ steps, decision, alerts }: Plan): Explanation {
  return Object.freeze({
    sender: decision?.sender.id ?? null,
    rule: decision?.rule ?? null,
    steps: Object.freeze(
      steps.map(({ rule, reason, before, after }) => Object.freeze({ rule, reason, before, after })),
    ),
    alerts,
  });
}
