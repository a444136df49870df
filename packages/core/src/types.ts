import type { AlertCode } from "./alert.ts";
import type { ErrorCode } from "./errors.ts";

/** A canonical address: E.164 (`+14155550100`), a short code (`12345`), a sender ID (`ACME`) or `channel:address`. */
export type Address = string;

/** The network a message travels on. SMS and MMS are one channel. */
export type Channel = "sms" | "whatsapp" | "rcs";

/** What kind of sender an address is. */
export type SenderType = "long-code" | "toll-free" | "short-code" | "alphanumeric" | "whatsapp" | "rcs";

/** What a sender can carry. */
export type Capability = "SMS" | "MMS" | "WHATSAPP" | "RCS";

/** What a message leaves as. */
export type MessageKind = "SMS" | "MMS" | "WHATSAPP" | "RCS";

/** The alphabet of a text message: GSM 7-bit (160 or 153 a segment) or UCS-2 (70 or 67). */
export type Encoding = "GSM-7" | "UCS-2";

/**
 * A message's status, in Twilio's words. Outbound: accepted | scheduled → queued → sending → sent → delivered |
 * undelivered → read; failed and canceled are final. Inbound: receiving → received.
 */
export type MessageStatus =
  | "accepted"
  | "scheduled"
  | "queued"
  | "sending"
  | "sent"
  | "delivered"
  | "undelivered"
  | "failed"
  | "read"
  | "canceled"
  | "receiving"
  | "received";

/** Which way a message went, in Twilio's words. */
export type Direction = "inbound" | "outbound-api" | "outbound-reply";

/** What a keyword asks for. */
export type OptOutType = "STOP" | "START" | "HELP";

/** What happens to inbound messages that are no keyword. */
export type InboundHandling = "defer" | "webhook" | "conversation" | "drop";

/** A URL to call as Twilio would, or a function in this process. */
export type Webhook = WebhookFunction | WebhookUrl;
export interface WebhookUrl {
  /** Absolute http(s) URL; Twilio's connection overrides are read from its fragment (`#rc=2&rp=all`). */
  readonly url: string;
  readonly method?: "GET" | "POST" | undefined;
  readonly fallbackUrl?: string | undefined;
  readonly fallbackMethod?: "GET" | "POST" | undefined;
  /** What a POST carries: a form (default, as Twilio), or JSON signed by `bodySHA256`. */
  readonly format?: "form" | "json" | undefined;
  /** True for URLs that come from elsewhere than code: their addresses are checked, as those of redirects are. Default false. */
  readonly guarded?: boolean | undefined;
}
/** At least once per message, with the same `message.sid` (and `token`) each time. */
export type WebhookFunction = (message: InboundMessage, context: WebhookContext) => unknown;
export interface WebhookContext {
  /** Answers the sender of the message. Resolves when the reply is accepted; rejects, and sends nothing, where the message is a keyword. */
  reply(reply: ReplyInput): Promise<Message>;
  /** The same on every attempt at this message. */
  readonly token: string;
}
/** A reply: its text, or its parts. `to` and `from` default to the conversation's two ends, swapped. */
export type ReplyInput = string | ReplyParts;
export interface ReplyParts {
  readonly body?: string | undefined;
  readonly mediaUrl?: string | readonly string[] | undefined;
  readonly to?: string | undefined;
  readonly from?: string | undefined;
  readonly statusCallback?: string | undefined;
}

/** What to send, and to whom. Options not given fall back to the service's settings. */
export interface SendRequest {
  /** E.164, `whatsapp:+…`, `rcs:+…`, or a national number when defaultCountry is set. */
  readonly to: string;
  /** Text, at most 1,600 characters. */
  readonly body?: string | undefined;
  /** At most 10 absolute http(s) URLs. */
  readonly mediaUrl?: string | readonly string[] | undefined;
  /** A sender of the pool; the service's own SID means: choose one. */
  readonly from?: string | undefined;
  /** SMS or MMS sender to use when RCS does not reach the recipient. */
  readonly fallbackFrom?: string | undefined;
  readonly contentSid?: string | undefined;
  readonly contentVariables?: Readonly<Record<string, string>> | string | undefined;
  /** Seconds the message may wait here, 1–36,000 (WhatsApp at most 14,400). */
  readonly validityPeriod?: number | undefined;
  /** 5 minutes to 35 days ahead; a text is ISO 8601 with its zone (`2026-12-05T10:00:00Z`). */
  readonly sendAt?: Date | string | undefined;
  readonly smartEncoded?: boolean | undefined;
  /** Send as one MMS even without media. */
  readonly sendAsMms?: boolean | undefined;
  readonly statusCallback?: StatusCallback | undefined;
  /** What the message is about, for consent by category ("marketing", "transactional", …). */
  readonly category?: string | undefined;
  /** Anything to find it by; counted in consent.stats under `campaign`. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** The same key within 24 hours is the same message, sent once. */
  readonly idempotencyKey?: string | undefined;
  /** "reject" (default): what is known now rejects. "status": it resolves `accepted` and fails asynchronously, as Twilio does; a request that is wrong in itself and an empty pool still reject. */
  readonly refusals?: "reject" | "status" | undefined;
}

/** An absolute http(s) URL of at most 4,000 characters, alone or with how it is called (default POST), or a function called with the message after each change of its status. */
export type StatusCallback = string | StatusCallbackUrl | StatusCallbackFunction;
export interface StatusCallbackUrl {
  readonly url: string;
  readonly method?: "GET" | "POST" | undefined;
  /** True for a URL that comes from elsewhere than code: its address is checked, as those of redirects are. Default false. */
  readonly guarded?: boolean | undefined;
}
export type StatusCallbackFunction = (message: Message, context: StatusContext) => unknown;
export interface StatusContext {
  /** Counts this message's changes from 1. */
  readonly sequenceNumber: number;
  /** When the status was reached. */
  readonly timestamp: Date;
  /** `YYMMDDhhmm` from the carrier's receipt. */
  readonly rawDlrDoneDate?: string | undefined;
}
/** A message of this service's record. Frozen. */
export interface Message {
  readonly sid: string;
  readonly accountSid: string;
  readonly messagingServiceSid: string;
  readonly direction: Direction;
  readonly to: Address;
  /** `null` until a sender is chosen. */
  readonly from: Address | null;
  /** What leaves: after Smart Encoding, with the converter's link. */
  readonly body: string;
  readonly mediaUrl: readonly string[];
  readonly kind: MessageKind;
  readonly status: MessageStatus;
  /** The field's number of what went wrong, or `null`. */
  readonly errorCode: number | null;
  readonly errorMessage: string | null;
  /** Our stable name of it, or `null`. */
  readonly error: ErrorCode | null;
  readonly encoding: Encoding | null;
  readonly numSegments: number;
  readonly numMedia: number;
  readonly dateCreated: Date;
  readonly dateUpdated: Date;
  readonly dateSent: Date | null;
  readonly sendAt: Date | null;
  readonly validityPeriod: number;
  readonly category: string | null;
  readonly tags: Readonly<Record<string, string>> | null;
  readonly provider: string | null;
  /** The provider's own ID of the message. */
  readonly providerSid: string | null;
  /** True while it is unknown whether the provider took it. */
  readonly ambiguous: boolean;
  readonly attempts: readonly Attempt[];
  /** Why this sender: the plan it left by, kept compactly. */
  readonly explanation: Explanation | null;
  /** The keyword that it was, or that it answers. */
  readonly optOutType: OptOutType | null;
}

/** One hand-over to a provider. */
export interface Attempt {
  readonly from: Address;
  readonly at: Date;
  readonly outcome: "accepted" | "refused" | "not-sent" | "ambiguous";
  readonly errorCode: number | null;
  readonly errorMessage: string | null;
}

/** What a message keeps of its plan. */
export interface Explanation {
  readonly sender: Address | null;
  readonly rule: RuleName | null;
  readonly steps: readonly PlanStep[];
  readonly alerts: readonly PlanAlert[];
}

/** The rules of sender selection, in the order they run. */
export type RuleName =
  | "from"
  | "channel"
  | "capability"
  | "sticky-sender"
  | "rcs"
  | "type"
  | "content"
  | "country-geomatch"
  | "area-code-geomatch"
  | "excluded"
  | "scaler";

/** What one rule did. `reason` is one of a closed list (docs/explain.md). */
export interface PlanStep {
  readonly rule: RuleName;
  readonly reason: string;
  /** Candidates before and after. */
  readonly before: number;
  readonly after: number;
  /** Up to 20 senders the rule set aside; all of them with `explain({ all: true })`. */
  readonly rejected?: readonly Address[] | undefined;
}

/** Something worth knowing that stops nothing. */
export interface PlanAlert {
  readonly code: AlertCode;
  readonly message: string;
}

/** An inbound message, whatever provider it came from. Frozen. */
export interface InboundMessage {
  readonly sid: string;
  readonly accountSid: string;
  readonly messagingServiceSid: string;
  readonly from: Address;
  readonly to: Address;
  readonly body: string;
  readonly media: readonly Media[];
  readonly numSegments: number;
  readonly channel: Channel;
  readonly provider: string;
  readonly providerSid: string;
  readonly dateCreated: Date;
  /** Set when the message was a keyword. */
  readonly optOutType: OptOutType | null;
  /** Everything else the provider said, in Twilio's names where they exist. */
  readonly parameters: Readonly<Record<string, string>>;
}
export interface Media {
  readonly url: string;
  readonly contentType: string | null;
}
