import { sleep } from "../clock.ts";
import { MessagingError } from "../errors.ts";
import type { HttpResponse, InboundEvent, Provider, WebhookRequest } from "../provider.ts";
import { type ConsentChannel, consentChannel } from "../records/consent-record.ts";
import { toEvent, toInboundRecord } from "../records/inbound-record.ts";
import type { Journal } from "../records/journal.ts";
import type { Versioned } from "../records/messages.ts";
import { createUnderWay } from "../records/under-way.ts";
import { type Arrival, isDropped, type Process, type Route, toArrival } from "./arrival.ts";
import type { FlowContext } from "./context.ts";

/** Flows that {@link createInbound} is handed. */
export interface InboundFlows {
  /** Keyword or handling, and the answer on record. */
  readonly process: Process;
  /** A STOP that the store did not take binds this process until `write` succeeds. */
  readonly journal: Journal;
  readonly deny: (
    person: string,
    channel: ConsentChannel,
    sid: string,
    write: () => Promise<unknown>,
  ) => void;
}

/** What {@link createInbound} makes. */
export interface Inbound {
  inbound(
    provider: Provider,
    request: WebhookRequest,
    route: Route | undefined,
    /** `answerable: false`: replies leave as messages, whatever the request is answered. */
    options?: { readonly answerable?: boolean | undefined },
  ): Promise<HttpResponse | undefined>;
  /** Handles a message again that its process died over, or that the store failed in the middle of. */
  resume(current: Versioned): Promise<void>;
  /** Takes up the STOPs that an earlier process left in the journal. */
  replay(): Promise<void>;
}

/** A duplicate waits this long for the first delivery's answer. */
const WAIT_MS = 5_000;
const WAIT_POLL_MS = 50;
const WINDOW_MS = 86_400_000;
/** Longer than any handling in time takes; after it the process that claimed the message is taken for dead. */
const LEASE_MS = 30_000;

/** `{path}/inbound`: is it ours, was it handled, claim it. The record is the mark: of any number of deliveries one handles. */
export function createInbound(ctx: FlowContext, { process, deny, journal }: InboundFlows): Inbound {
  const underWay = createUnderWay();
  return Object.freeze({ inbound, resume, replay });

  async function inbound(
    provider: Provider,
    request: WebhookRequest,
    route: Route | undefined,
    { answerable = true }: { readonly answerable?: boolean | undefined } = {},
  ): Promise<HttpResponse | undefined> {
    const ours = provider.webhook
      .parseInbound(request)
      .flatMap((event) => toArrival(ctx, provider, event) ?? []);
    const [first] = ours;
    if (first === undefined) {
      if (route === undefined) return ack(provider);
      await route.next(undefined);
      return undefined;
    }
    if (ours.length === 1 && answerable) return receive(first, route);
    // Several messages share one HTTP answer: none of them can have it, and their replies leave as messages.
    await Promise.all(ours.map((arrival) => receive({ ...arrival, answerable: false }, route)));
    return ack(provider);
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
    const { sid, provider } = arrival;
    // It was said now, whenever it can be written: what follows from its time, follows from this one.
    const event = { ...arrival.event, receivedAt: arrival.event.receivedAt ?? ctx.clock.now() };
    denyAndWrite({ ...arrival, event });
    try {
      await journal.add({ id: sid, event: { provider: provider.name, ...event } });
    } catch (error) {
      ctx.logger.error("A STOP could not be written to the journal; this process alone knows of it.", {
        sid,
        error: String(error),
      });
    }
  }

  function denyAndWrite(arrival: Arrival): void {
    const { sid, person, sender } = arrival;
    deny(person, consentChannel(sender.channel), sid, async () => {
      // Through the front door again: claimed and recorded, but this time with nobody to answer.
      await claim({ ...arrival, answerable: false }, undefined);
      await journal.remove(sid);
    });
  }

  async function replay(): Promise<void> {
    for (const { event } of await journal.read()) {
      const { provider: name, ...left } = event as InboundEvent & { readonly provider: string };
      const provider = ctx.providers.get(name);
      const arrival = provider === undefined ? undefined : toArrival(ctx, provider, left);
      if (arrival !== undefined) denyAndWrite(arrival);
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
    const claimed = await underWay.during(sid, async () => {
      const [{ versioned, there }, read, , kept] = await Promise.all([
        ctx.messages.claim(record, { listed: !isDropped(arrival, ctx.settings()) }),
        ctx.store.getMany([ctx.keys.config, ...knownKeys(arrival)]),
        // In the same wave: should this process die over it, another one finds it.
        ctx.outbox.add(sid),
        isDropped(arrival, ctx.settings()) || remember(arrival),
      ]);
      const before = ctx.optOut();
      ctx.adopt(read[0]);
      if (there !== undefined) return { there };
      // Another process changed the keywords: this message is read by the new ones.
      const match = ctx.optOut() === before ? arrival.match : toArrival(ctx, provider, event)?.match;
      return { response: await tried({ ...arrival, match, kept }, route, versioned, read.slice(1)) };
    });
    if (!("there" in claimed)) return claimed.response;
    const resumed = {
      ...(toArrival(ctx, provider, event) ?? arrival),
      answerable: arrival.answerable,
      resumed: true,
    };
    return waitOrHandle(claimed.there, resumed, async (mine) =>
      tried(resumed, route, mine, await ctx.store.getMany(knownKeys(resumed))),
    );
  }

  /** What user code sends in turn leaves by the sender that was texted, inside WhatsApp's window. */
  async function remember({ event, sender, person }: Arrival): Promise<boolean> {
    const { channel, membership, id } = sender;
    const at = String(event.receivedAt ?? ctx.clock.now());
    const [isNew] = await Promise.all([
      channel !== "rcs" && ctx.sticky.claimFree(channel, person, membership),
      channel === "whatsapp" && ctx.store.set(ctx.keys.window(person), at, WINDOW_MS),
    ]);
    if (isNew === true) ctx.pool.addMapping(id, 1);
    return isNew !== undefined;
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
      ctx.waiting.later(arrival.sid, ctx.clock.now() + LEASE_MS);
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
      keys.campaign(person),
    ];
  }

  async function resume(current: Versioned): Promise<void> {
    const { record } = current;
    const provider = ctx.providers.get(record.provider ?? "");
    if (record.inbound?.state !== "handling" || provider === undefined) return ctx.outbox.done(record.sid);
    const arrival = toArrival(ctx, provider, toEvent(record, record.inbound));
    if (arrival === undefined) return ctx.outbox.done(record.sid);
    const mine = {
      ...record,
      inbound: { ...record.inbound, owner: ctx.owner, lease: ctx.clock.now() + LEASE_MS },
    };
    await underWay.during(record.sid, async () => {
      const claimed = await ctx.messages.replace(current, mine);
      if (claimed === undefined) return ctx.outbox.done(record.sid);
      const known = await ctx.store.getMany(knownKeys(arrival));
      await tried({ ...arrival, answerable: false, resumed: true }, undefined, claimed, known);
    });
  }

  /** A delivery that came before: done, its answer again; being handled, its answer when there is one; abandoned, ours. */
  async function waitOrHandle(
    there: Versioned,
    { sid, provider }: Arrival,
    handle: (mine: Versioned) => Promise<HttpResponse | undefined>,
  ): Promise<HttpResponse | undefined> {
    const until = ctx.clock.now() + WAIT_MS;
    for (let seen: Versioned | undefined = there; seen !== undefined; seen = await ctx.messages.get(sid)) {
      const { inbound: part } = seen.record;
      if (part === undefined) throw new MessagingError("MALFORMED_REQUEST", `${sid} is a message of ours.`);
      // Our line in the outbox was for nothing, unless we are still at it: then it stands for that.
      if (part.state === "done" || part.owner !== ctx.owner) ctx.outbox.done(sid);
      if (part.answer !== undefined) return part.answer;
      if (part.state === "done") return ack(provider);
      const now = ctx.clock.now();
      // Ours and nobody here is at it: the store kept its answer to the claim to itself.
      if (part.lease <= now || (part.owner === ctx.owner && !underWay.has(sid))) {
        const current = seen;
        const mine = { ...seen.record, inbound: { ...part, owner: ctx.owner, lease: now + LEASE_MS } };
        const handled = await underWay.during(sid, async () => {
          if (!ctx.outbox.has(sid)) await ctx.outbox.add(sid);
          const claimed = await ctx.messages.replace(current, mine);
          return claimed === undefined ? undefined : { response: await handle(claimed) };
        });
        if (handled !== undefined) return handled.response;
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
