import type { Alert } from "@messaging-service/core";
import { iso8601 } from "../dates.ts";
import { pageOf } from "../item-page.ts";
import { metaList, parsePage } from "../paging.ts";
import type { Answer, Call, Row } from "../ports.ts";
import { serviceOf, toSnakeCase } from "./service-of.ts";
import type { ResourceParts } from "./services.ts";

/** Alerts that a list goes back over. */
const MOST_ALERTS = 1_000;

/** `…/Alerts`: what the operator of a service should know, newest first. */
export function alertRows(parts: ResourceParts): readonly Row[] {
  return [["GET", "/v1/Services/{ServiceSid}/Alerts", list]];

  async function list(call: Call): Promise<Answer> {
    const request = parsePage(call);
    const service = await serviceOf(parts, call);
    const alerts = await service.alerts.list(MOST_ALERTS);
    const { items, ends } = pageOf(alerts, request, ({ code, at }) => `${code} ${at.getTime()}`);
    const entries = items.map((alert) => render(alert, call));
    return { status: 200, json: metaList(call, "alerts", entries, request, ends) };
  }

  function render({ code, message, at, details }: Alert, { params: { ServiceSid = "" } }: Call): unknown {
    return {
      account_sid: parts.accountSid,
      service_sid: ServiceSid,
      error_code: code,
      alert_text: message,
      log_level: "warning",
      date_generated: iso8601(at),
      more_info: toSnakeCase(details),
    };
  }
}
