import type { Alert, AlertWebhook } from "../alert.ts";
import { sleep } from "../clock.ts";
import { isMessagingError } from "../errors.ts";
import type { WebhookCaller } from "../webhook/call.ts";
import { reportFailure } from "../webhook/report.ts";
import type { FlowContext } from "./context.ts";

/** What {@link createDebugger} makes. */
export interface Debugger {
  /** Posts an alert to the `debuggerWebhook`, where there is one and it wants that level. */
  readonly tell: (alert: Alert, milestone: number, webhook: AlertWebhook | undefined) => void;
  /** Waits for the posts under way, up to `timeoutMs`. */
  readonly close: (timeoutMs: number) => Promise<void>;
}

/**
 * The Debugger webhook, in Twilio's format. Best effort: what fails after the retries of its URL stays in the list of alerts. The
 * alert of such a failure is never posted, so it cannot go round in circles.
 *
 * @see https://www.twilio.com/docs/usage/troubleshooting/debugging-event-webhooks
 */
export function createDebugger(ctx: FlowContext, { caller }: { readonly caller: WebhookCaller }): Debugger {
  const posting = new Set<Promise<void>>();

  return Object.freeze({
    tell(alert: Alert, milestone: number, webhook: AlertWebhook | undefined): void {
      const target = ctx.settings().debuggerWebhook;
      if (target === undefined || alert.code === "DEBUGGER_WEBHOOK_FAILED") return;
      if (target.level === "ERROR" && alert.level !== "ERROR") return;
      const parameters = parametersOf(alert, webhook);
      const call = { url: target.url, method: "POST" as const, parameters, lane: "debugger" };
      const post: Promise<void> = caller
        // Milestones are alerts of their own for the receiver: it may drop a token it has seen.
        .call({ ...call, trusted: target.guarded !== true, token: `${alert.sid}-${milestone}` })
        .then(() => undefined, failed)
        .finally(() => posting.delete(post));
      posting.add(post);
    },
    async close(timeoutMs: number): Promise<void> {
      if (posting.size > 0) await Promise.race([Promise.all(posting), sleep(ctx.clock, timeoutMs)]);
    },
  });

  function failed(error: unknown): void {
    if (isMessagingError(error, "SERVICE_CLOSED")) return;
    for (const { details, about, reason } of reportFailure(error))
      ctx.events.alert(
        "DEBUGGER_WEBHOOK_FAILED",
        `An alert could not be posted to the Debugger webhook: ${reason}`,
        details,
        about,
      );
  }

  function parametersOf(alert: Alert, webhook: AlertWebhook | undefined): Record<string, string> {
    const { sid, level, code, errorCode, resourceSid, message, count, subject, firstAt, lastAt } = alert;
    const number = errorCode === null ? code : String(errorCode);
    const payload = {
      resource_sid: resourceSid ?? ctx.options.sid,
      service_sid: ctx.options.sid,
      error_code: number,
      more_info: {
        Msg: message,
        ErrorCode: number,
        LogLevel: level,
        Code: code,
        Count: String(count),
        Subject: subject,
        FirstAt: firstAt.toISOString(),
      },
      ...(webhook === undefined ? {} : { webhook: toPayload(webhook) }),
    };
    return {
      Sid: sid,
      AccountSid: ctx.options.accountSid,
      ParentAccountSid: "",
      Timestamp: lastAt.toISOString(),
      Level: level,
      PayloadType: "application/json",
      Payload: JSON.stringify(payload),
    };
  }
}

/** Without headers: they hold the signature, and credentials. The answer's body is not kept. */
function toPayload({ method, url, parameters, status }: AlertWebhook): Record<string, unknown> {
  return {
    type: "application/json",
    request: { method, url, headers: {}, parameters },
    response: { status_code: status, headers: {}, body: "" },
  };
}
