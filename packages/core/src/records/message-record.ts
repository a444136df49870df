import type { ErrorCode } from "../errors.ts";
import type { HttpResponse } from "../provider.ts";
import type {
  Address,
  Attempt,
  Channel,
  Direction,
  Encoding,
  Explanation,
  InboundMessage,
  Media,
  Message,
  MessageKind,
  MessageStatus,
  OptOutType,
} from "../types.ts";

/**
 * A message as it is stored: the public {@link Message} with times in milliseconds, and what only the flows need. One
 * shape for both directions, so that one log and one repository hold them.
 */
export interface MessageRecord {
  readonly sid: string;
  readonly direction: Direction;
  readonly to: Address;
  readonly from: Address | null;
  readonly body: string;
  readonly mediaUrl: readonly string[];
  readonly kind: MessageKind;
  readonly status: MessageStatus;
  readonly errorCode: number | null;
  readonly errorMessage: string | null;
  readonly error: ErrorCode | null;
  readonly encoding: Encoding | null;
  readonly numSegments: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly sentAt: number | null;
  readonly sendAt: number | null;
  readonly validityPeriod: number;
  readonly category: string | null;
  readonly tags: Readonly<Record<string, string>> | null;
  readonly provider: string | null;
  readonly providerSid: string | null;
  readonly ambiguous: boolean;
  readonly attempts: readonly StoredAttempt[];
  readonly explanation: Explanation | null;
  readonly optOutType: OptOutType | null;
  /** Counts the changes of status, for status callbacks. */
  readonly sequence: number;
  /** Status callback URL of this message alone; functions live in the process. */
  readonly statusCallback?: string | undefined;
  /** That URL came from an answer, not from code: its address is checked. */
  readonly guardedCallback?: boolean | undefined;
  /** How it is called; default POST. */
  readonly callbackMethod?: "GET" | "POST" | undefined;
  /** Changes that a status callback has not been told yet. */
  readonly callbacks?: readonly PendingCallback[] | undefined;
  /** The conversation that it was sent in, and who said it. */
  readonly conversation?: { readonly sid: string; readonly author: string } | undefined;
  /** Outbound: what delivery needs beyond the above. */
  readonly outbound?: OutboundPart | undefined;
  /** Inbound: the mark of "handled once", and what the provider said. */
  readonly inbound?: InboundPart | undefined;
}

/** An {@link Attempt} with its time in milliseconds. */
export interface StoredAttempt extends Omit<Attempt, "at"> {
  readonly at: number;
}

/** A change of status that somebody wants to be told. */
export interface PendingCallback {
  readonly sequence: number;
  readonly status: MessageStatus;
  readonly errorCode: number | null;
  readonly errorMessage: string | null;
  readonly at: number;
  readonly rawDlrDoneDate?: string | undefined;
}

/** The private part of an outbound record. */
export interface OutboundPart {
  /** The process that delivers it. */
  readonly owner: string;
  /** The text as given, planned again when the sender changes or a schedule falls due. */
  readonly text: string;
  readonly smartEncoding: boolean;
  readonly requestedFrom?: Address | undefined;
  readonly fallbackFrom?: Address | undefined;
  readonly contentSid?: string | undefined;
  readonly contentVariables?: string | undefined;
  readonly sendAsMms?: boolean | undefined;
  /** Key under which it was sent: the record lives as long as the key does. */
  readonly idempotencyKey?: string | undefined;
  /** Senders that refused it. */
  readonly excluded: readonly Address[];
  /** Membership claimed for this message: released if the first hand-over is refused. */
  readonly claimed?: string | undefined;
  /** SMS or MMS after RCS did not reach. */
  readonly rcsFailed?: boolean | undefined;
  /** The provider's ID of that RCS message: further receipts of it say nothing of what took over. */
  readonly rcsSid?: string | undefined;
  /** SMS with a link after MMS did not reach, and the provider's ID of that MMS. */
  readonly mmsFailed?: boolean | undefined;
  readonly mmsSid?: string | undefined;
  /** Deadline of an ambiguous hand-over, ms. */
  readonly ambiguousUntil?: number | undefined;
  /** The one confirmation of a STOP: it alone may reach someone who is opted out. */
  readonly confirmation?: boolean | undefined;
  /** Something of it was taken off the record: no other sender could send it whole any more. */
  readonly redacted?: boolean | undefined;
  /** Inbound SID that a reply answers. */
  readonly inReplyTo?: string | undefined;
}

/** The private part of an inbound record. */
export interface InboundPart {
  readonly state: "handling" | "done" | "failed";
  /** Until when the process that handles it is believed alive, ms. */
  readonly lease: number;
  readonly owner: string;
  readonly channel: Channel;
  readonly media: readonly Media[];
  readonly parameters: Readonly<Record<string, string>>;
  /** What the provider said of a keyword: that it is one, and that it answered. */
  readonly hint?: OptOutType | undefined;
  readonly answeredByProvider?: boolean | undefined;
  /** What the provider was answered; a duplicate gets the same. */
  readonly answer?: StoredAnswer | undefined;
}
/** An {@link HttpResponse} whose body is text. */
export interface StoredAnswer extends Omit<HttpResponse, "body"> {
  readonly body: string;
}

const FINAL: ReadonlySet<MessageStatus> = new Set([
  "delivered",
  "undelivered",
  "failed",
  "read",
  "canceled",
  "received",
]);

/** Whether nothing but a read receipt can follow. */
export function isFinal(status: MessageStatus): boolean {
  return FINAL.has(status);
}

const RANK: Readonly<Record<MessageStatus, number>> = {
  accepted: 0,
  scheduled: 0,
  receiving: 0,
  queued: 1,
  sending: 2,
  sent: 3,
  delivered: 4,
  undelivered: 4,
  failed: 4,
  canceled: 4,
  received: 4,
  read: 5,
};

/**
 * Whether a receipt moves a message forward. Receipts come duplicated and out of order, so a status never goes back,
 * and of two final ones the first stands; "read" follows delivery alone.
 */
export function isForward(from: MessageStatus, to: MessageStatus): boolean {
  if (to === "read") return from === "sending" || from === "sent" || from === "delivered";
  return RANK[to] > RANK[from];
}

const NONE: readonly never[] = Object.freeze([]);

/** The public, frozen view of a record. */
export function toMessage(record: MessageRecord, accountSid: string, messagingServiceSid: string): Message {
  return Object.freeze({
    sid: record.sid,
    accountSid,
    messagingServiceSid,
    direction: record.direction,
    to: record.to,
    from: record.from,
    body: record.body,
    mediaUrl: record.mediaUrl.length === 0 ? NONE : Object.freeze([...record.mediaUrl]),
    kind: record.kind,
    status: record.status,
    errorCode: record.errorCode,
    errorMessage: record.errorMessage,
    error: record.error,
    encoding: record.encoding,
    numSegments: record.numSegments,
    numMedia: record.mediaUrl.length,
    dateCreated: new Date(record.createdAt),
    dateUpdated: new Date(record.updatedAt),
    dateSent: toDate(record.sentAt),
    sendAt: toDate(record.sendAt),
    validityPeriod: record.validityPeriod,
    category: record.category,
    tags: record.tags,
    provider: record.provider,
    providerSid: record.providerSid,
    ambiguous: record.ambiguous,
    attempts: record.attempts.length === 0 ? NONE : Object.freeze(record.attempts.map(toAttempt)),
    explanation: record.explanation,
    optOutType: record.optOutType,
  });
}

function toDate(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}

function toAttempt(attempt: StoredAttempt): Attempt {
  return Object.freeze({ ...attempt, at: new Date(attempt.at) });
}

/** The inbound view of a record. */
export function toInboundMessage(
  record: MessageRecord,
  accountSid: string,
  messagingServiceSid: string,
): InboundMessage {
  return Object.freeze({
    sid: record.sid,
    accountSid,
    messagingServiceSid,
    from: record.from ?? "",
    to: record.to,
    body: record.body,
    media: record.inbound?.media ?? [],
    numSegments: record.numSegments,
    channel: record.inbound?.channel ?? "sms",
    provider: record.provider ?? "",
    providerSid: record.providerSid ?? "",
    dateCreated: new Date(record.createdAt),
    optOutType: record.optOutType,
    parameters: record.inbound?.parameters ?? {},
  });
}
