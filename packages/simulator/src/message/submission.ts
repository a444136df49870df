import { type Exchange, optOutScope } from "../exchange.ts";
import type { OutcomeRule } from "../outcomes.ts";
import { type Refusal, refuse } from "../wire/refusals.ts";
import { createSid } from "../wire/sid.ts";
import { postReport, reportOf } from "./callbacks.ts";
import { moveTo, segmentsOf, type Trip, travel } from "./journey.ts";
import type { MessageRecord } from "./message.ts";
import { fromOf, serviceOf, validateCreate } from "./validation.ts";

/** How a submission is answered, and after how long. */
export type Submission = { readonly latencyMs: number } & (
  | { readonly kind: "accepted"; readonly message: MessageRecord }
  | { readonly kind: "refused"; readonly refusal: Refusal; readonly retryAfterSeconds?: number | undefined }
  | { readonly kind: "server-error"; readonly httpStatus: number }
  | { readonly kind: "hang" | "reset" }
);

/** Whence a submission comes. */
export interface SubmissionOrigin {
  readonly via: "http" | "provider";
  /** The provider message's own SID. */
  readonly reference: string | null;
}

/** Takes a create call: refuses it, fails it as a rule says, or accepts the message and sets it on its way. */
export function submit(exchange: Exchange, form: URLSearchParams, origin: SubmissionOrigin): Submission {
  const from = form.get("From") ?? "";
  const to = form.get("To") ?? "";
  const body = form.get("Body") ?? "";
  const rule = exchange.rules.take({ to, from, body });
  const latencyMs = rule?.latencyMs ?? exchange.settings.latencyMs;
  if (rule?.throttle !== undefined)
    return { kind: "refused", refusal: refuse(20429), retryAfterSeconds: rule.throttle, latencyMs };
  if (rule?.refuse !== undefined) return { kind: "refused", refusal: refuse(rule.refuse, to), latencyMs };
  const mishap = mishapOf(rule);
  if (mishap !== undefined && rule?.accepted !== true) return { latencyMs, ...mishap };
  const refusal =
    validateCreate(form, exchange.settings, exchange.life.now()) ?? blockedAtOnce(exchange, form);
  if (refusal !== undefined) return { latencyMs, ...(mishap ?? { kind: "refused", refusal }) };
  const message = accept(exchange, form, origin);
  setOut(exchange, message, { rule, inProcess: origin.via === "provider" });
  return { latencyMs, ...(mishap ?? { kind: "accepted", message }) };
}

/** Cancels a scheduled message; false when it is past that. */
export function cancelScheduled(exchange: Exchange, message: MessageRecord): boolean {
  if (message.status !== "scheduled") return false;
  moveTo(message, { status: "canceled" }, exchange.life.now());
  const report = reportOf(message, exchange.life.now());
  void exchange.life.track(postReport(exchange, message, report, { rule: undefined, inProcess: false }));
  return true;
}

/** Sets an accepted message on its way: now, or when it falls due. */
export function setOut(exchange: Exchange, message: MessageRecord, trip: Trip): void {
  const { life } = exchange;
  const start = (): void => void life.track(travel(exchange, message, trip));
  if (message.status !== "scheduled") {
    start();
    return;
  }
  const due = Date.parse(message.parameters.SendAt ?? "");
  life.after(due - life.now(), () => {
    if (message.status === "scheduled") start();
  });
}

function mishapOf(
  rule: OutcomeRule | undefined,
):
  | { readonly kind: "server-error"; readonly httpStatus: number }
  | { readonly kind: "hang" | "reset" }
  | undefined {
  if (rule?.serverError !== undefined) return { kind: "server-error", httpStatus: rule.serverError };
  if (rule?.hang === true) return { kind: "hang" };
  return rule?.reset === true ? { kind: "reset" } : undefined;
}

/** Without a Messaging Service an opt-out is an HTTP 400; with one the message is accepted and fails later. */
function blockedAtOnce({ settings, blocks }: Exchange, form: URLSearchParams): Refusal | undefined {
  const from = fromOf(form);
  if (from === undefined || serviceOf(form) !== undefined) return undefined;
  return blocks.isBlocked(optOutScope(settings, from), form.get("To") ?? "") ? refuse(21610) : undefined;
}

function accept(
  exchange: Exchange,
  form: URLSearchParams,
  { via, reference }: SubmissionOrigin,
): MessageRecord {
  const { settings, life, messages, log } = exchange;
  const mediaUrl = form.getAll("MediaUrl");
  const service = serviceOf(form) ?? null;
  const now = new Date(life.now());
  const statusCallback = form.get("StatusCallback") ?? "";
  const message: MessageRecord = {
    sid: createSid(mediaUrl.length > 0 || form.get("SendAsMms") === "true" ? "MM" : "SM"),
    accountSid: settings.accountSid,
    messagingServiceSid: service,
    direction: "outbound-api",
    from: fromOf(form) ?? null,
    to: form.get("To") ?? "",
    body: form.get("Body") ?? "",
    mediaUrl: Object.freeze(mediaUrl),
    status: form.get("ScheduleType") === "fixed" ? "scheduled" : service === null ? "queued" : "accepted",
    errorCode: null,
    numSegments: 0,
    dateCreated: now,
    dateUpdated: now,
    dateSent: null,
    via,
    reference,
    statusCallback: statusCallback === "" ? null : statusCallback,
    parameters: Object.freeze(Object.fromEntries(form)),
    callbacks: [],
  };
  if (service === null) message.numSegments = segmentsOf(message);
  messages.push(message);
  log.set(message.sid, message);
  if (via === "provider" && message.statusCallback !== null) noteOrigin(exchange, message.statusCallback);
  return message;
}

/** Where the connected service is called: nearly always where it was before. */
function noteOrigin(exchange: Exchange, url: string): void {
  const { origin } = exchange;
  if (origin === undefined || !url.startsWith(`${origin}/`)) exchange.origin = new URL(url).origin;
}
