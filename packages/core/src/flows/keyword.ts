import { decideKeyword, type KeywordDecision } from "../opt-out/decide.ts";
import type { KeywordMatch } from "../opt-out/match.ts";
import { isTollFree } from "../phone/number.ts";
import type { HttpResponse } from "../provider.ts";
import {
  boundBy,
  type ConsentChannel,
  type ConsentEvent,
  consentChannel,
} from "../records/consent-record.ts";
import { toInboundMessage } from "../records/message-record.ts";
import type { Handled, HandleKeyword, Outcome, Received, Replies } from "./arrival.ts";
import type { FlowContext } from "./context.ts";

/** Flows that {@link createKeyword} is handed. */
export interface KeywordFlows {
  readonly replies: Replies;
  /** Tells the user's webhook about a keyword after the answer; its own answer is not sent. */
  readonly inform: (received: Handled) => void;
  /** The store knows what this person said last: the deny list need not. */
  readonly forget: (person: string, channel: ConsentChannel) => void;
}

const HOUR_MS = 3_600_000;

/** A keyword: consent is written, then the reply leaves. No route is called; the webhook learns of it afterwards. */
export function createKeyword(ctx: FlowContext, { replies, inform, forget }: KeywordFlows): HandleKeyword {
  /** Times of keyword replies per person, of the last hour, in this process. */
  const answered = new Map<string, number[]>();

  return async function keyword(received: Received): Promise<Outcome | undefined> {
    const { match } = received;
    if (match === undefined) return undefined;
    const decision = decide(received, match);
    if (!decision.handled) return undefined;
    if (decision.alert !== undefined)
      ctx.events.alert("KEYWORD_REPLY_LATE", decision.alert, { sid: received.sid });

    const applied = decision.consent === "none" || (await record(received, match, decision));
    // "You are subscribed again" must be true when it is said, and a replayed keyword was answered before.
    const reply = applied ? decision.reply : undefined;
    const response =
      reply === undefined || reply === "" ? replies.ack(received) : await answer(received, reply);
    const handled: Handled = { ...received, optOutType: match.optOutType };
    return {
      response,
      kept: true,
      optOutType: match.optOutType,
      after: () => {
        if (applied) emit(handled);
        inform(handled);
      },
    };
  };

  function decide(received: Received, match: KeywordMatch): KeywordDecision {
    const { policy } = ctx.optOut();
    const { event, sender, person, consent } = received;
    const bound = boundBy(consent, {
      service: ctx.options.name,
      channel: consentChannel(sender.channel),
      sender: sender.id,
      scope: policy.scope,
    });
    const denied = ctx.denied.has(person, consentChannel(sender.channel));
    return decideKeyword(
      {
        match,
        optedOut: bound !== undefined || denied,
        repeated: bound !== undefined,
        providerAnswered: event.answeredByProvider === true,
        tollFreeNetwork: sender.type === "toll-free" && isTollFree(sender.id),
        repliesInLastHour: recent(person).length,
        ageMs: Math.max(0, ctx.clock.now() - (event.receivedAt ?? ctx.clock.now())),
      },
      policy,
    );
  }

  async function record(
    received: Received,
    match: KeywordMatch,
    decision: KeywordDecision,
  ): Promise<boolean> {
    const { event, sender, person, provider } = received;
    const status = decision.consent === "opt-out" ? "opted-out" : "opted-in";
    const entry: Omit<ConsentEvent, "effect"> = {
      person,
      status,
      channel: consentChannel(sender.channel),
      at: event.receivedAt ?? ctx.clock.now(),
      source: "keyword",
      service: ctx.options.name,
      sender: sender.id,
      keyword: match.keyword,
      language: match.language,
      messageSid: event.providerSid,
      reply: decision.reply,
    };
    const word = match.keyword.toLowerCase();
    const change = {
      type: status === "opted-out" ? ("opt-out" as const) : ("opt-in" as const),
      at: entry.at,
      address: received.from,
      sender: sender.id,
      source: "keyword",
      keyword: match.keyword,
    };
    const { applied } = await ctx.consent.record(entry, {
      scope: ctx.optOut().policy.scope,
      network: sender.type === "toll-free" && status === "opted-out",
      liftsNetwork: word === "start" || word === "unstop",
      provider: provider.name,
      known: received.known,
      appends: [ctx.changes.entry(change)],
    });
    forget(person, entry.channel);
    return applied;
  }

  /** In the HTTP answer where the provider takes one, else as a message. Lost is better than twice: it is not retried. */
  async function answer(received: Received, reply: string): Promise<HttpResponse> {
    answered.set(received.person, [...recent(received.person), ctx.clock.now()]);
    if (answered.size > 100_000) answered.delete(answered.keys().next().value ?? "");
    return replies.inResponse(received, [{ body: reply, index: 0, confirmation: true }]);
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
