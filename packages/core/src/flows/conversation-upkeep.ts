import { settled } from "../records/conversation-record.ts";
import type { FlowContext } from "./context.ts";
import { type ConversationChanges, stateEvents } from "./conversing.ts";

/** Slots worked off in one turn at most: after a month without a process it takes a few minutes to catch up. */
const MOST_SLOTS = 2_000;
/** Slots read at a time. */
const WIDTH = 50;

/** Looks at the conversations whose time has come: writes down what their timers made of them, and renews their lines in the list. */
export function createConversationUpkeep(
  ctx: FlowContext,
  { changes }: { readonly changes: ConversationChanges },
): () => Promise<void> {
  const isConfigured =
    ctx.options.conversations.given ||
    ctx.options.senders.some(
      (sender) => typeof sender === "object" && sender.inboundHandling === "conversation",
    );

  /** Who has no conversations asks the store for none. */
  function areUsed(): boolean {
    return isConfigured || ctx.slots.isBegun() || ctx.settings().inboundHandling === "conversation";
  }

  return async function look(): Promise<void> {
    if (!areUsed()) return;
    for (let left = MOST_SLOTS; left > 0; left -= WIDTH) {
      const mark = await ctx.slots.mark();
      if (mark === undefined || mark.slot >= ctx.slots.current()) return;
      const last = Math.min(mark.slot + WIDTH, ctx.slots.current());
      const slots = Array.from({ length: last - mark.slot }, (_, index) => mark.slot + 1 + index);
      const due = await Promise.all(slots.map(ctx.slots.entries));
      for (const [index, sids] of due.entries()) {
        for (const sid of sids) await lookAt(sid, slots[index] ?? 0);
      }
      // Another process was faster: it goes on from there.
      if (!(await ctx.slots.advance(mark, last))) return;
    }
  };

  async function lookAt(sid: string, slot: number): Promise<void> {
    for (;;) {
      const current = await ctx.conversations.get(sid);
      if (current === undefined || current.record.slot !== slot) return;
      const { record, changes: states } = settled(current.record, ctx.clock.now());
      const next = { ...record, slot: null };
      const events = stateEvents(states);
      const written =
        events.length > 0
          ? await changes.commit(current, next, events)
          : await ctx.conversations.replace(current, next);
      if (written !== undefined) return;
    }
  }
}
