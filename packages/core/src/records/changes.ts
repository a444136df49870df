import type { ConversationState } from "../conversation.ts";
import type { ErrorCode } from "../errors.ts";
import type { Settings } from "../settings.ts";
import type { LogWrite, Store } from "../store/store.ts";
import type { MessageStatus, OptOutType } from "../types.ts";
import type { Keys } from "./keys.ts";

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
  page(after: string | undefined, limit: number): Promise<Change[]>;
}

export function createChanges(store: Store, keys: Keys, settings: () => Settings): Changes {
  return Object.freeze({
    entry: (change: ChangeEntry) => ({
      log: keys.changes,
      value: JSON.stringify(change),
      ttlMs: settings().retention * 1000,
    }),
    async page(after: string | undefined, limit: number): Promise<Change[]> {
      const entries = await store.range(keys.changes, { after, limit });
      return entries.map(({ cursor, value }) =>
        Object.freeze({ ...(JSON.parse(value) as ChangeEntry), cursor }),
      );
    },
  });
}
