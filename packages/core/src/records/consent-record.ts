import { MessagingError } from "../errors.ts";
import type { Channel } from "../types.ts";
import { objection } from "./consent-objection.ts";

/** SMS, MMS and RCS share one consent; WhatsApp has its own. @see facts: Twilio changelog 2026-03-15 (RCS, SMS and MMS share the opt-out). */
export type ConsentChannel = "sms" | "whatsapp";

/** Where a consent event came from. */
export type ConsentSource = "keyword" | "website" | "offline" | "provider" | "import" | "operator";
export const CONSENT_SOURCES: readonly ConsentSource[] = Object.freeze([
  "keyword",
  "website",
  "offline",
  "provider",
  "import",
  "operator",
]);

export type ConsentStatus = "opted-out" | "opted-in";

/** One event of the ledger, as it is stored: append-only. */
export interface ConsentEvent {
  /** E.164 of the person (canonical alias). */
  readonly person: string;
  readonly status: ConsentStatus;
  readonly channel: ConsentChannel;
  /** Milliseconds since the epoch: when the person said it, or when it was proved. */
  readonly at: number;
  readonly source: ConsentSource;
  /** Service the event was said to. */
  readonly service: string;
  /** Sender that was texted, where one was. */
  readonly sender?: string | undefined;
  readonly category?: string | undefined;
  /** The word as configured. */
  readonly keyword?: string | undefined;
  readonly language?: string | undefined;
  /** Provider's SID of the message that said it. */
  readonly messageSid?: string | undefined;
  /** The literal reply that was sent. */
  readonly reply?: string | undefined;
  /** `tags.campaign` of the last message that went to the person before the event. */
  readonly campaign?: string | undefined;
  readonly note?: string | undefined;
  /** What the event did: a recorded event may be overruled (an import against a later STOP). */
  readonly effect: "applied" | "ignored";
  /** It said what was the case already; `stats` does not count it again. */
  readonly repeated?: true | undefined;
}

/** The current state of one (service, channel, sender, category). */
export interface ConsentState {
  readonly status: ConsentStatus;
  readonly at: number;
  readonly source: ConsentSource;
  readonly service: string;
  readonly channel: ConsentChannel;
  readonly sender?: string | undefined;
  readonly category?: string | undefined;
  /** Said on a toll-free number: only START and UNSTOP lift it. */
  readonly network?: boolean | undefined;
}

/** Everything current about one person in one account: one document, so one read serves every scope. */
export interface ConsentDocument {
  readonly states: readonly ConsentState[];
  /** The last message of the person's that was counted; those before it have a mark each. */
  readonly last?: CountedMessage | undefined;
}

/** A keyword message that is on record, and what it led to: a handling that was cut off goes on from here. */
export interface CountedMessage {
  readonly provider: string;
  readonly sid: string;
  readonly applied: boolean;
  /** What it was to be answered. */
  readonly reply?: string | undefined;
}

/** Who is asking: whether this person may be texted by this sender of this service about this category. */
export interface ConsentQuestion {
  readonly service: string;
  readonly channel: ConsentChannel;
  readonly sender?: string | undefined;
  readonly category?: string | undefined;
  readonly scope: "service" | "sender" | "account";
  /** Categories that a STOP does not end. Default none. */
  readonly exemptCategories?: readonly string[] | undefined;
}

const NOTHING_SAID: ConsentDocument = Object.freeze({ states: Object.freeze([]) });

/** Parses a stored document. A document that cannot be read is an unsure store: it fails closed. */
export function parseConsent(raw: string | undefined): ConsentDocument {
  if (raw === undefined) return NOTHING_SAID;
  try {
    const document = JSON.parse(raw) as ConsentDocument;
    if (Array.isArray(document.states)) return document;
  } catch (cause) {
    throw new MessagingError("STORE_UNAVAILABLE", "A consent record is not readable.", { cause });
  }
  throw new MessagingError("STORE_UNAVAILABLE", "A consent record is not readable.");
}

/** The opt-out that binds the asker, or `undefined`. The scope is a rule of reading: records carry everything. */
export function boundBy(document: ConsentDocument, question: ConsentQuestion): ConsentState | undefined {
  const { category, exemptCategories } = question;
  if (document.states.length === 0) return undefined;
  if (category !== undefined && exemptCategories?.includes(category)) return undefined;
  return document.states.find((state) => {
    if (state.status !== "opted-out" || !concerns(state, question)) return false;
    if (state.category !== undefined && state.category !== category) return false;
    return !document.states.some(
      (other) =>
        other.status === "opted-in" &&
        other.at > state.at &&
        concerns(other, question) &&
        isException(other, state, question),
    );
  });
}

/** Whoever opted out of everything may have opted in to one category since, or at one sender. */
function isException(
  { category, sender }: ConsentState,
  from: ConsentState,
  asked: Pick<ConsentQuestion, "category" | "sender" | "scope">,
): boolean {
  if (category !== undefined && category !== asked.category) return false;
  const ofSender = asked.scope === "sender" && sender !== undefined && sender === asked.sender;
  return (category !== undefined && from.category === undefined) || (ofSender && from.sender === undefined);
}

/** Whether a state speaks for (service, channel, sender) under the scope. One without a sender (website, import) speaks for the whole service. */
function concerns(
  state: ConsentState,
  { channel, service, sender, scope }: Omit<ConsentQuestion, "category" | "exemptCategories">,
): boolean {
  if (state.channel !== channel) return false;
  if (scope === "account") return true;
  if (state.service !== service) return false;
  return scope === "service" || state.sender === undefined || sender === undefined || state.sender === sender;
}

/** What {@link applyConsent} did. */
export interface ConsentChange {
  readonly document: ConsentDocument;
  readonly applied: boolean;
  readonly reason?: string | undefined;
  /** It changed nothing that was not so already. */
  readonly repeated?: boolean | undefined;
}

/** What {@link applyConsent} is told beyond the event. */
export interface ApplyOptions {
  /** Lifts whatever stands. */
  readonly force?: boolean | undefined;
  /** A toll-free network opt-out. */
  readonly network?: boolean | undefined;
  /** START and UNSTOP lift a toll-free network opt-out; YES does not. */
  readonly liftsNetwork?: boolean | undefined;
  /** STOP and START this close together are one moment of confusion: STOP wins. Default 10,000 ms. */
  readonly stopWinsMs?: number | undefined;
  /** The event says itself when it was: it may be older than what is on record. */
  readonly dated?: boolean | undefined;
}

/**
 * The document after an event. A STOP always applies, and so does any opt-out that is not dated before a later opt-in. An
 * opt-in lifts every opt-out it reaches under the scope, unless something stands against it: see {@link objection}.
 */
export function applyConsent(
  document: ConsentDocument,
  event: Omit<ConsentEvent, "effect">,
  scope: ConsentQuestion["scope"],
  options: ApplyOptions = {},
): ConsentChange {
  const { status, at, source, service, channel, sender, category } = event;
  const about = { service, channel, sender, scope };
  const same = (each: ConsentState): boolean =>
    each.service === service &&
    each.channel === channel &&
    each.sender === sender &&
    each.category === category;
  const state: ConsentState = {
    status,
    at,
    source,
    service,
    channel,
    ...(sender === undefined ? {} : { sender }),
    ...(category === undefined ? {} : { category }),
    ...(options.network === true ? { network: true } : {}),
  };
  const refused = (reason: string): ConsentChange => ({ document, applied: false, reason });

  if (status === "opted-out") {
    const overtaken = (each: ConsentState): boolean =>
      each.status === "opted-in" &&
      each.at > at &&
      concerns(each, about) &&
      (each.category === undefined || each.category === category);
    // An imported opt-out from before a later opt-in is history, not news.
    const stale = source !== "keyword" && options.dated === true && options.force !== true;
    if (stale && document.states.some(overtaken)) return refused("older than a later opt-in");
    const repeated = boundBy(document, { ...about, category }) !== undefined;
    const ended = (each: ConsentState): boolean =>
      each.status === "opted-in" && category === undefined && concerns(each, about);
    const kept = document.states.filter((each) => !same(each) && !ended(each));
    return { document: { states: [...kept, state] }, applied: true, repeated };
  }

  const against = document.states.filter(
    (each) =>
      each.status === "opted-out" &&
      concerns(each, about) &&
      (each.category === undefined || category === undefined || each.category === category),
  );
  for (const each of options.force === true ? [] : against) {
    const reason = objection(event, each, options);
    if (reason !== undefined) return refused(reason);
  }
  // To opt in to one category, or at one sender, lifts no opt-out of everything; it stands beside it.
  const isOfSender = scope === "sender" && sender !== undefined;
  const lifted = against.filter(
    (each) =>
      (category === undefined || each.category === category) && (!isOfSender || each.sender === sender),
  );
  const kept = document.states.filter((each) => !lifted.includes(each) && !same(each));
  const repeated = boundBy(document, { ...about, category }) === undefined && document.states.some(same);
  return { document: { states: [...kept, state] }, applied: true, repeated };
}

/** The consent channel of a message channel. */
export function consentChannel(channel: Channel): ConsentChannel {
  return channel === "whatsapp" ? "whatsapp" : "sms";
}
