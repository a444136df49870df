import { MessagingError } from "@messaging-service/core";
import { type Database, open, TransactionFlags } from "lmdb";

/** What is stored: when it ends (0 for never), and the text. JSON keeps any text whole, lone surrogates too. */
export type Row = [expires: number, value: string];

/** An item's log and sequence number. */
export type ItemKey = [log: string, sequence: number];

/** What ends when: an entry's key, or an item's log and sequence number, after the time it ends. */
export type Due = [expires: number, key: string] | [expires: number, ...item: ItemKey];

/** The tables of a store, in one file. */
export interface Databases {
  readonly entries: Database<Row, string>;
  readonly logs: Database<Row, ItemKey>;
  readonly dues: Database<1, Due>;
  /** "next": the sequence number of the next item, of whichever log. */
  readonly meta: Database<number, string>;
  /** Runs `work` in one write transaction, undone when it throws, and resolves once that is flushed to disk. Lock and flush are waited for on the event loop. */
  commit(work: () => void): Promise<void>;
  /** LMDB reads from a snapshot it keeps for a turn of the event loop: what another process just wrote is newer. */
  refresh(): void;
  close(): Promise<void>;
}

/** A thrown error undoes it; it is on disk when the call returns. */
const COMMIT_FLAGS: TransactionFlags = TransactionFlags.ABORTABLE | TransactionFlags.SYNCHRONOUS_COMMIT;

/**
 * Opens the file, or makes it.
 *
 * @throws MessagingError INVALID_OPTION when the path cannot be opened.
 */
export function openDatabases(path: string, mapSize: number | undefined): Databases {
  // lmdb itself would take a temporary folder, and lose it.
  if (typeof path !== "string" || path === "")
    throw new MessagingError("INVALID_OPTION", `lmdbStore takes the path of a folder, not ${String(path)}.`);
  try {
    // Flushing beside the next transaction, lmdb 3.5.6 now and then begins a transaction from a state older than another
    // process's last commit (5 of 70,000 appends of three processes had a position twice; none of 150,000 without).
    const root = open({ path, overlappingSync: false, ...(mapSize === undefined ? {} : { mapSize }) });
    const encoding = "json";
    return {
      entries: root.openDB({ name: "entries", encoding }),
      logs: root.openDB({ name: "logs", encoding }),
      dues: root.openDB({ name: "dues", encoding }),
      meta: root.openDB({ name: "meta", encoding }),
      async commit(work) {
        root.transactionSync(work, COMMIT_FLAGS);
        await root.flushed;
      },
      refresh: () => root.resetReadTxn(),
      close: () => root.close(),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MessagingError("INVALID_OPTION", `lmdbStore cannot open ${path}: ${reason}.`, { cause: error });
  }
}
