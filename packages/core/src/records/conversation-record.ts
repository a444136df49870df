import type { Conversation, ConversationMessage, ConversationState } from "../conversation.ts";
import { deriveSid } from "../sid.ts";
import type { Address, Channel } from "../types.ts";
import type { MessageRecord } from "./message-record.ts";

/** A conversation as it is stored: one small document, however many messages it has. */
export interface ConversationRecord {
  readonly sid: string;
  readonly state: ConversationState;
  readonly address: Address;
  /** What all forms of the person's number share. */
  readonly person: string;
  readonly sender: Address;
  readonly channel: Channel;
  readonly friendlyName: string | null;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When its timers end, ms; set anew by every message. */
  readonly inactiveAt: number | null;
  readonly closeAt: number | null;
  /** How many messages it was given: the next one's index. */
  readonly count: number;
  /** Its last messages; those before them have marks of their own. */
  readonly recent: readonly string[];
  /** When its line in the list was written. */
  readonly listedAt: number;
  /** The slot in which it is looked at next; `null` for none. */
  readonly slot: number | null;
  /** Counts its events. */
  readonly sequence: number;
  /** Events that a hook has not been told yet. */
  readonly pending?: readonly PendingEvent[] | undefined;
}

/** A line of a conversation's log: its place, the message, and who said it. */
export interface ConversationLine {
  readonly index: number;
  readonly messageSid: string;
  readonly author: string;
}

/** What happened to a conversation. */
export type ConversationEvent =
  | { readonly type: "onConversationAdded" | "onParticipantAdded" }
  | { readonly type: "onMessageAdded"; readonly line: ConversationLine }
  | ({ readonly type: "onConversationStateUpdated" } & StateChange);
export interface StateChange {
  readonly stateFrom: ConversationState;
  readonly stateTo: ConversationState;
  readonly reason: "API" | "TIMER" | "EVENT";
}

/** An event that somebody wants to be told, and which process tells it. */
export interface PendingEvent {
  readonly sequence: number;
  readonly at: number;
  readonly owner: string;
  readonly event: ConversationEvent;
}

/** Whom a conversation is between. */
export interface Pair {
  readonly address: Address;
  readonly person: string;
  readonly sender: Address;
  readonly channel: Channel;
}

/** Seconds of the timers in force. */
export interface Timers {
  readonly inactiveAfter: number | undefined;
  readonly closeAfter: number | undefined;
}

/** A conversation before its first message. */
export function newConversation(sid: string, pair: Pair, now: number): ConversationRecord {
  return {
    sid,
    state: "active",
    ...pair,
    friendlyName: null,
    attributes: {},
    createdAt: now,
    updatedAt: now,
    inactiveAt: null,
    closeAt: null,
    count: 0,
    recent: [],
    listedAt: now,
    slot: null,
    sequence: 0,
  };
}

/** The state at that time: a timer that has ended counts, whether or not anybody has written it down. */
export function stateAt({ state, inactiveAt, closeAt }: ConversationRecord, now: number): ConversationState {
  if (state === "closed" || (closeAt !== null && closeAt <= now)) return "closed";
  return inactiveAt !== null && inactiveAt <= now ? "inactive" : state;
}

/** The record with what its timers made of it until then, and the change if there was one. */
export function settled(
  record: ConversationRecord,
  now: number,
): { readonly record: ConversationRecord; readonly changes: readonly StateChange[] } {
  const state = stateAt(record, now);
  if (state === record.state) return { record, changes: [] };
  const changes = [{ stateFrom: record.state, stateTo: state, reason: "TIMER" as const }];
  return { record: inState(record, state, now), changes };
}

/** The record in a state, its timers with it. */
export function inState(
  record: ConversationRecord,
  state: ConversationState,
  now: number,
): ConversationRecord {
  return {
    ...record,
    state,
    updatedAt: now,
    inactiveAt: state === "active" ? record.inactiveAt : null,
    closeAt: state === "closed" ? null : record.closeAt,
  };
}

/** The record with its timers begun anew. */
export function awake(record: ConversationRecord, timers: Timers, now: number): ConversationRecord {
  const after = (seconds: number | undefined): number | null =>
    seconds === undefined ? null : now + seconds * 1000;
  if (record.state === "closed") return record;
  return {
    ...record,
    updatedAt: now,
    inactiveAt: record.state === "active" ? after(timers.inactiveAfter) : null,
    closeAt: after(timers.closeAfter),
  };
}

/** The record with one more message, and the message's line. */
export function withMessage(
  record: ConversationRecord,
  { messageSid, author }: Omit<ConversationLine, "index">,
  now: number,
): { readonly record: ConversationRecord; readonly line: ConversationLine } {
  const line = { index: record.count, messageSid, author };
  const next = {
    ...record,
    updatedAt: now,
    count: record.count + 1,
    recent: [...record.recent, messageSid],
  };
  return { record: next, line };
}

/** The public, frozen view of a record. */
export function toConversation(
  record: ConversationRecord,
  { accountSid, sid: messagingServiceSid }: { readonly accountSid: string; readonly sid: string },
  now: number,
): Conversation {
  const state = stateAt(record, now);
  const date = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));
  return Object.freeze({
    sid: record.sid,
    accountSid,
    messagingServiceSid,
    state,
    address: record.address,
    sender: record.sender,
    channel: record.channel,
    participantSid: participantSidOf(record.sid),
    friendlyName: record.friendlyName,
    attributes: Object.freeze({ ...record.attributes }),
    messageCount: record.count,
    dateCreated: new Date(record.createdAt),
    dateUpdated: new Date(record.updatedAt),
    timers: Object.freeze({
      dateInactive: date(state === "active" ? record.inactiveAt : null),
      dateClosed: date(state === "closed" ? null : record.closeAt),
    }),
  });
}

/** The public, frozen view of a message of a conversation. */
export function toConversationMessage(
  conversationSid: string,
  { index, messageSid, author }: ConversationLine,
  record: MessageRecord,
): ConversationMessage {
  const inbound = record.direction === "inbound";
  const media = record.inbound?.media ?? record.mediaUrl.map((url) => ({ url, contentType: null }));
  return Object.freeze({
    sid: deriveSid("IM", conversationSid, messageSid),
    conversationSid,
    messageSid,
    index,
    author,
    participantSid: inbound ? participantSidOf(conversationSid) : null,
    direction: record.direction,
    body: record.body,
    media: Object.freeze(media.map((each) => Object.freeze({ ...each }))),
    status: record.status,
    errorCode: record.errorCode,
    error: record.error,
    optOutType: record.optOutType,
    dateCreated: new Date(record.createdAt),
    dateUpdated: new Date(record.updatedAt),
  });
}

/** A conversation has one participant whom a number stands for, so its SID follows. */
function participantSidOf(conversationSid: string): string {
  return deriveSid("MB", conversationSid);
}
