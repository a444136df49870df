import { type Clock, systemClock } from "../clock.ts";
import { MessagingError } from "../errors.ts";
import { integer, optionNames } from "../option-checks.ts";
import { fromCursor, toCursor, wholeTtl } from "./arguments.ts";
import { type Bucket, createExpiry, type Expiry } from "./expiry.ts";
import { markTimely } from "./guard.ts";
import { type LateLogWrite, type LateText, type LateTexts, markLate } from "./late-text.ts";
import { createMemoryLogs, type Run } from "./memory-log.ts";
import type { LogEntry, RangeOptions, Store, StoreWrite } from "./store.ts";

/** Settings of {@link memoryStore}. */
export interface MemoryStoreOptions {
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** Most entries, log entries included; default 1,000,000. A write that needs one more rejects with STORE_FULL. */
  readonly maxEntries?: number | undefined;
  /**
   * Expired entries are never read, and dropped at most this many milliseconds (or a 32nd of their life) later;
   * default 1,000.
   */
  readonly sweepEveryMs?: number | undefined;
}

interface Entry {
  readonly key: string;
  value: LateText;
  expires: number;
  bucket: Bucket | undefined;
}

/** Answers that most calls share. An async function takes several times the room of a promise that is there. */
const DONE = Promise.resolve();
const YES = Promise.resolve(true);
const NO = Promise.resolve(false);

/**
 * A store in this process's memory: exact, bounded, and gone with the process. It evicts nothing. Entries end by
 * their time to live alone; when it is full of live ones it refuses new ones and still replaces and deletes.
 *
 * @throws MessagingError UNKNOWN_OPTION, INVALID_OPTION.
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  optionNames("memoryStore", options, ["clock", "maxEntries", "sweepEveryMs"]);
  const clock = options.clock ?? systemClock;
  const { maxEntries = 1_000_000 } = options;
  if (maxEntries !== Number.POSITIVE_INFINITY) integer("maxEntries", maxEntries, 0, Number.MAX_SAFE_INTEGER);
  const entries = new Map<string, Entry>();
  const expiry: Expiry<Entry | Run> = createExpiry(clock, options.sweepEveryMs ?? 1_000, (ended, now) =>
    "key" in ended ? dropEntry(ended, now) : logs.drop(ended, now),
  );
  const logs = createMemoryLogs(clock.now() * 1_000, expiry);

  const isLive = (ended: { readonly expires: number }, now: number): boolean =>
    ended.expires === 0 || ended.expires > now;

  function read(key: string, now: number): LateText | undefined {
    const entry = entries.get(key);
    return entry !== undefined && isLive(entry, now) ? entry.value : undefined;
  }

  function makeRoom(needed: number): void {
    if (needed === 0 || entries.size + logs.count() + needed <= maxEntries) return;
    expiry.drain();
    if (entries.size + logs.count() + needed <= maxEntries) return;
    throw new MessagingError("STORE_FULL", `The memory store holds ${maxEntries} entries.`);
  }

  /** `there` is what stands under the key, ended or not: looking it up once more would take as long as the rest. */
  function write(key: string, there: Entry | undefined, value: LateText, ttlMs: number, now: number): void {
    const expires = ttlMs === 0 ? 0 : now + ttlMs;
    // Making room drops what has ended, and lets go of its bucket.
    if (there === undefined || (there.expires !== 0 && there.bucket === undefined)) {
      const entry: Entry = { key, value, expires, bucket: undefined };
      entries.set(key, entry);
      expiry.add(entry, now);
    } else {
      there.value = value;
      there.expires = expires;
      expiry.add(there, now);
    }
  }

  function dropEntry(entry: Entry, now: number): boolean {
    return entry.expires <= now && entries.delete(entry.key);
  }

  function remove(entry: Entry | undefined): void {
    if (entry === undefined) return;
    expiry.remove(entry);
    entries.delete(entry.key);
  }

  const store = Object.freeze({
    name: "memory",
    atomicity: "store",
    durable: false,
    get(key: string): Promise<string | undefined> {
      return Promise.resolve(read(key, clock.now())?.toString());
    },
    getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
      const now = clock.now();
      return Promise.resolve(keys.map((key) => read(key, now)?.toString()));
    },
    set(key: string, value: string, ttlMs: number): Promise<void> {
      try {
        const ttl = wholeTtl(ttlMs);
        const there = entries.get(key);
        makeRoom(there === undefined ? 1 : 0);
        write(key, there, value, ttl, clock.now());
        return DONE;
      } catch (error) {
        return Promise.reject(error);
      }
    },
    async setMany(writes: readonly StoreWrite[]): Promise<void> {
      const ttls = writes.map((each) => wholeTtl(each.ttlMs));
      makeRoom(new Set(writes.map(({ key }) => key).filter((key) => !entries.has(key))).size);
      const now = clock.now();
      for (const [index, { key, value }] of writes.entries())
        write(key, entries.get(key), value, ttls[index] ?? 0, now);
    },
    async delete(key: string): Promise<void> {
      remove(entries.get(key));
    },
    async setIfAbsent(key: string, value: string, ttlMs: number): Promise<string | undefined> {
      const ttl = wholeTtl(ttlMs);
      const now = clock.now();
      const there = entries.get(key);
      if (there !== undefined && isLive(there, now)) return there.value.toString();
      makeRoom(there === undefined ? 1 : 0);
      write(key, there, value, ttl, now);
      return undefined;
    },
    compareAndSet(
      key: string,
      expected: LateText | undefined,
      value: LateText | undefined,
      ttlMs: number,
      appends?: readonly LateLogWrite[],
    ): Promise<boolean> {
      try {
        const ttl = wholeTtl(ttlMs);
        if (appends !== undefined) for (const append of appends) wholeTtl(append.ttlMs);
        const now = clock.now();
        const there = entries.get(key);
        if (!isSame(there !== undefined && isLive(there, now) ? there.value : undefined, expected)) return NO;
        makeRoom((appends?.length ?? 0) + (value === undefined || there !== undefined ? 0 : 1));
        if (value === undefined) remove(there);
        else write(key, there, value, ttl, now);
        if (appends !== undefined)
          for (const append of appends) logs.add(append.log, append.value, wholeTtl(append.ttlMs), now);
        return YES;
      } catch (error) {
        return Promise.reject(error);
      }
    },
    append(log: string, value: string, ttlMs: number): Promise<string> {
      try {
        const ttl = wholeTtl(ttlMs);
        makeRoom(1);
        return Promise.resolve(toCursor(logs.add(log, value, ttl, clock.now())));
      } catch (error) {
        return Promise.reject(error);
      }
    },
    async range(name: string, rangeOptions: RangeOptions = {}): Promise<LogEntry[]> {
      return logs.range(name, rangeOptions, clock.now());
    },
    async trim(name: string, upTo: string): Promise<void> {
      logs.trim(name, fromCursor(upTo));
    },
    /** Stops the sweeper; what is stored stays, for a service that is created again on the same store. */
    async close(): Promise<void> {
      expiry.stop();
    },
  } satisfies Store);
  const late: LateTexts = {
    keeps: true,
    get: (key) => Promise.resolve(read(key, clock.now())),
    getMany: (keys) => Promise.resolve(keys.map((key) => read(key, clock.now()))),
    compareAndSet: store.compareAndSet,
  };
  return markTimely(markLate(store, late));
}

/** Whether two texts are the same; those that are not worked out yet most often are the very same. */
function isSame(a: LateText | undefined, b: LateText | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.toString() === b.toString());
}
