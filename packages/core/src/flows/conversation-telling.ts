import { createTally } from "../queue/tally.ts";
import type { ConversationRecord, PendingEvent } from "../records/conversation-record.ts";
import type { MessageRecord } from "../records/message-record.ts";
import type { FlowContext } from "./context.ts";
import type { ConversationHooks, ConversationTelling } from "./conversing.ts";

/** A store that did not answer is asked again after this long. */
const STORE_RETRY_MS = 1_000;

/**
 * What is still to be done for conversations. What somebody waits to be told stays on the record until it was, and a line
 * in the outbox until nothing is left, so that both outlive the process.
 */
export function createConversationTelling(
  ctx: FlowContext,
  { hooks }: { readonly hooks: ConversationHooks },
): ConversationTelling {
  /** Lines in the outbox, and how many hold each. */
  const held = new Map<string, number>();
  const underWay = createTally();
  /** Events that this process is telling. */
  const telling = new Set<string>();
  let closed = false;

  return Object.freeze({
    hold,
    release,
    insist,
    tell,
    takeUp,
    get active() {
      return held.size;
    },
    async close(timeoutMs: number): Promise<void> {
      await underWay.settledWithin(ctx.clock, timeoutMs);
      closed = true;
    },
  });

  async function takeUp(sid: string, owner: string): Promise<boolean> {
    // What was being told when it was read may be told by now, and still stand in what was read.
    const before = new Set(telling);
    let current = await ctx.conversations.get(sid);
    if (current === undefined) return false;
    if (current.record.state === "closed") await ctx.conversations.unbind(current.record);
    const isLeft = (each: PendingEvent): boolean =>
      each.owner === owner && ![before, telling].some((names) => names.has(`${sid} ${each.sequence}`));
    const left = current.record.pending?.filter(isLeft) ?? [];
    if (left.length === 0) return false;
    await hold(sid);
    // Ours before they leave the dead one's list: a second crash finds them in one of the two.
    while (owner !== ctx.owner) {
      const pending = current.record.pending?.map((each) =>
        each.owner === owner ? { ...each, owner: ctx.owner } : each,
      );
      const mine = await ctx.conversations.replace(current, { ...current.record, pending });
      current = mine ?? (await ctx.conversations.get(sid));
      if (mine !== undefined || current === undefined) break;
    }
    if (current !== undefined) tell(current.record, left, undefined);
    release(sid);
    return true;
  }

  function tell(
    record: ConversationRecord,
    pending: readonly PendingEvent[],
    message: MessageRecord | undefined,
  ): void {
    const { sid } = record;
    held.set(sid, (held.get(sid) ?? 0) + 1);
    const names = pending.map(({ sequence }) => `${sid} ${sequence}`);
    for (const name of names) telling.add(name);
    underWay.begin();
    hooks
      .tell(record, pending, message)
      .then(
        () =>
          insist(sid, async () => {
            await told(sid, pending);
            for (const name of names) telling.delete(name);
          }),
        () => {
          for (const name of names) telling.delete(name);
          // Cut off: they stay on the record, and the next start tells them.
          if (closed) return;
          ctx.clock.schedule(() => void insist(sid, () => takeUp(sid, ctx.owner)), STORE_RETRY_MS);
        },
      )
      .finally(underWay.end);
  }

  async function told(sid: string, pending: readonly PendingEvent[]): Promise<void> {
    const done = new Set(pending.map(({ sequence }) => sequence));
    for (;;) {
      const current = await ctx.conversations.get(sid);
      if (current === undefined) return;
      const left = current.record.pending?.filter(({ sequence }) => !done.has(sequence)) ?? [];
      const next = { ...current.record, pending: left.length === 0 ? undefined : left };
      if ((await ctx.conversations.replace(current, next)) !== undefined) return;
    }
  }

  async function insist(entry: string, task: () => Promise<unknown>): Promise<void> {
    try {
      await task();
      release(entry);
    } catch (error) {
      ctx.logger.warn("A conversation waits for the store.", { entry, error: String(error) });
      const again = (): void => {
        if (!closed) void insist(entry, task);
      };
      ctx.clock.schedule(again, STORE_RETRY_MS);
    }
  }

  async function hold(entry: string): Promise<void> {
    held.set(entry, (held.get(entry) ?? 0) + 1);
    try {
      if (!ctx.outbox.has(entry)) await ctx.outbox.add(entry);
    } catch (error) {
      release(entry);
      throw error;
    }
  }

  function release(entry: string): void {
    const left = (held.get(entry) ?? 1) - 1;
    if (left > 0) held.set(entry, left);
    else {
      held.delete(entry);
      ctx.outbox.done(entry);
    }
  }
}
