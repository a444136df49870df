import type { Plan } from "../planning/plan.ts";
import type { FlowContext } from "./context.ts";

/** What a plan warns of reaches the operator: one alert a day for the pool, or for a sender and a country. */
export function createPlanAlerts({ events }: Pick<FlowContext, "events">): (plan: Plan) => void {
  return function raise({ alerts, decision, to }: Plan): void {
    for (const { code, message } of alerts) {
      if (code === "MULTIPLE_TOLL_FREE") events.alert(code, message);
      else {
        const { country } = to;
        const sender = decision?.sender.id;
        events.alert(code, message, { sender, country }, { subject: `${sender} ${country}` });
      }
    }
  };
}
