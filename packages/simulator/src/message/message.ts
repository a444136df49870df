import type { Direction, MessageStatus } from "@messaging-service/core";
import { describeCode } from "../wire/refusals.ts";

/** A message on the carrier's books. Live: its status moves on while you hold it. */
export interface CarrierMessage {
  readonly sid: string;
  readonly accountSid: string;
  readonly messagingServiceSid: string | null;
  readonly direction: Direction;
  /** `null` until a Messaging Service's sender is chosen. */
  readonly from: string | null;
  readonly to: string;
  readonly body: string;
  readonly mediaUrl: readonly string[];
  readonly status: MessageStatus;
  readonly errorCode: number | null;
  /** 0 until the sender is known. */
  readonly numSegments: number;
  readonly dateCreated: Date;
  readonly dateUpdated: Date;
  readonly dateSent: Date | null;
  /** How it came: over HTTP, through the in-process provider, as a TwiML reply, or from a handset. */
  readonly via: "http" | "provider" | "reply" | "handset";
  /** The provider message's own SID, when it came that way. */
  readonly reference: string | null;
  readonly statusCallback: string | null;
  /** What was submitted, in Twilio's names; of a repeated name (MediaUrl) the last. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The status callbacks made, in order. */
  readonly callbacks: readonly CarrierCallback[];
}

/** One status callback that was made. */
export interface CarrierCallback {
  readonly status: MessageStatus;
  readonly url: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** What it was answered: an HTTP status, 0 for none; `undefined` while under way. */
  readonly responseStatus: number | undefined;
  readonly attempts: number;
  readonly at: Date;
}

/** A message as the carrier itself writes it. */
export type MessageRecord = {
  -readonly [Field in keyof Omit<CarrierMessage, "callbacks">]: CarrierMessage[Field];
} & { readonly callbacks: CarrierCallback[] };

/** The final statuses, and `sent`, which is final where the network gives no receipts: what may be redacted or deleted. */
const COMPLETE: readonly MessageStatus[] = [
  "sent",
  "delivered",
  "undelivered",
  "read",
  "failed",
  "canceled",
  "received",
];

/** Whether the message may be redacted or deleted. */
export function isComplete({ status }: CarrierMessage): boolean {
  return COMPLETE.includes(status);
}

/** A Message resource of the 2010-04-01 API. */
export function toResource(message: CarrierMessage): Readonly<Record<string, unknown>> {
  const { sid, accountSid, numSegments, mediaUrl } = message;
  const uri = `/2010-04-01/Accounts/${accountSid}/Messages/${sid}`;
  return {
    account_sid: accountSid,
    api_version: "2010-04-01",
    body: message.body,
    date_created: toRfc2822(message.dateCreated),
    date_sent: message.dateSent === null ? null : toRfc2822(message.dateSent),
    date_updated: toRfc2822(message.dateUpdated),
    direction: message.direction,
    error_code: message.errorCode,
    error_message: message.errorCode === null ? null : describeCode(message.errorCode, message.to),
    from: message.from,
    messaging_service_sid: message.messagingServiceSid,
    num_media: String(mediaUrl.length),
    num_segments: String(numSegments),
    price: null,
    price_unit: "USD",
    sid,
    status: message.status,
    subresource_uris: {
      media: `${uri}/Media.json`,
      ...(message.direction !== "inbound" && { feedback: `${uri}/Feedback.json` }),
    },
    to: message.to,
    uri: `${uri}.json`,
  };
}

/** `Thu, 24 Aug 2023 05:01:45 +0000` */
function toRfc2822(date: Date): string {
  return date.toUTCString().replace("GMT", "+0000");
}
