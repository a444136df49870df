import type { Plan } from "../planning/plan.ts";
import type { Draft } from "../send-request.ts";
import type { OptOutType, StatusCallback, StatusCallbackUrl } from "../types.ts";
import { explanationOf } from "./explanations.ts";
import type { MessageRecord } from "./message-record.ts";

/** What an outbound record is made of. */
export interface OutboundSource {
  readonly sid: string;
  readonly draft: Draft;
  readonly plan: Plan;
  readonly status: "queued" | "scheduled";
  readonly owner: string;
  readonly now: number;
  /** Membership claimed for it. */
  readonly claimed?: string | undefined;
  readonly direction?: "outbound-api" | "outbound-reply" | undefined;
  readonly inReplyTo?: string | undefined;
  readonly confirmation?: boolean | undefined;
  readonly optOutType?: OptOutType | undefined;
  readonly conversation?: MessageRecord["conversation"];
  readonly guardedCallback?: boolean | undefined;
  readonly callbackMethod?: "GET" | "POST" | undefined;
}

/** The record of a message as `send` accepts it. A scheduled one has no sender yet: it is planned when it falls due. */
export function toOutboundRecord(source: OutboundSource): MessageRecord {
  const {
    sid,
    draft,
    plan,
    status,
    owner,
    now,
    claimed,
    direction,
    inReplyTo,
    confirmation,
    optOutType,
    conversation,
    guardedCallback,
    callbackMethod,
  } = source;
  const scheduled = status === "scheduled";
  const callback = callbackUrl(draft.statusCallback);
  const chosen = scheduled ? null : plan.decision;
  return {
    sid,
    direction: direction ?? "outbound-api",
    to: draft.to.address,
    from: chosen?.sender.id ?? null,
    body: scheduled ? draft.text : plan.body,
    mediaUrl: draft.mediaUrl,
    kind: chosen?.kind ?? "SMS",
    status,
    errorCode: null,
    errorMessage: null,
    error: null,
    encoding: chosen === null ? null : plan.encoding,
    numSegments: chosen === null ? 0 : plan.numSegments,
    createdAt: now,
    updatedAt: now,
    sentAt: null,
    sendAt: draft.sendAt ?? null,
    validityPeriod: draft.validityPeriod,
    category: draft.category ?? null,
    tags: draft.tags ?? null,
    provider: chosen?.sender.provider ?? null,
    providerSid: null,
    ambiguous: false,
    attempts: NONE,
    explanation: chosen === null ? null : explanationOf(plan),
    optOutType: optOutType ?? null,
    sequence: 0,
    statusCallback: callback.url,
    guardedCallback: guardedCallback ?? callback.guarded,
    callbackMethod: callbackMethod ?? callback.method,
    conversation,
    outbound: {
      owner: owner,
      text: draft.text,
      smartEncoding: draft.smartEncoding,
      idempotencyKey: draft.idempotencyKey,
      requestedFrom: draft.from,
      fallbackFrom: draft.fallbackFrom,
      contentSid: draft.contentSid,
      contentVariables: draft.contentVariables,
      sendAsMms: draft.sendAsMms,
      excluded: NONE,
      claimed,
      confirmation,
      inReplyTo,
    },
  };
}

/** A status callback as a record keeps it: by its URL. Functions live in the process. */
function callbackUrl(callback: StatusCallback | undefined): Partial<StatusCallbackUrl> {
  if (typeof callback === "object") return callback;
  return typeof callback === "string" ? { url: callback } : NO_URL;
}

/** Of attempts, and of senders that refused; one for all records. */
const NONE: readonly never[] = Object.freeze([]);

const NO_URL: Partial<StatusCallbackUrl> = Object.freeze({});
