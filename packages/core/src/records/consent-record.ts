import { MessagingError } from "../errors.ts";
import type { Channel } from "../types.ts";

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
  readonly campaign?: string | undefined;
  readonly note?: string | undefined;
  /** What the event did: a recorded event may be overruled (an import against a later STOP). */
  readonly effect: "applied" | "ignored";
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

/** Parses a stored document. A document that cannot be read is an unsure store: it fails closed. */
export function parseConsent(raw: string | undefined): ConsentDocument {
  if (raw === undefined) return { states: [] };
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
  if (question.category !== undefined && question.exemptCategories?.includes(question.category))
    return undefined;
  return document.states.find((state) => {
    if (state.status !== "opted-out" || state.channel !== question.channel) return false;
    if (state.category !== undefined && state.category !== question.category) return false;
    if (question.scope === "account") return true;
    if (state.service !== question.service) return false;
    // A state without a sender (website, import) speaks for the whole service.
    return (
      question.scope === "service" ||
      state.sender === undefined ||
      question.sender === undefined ||
      state.sender === question.sender
    );
  });
}

/** STOP and START this close together are one moment of confusion: STOP wins. */
const STOP_WINS_MS = 10_000;

/** What {@link applyConsent} did. */
export interface ConsentChange {
  readonly document: ConsentDocument;
  readonly applied: boolean;
  readonly reason?: string | undefined;
}

/**
 * The document after an event. A STOP always applies. An opt-in lifts every opt-out it reaches under the scope, unless a
 * STOP came within ten seconds, or it is older than the opt-out (an import against a later STOP) and not forced.
 */
export function applyConsent(
  document: ConsentDocument,
  event: Omit<ConsentEvent, "effect">,
  scope: ConsentQuestion["scope"],
  options: {
    readonly force?: boolean | undefined;
    readonly network?: boolean | undefined;
    readonly liftsNetwork?: boolean | undefined;
  } = {},
): ConsentChange {
  const same = (state: ConsentState): boolean =>
    state.service === event.service &&
    state.channel === event.channel &&
    state.sender === event.sender &&
    state.category === event.category;
  const state: ConsentState = {
    status: event.status,
    at: event.at,
    source: event.source,
    service: event.service,
    channel: event.channel,
    ...(event.sender === undefined ? {} : { sender: event.sender }),
    ...(event.category === undefined ? {} : { category: event.category }),
    ...(options.network === true ? { network: true } : {}),
  };
  if (event.status === "opted-out") {
    const newer = document.states.find(same);
    // An imported opt-out from before a later opt-in is history, not news.
    const stale =
      event.source !== "keyword" &&
      newer?.status === "opted-in" &&
      newer.at > event.at &&
      options.force !== true;
    if (stale) return { document, applied: false, reason: "older than a later opt-in" };
    return { document: { states: [...document.states.filter((each) => !same(each)), state] }, applied: true };
  }
  const reached = document.states.filter(
    (each) => each.status === "opted-out" && reaches(event, each, scope),
  );
  for (const each of reached) {
    if (each.network === true && options.liftsNetwork !== true && event.source === "keyword") {
      return {
        document,
        applied: false,
        reason: "a toll-free network opt-out is lifted by START or UNSTOP only",
      };
    }
    if (options.force === true) continue;
    if (event.source === "keyword" && Math.abs(event.at - each.at) <= STOP_WINS_MS) {
      return { document, applied: false, reason: "a STOP came within ten seconds" };
    }
    if (event.at <= each.at) return { document, applied: false, reason: "older than the opt-out" };
    // Only the person's own word, or force, lifts what the person's own word (or the carrier) imposed.
    if (event.source !== "keyword" && (each.source === "keyword" || each.source === "provider")) {
      return { document, applied: false, reason: "a STOP is lifted by the person's own START, or by force" };
    }
  }
  const kept = document.states.filter((each) => !reached.includes(each) && !same(each));
  return { document: { states: [...kept, state] }, applied: true };
}

function reaches(
  event: Omit<ConsentEvent, "effect">,
  state: ConsentState,
  scope: ConsentQuestion["scope"],
): boolean {
  if (state.channel !== event.channel) return false;
  if (scope === "account") return true;
  if (state.service !== event.service) return false;
  return (
    scope === "service" ||
    event.sender === undefined ||
    state.sender === undefined ||
    state.sender === event.sender
  );
}

/** The consent channel of a message channel. */
export function consentChannel(channel: Channel): ConsentChannel {
  return channel === "whatsapp" ? "whatsapp" : "sms";
}
