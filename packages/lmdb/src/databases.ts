import { MessagingError } from "@messaging-service/core";
import { type Database, open, type RootDatabase } from "lmdb";

/** What is stored: when it ends (0 for never), and the text. JSON keeps any text whole, lone surrogates too. */
export type Row = [expires: number, value: string];

/** An item's log and sequence number. */
export type ItemKey = [log: string, sequence: number];

/** What ends when: an entry's key, or an item's log and sequence number, after the time it ends. */
export type Due = [expires: number, key: string] | [expires: number, ...item: ItemKey];

/** The three tables of a store, in one file. */
export interface Databases {
  readonly root: RootDatabase;
  readonly entries: Database<Row, string>;
  readonly logs: Database<Row, ItemKey>;
  readonly dues: Database<1, Due>;
}

/**
 * Opens the file, or makes it.
 *
 * @throws MessagingError INVALID_OPTION when the path cannot be opened.
 */
export function openDatabases(path: string, mapSize: number | undefined): Databases {
  try {
    const root = open({ path, ...(mapSize === undefined ? {} : { mapSize }) });
    const encoding = "json";
    return {
      root,
      entries: root.openDB({ name: "entries", encoding }),
      logs: root.openDB({ name: "logs", encoding }),
      dues: root.openDB({ name: "dues", encoding }),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MessagingError("INVALID_OPTION", `lmdbStore cannot open ${path}: ${reason}.`, { cause: error });
  }
}
