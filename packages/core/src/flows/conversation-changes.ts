import type { ConversationChange } from "../conversation.ts";
import type { ChangeEntry } from "../records/changes.ts";
import {
  awake,
  type ConversationEvent,
  type ConversationRecord,
  inState,
  type PendingEvent,
  type StateChange,
  settled,
  toConversation,
  toConversationMessage,
  withMessage,
} from "../records/conversation-record.ts";
import type { VersionedConversation } from "../records/conversations.ts";
import type { MessageRecord } from "../records/message-record.ts";
import type { FlowContext } from "./context.ts";
import {
  type ConversationChanges,
  type ConversationHooks,
  type ConversationStep,
  type ConversationTelling,
  stateEvents,
} from "./conversing.ts";

/** Flows that {@link createConversationChanges} is handed. */
export interface ConversationChangeFlows {
  readonly hooks: ConversationHooks;
  readonly telling: ConversationTelling;
}

/**
 * The one way a conversation changes: compareAndSet, with the message's line and the feed's in the same step, then events
 * and hooks. What somebody waits to be told stays on the record until it was, and the conversation in the outbox.
 */
export function createConversationChanges(
  ctx: FlowContext,
  { hooks, telling }: ConversationChangeFlows,
): ConversationChanges {
  return Object.freeze({ commit, join, update, rejoin, resume });

  async function commit(
    current: VersionedConversation | undefined,
    next: ConversationRecord,
    events: readonly ConversationEvent[],
    message?: MessageRecord,
  ): Promise<VersionedConversation | undefined> {
    const { sid } = next;
    const at = ctx.clock.now();
    const wanted = events.filter(({ type }) => hooks.wants(type));
    const pending = wanted.map(
      (event, index): PendingEvent => ({
        sequence: next.sequence + 1 + index,
        at,
        owner: ctx.owner,
        event,
      }),
    );
    const record = {
      ...next,
      sequence: next.sequence + pending.length,
      ...(pending.length === 0 ? {} : { pending: [...(next.pending ?? []), ...pending] }),
    };
    const closes = next.state === "closed" && current?.record.state !== "closed";
    if (pending.length === 0 && !closes) return write(current, record, events, message);
    await telling.hold(sid);
    try {
      const written = await write(current, record, events, message);
      if (written !== undefined) {
        if (pending.length > 0) telling.tell(written.record, pending, message);
        if (closes) await ctx.conversations.unbind(written.record);
      }
      telling.release(sid);
      return written;
    } catch (error) {
      // Perhaps it is written all the same; then the rest is still to be done.
      telling.insist(sid, () => telling.takeUp(sid, ctx.owner));
      throw error;
    }
  }

  async function write(
    current: VersionedConversation | undefined,
    record: ConversationRecord,
    events: readonly ConversationEvent[],
    message: MessageRecord | undefined,
  ): Promise<VersionedConversation | undefined> {
    const lines = events.flatMap((event) => (event.type === "onMessageAdded" ? [event.line] : []));
    const others = events.flatMap((event) => {
      const entry = toEntry(record, event, ctx.clock.now());
      return entry === undefined ? [] : [ctx.changes.entry(entry)];
    });
    const written = await ctx.conversations.replace(current, record, { lines, others });
    if (written !== undefined) announce(written.record, events, message);
    return written;
  }

  async function join(
    sid: string,
    message: MessageRecord,
    author: string,
    options: { readonly evenClosed?: boolean } = {},
  ): Promise<"in" | "closed" | "missing"> {
    if (!hooks.wants("onMessageAdded")) return add(sid, message, author, options);
    // In the same wave as the look: it must stand before anything is written.
    const holding = telling.hold(sid);
    holding.catch(() => undefined);
    try {
      return await add(sid, message, author, { ...options, holding });
    } finally {
      await holding.then(
        () => telling.release(sid),
        () => undefined,
      );
    }
  }

  async function add(
    sid: string,
    message: MessageRecord,
    author: string,
    { evenClosed = false, holding }: { readonly evenClosed?: boolean; readonly holding?: Promise<void> },
  ): Promise<"in" | "closed" | "missing"> {
    for (;;) {
      const [{ current, isIn }] = await Promise.all([ctx.conversations.look(sid, message.sid), holding]);
      if (isIn) return "in";
      if (current === undefined) return "missing";
      const now = ctx.clock.now();
      const due = settled(current.record, now);
      if (due.record.state === "closed" && !evenClosed) {
        if (due.changes.length === 0) return "closed";
        await commit(current, due.record, stateEvents(due.changes));
        continue;
      }
      const slept = due.record.state === "inactive";
      const woken = slept ? inState(due.record, "active", now) : due.record;
      const states: readonly StateChange[] = slept
        ? [...due.changes, { stateFrom: "inactive", stateTo: "active", reason: "EVENT" }]
        : due.changes;
      const { record, line } = withMessage(
        awake(woken, ctx.options.conversations, now),
        { messageSid: message.sid, author },
        now,
      );
      const events: ConversationEvent[] = [...stateEvents(states), { type: "onMessageAdded", line }];
      if ((await commit(current, record, events, message)) !== undefined) return "in";
    }
  }

  async function update(
    sid: string,
    change: (record: ConversationRecord) => ConversationStep | undefined,
  ): Promise<VersionedConversation | undefined> {
    for (;;) {
      const current = await ctx.conversations.get(sid);
      if (current === undefined) return undefined;
      const due = settled(current.record, ctx.clock.now());
      const step = change(due.record);
      if (step === undefined && due.changes.length === 0) return undefined;
      const events = [...stateEvents(due.changes), ...(step?.events ?? [])];
      const written = await commit(current, step?.next ?? due.record, events);
      if (written !== undefined) return written;
    }
  }

  /** A line names a conversation, or a conversation and a message that was sent in it. */
  function resume(entry: string, owner: string): Promise<boolean> {
    const [sid = "", messageSid] = entry.split(" ");
    return messageSid === undefined ? telling.takeUp(sid, owner) : rejoin(sid, messageSid);
  }

  async function rejoin(sid: string, messageSid: string): Promise<boolean> {
    const message = (await ctx.messages.get(messageSid))?.record;
    if (message?.conversation?.sid !== sid) return false;
    await join(sid, message, message.conversation.author, { evenClosed: true });
    return true;
  }

  function announce(
    record: ConversationRecord,
    events: readonly ConversationEvent[],
    message: MessageRecord | undefined,
  ): void {
    if (!ctx.events.has("conversation")) return;
    const conversation = toConversation(record, ctx.options, ctx.clock.now());
    const emit = (change: ConversationChange): void =>
      ctx.events.emit("conversation", Object.freeze({ ...change, conversation }));
    for (const event of events) {
      if (event.type === "onConversationAdded") emit({ type: "added", conversation });
      else if (event.type === "onConversationStateUpdated") emit({ ...event, type: "state", conversation });
      else if (event.type === "onMessageAdded" && message !== undefined)
        emit({
          type: "message",
          conversation,
          message: toConversationMessage(record.sid, event.line, message),
        });
    }
    if (events.length === 0) emit({ type: "updated", conversation });
  }
}

/** An event as a line of the feed. The participant comes with the conversation. */
function toEntry(record: ConversationRecord, event: ConversationEvent, at: number): ChangeEntry | undefined {
  const base = { type: "conversation", at, sid: record.sid, messageSid: null, index: null } as const;
  if (event.type === "onConversationAdded") return { ...base, event: "added", state: record.state };
  if (event.type === "onConversationStateUpdated") return { ...base, event: "state", state: event.stateTo };
  if (event.type !== "onMessageAdded") return undefined;
  const { messageSid, index } = event.line;
  return { ...base, event: "message", state: record.state, messageSid, index };
}
