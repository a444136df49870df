import { channels } from "../diagnostics.ts";
import type { HttpResponse } from "../provider.ts";
import { parseConsent } from "../records/consent-record.ts";
import { toStoredAnswer } from "../records/inbound-record.ts";
import type { InboundPart, MessageRecord } from "../records/message-record.ts";
import type { Versioned } from "../records/messages.ts";
import type { Sender } from "../sender.ts";
import type { Arrival, Handle, HandleKeyword, Outcome, Process, Received, Route } from "./arrival.ts";
import type { FlowContext } from "./context.ts";

/** Flows that {@link createProcess} is handed. */
export interface ProcessFlows {
  readonly keyword: HandleKeyword;
  readonly handling: Handle;
}

/** User code that outlives the answer has this long until it is called again. */
const LONG_LEASE_MS = 600_000;
const WINDOW_MS = 86_400_000;

/** A claimed inbound message: keyword or handling, then its answer goes on record, and only then leaves. */
export function createProcess(ctx: FlowContext, { keyword, handling }: ProcessFlows): Process {
  return async function process(
    arrival: Arrival,
    route: Route | undefined,
    claimed: Versioned,
    [consent, mark, sticky]: readonly (string | undefined)[],
  ): Promise<HttpResponse | undefined> {
    const received: Received = {
      ...arrival,
      claimed,
      consent: parseConsent(consent),
      mapped: ctx.sticky.parse(sticky),
      known: [consent, mark],
    };
    const startedAt = ctx.clock.now();
    const outcome = (await keyword(received)) ?? (await handling(received, route));
    await finish(received, outcome);
    outcome.after?.();
    if (channels.inbound.hasSubscribers) {
      const { sid, from, sender } = received;
      const durationMs = ctx.clock.now() - startedAt;
      channels.inbound.publish({
        service: ctx.options.name,
        sid,
        from,
        to: sender.id,
        optOutType: outcome.optOutType ?? null,
        durationMs,
      });
    }
    return outcome.response;
  };

  /** The answer is on record before it leaves: a duplicate gets the same one. */
  async function finish(received: Received, outcome: Outcome): Promise<void> {
    const { sid, sender, person, claimed } = received;
    const { inbound } = claimed.record;
    if (!outcome.kept || inbound === undefined) {
      await ctx.messages.remove(sid);
      return ctx.outbox.done(sid);
    }
    const now = ctx.clock.now();
    const optOutType = outcome.optOutType ?? null;
    const answer = outcome.response ?? outcome.captured;
    const part: InboundPart = {
      ...inbound,
      state: outcome.pending === undefined ? "done" : "handling",
      lease: now + (outcome.pending === undefined ? 0 : LONG_LEASE_MS),
      answer: answer === undefined ? undefined : toStoredAnswer(answer),
    };
    const next: MessageRecord = { ...claimed.record, optOutType, updatedAt: now, inbound: part };
    const change = { type: "inbound" as const, at: now, sid, from: received.from, to: sender.id, optOutType };
    const writes: Promise<unknown>[] = [
      ctx.messages.replace(claimed, next, [ctx.messages.logEntry(next), ctx.changes.entry(change)]),
    ];
    if (received.mapped === undefined && sender.channel !== "rcs") writes.push(map(sender, person));
    if (sender.channel === "whatsapp") {
      writes.push(
        ctx.store.set(ctx.keys.window(person), String(received.event.receivedAt ?? now), WINDOW_MS),
      );
    }
    await Promise.all(writes);
    if (outcome.pending === undefined) return ctx.outbox.done(sid);
    outcome.pending
      .then(() => ctx.messages.update(sid, close))
      .then(() => ctx.outbox.done(sid))
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
    if (winner === undefined) ctx.pool.addMapping(sender.id, 1);
  }
}
