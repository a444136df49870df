import type { ErrorCode } from "../errors.ts";
import { isMessagingError, MessagingError } from "../errors.ts";
import type { Reach } from "../phone/address.ts";
import type { Plan } from "../planning/plan.ts";
import type { Job } from "../queue/queue.ts";
import { type ConsentQuestion, consentChannel } from "../records/consent-record.ts";
import { isFinal, type MessageRecord } from "../records/message-record.ts";
import type { Versioned } from "../records/messages.ts";
import type { RecordChange } from "../records/record-change.ts";
import type { Draft } from "../send-request.ts";
import type { MessageStatus } from "../types.ts";
import type { Decision, FlowContext, Live } from "./context.ts";

/** The question a send puts to the consent ledger. */
export function question(
  ctx: Pick<FlowContext, "options" | "optOut">,
  draft: { readonly to: Pick<Reach, "channel">; readonly category: string | undefined },
  planned: Pick<Plan, "decision">,
): ConsentQuestion {
  const { policy } = ctx.optOut();
  return {
    service: ctx.options.name,
    channel: consentChannel(draft.to.channel),
    sender: planned.decision?.sender.id,
    category: draft.category,
    scope: policy.scope,
    exemptCategories: policy.exemptCategories,
  };
}

/**
 * The refusal a decision amounts to, or `undefined`. Opted out comes before "no sender": it is the law. Only the one
 * confirmation of a STOP may go to someone who is opted out.
 */
export function refusalOf(
  draft: Draft,
  decision: Decision,
  confirmation = false,
): MessagingError | undefined {
  const { plan: planned, optedOut } = decision;
  if (optedOut !== undefined && !confirmation) {
    return new MessagingError("OPTED_OUT", `${draft.to.address} opted out.`, {
      details: { since: new Date(optedOut.at) },
    });
  }
  if (planned.decision !== null) return undefined;
  const { code, message } = planned.refusal ?? {
    code: "NO_SENDER" as const,
    message: "No sender of the pool can send this.",
  };
  return new MessagingError(code, message, { details: { steps: planned.steps } });
}
/** What is wrong with the request or the set-up, not with this recipient: refused at once whatever `refusals` says, as Twilio does. */
const AT_ONCE: ReadonlySet<string> = new Set([
  "EMPTY_POOL",
  "FALLBACK_WITHOUT_RCS",
  "CHANNEL_MISMATCH",
  "SAME_RECIPIENT",
]);

/** Whether a refusal rejects the call, rather than failing the message later. */
export function isAtOnce({ refusals }: Draft, { code }: MessagingError): boolean {
  return refusals === "reject" || AT_ONCE.has(code);
}

/** What went wrong, in our word, the field's number and a sentence. */
export interface Failure {
  readonly error: ErrorCode;
  readonly errorCode: number | null;
  readonly errorMessage: string;
}

/** The failure an error stands for. */
export function toFailure(error: unknown): Failure {
  const known = isMessagingError(error) ? error : new MessagingError("PROVIDER_UNAVAILABLE", String(error));
  return { error: known.code, errorCode: known.twilioCode, errorMessage: known.message };
}

/** What changes with a failure that is final; `undefined` when the record is final already. */
export function failed(
  { status }: MessageRecord,
  { error, errorCode, errorMessage }: Failure,
  now: number,
): RecordChange | undefined {
  if (isFinal(status)) return undefined;
  return { error, errorCode, errorMessage, status: "failed", ambiguous: false, updatedAt: now };
}

/** What a provider may know of a message as it takes it, beyond that it was sent. */
const KNOWN_AT_ONCE: readonly (MessageStatus | undefined)[] = ["delivered", "read", "undelivered", "failed"];

/** What a provider that took a message made of it: it is sent, unless the provider knows more already. */
export function takenAs({
  status,
}: {
  readonly status?: MessageStatus | undefined;
}): Pick<MessageRecord, "status"> & Partial<MessageRecord> {
  if (status === undefined || !KNOWN_AT_ONCE.includes(status)) return { status: "sent" };
  return status === "failed" || status === "undelivered" ? { status, error: "PROVIDER_REFUSED" } : { status };
}

/** The life of a message that begins here. */
export function createLive(versioned: Versioned): Live {
  return { versioned, taken: false, settling: undefined, attempt: undefined, rank: 0, place: -1 };
}

/**
 * A message's life in this process, as long as it is still this hand-over's: a receipt can be faster than the answer, and then what
 * the RCS message or the MMS said has left to a text already.
 */
export function lifeOf({ live }: Pick<FlowContext, "live">, { sid, kind }: MessageRecord): Live | undefined {
  const known = live.get(sid);
  return known?.versioned.record.kind === kind ? known : undefined;
}

/** When a message's time here is over. Of a scheduled one it begins when it falls due. */
export function deadlineOf(record: MessageRecord): number {
  return (record.sendAt ?? record.createdAt) + record.validityPeriod * 1000;
}

/** Networks try for three days at most. */
const RECEIPTS_MS = 3 * 86_400_000;

/** A status callback that is a function lives in this process, while its message can be heard of: a receipt may not come at all, or elsewhere. */
export function keepCallback(
  { callbacks }: Pick<FlowContext, "callbacks">,
  record: MessageRecord,
  { statusCallback }: Pick<Draft, "statusCallback">,
): void {
  if (typeof statusCallback === "function")
    callbacks.set(record.sid, statusCallback, deadlineOf(record) + RECEIPTS_MS);
}

/** The record's private part with a change. */
export function withOutbound(
  record: MessageRecord,
  patch: Partial<NonNullable<MessageRecord["outbound"]>>,
): MessageRecord["outbound"] {
  return record.outbound === undefined ? undefined : { ...record.outbound, ...patch };
}

/** What a refusal rules out for the next plan. */
export function exclusion(
  record: MessageRecord,
  meaning: "sender" | "not-rcs" | "not-mms",
): Partial<NonNullable<MessageRecord["outbound"]>> {
  if (meaning === "not-rcs") return { rcsFailed: true };
  if (meaning === "not-mms") return { mmsFailed: true };
  return { excluded: [...(record.outbound?.excluded ?? []), record.from ?? ""] };
}

/** The sender has one more message: for the scaler it is busy, and the one used last. */
export function occupy({ pool, clock }: Pick<FlowContext, "pool" | "clock">, { from }: MessageRecord): void {
  if (from === null) return;
  pool.setBusy(from, true);
  pool.touch(from, clock.now());
}

/** The job a queued record stands for. */
export function jobOf(record: MessageRecord): Job {
  return {
    id: record.sid,
    lane: record.from ?? "",
    cost: record.kind === "SMS" ? record.numSegments : 1,
    bucket: record.kind,
  };
}
