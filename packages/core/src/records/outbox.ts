import { MessagingError } from "../errors.ts";
import { PassingMap } from "../passing.ts";
import type { Store } from "../store/store.ts";
import type { Keys } from "./keys.ts";
import { isDead, SIGN_OF_LIFE } from "./liveness.ts";

/**
 * What a process has accepted and not finished, kept where another process finds it should this one die. A log per
 * process, cut off below its oldest unfinished entry, so that it stays as long as what is under way.
 */
export interface Outbox {
  /** The process is known to the others from here on. Resolves when the store has it; asked before anything is accepted. */
  open(): Promise<void>;
  /** @throws MessagingError SERVICE_CLOSED at once, where the process is leaving: nothing may be written beside it. */
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

/** As many entries passed are let go of at once. */
const PASSED_KEPT = 1_024;

interface Entry {
  readonly sid: string;
  /** The newest line that was there when this one went to the store: its own comes after. */
  readonly floor: string | undefined;
  done: boolean;
}

/** What {@link createOutbox} needs. */
export interface OutboxParts {
  readonly store: Store;
  readonly keys: Keys;
  /** This process. */
  readonly owner: string;
  /** Without a sign of life for three of them a process counts as dead. */
  readonly heartbeatMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The outbox of the process `owner`. */
export function createOutbox({ store, keys, owner, heartbeatMs, now }: OutboxParts): Outbox {
  /** In the order in which their lines went to the store; done ones at the front are passed. */
  const entries: (Entry | undefined)[] = [];
  let passed = 0;
  /** The newest line that is there, and the one up to which the log is cut off. */
  let newest: string | undefined;
  let cutAt: string | undefined;
  const bySid = new PassingMap<string, Entry>();
  const log = keys.outbox(owner);
  let opening: Promise<void> | undefined;
  let isOpen = false;
  let beating: Promise<void> | undefined;
  let beatenAt = 0;
  /** When signs of life got through again after a gap. */
  let reachedAt = Number.NEGATIVE_INFINITY;
  let listedAt = 0;
  let leaving = false;

  /** `moved` is the entry whose line this one is to stand for. */
  async function append(sid: string, moved?: Entry): Promise<void> {
    const entry: Entry = { sid, floor: newest, done: false };
    entries.push(entry);
    try {
      const cursor = await store.append(log, sid, ENTRY_MS);
      if (newest === undefined || cursor > newest) newest = cursor;
    } catch (error) {
      finish(entry);
      throw error;
    }
    if (moved?.done === true) return finish(entry);
    const earlier = bySid.get(sid);
    bySid.set(sid, entry);
    if (earlier !== undefined) finish(earlier);
  }

  function finish(entry: Entry): void {
    entry.done = true;
    while (entries[passed]?.done === true) {
      entries[passed] = undefined;
      passed += 1;
    }
    if (passed < PASSED_KEPT || passed * 2 < entries.length) return;
    entries.splice(0, passed);
    passed = 0;
  }

  /**
   * Cuts the log below the first line that counts. What went to the store at the same time may stand there in any order, and
   * one that is still on its way may stand before one that is done; nothing that counts stands up to the floor of the first.
   */
  async function cut(): Promise<void> {
    const first = entries[passed];
    const upTo = first === undefined ? newest : first.floor;
    if (upTo === undefined || upTo === cutAt) return;
    await store.trim?.(log, upTo);
    cutAt = upTo;
  }

  /** A process that was held up may have been taken for dead and settled: from here on it is looked after again. */
  async function beatNow(): Promise<void> {
    const at = now();
    // One after the other: who settles this process looks for the sign after it has set the mark.
    await store.set(keys.owner(owner), SIGN_OF_LIFE, heartbeatMs * 3);
    await store.delete(keys.outboxMark(owner));
    if (isStale()) reachedAt = now();
    beatenAt = at;
  }

  /** Whether this process's own sign of life is overdue. */
  function isStale(): boolean {
    return beatenAt > 0 && now() - beatenAt > heartbeatMs * 2;
  }

  /** A store that was away has let every sign of life run out: who lives says so within three beats. */
  function isJudge(): boolean {
    return !isStale() && now() - reachedAt > heartbeatMs * 3;
  }

  function beat(): Promise<void> {
    beating ??= beatNow().finally(() => {
      beating = undefined;
    });
    return beating;
  }

  /** Again in time, so that a process may live longer than its line. */
  async function list(): Promise<void> {
    const at = now();
    await store.append(keys.owners, owner, ENTRY_MS);
    listedAt = at;
  }

  const outbox: Outbox = {
    open() {
      opening ??= Promise.all([list(), beat()]).then(
        () => {
          isOpen = true;
        },
        (error: unknown) => {
          opening = undefined;
          throw error;
        },
      );
      return opening;
    },
    add(sid) {
      if (leaving) throw new MessagingError("SERVICE_CLOSED", "The service was closed meanwhile.");
      // After a stall a sign of life goes along, or nobody would look for it. The line does not wait for that: what is
      // written beside it must not be there without it.
      const stale = opening !== undefined && isStale();
      if (isOpen && !stale) return append(sid);
      return Promise.all([append(sid), outbox.open(), stale ? beat() : undefined]).then(() => undefined);
    },
    has: (sid) => bySid.has(sid),
    done(sid) {
      const entry = bySid.get(sid);
      if (entry === undefined) return;
      bySid.delete(sid);
      finish(entry);
    },
    async checkpoint() {
      if (opening === undefined) return;
      await beat();
      if (now() - listedAt > ENTRY_MS / 2) await list();
      const first = entries[passed];
      const isMoved = first !== undefined && bySid.get(first.sid) === first;
      if (isMoved && entries.length - passed > MOVE_AFTER) await append(first.sid, first);
      await cut();
    },
    async close() {
      leaving = true;
      if (opening === undefined) return;
      await outbox.checkpoint();
      if (passed === entries.length) await outbox.settled(owner);
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
          const sign = states[index * 2];
          const isOver = isDead(sign) && (sign !== undefined || isJudge());
          if (isOver && states[index * 2 + 1] === undefined) found.push(each);
        }
        if (page.length < PAGE) return found;
        after = page.at(-1)?.cursor;
      }
    },
    async takeOver(dead) {
      // Known to the others first: should this process die over it, they see that nobody is at it any more.
      await outbox.open();
      const key = keys.takeover(dead);
      const there = await store.setIfAbsent(key, owner, TAKEOVER_MS);
      if (there === undefined || there === owner) return true;
      if (!isDead(await store.get(keys.owner(there)))) return false;
      return store.compareAndSet(key, there, owner, TAKEOVER_MS);
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
      // Not dead after all: what it accepted since must be found should it die.
      if (dead !== owner && !isDead(await store.get(keys.owner(dead)))) {
        await store.delete(keys.outboxMark(dead));
      }
    },
  };
  return Object.freeze(outbox);
}
