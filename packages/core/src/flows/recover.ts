import { isMessagingError } from "../errors.ts";
import { isFinal, type MessageRecord } from "../records/message-record.ts";
import type { Versioned } from "../records/messages.ts";
import type { Callbacks, FlowContext, Replan, Settle } from "./context.ts";
import { toFailure, withOutbound } from "./outcome.ts";

/** Flows that {@link createRecover} is handed. */
export interface RecoverFlows extends Pick<Settle, "requeue" | "fail"> {
  readonly replan: Replan;
  readonly callbacks: Callbacks;
  /** Takes up what was to be done for a conversation. */
  readonly takeUp: (entry: string, dead: string) => Promise<boolean>;
  /** Calls the user's code again for an inbound message that a process died over. */
  readonly resume: (current: Versioned) => Promise<void>;
}

/** A hand-over that was cut off is decided after this long, as every ambiguous one. */
const AMBIGUOUS_MS = 900_000;

/**
 * Takes up what dead processes left: accepted, queued and scheduled messages go back on their lanes, hand-overs that were
 * cut off are ambiguous, inbound messages are handled again. Each record changes hands by compareAndSet, so of
 * several processes that try, one has it; and a process that was only asleep finds its messages gone.
 */
export function createRecover(
  ctx: FlowContext,
  { replan, requeue, fail, resume, callbacks, takeUp }: RecoverFlows,
): () => Promise<number> {
  let running: Promise<number> | undefined;
  return function recover(): Promise<number> {
    running ??= round().finally(() => {
      running = undefined;
    });
    return running;
  };

  async function round(): Promise<number> {
    let taken = 0;
    for (const owner of await ctx.outbox.abandoned()) {
      if (!(await ctx.outbox.takeOver(owner))) continue;
      for await (const entries of ctx.outbox.left(owner)) {
        for (const entry of entries.filter(isConversation)) await takeConversation(entry, owner);
        const sids = entries.filter((entry) => !isConversation(entry));
        const found = await Promise.all(sids.map((sid) => ctx.messages.get(sid)));
        const handled: Promise<boolean>[] = [];
        for (const current of found) {
          if (current?.record.inbound !== undefined) {
            const handling = alone(takeInbound, current, owner);
            // Asked for below, which may be after it failed.
            handling.catch(() => undefined);
            handled.push(handling);
          } else if (current !== undefined && (await alone(take, current, owner))) taken += 1;
        }
        // Together: each may take as long as the user's code does.
        for (const each of await Promise.all(handled)) if (each) taken += 1;
      }
      await ctx.outbox.settled(owner);
    }
    if (taken > 0) ctx.logger.info(`Took up ${taken} messages of processes that ended.`);
    return taken;
  }

  async function takeConversation(entry: string, dead: string): Promise<void> {
    try {
      await takeUp(entry, dead);
    } catch (error) {
      if (isMessagingError(error, "STORE_UNAVAILABLE")) throw error;
      ctx.logger.error("A conversation of a process that ended could not be taken up.", {
        entry,
        error: String(error),
      });
    }
  }

  /** A message that cannot be taken up keeps no other from it. */
  async function alone(
    task: (current: Versioned, dead: string) => Promise<boolean>,
    current: Versioned,
    dead: string,
  ): Promise<boolean> {
    try {
      return await task(current, dead);
    } catch (error) {
      if (isMessagingError(error, "STORE_UNAVAILABLE")) throw error;
      ctx.logger.error("A message of a process that ended could not be taken up.", {
        sid: current.record.sid,
        error: String(error),
      });
      return false;
    }
  }

  async function take(current: Versioned, dead: string): Promise<boolean> {
    const { record } = current;
    if (isFinal(record.status) || record.status === "sent") return tellRest(record);
    // Ours and unknown here: an earlier round took it, and the store's answer was lost.
    const lost = record.outbound?.owner === ctx.owner && !ctx.live.has(record.sid);
    if (record.outbound === undefined || (record.outbound.owner !== dead && !lost)) return false;
    // Ours before it leaves the dead one's list: a second crash finds it in one of the two.
    await ctx.outbox.add(record.sid);
    const now = ctx.clock.now();
    const until = record.outbound.ambiguousUntil ?? now + AMBIGUOUS_MS;
    const cut = record.status === "sending";
    const owned = withOutbound(record, { owner: ctx.owner, ...(cut ? { ambiguousUntil: until } : {}) });
    const mine = await ctx.messages.replace(current, {
      ...record,
      ambiguous: cut || record.ambiguous,
      outbound: owned,
      updatedAt: now,
    });
    if (mine === undefined) {
      ctx.outbox.done(record.sid);
      return false;
    }
    for (const each of mine.record.callbacks ?? []) callbacks.tell(mine.record, each);
    await enqueue(mine, until);
    return true;
  }

  /** It is delivered, but somebody has not heard of it. */
  async function tellRest(record: MessageRecord): Promise<boolean> {
    const { callbacks: pending = [] } = record;
    // A function given to one send ended with its process, and nobody else may want to know.
    if (pending.length === 0 || !callbacks.wanted(record)) return false;
    await ctx.outbox.add(record.sid);
    for (const each of pending) callbacks.tell(record, each);
    return true;
  }

  async function enqueue(mine: Versioned, until: number): Promise<void> {
    const { record } = mine;
    if (record.status === "sending") {
      ctx.events.alert(
        "AMBIGUOUS_HAND_OVER",
        `${record.sid} was being handed over when a process ended; nobody knows whether it left.`,
        { sid: record.sid },
        // Each is a message of its own that somebody may want to look after.
        { subject: record.sid },
      );
      ctx.waiting.later(record.sid, until);
    } else if (record.status === "scheduled") {
      ctx.waiting.later(record.sid, record.sendAt ?? 0);
    } else if (record.status === "queued") {
      ctx.waiting.enqueue(mine, { force: true });
    } else await settleAccepted(mine);
  }

  /** Accepted with a refusal that the process died before writing down: the plan says again why. */
  async function settleAccepted(mine: Versioned): Promise<void> {
    try {
      const next: MessageRecord | undefined = await replan(mine.record, { reject: true });
      if (next !== undefined) await requeue(mine, next);
    } catch (error) {
      if (toFailure(error).error === "STORE_UNAVAILABLE") throw error;
      await fail(mine, error);
    }
  }

  async function takeInbound(current: Versioned, dead: string): Promise<boolean> {
    const { inbound } = current.record;
    if (inbound?.state !== "handling" || inbound.owner !== dead) return false;
    await ctx.outbox.add(current.record.sid);
    await resume(current);
    return true;
  }
}

/** A line that is a conversation's, not a message's. */
function isConversation(entry: string): boolean {
  return entry.startsWith("CH");
}
