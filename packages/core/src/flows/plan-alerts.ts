import type { Plan } from "../planning/plan.ts";
import type { FlowContext } from "./context.ts";

const DAY_MS = 86_400_000;
/** Subjects remembered; beyond it an alert may come a second time in a day. */
const MOST_SUBJECTS = 10_000;

/**
 * What a plan warns of reaches the operator once a day and subject (the pool, or a sender and a country), not with
 * every message. Each process remembers for itself.
 */
export function createPlanAlerts(ctx: Pick<FlowContext, "clock" | "events">): (plan: Plan) => void {
  const raised = new Map<string, number>();
  return function raise({ alerts, decision, to }: Plan): void {
    if (alerts.length === 0) return;
    const now = ctx.clock.now();
    const { country } = to;
    for (const { code, message } of alerts) {
      const details = code === "MULTIPLE_TOLL_FREE" ? {} : { sender: decision?.sender.id, country };
      const subject = `${code} ${details.sender ?? ""} ${details.country ?? ""}`;
      const last = raised.get(subject);
      if (last !== undefined && now - last < DAY_MS) continue;
      if (raised.size >= MOST_SUBJECTS) raised.clear();
      raised.set(subject, now);
      ctx.events.alert(code, message, details);
    }
  };
}
