import type { Store } from "../store/store.ts";
import type { Keys } from "./keys.ts";

/**
 * What a process has accepted and not finished, kept where another process finds it should this one die. A log per
 * process, cut off below its oldest unfinished entry, so that it stays as long as what is under way.
 */
export interface Outbox {
  /** The process is known to the others from here on. Resolves when the store has it; asked before anything is accepted. */
  open(): Promise<void>;
  add(sid: string): Promise<void>;
  has(sid: string): boolean;
  /** The message needs no recovery any more: it is final, or the provider has it. */
  done(sid: string): void;
  /** Says that the process lives, and cuts the log. */
  checkpoint(): Promise<void>;
  /** Leaves in order: what is left is taken over at once. */
  close(): Promise<void>;
  /** Processes that do not live any more and may have left something. */
  abandoned(): Promise<readonly string[]>;
  /** Takes a dead process's place; false when another process has it. */
  takeOver(owner: string): Promise<boolean>;
  /** What a process left, in order, in pages. */
  left(owner: string): AsyncIterable<readonly string[]>;
  /** Everything a process left is taken care of. */
  settled(owner: string): Promise<void>;
}

const TAKEOVER_MS = 60_000;
/** Entries that nobody cut off end by themselves: scheduled messages lie 35 days at most. */
const ENTRY_MS = 60 * 86_400_000;
const PAGE = 200;
/** A long-lived entry at the head is moved to the end, so that it does not hold the log. */
const MOVE_AFTER = 1_000;

interface Entry {
  readonly sid: string;
  readonly cursor: string;
  done: boolean;
}

/** The outbox of the process `owner`; without a sign of life for three `heartbeatMs` it counts as dead. */
export function createOutbox(store: Store, keys: Keys, owner: string, heartbeatMs: number): Outbox {
  const entries: Entry[] = [];
  const bySid = new Map<string, Entry>();
  let opening: Promise<void> | undefined;

  async function append(sid: string): Promise<void> {
    const entry = { sid, cursor: await store.append(keys.outbox(owner), sid, ENTRY_MS), done: false };
    const earlier = bySid.get(sid);
    if (earlier !== undefined) earlier.done = true;
    bySid.set(sid, entry);
    entries.push(entry);
  }

  const beat = (): Promise<void> => store.set(keys.owner(owner), "alive", heartbeatMs * 3);

  const outbox: Outbox = {
    open() {
      opening ??= Promise.all([store.append(keys.owners, owner, ENTRY_MS), beat()]).then(
        () => undefined,
        (error: unknown) => {
          opening = undefined;
          throw error;
        },
      );
      return opening;
    },
    async add(sid) {
      await Promise.all([outbox.open(), append(sid)]);
    },
    has: (sid) => bySid.has(sid),
    done(sid) {
      const entry = bySid.get(sid);
      if (entry === undefined) return;
      entry.done = true;
      bySid.delete(sid);
    },
    async checkpoint() {
      if (opening === undefined) return;
      await beat();
      const head = entries.find((entry) => !entry.done);
      if (head !== undefined && entries.length > MOVE_AFTER) await append(head.sid);
      let count = 0;
      // Cursors come back in any order when appends overlap; the log's own order is theirs.
      entries.sort((a, b) => (a.cursor < b.cursor ? -1 : 1));
      while (entries[count]?.done === true) count += 1;
      const last = entries[count - 1];
      if (last === undefined) return;
      entries.splice(0, count);
      await store.trim?.(keys.outbox(owner), last.cursor);
    },
    async close() {
      if (opening === undefined) return;
      await outbox.checkpoint();
      if (entries.every((entry) => entry.done)) await outbox.settled(owner);
      await store.delete(keys.owner(owner));
    },
    async abandoned() {
      const found: string[] = [];
      let after: string | undefined;
      for (;;) {
        const page = await store.range(keys.owners, { after, limit: PAGE });
        const others = page.map((entry) => entry.value).filter((each) => each !== owner);
        const states = await store.getMany(
          others.flatMap((each) => [keys.owner(each), keys.outboxMark(each)]),
        );
        for (const [index, each] of others.entries()) {
          if (states[index * 2] === undefined && states[index * 2 + 1] === undefined) found.push(each);
        }
        if (page.length < PAGE) return found;
        after = page.at(-1)?.cursor;
      }
    },
    async takeOver(dead) {
      return (await store.setIfAbsent(keys.takeover(dead), owner, TAKEOVER_MS)) === undefined;
    },
    async *left(dead) {
      let after: string | undefined;
      for (;;) {
        const page = await store.range(keys.outbox(dead), { after, limit: PAGE });
        if (page.length > 0) yield page.map((entry) => entry.value);
        if (page.length < PAGE) return;
        after = page.at(-1)?.cursor;
      }
    },
    async settled(dead) {
      await store.set(keys.outboxMark(dead), "settled", ENTRY_MS);
    },
  };
  return Object.freeze(outbox);
}
