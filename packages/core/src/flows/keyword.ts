import { segment } from "../encoding/segment.ts";
import { isMessagingError } from "../errors.ts";
import {
  CONFIRMATION_DEADLINE_MS,
  decideKeyword,
  type KeywordDecision,
  lateAlert,
} from "../opt-out/decide.ts";
import type { KeywordMatch } from "../opt-out/match.ts";
import { isTollFree } from "../phone/number.ts";
import type { HttpResponse } from "../provider.ts";
import { isLast } from "../records/consent.ts";
import {
  boundBy,
  type ConsentChannel,
  type ConsentEvent,
  consentChannel,
  parseConsent,
} from "../records/consent-record.ts";
import { toInboundMessage } from "../records/message-record.ts";
import { createRecent } from "../records/recent.ts";
import type { Sender } from "../sender.ts";
import type { Handled, HandleKeyword, Outcome, ReceivedKeyword, Replies, ReplyDraft } from "./arrival.ts";
import type { FlowContext } from "./context.ts";

/** Flows that {@link createKeyword} is handed. */
export interface KeywordFlows {
  readonly replies: Replies;
  /** Tells the user's webhook about a keyword after the answer; its own answer is not sent. */
  readonly inform: (received: Handled) => Promise<void>;
  /** Whether there is somebody to tell. */
  readonly informs: (sender: Sender) => boolean;
  /** Writes the STOPs down that this process alone knows of this person. */
  readonly settle: (person: string, channel: ConsentChannel) => Promise<void>;
}

const HOUR_MS = 3_600_000;
/** People whose replies of the last hour are remembered, at least. */
const MOST_PEOPLE = 100_000;

/** A keyword: consent is written, then the reply leaves. No route is called; the webhook learns of it afterwards. */
export function createKeyword(
  ctx: FlowContext,
  { replies, inform, informs, settle }: KeywordFlows,
): HandleKeyword {
  /** Times of keyword replies per person, of the last hour, in this process. */
  const answered = createRecent<readonly number[]>(MOST_PEOPLE);

  return async function keyword(received: ReceivedKeyword): Promise<Outcome | undefined> {
    const { match } = received;
    const { last } = received.consent;
    const cutOff = received.resumed && last !== undefined && isLast(received.consent, sidsOf(received));
    // Consent is on record, and perhaps no more: what is left to do is to answer and to tell.
    if (cutOff) return conclude(received, match, last.applied, owed(received, last.reply));
    const isReplayed = received.known[1] !== undefined || isLast(received.consent, sidsOf(received));
    if (isReplayed) return { response: replies.ack(received), kept: true, optOutType: match.optOutType };

    const current = match.optOutType === "START" ? await settled(received) : received;
    const decision = decide(current, match);
    if (!decision.handled) return undefined;
    if (decision.alert !== undefined) alert("KEYWORD_REPLY_LATE", decision.alert, received);
    const reply = literal(current, decision.reply);
    const applied = decision.consent === "none" || (await record(current, match, decision.consent, reply));
    // "You are subscribed again" must be true when it is said.
    return conclude(current, match, applied, applied ? reply : undefined);
  };

  /** The answer, and who is told of it afterwards. An opt-in that did not come about is told to nobody. */
  async function conclude(
    received: ReceivedKeyword,
    match: KeywordMatch,
    applied: boolean,
    reply: string | undefined,
  ): Promise<Outcome> {
    const drafts = reply === undefined ? [] : [draftOf(received, match, reply)];
    const response = await answer(received, drafts);
    const handled: Handled = { optOutType: match.optOutType, ...received };
    const tells = applied && informs(received.sender);
    return {
      response,
      kept: true,
      optOutType: match.optOutType,
      informs: tells,
      after: () => {
        replies.said(received, drafts);
        if (applied) emit(handled);
        return tells ? inform(handled) : undefined;
      },
    };
  }

  /** A STOP that the store has not got yet comes before what its sender says next. */
  async function settled(received: ReceivedKeyword): Promise<ReceivedKeyword> {
    const { person, sender } = received;
    const channel = consentChannel(sender.channel);
    if (!ctx.denied.has(person, channel)) return received;
    await settle(person, channel);
    const document = await ctx.store.get(ctx.keys.consent(person));
    return { ...received, consent: parseConsent(document), known: [document, undefined] };
  }

  function decide(received: ReceivedKeyword, match: KeywordMatch): KeywordDecision {
    const { event, sender, person } = received;
    const bound = isBound(received);
    return decideKeyword(
      {
        match,
        optedOut: bound || ctx.denied.has(person, consentChannel(sender.channel)),
        repeated: bound,
        // A provider that names a keyword's type has answered it, unless it says otherwise.
        providerAnswered: event.answeredByProvider ?? event.optOutType !== undefined,
        tollFreeNetwork: sender.type === "toll-free" && isTollFree(sender.id),
        repliesInLastHour: recent(person).length,
        ageMs: ageOf(received),
      },
      ctx.optOut().policy,
    );
  }

  async function record(
    received: ReceivedKeyword,
    match: KeywordMatch,
    consent: "opt-out" | "opt-in",
    reply: string | undefined,
  ): Promise<boolean> {
    const { sender, person, campaign } = received;
    const entry: Omit<ConsentEvent, "effect"> = {
      person,
      status: consent === "opt-out" ? "opted-out" : "opted-in",
      channel: consentChannel(sender.channel),
      at: saidAt(received),
      source: "keyword",
      service: ctx.options.name,
      sender: sender.id,
      keyword: match.keyword,
      language: match.language,
      messageSid: received.event.providerSid,
      reply,
      campaign,
    };
    const word = match.keyword.toLowerCase();
    const change = {
      type: consent,
      at: entry.at,
      address: received.from,
      sender: sender.id,
      source: "keyword",
      keyword: match.keyword,
    };
    const { applied } = await ctx.consent.record(entry, {
      scope: ctx.optOut().policy.scope,
      stopWinsMs: ctx.optOut().policy.stopWinsMs,
      network: sender.type === "toll-free" && consent === "opt-out",
      liftsNetwork: word === "start" || word === "unstop",
      provider: received.provider.name,
      known: received.known,
      appends: [ctx.changes.entry(change)],
    });
    return applied;
  }

  /** The reply of a handling that was cut off: its record is written once, so it leaves once. */
  function owed(received: ReceivedKeyword, reply: string | undefined): string | undefined {
    const late = received.match.optOutType === "STOP" ? lateAlert(ageOf(received)) : undefined;
    if (reply === undefined || late === undefined) return reply;
    alert("KEYWORD_REPLY_LATE", late, received);
    return undefined;
  }

  function draftOf(received: ReceivedKeyword, { optOutType }: KeywordMatch, reply: string): ReplyDraft {
    const stops = optOutType === "STOP";
    const left = Math.floor((CONFIRMATION_DEADLINE_MS - ageOf(received)) / 1000);
    return {
      body: reply,
      index: 0,
      optOutType,
      // An opt-in's answer to someone who has opted out since would be the message they do not want.
      confirmation: stops || (optOutType === "HELP" && isBound(received)),
      validityPeriod: stops ? Math.max(1, left) : undefined,
    };
  }

  /** In the HTTP answer where the provider takes one, else as a message. One that cannot leave keeps nothing else from being done. */
  async function answer(received: ReceivedKeyword, drafts: readonly ReplyDraft[]): Promise<HttpResponse> {
    const { person } = received;
    if (drafts.length === 0) return replies.ack(received);
    const times = [...recent(person), ctx.clock.now()];
    answered.set(person, times);
    try {
      return await replies.inResponse(received, drafts);
    } catch (error) {
      // The store may take it when the message comes again.
      if (isMessagingError(error, "STORE_UNAVAILABLE")) throw error;
      alert("KEYWORD_REPLY_FAILED", `The reply to a keyword was not sent: ${String(error)}`, received);
      return replies.ack(received);
    }
  }

  function alert(
    code: "KEYWORD_REPLY_LATE" | "KEYWORD_REPLY_FAILED",
    message: string,
    { sid, sender }: ReceivedKeyword,
  ): void {
    ctx.events.alert(code, message, { sid, sender: sender.id }, { subject: sender.id });
  }

  /** The text as it leaves: look-alikes replaced where that is the setting. */
  function literal({ sender }: ReceivedKeyword, reply: string | undefined): string | undefined {
    if (reply === undefined || reply === "") return undefined;
    const { smartEncoding } = ctx.settings();
    return sender.channel === "sms" ? segment(reply, { smartEncoding }).body : reply;
  }

  function isBound({ consent, sender }: ReceivedKeyword): boolean {
    const { scope } = ctx.optOut().policy;
    const channel = consentChannel(sender.channel);
    const bound = boundBy(consent, { service: ctx.options.name, channel, sender: sender.id, scope });
    return bound !== undefined;
  }

  function ageOf(received: ReceivedKeyword): number {
    return Math.max(0, ctx.clock.now() - saidAt(received));
  }

  function recent(person: string): number[] {
    const since = ctx.clock.now() - HOUR_MS;
    return (answered.get(person) ?? []).filter((at) => at > since);
  }

  function emit(received: Handled): void {
    const names = { STOP: "opt-out", START: "opt-in", HELP: "help" } as const;
    const record = { ...received.claimed.record, optOutType: received.optOutType };
    ctx.events.emit(
      names[received.optOutType],
      toInboundMessage(record, ctx.options.accountSid, ctx.options.sid),
    );
  }
}

function sidsOf({ provider, event }: ReceivedKeyword): { readonly provider: string; readonly sid: string } {
  return { provider: provider.name, sid: event.providerSid };
}

/** By the provider, whose clock may be ahead of ours, and at the latest when the message first came here. */
function saidAt({ event, claimed: { record } }: ReceivedKeyword): number {
  return Math.min(event.receivedAt ?? record.sentAt ?? record.createdAt, record.createdAt);
}
