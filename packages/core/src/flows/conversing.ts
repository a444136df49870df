import type { ConversationAddEvent, ConversationPostEventName } from "../conversation-options.ts";
import type {
  ConversationEvent,
  ConversationRecord,
  PendingEvent,
  StateChange,
} from "../records/conversation-record.ts";
import type { VersionedConversation } from "../records/conversations.ts";
import type { MessageRecord } from "../records/message-record.ts";
import type { Received } from "./arrival.ts";

/** A conversation as it is to be, and what happened to it. */
export interface ConversationStep {
  readonly next: ConversationRecord;
  readonly events: readonly ConversationEvent[];
}

/** How conversations change; see conversation-changes.ts. */
export interface ConversationChanges {
  /**
   * Writes `next` over exactly `current` with what happened, and tells it; frees the pair of one that was closed.
   * `message` is the record of a message among the events. Resolves `undefined` when another writer was first.
   */
  commit(
    current: VersionedConversation | undefined,
    next: ConversationRecord,
    events: readonly ConversationEvent[],
    message?: MessageRecord,
  ): Promise<VersionedConversation | undefined>;
  /** Puts a message into a conversation, once, and wakes it. A closed one takes it only where `evenClosed`. */
  join(
    sid: string,
    message: MessageRecord,
    author: string,
    options?: { readonly evenClosed?: boolean },
  ): Promise<"in" | "closed" | "missing">;
  /** Applies `change` to the newest record until it holds, timers first; `undefined` leaves it alone. */
  update(
    sid: string,
    change: (record: ConversationRecord) => ConversationStep | undefined,
  ): Promise<VersionedConversation | undefined>;
  /** Puts a message into the conversation that its record says it was sent in; false: there is no such message. */
  rejoin(sid: string, messageSid: string): Promise<boolean>;
  /** Takes up what a line in the outbox of the process `owner` says is to be done. False: nothing was. */
  resume(entry: string, owner: string): Promise<boolean>;
}
/** What is still to be done for conversations, kept where another process finds it; see conversation-telling.ts. */
export interface ConversationTelling {
  /** Has a line in the outbox until it was released as often as it was held. */
  hold(entry: string): Promise<void>;
  release(entry: string): void;
  /** Does it until it succeeds, then releases what was held. Resolves after the first attempt. */
  insist(entry: string, task: () => Promise<unknown>): Promise<void>;
  /** Tells the hooks, after what came before; never rejects, never waited for by a change. */
  tell(
    record: ConversationRecord,
    pending: readonly PendingEvent[],
    message: MessageRecord | undefined,
  ): void;
  /** What the process `owner` left of a conversation: events to tell, a pair to free. False: nothing was. */
  takeUp(sid: string, owner: string): Promise<boolean>;
  /** What is still to be done. */
  readonly active: number;
  /** Waits for hooks under way, up to `timeoutMs`. What is cut off is told by the next start. */
  close(timeoutMs: number): Promise<void>;
}
/** Who is asked and told of conversations; see conversation-hooks.ts. */
export interface ConversationHooks {
  /** Whether anybody wants to be told of such events. */
  wants(type: ConversationPostEventName): boolean;
  /** Whether the message may begin a conversation. Rejects only when the service closes meanwhile. */
  ask(event: ConversationAddEvent): Promise<boolean>;
  /** Tells them in order, after what came before. Rejects when the service closes meanwhile, or the store does not answer. */
  tell(
    record: ConversationRecord,
    pending: readonly PendingEvent[],
    message: MessageRecord | undefined,
  ): Promise<void>;
}

/** Puts inbound messages into conversations; see converse.ts. */
export interface Converse {
  /** Into the pair's conversation, which it begins if there is none; false: it was refused, and is dropped. */
  receive(received: Received): Promise<boolean>;
  /** A keyword and our reply to it, into the conversation of its pair if there is one. */
  keep(received: Received): Promise<void>;
}

/** Changes of state as events. */
export function stateEvents(changes: readonly StateChange[]): readonly ConversationEvent[] {
  return changes.map((change) => ({ type: "onConversationStateUpdated", ...change }));
}
