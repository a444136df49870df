import type { PlanStep } from "../types.ts";
import type { Plan, PlanDecision } from "./plan-types.ts";
import { PLAN_REASONS, type PlanReason } from "./reasons.ts";

/**
 * A plan for a person to read: a line for the decision or refusal, one for the text, one for each rule, one for each
 * alert.
 */
export function explainText(plan: Plan): string {
  const { to, decision, fallback, refusal } = plan;
  const where = to.country === undefined ? "" : ` (${to.country})`;
  const lines = [
    decision === null
      ? `${to.address}${where}: not sent, ${refusal?.code}. ${refusal?.message}`
      : `${to.address}${where}: ${describe(decision)}, settled by ${decision.rule}.`,
  ];
  if (fallback !== null) lines.push(`If RCS does not get through: ${describe(fallback)}.`);
  if (plan.encoding !== null) lines.push(describeEncoding(plan));
  for (const step of plan.steps) lines.push(describeStep(step));
  if (plan.sticky.claim) lines.push("The recipient will keep this sender.");
  for (const { code, message } of plan.alerts) lines.push(`Alert ${code}: ${message}`);
  return lines.join("\n");
}

function describe({ sender, kind }: PlanDecision): string {
  const oneWay = sender.type === "alphanumeric" ? ", which cannot be answered" : "";
  return `${kind} from ${sender.id}, ${sender.type}${sender.country === undefined ? "" : ` of ${sender.country}`}${oneWay}`;
}

function describeEncoding({ encoding, numSegments, forcedBy }: Plan): string {
  const segments = `${encoding}, ${numSegments} segment${numSegments === 1 ? "" : "s"}`;
  return forcedBy.length === 0 ? segments : `${segments}; not GSM-7 because of ${forcedBy.join(" ")}`;
}

function describeStep({ rule, reason, before, after }: PlanStep): string {
  const left = before === after ? `${after} left` : `${before} to ${after}`;
  return `- ${rule} (${left}): ${PLAN_REASONS[reason as PlanReason]}`;
}
