import type { Alert, AlertLevel } from "@messaging-service/core";
import { iso8601, parseSpan } from "../dates.ts";
import { fault } from "../errors.ts";
import { metaList, parsePage } from "../paging.ts";
import { oneOf, textOf } from "../params.ts";
import type { Answer, Call, Row } from "../ports.ts";
import { serviceOf, toSnakeCase } from "./service-of.ts";
import type { ResourceParts } from "./services.ts";

const LEVELS: readonly AlertLevel[] = ["ERROR", "WARNING"];

/**
 * `…/Alerts`: what the operator of a service should know, newest first, in the shape of Twilio's Monitor. `LogLevel`, `StartDate` and
 * `EndDate` choose among them.
 *
 * @see https://www.twilio.com/docs/usage/monitor-alert
 */
export function alertRows(parts: ResourceParts): readonly Row[] {
  return [["GET", "/v1/Services/{ServiceSid}/Alerts", list]];

  async function list(call: Call): Promise<Answer> {
    const request = parsePage(call);
    if (request.back) throw fault(21481);
    const service = await serviceOf(parts, call);
    const from = dateOf(call, "StartDate")?.from;
    const until = dateOf(call, "EndDate")?.until;
    const alerts = await service.alerts.list({
      level: oneOf(call.query, "LogLevel", LEVELS),
      // Its bounds are exclusive, those of a request are not.
      after: from === undefined ? undefined : new Date(from - 1),
      before: until === undefined ? undefined : new Date(until),
      limit: request.size,
      cursor: request.cursor,
    });
    const items = alerts.map((alert) => render(alert, call));
    const ends = { next: alerts.cursor ?? undefined, previous: undefined };
    return { status: 200, json: metaList(call, "alerts", items, request, ends) };
  }

  function render(alert: Alert, { params: { ServiceSid = "" } }: Call): unknown {
    return {
      sid: alert.sid,
      account_sid: parts.accountSid,
      service_sid: ServiceSid,
      resource_sid: alert.resourceSid,
      error_code: alert.errorCode === null ? null : String(alert.errorCode),
      error_name: alert.code,
      log_level: alert.level.toLowerCase(),
      alert_text: alert.message,
      subject: alert.subject,
      count: alert.count,
      date_created: iso8601(alert.firstAt),
      date_generated: iso8601(alert.lastAt),
      date_updated: iso8601(alert.lastAt),
      more_info: toSnakeCase(alert.details),
    };
  }
}

/** @throws Fault 20422 for what is no date. */
function dateOf({ query }: Call, name: string): ReturnType<typeof parseSpan> {
  const text = textOf(query, name);
  if (text === undefined || text === "") return undefined;
  const span = parseSpan(text);
  if (span === undefined) throw fault(20422, `${name} is a date or a time in ISO 8601.`);
  return span;
}
