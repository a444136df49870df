import { sleep } from "../clock.ts";
import { MessagingError } from "../errors.ts";
import { meanwhile } from "../meanwhile.ts";
import type { HttpResponse, InboundEvent, Provider, WebhookRequest } from "../provider.ts";
import { type ConsentChannel, consentChannel } from "../records/consent-record.ts";
import { toEvent, toInboundRecord } from "../records/inbound-record.ts";
import type { Journal } from "../records/journal.ts";
import type { Versioned } from "../records/messages.ts";
import { createUnderWay } from "../records/under-way.ts";
import type { Arrival, Process, Route } from "./arrival.ts";
import { eventsOf, isDropped, knownKeys, toArrival } from "./arrival.ts";
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
  /** Throws at once what parsing throws. */
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

  function inbound(
    provider: Provider,
    request: WebhookRequest,
    route: Route | undefined,
    { answerable = true }: { readonly answerable?: boolean | undefined } = {},
  ): Promise<HttpResponse | undefined> {
    const ours: Arrival[] = [];
    for (const event of eventsOf(provider, request)) {
      const arrival = toArrival(ctx, provider, event);
      if (arrival !== undefined) ours.push(arrival);
    }
    const [first, second] = ours;
    if (first === undefined) return notOurs(provider, route);
    return second === undefined && answerable
      ? receive(first, route)
      : receiveUnanswerable(provider, ours, route);
  }

  async function notOurs(provider: Provider, route: Route | undefined): Promise<HttpResponse | undefined> {
    if (route === undefined) return ack(provider);
    await route.next(undefined);
    return undefined;
  }

  /** Several messages share one HTTP answer: none of them can have it, and their replies leave as messages. */
  async function receiveUnanswerable(
    provider: Provider,
    arrivals: readonly Arrival[],
    route: Route | undefined,
  ): Promise<HttpResponse> {
    await Promise.all(arrivals.map((arrival) => receive({ ...arrival, answerable: false }, route)));
    return ack(provider);
  }

  function receive(arrival: Arrival, route: Route | undefined): Promise<HttpResponse | undefined> {
    return arrival.match?.optOutType === "STOP" ? receiveStop(arrival, route) : claim(arrival, route);
  }

  async function receiveStop(arrival: Arrival, route: Route | undefined): Promise<HttpResponse | undefined> {
    try {
      return await claim(arrival, route);
    } catch (error) {
      await denyUntilWritten(arrival);
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
    const { sid, provider, event } = arrival;
    const now = ctx.clock.now();
    const record = toInboundRecord(arrival, { owner: ctx.owner, now, lease: now + LEASE_MS });
    const dropped = isDropped(arrival, ctx.settings());
    let earlier: Versioned;
    underWay.begin(sid);
    try {
      // One wave. Should this process die over it, another one finds it in the outbox.
      const claiming = meanwhile(ctx.messages.claim(record, { listed: !dropped }));
      const reading = meanwhile(ctx.store.getMany([ctx.keys.config, ...knownKeys(ctx.keys, arrival)]));
      const adding = meanwhile(ctx.outbox.add(sid));
      const kept = dropped || (await remember(arrival));
      const { versioned, there } = await claiming;
      const read = await reading;
      await adding;
      const before = ctx.optOut();
      ctx.adopt(read[0]);
      if (there === undefined) {
        // Another process changed the keywords: this message is read by the new ones.
        const match = ctx.optOut() === before ? arrival.match : toArrival(ctx, provider, event)?.match;
        const mine = { ...arrival, match, kept };
        const isKnown = match === undefined || arrival.match !== undefined;
        const known = isKnown ? read.slice(1) : await ctx.store.getMany(knownKeys(ctx.keys, mine));
        return await process(mine, route, versioned, known);
      }
      earlier = there;
    } finally {
      underWay.end(sid);
    }
    const resumed = {
      ...(toArrival(ctx, provider, event) ?? arrival),
      answerable: arrival.answerable,
      resumed: true,
    };
    return waitOrHandle(earlier, resumed, async (mine) =>
      process(resumed, route, mine, await ctx.store.getMany(knownKeys(ctx.keys, resumed))),
    );
  }

  /** What user code sends in turn leaves by the sender that was texted, inside WhatsApp's window. */
  async function remember({ event, sender, person }: Arrival): Promise<boolean> {
    const { channel, membership, id } = sender;
    const mapping = channel !== "rcs" && ctx.sticky.claimFree(channel, person, membership);
    const at = String(event.receivedAt ?? ctx.clock.now());
    const isNew =
      channel === "whatsapp"
        ? (await Promise.all([mapping, ctx.store.set(ctx.keys.window(person), at, WINDOW_MS)]))[0]
        : await mapping;
    if (isNew === true) ctx.pool.addMapping(id, 1);
    return isNew !== undefined;
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
    underWay.begin(record.sid);
    try {
      const claimed = await ctx.messages.replace(current, mine);
      if (claimed === undefined) return ctx.outbox.done(record.sid);
      const known = await ctx.store.getMany(knownKeys(ctx.keys, arrival));
      await process({ ...arrival, answerable: false, resumed: true }, undefined, claimed, known);
    } finally {
      underWay.end(record.sid);
    }
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
        const mine = { ...seen.record, inbound: { ...part, owner: ctx.owner, lease: now + LEASE_MS } };
        underWay.begin(sid);
        try {
          if (!ctx.outbox.has(sid)) await ctx.outbox.add(sid);
          const claimed = await ctx.messages.replace(seen, mine);
          if (claimed !== undefined) return await handle(claimed);
        } finally {
          underWay.end(sid);
        }
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
