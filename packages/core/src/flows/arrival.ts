import type { KeywordMatch } from "../opt-out/match.ts";
import { recognizeKeyword } from "../opt-out/recognize.ts";
import { parseAddress } from "../phone/address.ts";
import { personOf } from "../phone/aliases.ts";
import { routingCountry } from "../phone/number.ts";
import type { HttpResponse, InboundEvent, Provider, WebhookRequest } from "../provider.ts";
import type { ConsentDocument } from "../records/consent-record.ts";
import type { Versioned } from "../records/messages.ts";
import type { StickyMapping } from "../records/sticky.ts";
import type { Sender } from "../sender.ts";
import type { Settings } from "../settings.ts";
import { deriveSid, isSid } from "../sid.ts";
import type { InboundMessage, Message, OptOutType, ReplyInput, WebhookUrl } from "../types.ts";
import type { FlowContext } from "./context.ts";

/** An inbound message to one of our senders, before the store was asked. */
export interface Arrival {
  readonly provider: Provider;
  readonly event: InboundEvent;
  readonly sender: Sender;
  readonly sid: string;
  /** Canonical address it came from. */
  readonly from: string;
  readonly person: string;
  readonly match: KeywordMatch | undefined;
  /** Whether replies may ride in the HTTP answer. */
  readonly answerable: boolean;
  /** The claim made the sticky mapping, where there was none. */
  readonly kept: boolean | undefined;
  /** It was claimed before, and its handling was cut off. */
  readonly resumed: boolean;
}

/** An arrival that this process claimed, with what the store knows. */
export interface Received extends Arrival {
  readonly claimed: Versioned;
  readonly mapped: StickyMapping | undefined;
}

/** A keyword that this process claimed, with what of the person was read for it. */
export interface ReceivedKeyword extends Received {
  readonly match: KeywordMatch;
  readonly consent: ConsentDocument;
  /** Campaign of the last message that went to the person. */
  readonly campaign: string | undefined;
  /** The person's consent document and this message's mark, as read. */
  readonly known: readonly [document: string | undefined, mark: string | undefined];
}

/** A keyword that was acted on. */
export interface Handled extends Received {
  readonly optOutType: OptOutType;
}

/** What became of an inbound message. */
export interface Outcome {
  /** The HTTP answer; `undefined` where a route writes it. */
  readonly response: HttpResponse | undefined;
  /** What a route wrote, for duplicates. */
  readonly captured?: HttpResponse | undefined;
  /** False: "drop" leaves no record. */
  readonly kept: boolean;
  readonly optOutType?: OptOutType | undefined;
  /** User code that still runs after the answer; the record is done when it is. */
  readonly pending?: Promise<void> | undefined;
  /** Runs after the record is written. */
  readonly after?: (() => Promise<void> | undefined) | undefined;
  /** `after` answers a promise, and the record is done when that is. */
  readonly informs?: boolean | undefined;
}

/** What an adapter lends to hand an inbound message to the next route. */
export interface Route {
  /** Runs the next route with the message; resolves to what it answered, where that can be known. */
  next(messaging: RouteMessaging | undefined): Promise<HttpResponse | undefined>;
  /** Writes an answer in the route's stead. */
  respond(response: HttpResponse): void;
  /** Writes an answer in place of a route that is too late: what it writes afterwards is thrown away. Default: `respond`. */
  standIn?(response: HttpResponse): void;
  /** Whether nobody has answered yet, and somebody is there to be answered. Default: always. */
  isOpen?(): boolean;
}

/** What a route finds as `req.messaging` (Express) or `ctx.messaging` (Koa). */
export interface RouteMessaging {
  readonly message: InboundMessage;
  /** Answers the sender: the first reply is the HTTP answer of this request, further ones leave as messages. */
  reply(input: ReplyInput): Promise<Message>;
}

/** One reply on its way. */
export interface ReplyDraft {
  readonly body: string;
  readonly mediaUrl?: readonly string[] | undefined;
  readonly to?: string | undefined;
  readonly from?: string | undefined;
  readonly statusCallback?: string | undefined;
  /** The status callback comes from an answer, not from code: its address is checked. */
  readonly guarded?: boolean | undefined;
  readonly callbackMethod?: "GET" | "POST" | undefined;
  /** Counts the replies to one message; the same index is the same reply, sent once. */
  readonly index: number;
  /** The keyword that it answers. */
  readonly optOutType?: OptOutType | undefined;
  /** A keyword's answer may reach someone who is opted out. */
  readonly confirmation?: boolean | undefined;
  /** Seconds it may wait where it leaves as a message. Default: the service's. */
  readonly validityPeriod?: number | undefined;
}

/** What an answer says of its reply's status callback. */
export interface CollectOptions {
  /** False: it does not come from code, so its address is checked. Default true. */
  readonly trusted?: boolean | undefined;
  readonly callbackMethod?: "GET" | "POST" | undefined;
}

/** Replies that ride in one HTTP answer, as long as it has not left. */
export interface Collector {
  reply(input: ReplyInput, options?: CollectOptions): Promise<Message>;
  /** Closes it: the answer with the replies so far. Later ones leave as messages. */
  answer(): HttpResponse | Promise<HttpResponse>;
}

/** Calls a webhook URL and carries out its TwiML; without a collector what it answers is not sent. */
export type CallWebhook = (
  webhook: WebhookUrl,
  message: InboundMessage,
  collector: Collector | undefined,
) => Promise<void>;

/** How replies leave; see replies.ts. */
export interface Replies {
  /** `isOpen` says whether the answer can still be written; default: until it is asked for. */
  collect(received: Received, isOpen?: () => boolean): Collector;
  /** The answer with these replies, or a mere acknowledgement after they left as messages. */
  inResponse(received: Received, drafts: readonly ReplyDraft[]): Promise<HttpResponse>;
  /** Their answer is on record and leaves. Until then it has not been given, and they can be asked for again. */
  said(received: Received, drafts: readonly ReplyDraft[]): void;
  ack(received: Arrival): HttpResponse;
}

/**
 * Handles a claimed message with what was read of it: its sticky mapping, and of a keyword the consent document, its mark and
 * the last campaign. When the store fails in the middle the message is handled again, later and by the service itself.
 */
export type Process = (
  arrival: Arrival,
  route: Route | undefined,
  claimed: Versioned,
  known: readonly (string | undefined)[],
) => Promise<HttpResponse | undefined>;
export type HandleKeyword = (received: ReceivedKeyword) => Promise<Outcome | undefined>;
export type Handle = (received: Received, route: Route | undefined) => Promise<Outcome>;

/** What an event cannot be without. */
const TEXTS = ["providerSid", "from", "to", "body"] as const;

/**
 * The inbound messages of a webhook. Throws for an event that is none: a provider of the user's own may be plain JavaScript, and two
 * messages without an ID of the provider's would be taken for one.
 */
export function eventsOf(provider: Provider, request: WebhookRequest): readonly InboundEvent[] {
  const events = listOf(provider, "parseInbound", provider.webhook.parseInbound(request));
  for (const event of events) {
    const absent = TEXTS.find((name) => typeof event?.[name] !== "string");
    const missing = event?.providerSid === "" ? "providerSid" : absent;
    if (missing !== undefined || !Array.isArray(event.media))
      throw new TypeError(
        `parseInbound of "${provider.name}" answers an event without ${missing ?? "media"}.`,
      );
  }
  return events;
}

/** What a parser answered, which must be a list: a promise has read nothing yet. */
export function listOf<Item>(provider: Provider, parser: string, answer: readonly Item[]): readonly Item[] {
  if (Array.isArray(answer)) return answer;
  throw new TypeError(`${parser} of "${provider.name}" answers no list (nor can it answer a promise).`);
}

/** The event with what of it is looked up here, if its `to` is one of our senders. */
export function toArrival(
  { pool, options, optOut }: Pick<FlowContext, "pool" | "options" | "optOut">,
  provider: Provider,
  event: InboundEvent,
): Arrival | undefined {
  const to = parseAddress(event.to);
  const sender = to === undefined ? undefined : pool.get(to.address);
  if (sender === undefined) return undefined;
  const from = parseAddress(event.from);
  const number = from?.number;
  const country = number === undefined ? undefined : routingCountry(number);
  const prefix = event.media.length > 0 ? "MM" : "SM";
  return {
    provider,
    event,
    sender,
    sid: isSid(event.providerSid, "SM", "MM")
      ? event.providerSid
      : deriveSid(prefix, options.accountSid, provider.name, event.providerSid),
    from: from?.address ?? event.from,
    person: number === undefined ? event.from : personOf(number),
    match: recognizeKeyword(optOut().matcher, {
      body: event.body,
      country,
      hint: event.optOutType,
      answered: event.answeredByProvider,
    }),
    answerable: true,
    kept: undefined,
    resumed: false,
  };
}

/** The keys of what {@link Process} is told, in its order. */
export function knownKeys(
  keys: FlowContext["keys"],
  { sender, person, provider, event, match }: Arrival,
): readonly string[] {
  const mapping = keys.sticky(sender.channel, person);
  if (match === undefined) return [mapping];
  const mark = keys.consentMark(provider.name, event.providerSid);
  return [mapping, keys.consent(person), mark, keys.campaign(person)];
}

/** Nobody wants it: it leaves no trace. */
export function isDropped({ sender, match }: Arrival, settings: Settings): boolean {
  return match === undefined && (sender.inboundHandling ?? settings.inboundHandling) === "drop";
}
