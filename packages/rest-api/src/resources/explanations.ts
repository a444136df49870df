import type { PlanDecision } from "@messaging-service/core";
import { flagOf } from "../params.ts";
import type { Answer, Call, Row } from "../ports.ts";
import { parseMessageRequest } from "./message-request.ts";
import { serviceOf, toSnakeCase } from "./service-of.ts";
import type { ResourceParts } from "./services.ts";

/**
 * `POST …/Explanations`: the plan of a message with the parameters of Messages, which sends nothing: who would send it and why, in how
 * many segments. A refusal is a part of the answer; only a request that is itself wrong is refused.
 */
export function explanationRows(parts: ResourceParts): readonly Row[] {
  return [["POST", "/v1/Services/{ServiceSid}/Explanations", explain]];

  async function explain(call: Call): Promise<Answer> {
    const service = await serviceOf(parts, call);
    const { send } = parseMessageRequest({ ...call.form, MessagingServiceSid: service.sid });
    const plan = await service.explain(send, { all: flagOf(call.form, "All") ?? false });
    const { decision, fallback, refusal, steps, alerts, encoding, numSegments, segments, body } = plan;
    return {
      status: 200,
      json: {
        account_sid: parts.accountSid,
        service_sid: service.sid,
        to: plan.to.address,
        ...renderDecision(decision),
        fallback: fallback === null ? null : renderDecision(fallback),
        opted_out: plan.optedOut,
        refusal: refusal === null ? null : { code: refusal.code, message: refusal.message },
        steps: toSnakeCase(steps),
        alerts: toSnakeCase(alerts),
        encoding,
        num_segments: numSegments,
        segments,
        body,
        forced_by: plan.forcedBy,
        sticky: toSnakeCase(plan.sticky),
      },
    };
  }
}

function renderDecision(decision: PlanDecision | null): Record<string, unknown> {
  return {
    from: decision?.sender.id ?? null,
    sender_type: decision?.sender.type ?? null,
    kind: decision?.kind ?? null,
    rule: decision?.rule ?? null,
  };
}
