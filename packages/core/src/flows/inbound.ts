import { sleep } from "../clock.ts";
import { MessagingError } from "../errors.ts";
import type { KeywordMatch } from "../opt-out/match.ts";
import { parseAddress } from "../phone/address.ts";
import { personOf } from "../phone/aliases.ts";
import { routingCountry } from "../phone/number.ts";
import type { HttpResponse, InboundEvent, Provider, WebhookRequest } from "../provider.ts";
import { type ConsentChannel, consentChannel, parseConsent } from "../records/consent-record.ts";
import type { MessageRecord, StoredAnswer } from "../records/message-record.ts";
import type { Versioned } from "../records/messages.ts";
import type { Sender } from "../sender.ts";
import { deriveSid, isSid } from "../sid.ts";
import type { Arrival, Handle, HandleKeyword, Outcome, Received, Route } from "./arrival.ts";
import type { FlowContext } from "./context.ts";

/** Flows that {@link createInbound} is handed. */
export interface InboundFlows {
  readonly keyword: HandleKeyword;
  readonly handling: Handle;
  /** A STOP that the store did not take binds this process until `write` succeeds. */
  readonly deny: (person: string, channel: ConsentChannel, write: () => Promise<unknown>) => void;
}

/** A duplicate waits this long for the first delivery's answer. */
const WAIT_MS = 5_000;
const WAIT_POLL_MS = 50;
/** Longer than any handling in time takes; after it the process that claimed the message is taken for dead. */
const LEASE_MS = 30_000;
/** User code that outlives the answer has this long until it is called again. */
const LONG_LEASE_MS = 600_000;
const WINDOW_MS = 86_400_000;

/** `{path}/inbound`: claim, consent, keyword or handling, answer. The order is the guarantee: opt-outs before answers. */
export function createInbound(ctx: FlowContext, { keyword, handling, deny }: InboundFlows) {
  return async function inbound(
    provider: Provider,
    request: WebhookRequest,
    route: Route | undefined,
  ): Promise<HttpResponse | undefined> {
    const ours = provider.webhook.parseInbound(request).flatMap((event) => toArrival(provider, event));
    const [first] = ours;
    if (first === undefined)
      return route === undefined ? ack(provider) : route.next(undefined).then(() => undefined);
    if (ours.length === 1) return receive(first, route);
    // Several messages share one HTTP answer: none of them can have it, and their replies leave as messages.
    await Promise.all(ours.map((arrival) => receive({ ...arrival, answerable: false }, undefined)));
    return ack(provider);
  };

  /** The event with what of it is looked up here, if its `to` is one of our senders. */
  function toArrival(provider: Provider, event: InboundEvent): Arrival[] {
    const to = parseAddress(event.to);
    const from = parseAddress(event.from);
    const sender = to === undefined ? undefined : ctx.pool.get(to.address);
    if (sender === undefined || to === undefined) return [];
    const number = from?.number;
    const sid = isSid(event.providerSid, "SM", "MM")
      ? event.providerSid
      : deriveSid(
          event.media.length > 0 ? "MM" : "SM",
          ctx.options.accountSid,
          provider.name,
          event.providerSid,
        );
    const person = number === undefined ? event.from : personOf(number);
    const country = number === undefined ? undefined : routingCountry(number);
    const match = hinted(ctx.optOut().matcher.match(event.body, country), event, country);
    return [
      {
        provider,
        event,
        sender,
        sid,
        from: from?.address ?? event.from,
        person,
        match,
        answerable: true,
      },
    ];
  }

  /** The provider recognised a keyword: its word on the type goes, even where our packs lack the word. */
  function hinted(
    match: KeywordMatch | undefined,
    { optOutType, body }: InboundEvent,
    country: string | undefined,
  ): KeywordMatch | undefined {
    if (optOutType === undefined || match?.optOutType === optOutType) return match;
    const reserved = ctx.optOut().matcher.match(optOutType, country);
    return reserved === undefined ? undefined : { ...reserved, keyword: body.trim() };
  }

  async function receive(arrival: Arrival, route: Route | undefined): Promise<HttpResponse | undefined> {
    try {
      return await claimAndHandle(arrival, route);
    } catch (error) {
      // The store is unsure. A STOP binds this process from now on, and is written as soon as the store answers.
      if (arrival.match?.optOutType === "STOP") {
        // Through the front door again: claimed, recorded, and this time not answered.
        const again = (): Promise<unknown> => claimAndHandle({ ...arrival, answerable: false }, undefined);
        deny(arrival.person, consentChannel(arrival.sender.channel), again);
      }
      throw error;
    }
  }

  async function claimAndHandle(
    arrival: Arrival,
    route: Route | undefined,
  ): Promise<HttpResponse | undefined> {
    const { sender, person } = arrival;
    const fresh = toRecord(arrival);
    const stickyKey = ctx.keys.sticky(sender.channel, person);
    const [there, [config, consent, sticky]] = await Promise.all([
      ctx.messages.claim(fresh),
      ctx.store.getMany([ctx.keys.config, ctx.keys.consent(person), stickyKey]),
    ]);
    ctx.adopt(config);
    let claimed: Versioned = { record: fresh, raw: JSON.stringify(fresh) };
    if (there !== undefined) {
      const resumed = await waitOrResume(there, arrival);
      if ("status" in resumed) return resumed;
      claimed = resumed;
    }

    const received: Received = {
      ...arrival,
      claimed,
      consent: parseConsent(consent),
      mapped: ctx.sticky.parse(sticky),
    };
    const outcome = (await keyword(received)) ?? (await handling(received, route));
    await finish(received, outcome);
    outcome.after?.();
    return outcome.response;
  }

  /** The answer is on record before it leaves: a duplicate gets the same one. */
  async function finish(received: Received, outcome: Outcome): Promise<void> {
    const { sid, sender, person, claimed } = received;
    if (!outcome.kept) return ctx.messages.remove(sid);
    const now = ctx.clock.now();
    const optOutType = outcome.optOutType ?? null;
    const inbound = {
      ...inboundPart(received),
      state: outcome.pending === undefined ? ("done" as const) : ("handling" as const),
      lease: now + (outcome.pending === undefined ? 0 : LONG_LEASE_MS),
      answer: toStored(outcome.response ?? outcome.captured),
    };
    const writes: Promise<unknown>[] = [
      ctx.messages.replace(claimed, { ...claimed.record, optOutType, updatedAt: now, inbound }),
      ctx.messages.log(sid),
      ctx.changes.append({ type: "inbound", at: now, sid, from: received.from, to: sender.id, optOutType }),
    ];
    if (received.mapped === undefined && sender.channel !== "rcs") writes.push(map(sender, person));
    if (sender.channel === "whatsapp") {
      writes.push(
        ctx.store.set(ctx.keys.window(person), String(received.event.receivedAt ?? now), WINDOW_MS),
      );
    }
    await Promise.all(writes);
    outcome.pending
      ?.then(() => ctx.messages.update(sid, close))
      .catch((error: unknown) =>
        ctx.logger.warn("An inbound message could not be marked done.", { sid, error: String(error) }),
      );
  }

  function close(record: MessageRecord): MessageRecord | undefined {
    return record.inbound === undefined
      ? undefined
      : { ...record, inbound: { ...record.inbound, state: "done" } };
  }

  async function map(sender: Sender, person: string): Promise<void> {
    const winner = await ctx.sticky.claim(sender.channel, person, sender.membership, undefined);
    if (winner !== undefined) return;
    ctx.pool.addMapping(sender.id, 1);
    await ctx.sticky.log(sender.channel, person);
  }

  /** A delivery that came before: done, its answer again; being handled, its answer when there is one; abandoned, ours. */
  async function waitOrResume(there: Versioned, arrival: Arrival): Promise<Versioned | HttpResponse> {
    const until = ctx.clock.now() + WAIT_MS;
    for (
      let seen: Versioned | undefined = there;
      seen !== undefined;
      seen = await ctx.messages.get(arrival.sid)
    ) {
      const { inbound } = seen.record;
      if (inbound === undefined)
        throw new MessagingError("MALFORMED_REQUEST", `${arrival.sid} is a message of ours.`);
      if (inbound.answer !== undefined) return inbound.answer;
      if (inbound.state === "done") return ack(arrival.provider);
      const now = ctx.clock.now();
      if (inbound.lease <= now) {
        const mine = { ...seen.record, inbound: { ...inbound, owner: ctx.owner, lease: now + LEASE_MS } };
        const resumed = await ctx.messages.replace(seen, mine);
        if (resumed !== undefined) return resumed;
      } else if (now >= until) {
        throw new MessagingError("HANDLED_ELSEWHERE", `${arrival.sid} is still being handled.`);
      }
      await sleep(ctx.clock, WAIT_POLL_MS);
    }
    // Dropped while we waited: there is nothing to answer.
    return ack(arrival.provider);
  }

  function toRecord(arrival: Arrival): MessageRecord {
    const { event, sender } = arrival;
    const now = ctx.clock.now();
    return {
      sid: arrival.sid,
      direction: "inbound",
      to: sender.id,
      from: arrival.from,
      body: event.body,
      mediaUrl: event.media.map((media) => media.url),
      kind:
        sender.channel === "sms"
          ? event.media.length > 0
            ? "MMS"
            : "SMS"
          : sender.channel === "rcs"
            ? "RCS"
            : "WHATSAPP",
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
      provider: arrival.provider.name,
      providerSid: event.providerSid,
      ambiguous: false,
      attempts: [],
      explanation: null,
      optOutType: null,
      sequence: 0,
      inbound: inboundPart(arrival),
    };
  }

  function inboundPart({ event, sender }: Arrival): NonNullable<MessageRecord["inbound"]> {
    return {
      state: "handling",
      lease: ctx.clock.now() + LEASE_MS,
      owner: ctx.owner,
      channel: sender.channel,
      media: event.media,
      parameters: event.parameters,
    };
  }
}

/** The answer that asks nothing of the provider. */
function ack(provider: Provider): HttpResponse {
  return provider.webhook.renderAck?.() ?? { status: 200, headers: {}, body: "" };
}

function toStored(response: HttpResponse | undefined): StoredAnswer | undefined {
  if (response === undefined) return undefined;
  return {
    ...response,
    body: typeof response.body === "string" ? response.body : new TextDecoder().decode(response.body),
  };
}
