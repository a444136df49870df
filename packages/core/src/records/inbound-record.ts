import type { HttpResponse, InboundEvent } from "../provider.ts";
import type { Sender } from "../sender.ts";
import { deriveSid } from "../sid.ts";
import type { MessageKind } from "../types.ts";
import type { InboundPart, MessageRecord, StoredAnswer } from "./message-record.ts";

/** What an inbound record is made of. */
export interface InboundSource {
  readonly sid: string;
  readonly from: string;
  readonly provider: { readonly name: string };
  readonly sender: Sender;
  readonly event: InboundEvent;
}

/** Who handles it. */
export interface InboundClaim {
  readonly owner: string;
  readonly now: number;
  /** Until when the process is believed to be at it, ms. */
  readonly lease: number;
}

/** The record that marks an inbound message as being handled, with all it takes to handle it again. */
export function toInboundRecord(
  { sid, from, provider, sender, event }: InboundSource,
  { owner, now, lease }: InboundClaim,
): MessageRecord {
  return {
    sid,
    direction: "inbound",
    to: sender.id,
    from,
    body: event.body,
    mediaUrl: event.media.length === 0 ? [] : event.media.map((media) => media.url),
    kind: kindOf(sender, event.media),
    status: "received",
    errorCode: null,
    errorMessage: null,
    error: null,
    encoding: null,
    numSegments: event.numSegments ?? 1,
    createdAt: now,
    updatedAt: now,
    sentAt: event.receivedAt ?? null,
    sendAt: null,
    validityPeriod: 0,
    category: null,
    tags: null,
    provider: provider.name,
    providerSid: event.providerSid,
    ambiguous: false,
    attempts: [],
    explanation: null,
    optOutType: null,
    sequence: 0,
    inbound: {
      state: "handling",
      lease,
      owner,
      channel: sender.channel,
      // Handed to hooks, and stored: what a hook did to them would be stored too.
      media: Object.freeze(event.media.map((media) => Object.freeze(media))),
      parameters: Object.freeze(event.parameters),
      hint: event.optOutType,
      answeredByProvider: event.answeredByProvider,
      answer: undefined,
    },
  };
}

/** The event a record was made from. */
export function toEvent(record: MessageRecord, inbound: InboundPart): InboundEvent {
  return {
    providerSid: record.providerSid ?? record.sid,
    from: record.from ?? "",
    to: record.to,
    body: record.body,
    media: inbound.media,
    numSegments: record.numSegments,
    optOutType: inbound.hint,
    answeredByProvider: inbound.answeredByProvider,
    receivedAt: record.sentAt ?? record.createdAt,
    parameters: inbound.parameters,
  };
}

/** An answer as it is stored. */
export function toStoredAnswer(response: HttpResponse): StoredAnswer {
  const { status, headers, body } = response;
  return { status, headers, body: typeof body === "string" ? body : new TextDecoder().decode(body) };
}

/** The SID of a reply: it follows from the message it answers, so however often the reply is asked for, it exists once. */
export function replySidOf(sid: string, index: number, mediaUrl: readonly string[] = []): string {
  return deriveSid(mediaUrl.length > 0 ? "MM" : "SM", sid, "reply", String(index));
}

/** What a message between this sender and somebody is. */
export function kindOf(sender: Sender, media: readonly unknown[]): MessageKind {
  if (sender.channel === "whatsapp") return "WHATSAPP";
  if (sender.channel === "rcs") return "RCS";
  return media.length > 0 ? "MMS" : "SMS";
}
