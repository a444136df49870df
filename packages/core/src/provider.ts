import type { Address, Media, MessageKind, MessageStatus, OptOutType } from "./types.ts";

/** An HTTP request as every adapter hands it in: one small shape, so a framework is one file. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query exactly as received (Express: `req.originalUrl`). */
  readonly url: string;
  /** Lower-case names; repeated headers joined by ", ". */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The raw bytes, or `undefined` when a body parser consumed them. */
  readonly body: Uint8Array | undefined;
  /** What a body parser made of it, when the bytes are gone. */
  readonly parsed?: unknown;
  /** Scheme and host as the connection saw them (`https://example.com`); used only without `publicUrl`. */
  readonly origin?: string | undefined;
  /** Who calls, as far as the adapter can tell: an IP address. Adapters on Node tell it of links alone. */
  readonly remoteAddress?: string | undefined;
}

/** An HTTP answer. `body` is text in UTF-8, or bytes. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** A webhook whose parameters were read: from the form, the query or JSON. */
export interface WebhookRequest extends HttpRequest {
  /** Absolute URL as the provider called it: publicUrl (or origin) and `url`. */
  readonly absoluteUrl: string;
  /** Form or query parameters; a repeated name holds its values in order. */
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
  /** The JSON body, when the content type says JSON. */
  readonly json?: unknown;
}

/** Whether a webhook is the provider's. */
export type Verdict =
  | { readonly ok: true }
  | {
      readonly ok: false;
      readonly code: "MISSING_SIGNATURE" | "INVALID_SIGNATURE" | "BODY_CONSUMED";
      /** For the log, never for the network: which part would have matched (scheme, port, query). */
      readonly hint?: string | undefined;
    };

/** A carrier API: it sends, and it calls our webhooks. One function returning this object; one file. */
export interface Provider {
  /** "twilio", "telnyx", …; the path segment of its webhooks and the `provider` of senders. */
  readonly name: string;
  /** The account the provider knows us by; part of the store's keys. */
  readonly accountSid?: string | undefined;
  /** What webhooks of the user's are signed with unless the service has an `authToken` of its own: then a webhook that checked this provider's signatures goes on working. */
  readonly signingToken?: string | undefined;
  /** True for a simulated carrier: the only one a service may use without naming a store. */
  readonly simulated?: boolean | undefined;
  /** Hands one message over. Never rejects for an answer of the carrier: it says what happened. */
  send(message: ProviderMessage): Promise<ProviderResult>;
  readonly webhook: ProviderWebhook;
  /** Whether the recipient can be reached by RCS from that agent. */
  rcsCapable?(to: Address, from: Address): Promise<boolean>;
  /** What is wrong with the set-up as the carrier sees it; for doctor(). */
  inspect?(): Promise<
    readonly { readonly level: "warn" | "info"; readonly code: string; readonly message: string }[]
  >;
}
/** None of these may answer a promise. */
export interface ProviderWebhook {
  verify(request: WebhookRequest, now: number): Verdict;
  /** Throws MessagingError MALFORMED_REQUEST when it is not this provider's. Several messages per request are possible. */
  parseInbound(request: WebhookRequest): readonly InboundEvent[];
  parseReceipts(request: WebhookRequest): readonly DeliveryReceipt[];
  /** Replies in the HTTP answer, where the provider can. Without it replies leave by `send`. */
  renderReply?(replies: readonly ProviderReply[]): HttpResponse;
  /** The answer to a webhook that asks nothing of us. Default: an empty 200. */
  renderAck?(): HttpResponse;
}
export interface ProviderReply {
  readonly body: string;
  readonly mediaUrl: readonly string[];
  readonly to?: Address | undefined;
  readonly from?: Address | undefined;
  /** Absolute URL of the reply's status callback, carrying our SID. */
  readonly statusCallback?: string | undefined;
}

/** One message as a provider gets it. */
export interface ProviderMessage {
  /** Our SID. */
  readonly sid: string;
  readonly from: Address;
  readonly to: Address;
  readonly kind: MessageKind;
  readonly body: string;
  readonly mediaUrl: readonly string[];
  readonly contentSid?: string | undefined;
  readonly contentVariables?: string | undefined;
  /** Seconds left of the validity period. */
  readonly validityPeriod: number;
  /** Absolute URL for delivery receipts, carrying our SID; `undefined` without publicUrl. */
  readonly statusCallback?: string | undefined;
}

/**
 * What became of a hand-over. "accepted": the provider has it. "refused": it said no, and nothing left. "not-sent": it
 * certainly did not leave (429, connection refused, DNS, TLS) and may be tried again. "ambiguous": nobody knows.
 */
export type ProviderResult =
  | {
      readonly outcome: "accepted";
      readonly providerSid: string;
      /** Where the provider knows at once how it ended: "delivered", "read", "undelivered" or "failed". Any other is "sent" to us. */
      readonly status?: MessageStatus | undefined;
    }
  | {
      readonly outcome: "refused";
      /** The field's number; 20003 for credentials that are refused, which is an alert. */
      readonly errorCode: number | null;
      readonly errorMessage: string;
      /** What the refusal means to us. */
      readonly meaning?: RefusalMeaning | undefined;
    }
  | {
      readonly outcome: "not-sent";
      readonly errorCode: number | null;
      readonly errorMessage: string;
      /** From Retry-After, ms; 36,000,000 at most counts. */
      readonly retryAfterMs?: number | undefined;
    }
  | { readonly outcome: "ambiguous"; readonly errorCode: number | null; readonly errorMessage: string };

/** "opted-out" goes to the consent ledger; "sender" re-enters the plan without that sender; "not-rcs" falls back to SMS or MMS; "not-mms" to an SMS with a link. */
export type RefusalMeaning = "opted-out" | "sender" | "not-rcs" | "not-mms";

/** One inbound message as a provider reports it. Its media and parameters are frozen from then on: give each event its own. */
export interface InboundEvent {
  /** The provider's ID of the message: the mark of "handled once". */
  readonly providerSid: string;
  readonly from: Address;
  readonly to: Address;
  readonly body: string;
  readonly media: readonly Media[];
  readonly numSegments?: number | undefined;
  /** Set when the provider recognised a keyword and answered it: we record and stay silent. */
  readonly optOutType?: OptOutType | undefined;
  /** Set when the provider handles this word by itself without saying so (Twilio's default handling): record, stay silent. */
  readonly answeredByProvider?: boolean | undefined;
  /** When the person sent it, ms. */
  readonly receivedAt?: number | undefined;
  readonly parameters: Readonly<Record<string, string>>;
}

/** One delivery receipt. */
export interface DeliveryReceipt {
  readonly providerSid: string;
  /** Our SID, where the callback carries it. */
  readonly sid?: string | undefined;
  readonly status: MessageStatus;
  readonly errorCode: number | null;
  readonly errorMessage?: string | undefined;
  /** What a failure means to us: an opt-out goes to the ledger, "not-rcs" and "not-mms" fall back. */
  readonly meaning?: RefusalMeaning | undefined;
  readonly rawDlrDoneDate?: string | undefined;
  /** The sender the provider used in the end (RCS with fallback). */
  readonly from?: Address | undefined;
  readonly parameters: Readonly<Record<string, string>>;
}
