import type { ConversationState } from "../conversation.ts";
import type { ErrorCode } from "../errors.ts";
import type { Settings } from "../settings.ts";
import type { LateLogWrite, LateText } from "../store/late-text.ts";
import type { LogEntry, LogWrite, Store } from "../store/store.ts";
import type { MessageStatus, OptOutType } from "../types.ts";
import type { Keys } from "./keys.ts";
import { quote } from "./record-text.ts";

/** One entry of the durable feed. `cursor` stands for its place: keep the last one you worked off. */
export type Change = ChangeEntry & { readonly cursor: string };

/** What the feed holds: statuses of outbound messages, inbound messages, conversations, and consent. */
export type ChangeEntry =
  | {
      readonly type: "status";
      readonly at: number;
      readonly sid: string;
      readonly to: string;
      readonly from: string | null;
      readonly status: MessageStatus;
      readonly errorCode: number | null;
      readonly error: ErrorCode | null;
      readonly sequenceNumber: number;
    }
  | {
      readonly type: "inbound";
      readonly at: number;
      readonly sid: string;
      readonly from: string;
      readonly to: string;
      readonly optOutType: OptOutType | null;
    }
  | {
      readonly type: "opt-out" | "opt-in";
      readonly at: number;
      readonly address: string;
      readonly sender: string | null;
      readonly source: string;
      readonly keyword: string | null;
    }
  | {
      readonly type: "conversation";
      readonly at: number;
      /** The conversation's. */
      readonly sid: string;
      readonly event: "added" | "message" | "state";
      readonly state: ConversationState;
      /** Of a message: the message's own SID, and its place. */
      readonly messageSid: string | null;
      readonly index: number | null;
    };

/** The repository of the feed. Entries live as long as messages do (`retention`). */
export interface Changes {
  /** The entry, for a write that makes it: a change and its line in the feed happen together. */
  entry(change: ChangeEntry): LogWrite;
  /** The same for a write whose texts may be late: the change must stay as it is. */
  lateEntry(change: ChangeEntry): LateLogWrite;
  page(after: string | undefined, limit: number): Promise<Change[]>;
  /** The last entry there is; `undefined` where the feed is empty. */
  newest(): Promise<Change | undefined>;
}

export function createChanges(store: Store, keys: Keys, settings: () => Settings): Changes {
  const toChange = ({ cursor, value }: LogEntry): Change =>
    Object.freeze({ ...(JSON.parse(value) as ChangeEntry), cursor });
  const line = <Text>(value: Text) => ({ log: keys.changes, value, ttlMs: settings().retention * 1000 });
  return Object.freeze({
    entry: (change: ChangeEntry) => line(changeText(change)),
    lateEntry: (change: ChangeEntry) => line(new ChangeText(change)),
    async page(after: string | undefined, limit: number): Promise<Change[]> {
      return (await store.range(keys.changes, { after, limit })).map(toChange);
    },
    async newest(): Promise<Change | undefined> {
      return (await store.range(keys.changes, { limit: 1, reverse: true })).map(toChange)[0];
    },
  });
}

/** A change as text, once somebody reads it. */
class ChangeText implements LateText {
  private readonly change: ChangeEntry;

  constructor(change: ChangeEntry) {
    this.change = change;
  }

  toString(): string {
    return changeText(this.change);
  }
}

function changeText(change: ChangeEntry): string {
  return change.type === "status" ? statusText(change) : JSON.stringify(change);
}

/** As JSON.stringify has it, in a third of the time: every message writes a few. */
function statusText(change: Extract<ChangeEntry, { type: "status" }>): string {
  const { at, sid, to, from, status, errorCode, error, sequenceNumber } = change;
  return [
    '{"type":"status","at":',
    at,
    ',"sid":',
    quote(sid),
    ',"to":',
    quote(to),
    ',"from":',
    from === null ? "null" : quote(from),
    ',"status":"',
    status,
    '","errorCode":',
    errorCode ?? "null",
    ',"error":',
    error === null ? "null" : quote(error),
    ',"sequenceNumber":',
    sequenceNumber,
    "}",
  ].join("");
}
