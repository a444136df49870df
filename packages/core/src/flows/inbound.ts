import { sleep } from "../clock.ts";
import { MessagingError } from "../errors.ts";
import type { KeywordMatch } from "../opt-out/match.ts";
import { parseAddress } from "../phone/address.ts";
import { personOf } from "../phone/aliases.ts";
import { routingCountry } from "../phone/number.ts";
import type { HttpResponse, InboundEvent, Provider, WebhookRequest } from "../provider.ts";
import { type ConsentChannel, consentChannel } from "../records/consent-record.ts";
import { toEvent, toInboundRecord } from "../records/inbound-record.ts";
import type { Journal } from "../records/journal.ts";
import type { Versioned } from "../records/messages.ts";
import { deriveSid, isSid } from "../sid.ts";
import type { Arrival, Process, Route } from "./arrival.ts";
import type { FlowContext } from "./context.ts";

/** Flows that {@link createInbound} is handed. */
export interface InboundFlows {
  /** Keyword or handling, and the answer on record. */
  readonly process: Process;
  /** A STOP that the store did not take binds this process until `write` succeeds. */
  readonly journal: Journal;
  readonly deny: (person: string, channel: ConsentChannel, write: () => Promise<unknown>) => void;
}

/** What {@link createInbound} makes. */
export interface Inbound {
  inbound(
    provider: Provider,
    request: WebhookRequest,
    route: Route | undefined,
  ): Promise<HttpResponse | undefined>;
  /** Handles a message again that its process died over, or that the store failed in the middle of. */
  resume(current: Versioned): Promise<void>;
  /** Takes up the STOPs that an earlier process left in the journal. */
  replay(): Promise<void>;
}

/** A duplicate waits this long for the first delivery's answer. */
const WAIT_MS = 5_000;
const WAIT_POLL_MS = 50;
/** Longer than any handling in time takes; after it the process that claimed the message is taken for dead. */
const LEASE_MS = 30_000;

/** `{path}/inbound`: is it ours, was it handled, claim it. The record is the mark: of any number of deliveries one handles. */
export function createInbound(ctx: FlowContext, { process, deny, journal }: InboundFlows): Inbound {
  return Object.freeze({ inbound, resume, replay });

  async function inbound(
    provider: Provider,
    request: WebhookRequest,
    route: Route | undefined,
  ): Promise<HttpResponse | undefined> {
    const ours = provider.webhook.parseInbound(request).flatMap((event) => toArrival(provider, event) ?? []);
    const [first] = ours;
    if (first === undefined) {
      if (route === undefined) return ack(provider);
      await route.next(undefined);
      return undefined;
    }
    if (ours.length === 1) return receive(first, route);
    // Several messages share one HTTP answer: none of them can have it, and their replies leave as messages.
    await Promise.all(ours.map((arrival) => receive({ ...arrival, answerable: false }, undefined)));
    return ack(provider);
  }

  /** The event with what of it is looked up here, if its `to` is one of our senders. */
  function toArrival(provider: Provider, event: InboundEvent): Arrival | undefined {
    const to = parseAddress(event.to);
    const sender = to === undefined ? undefined : ctx.pool.get(to.address);
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
        : deriveSid(prefix, ctx.options.accountSid, provider.name, event.providerSid),
      from: from?.address ?? event.from,
      person: number === undefined ? event.from : personOf(number),
      match: hinted(ctx.optOut().matcher.match(event.body, country), event, country),
      answerable: true,
    };
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
      return await claim(arrival, route);
    } catch (error) {
      if (arrival.match?.optOutType === "STOP") await denyUntilWritten(arrival);
      throw error;
    }
  }

  /** The store is unsure: a STOP binds this process from now on, stands in the journal, and is written as soon as the store answers. */
  async function denyUntilWritten(arrival: Arrival): Promise<void> {
    const { sid, event, provider, person, sender } = arrival;
    deny(person, consentChannel(sender.channel), async () => {
      // Through the front door again: claimed and recorded, but this time with nobody to answer.
      await claim({ ...arrival, answerable: false }, undefined);
      await journal.remove(sid);
    });
    try {
      await journal.add({ id: sid, event: { provider: provider.name, ...event } });
    } catch (error) {
      ctx.logger.error("A STOP could not be written to the journal; this process alone knows of it.", {
        sid,
        error: String(error),
      });
    }
  }

  async function replay(): Promise<void> {
    for (const { event } of await journal.read()) {
      const { provider: name, ...left } = event as InboundEvent & { readonly provider: string };
      const provider = ctx.providers.get(name);
      const arrival = provider === undefined ? undefined : toArrival(provider, left);
      if (arrival === undefined) continue;
      deny(arrival.person, consentChannel(arrival.sender.channel), async () => {
        await claim({ ...arrival, answerable: false }, undefined);
        await journal.remove(arrival.sid);
      });
    }
  }

  async function claim(arrival: Arrival, route: Route | undefined): Promise<HttpResponse | undefined> {
    const { sender, event, sid, from, provider } = arrival;
    const now = ctx.clock.now();
    const record = toInboundRecord({
      sid,
      from,
      sender,
      event,
      provider: provider.name,
      owner: ctx.owner,
      now,
      lease: now + LEASE_MS,
    });
    const [there, known] = await Promise.all([
      ctx.messages.claim(record),
      ctx.store.getMany([ctx.keys.config, ...knownKeys(arrival)]),
      // In the same wave: should this process die over it, another one finds it.
      ctx.outbox.add(sid),
    ]);
    ctx.adopt(known[0]);
    if (there === undefined)
      return tried(arrival, route, { record, raw: JSON.stringify(record) }, known.slice(1));
    const resumed = await waitOrResume(there, arrival);
    if (!("status" in resumed)) return tried(arrival, route, resumed, known.slice(1));
    ctx.outbox.done(sid);
    return resumed;
  }

  /** Handles it; when the store fails in the middle, once more by itself after the lease: the provider may not come again. */
  async function tried(
    arrival: Arrival,
    route: Route | undefined,
    claimed: Versioned,
    known: readonly (string | undefined)[],
  ): Promise<HttpResponse | undefined> {
    try {
      return await process(arrival, route, claimed, known);
    } catch (error) {
      ctx.queue.add(
        { id: arrival.sid, lane: "schedule", cost: 0, notBefore: ctx.clock.now() + LEASE_MS },
        { force: true },
      );
      throw error;
    }
  }

  /** What {@link Process} is told, in its order. */
  function knownKeys({ sender, person, provider, event }: Arrival): readonly string[] {
    const { keys } = ctx;
    return [
      keys.consent(person),
      keys.consentMark(provider.name, event.providerSid),
      keys.sticky(sender.channel, person),
    ];
  }

  async function resume(current: Versioned): Promise<void> {
    const { record } = current;
    const provider = ctx.providers.get(record.provider ?? "");
    if (record.inbound?.state !== "handling" || provider === undefined) return ctx.outbox.done(record.sid);
    const arrival = toArrival(provider, toEvent(record, record.inbound));
    if (arrival === undefined) return ctx.outbox.done(record.sid);
    const mine = {
      ...record,
      inbound: { ...record.inbound, owner: ctx.owner, lease: ctx.clock.now() + LEASE_MS },
    };
    const claimed = await ctx.messages.replace(current, mine);
    if (claimed === undefined) return ctx.outbox.done(record.sid);
    await tried(
      { ...arrival, answerable: false },
      undefined,
      claimed,
      await ctx.store.getMany(knownKeys(arrival)),
    );
  }

  /** A delivery that came before: done, its answer again; being handled, its answer when there is one; abandoned, ours. */
  async function waitOrResume(
    there: Versioned,
    { sid, provider }: Arrival,
  ): Promise<Versioned | HttpResponse> {
    const until = ctx.clock.now() + WAIT_MS;
    for (let seen: Versioned | undefined = there; seen !== undefined; seen = await ctx.messages.get(sid)) {
      const { inbound: part } = seen.record;
      if (part === undefined) throw new MessagingError("MALFORMED_REQUEST", `${sid} is a message of ours.`);
      if (part.answer !== undefined) return part.answer;
      if (part.state === "done") return ack(provider);
      const now = ctx.clock.now();
      if (part.lease <= now) {
        const mine = { ...seen.record, inbound: { ...part, owner: ctx.owner, lease: now + LEASE_MS } };
        const resumed = await ctx.messages.replace(seen, mine);
        if (resumed !== undefined) return resumed;
      } else if (now >= until) {
        throw new MessagingError("HANDLED_ELSEWHERE", `${sid} is still being handled.`);
      }
      await sleep(ctx.clock, WAIT_POLL_MS);
    }
    // Dropped while we waited: there is nothing to answer.
    return ack(provider);
  }
}

/** The answer that asks nothing of the provider. */
function ack(provider: Provider): HttpResponse {
  return provider.webhook.renderAck?.() ?? { status: 200, headers: {}, body: "" };
}
