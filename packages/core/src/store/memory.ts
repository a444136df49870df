import { type Clock, systemClock } from "../clock.ts";
import { MessagingError } from "../errors.ts";
import { fromCursor, toCursor, toSequenceRange, wholeTtl } from "./arguments.ts";
import { type Bucket, createExpiry } from "./expiry.ts";
import { markTimely } from "./guard.ts";
import type { LogEntry, LogWrite, RangeOptions, Store, StoreWrite } from "./store.ts";

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
  value: string;
  expires: number;
  bucket: Bucket | undefined;
}

interface Item {
  readonly log: Log;
  /** Counted from its log's `floor`: a small number, which takes no room of its own. */
  readonly place: number;
  readonly value: string;
  readonly expires: number;
  bucket: Bucket | undefined;
}

interface Log {
  readonly name: string;
  /** Sequence number of its first item ever. */
  readonly floor: number;
  /** By place, from `first` on; `undefined` where one has ended. */
  readonly items: (Item | undefined)[];
  /** Place of `items[0]`. */
  first: number;
  /** How many of `items` at the front have ended. */
  ended: number;
  live: number;
}

/** Fewer ended items at the front of a log are not worth moving the rest. */
const ENDED_KEPT = 1_024;

/**
 * A store in this process's memory: exact, bounded, and gone with the process. It evicts nothing. Entries end by
 * their time to live alone; when it is full of live ones it refuses new ones and still replaces and deletes.
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  const clock = options.clock ?? systemClock;
  const maxEntries = options.maxEntries ?? 1_000_000;
  const entries = new Map<string, Entry>();
  const logs = new Map<string, Log>();
  let itemCount = 0;
  // A log that comes back starts above every cursor given before, of this store or of an earlier process's.
  let floor = clock.now() * 1_000;

  const expiry = createExpiry<Entry | Item>(clock, options.sweepEveryMs ?? 1_000, (ended) => {
    if ("key" in ended) entries.delete(ended.key);
    else dropItem(ended);
  });

  const isLive = (ended: { readonly expires: number }, now: number): boolean =>
    ended.expires === 0 || ended.expires > now;

  function read(key: string, now: number): string | undefined {
    const entry = entries.get(key);
    return entry !== undefined && isLive(entry, now) ? entry.value : undefined;
  }

  function makeRoom(needed: number): void {
    if (needed === 0 || entries.size + itemCount + needed <= maxEntries) return;
    expiry.drain();
    if (entries.size + itemCount + needed <= maxEntries) return;
    throw new MessagingError("STORE_FULL", `The memory store holds ${maxEntries} entries.`);
  }

  /** `there` is what stands under the key, ended or not: looking it up once more would take as long as the rest. */
  function write(key: string, there: Entry | undefined, value: string, ttlMs: number, now: number): void {
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

  function remove(entry: Entry | undefined): void {
    if (entry === undefined) return;
    expiry.remove(entry);
    entries.delete(entry.key);
  }

  function addItem(name: string, value: string, ttlMs: number, now: number): number {
    let log = logs.get(name);
    if (log === undefined) {
      log = { name, floor, items: [], first: 0, ended: 0, live: 0 };
      logs.set(name, log);
    }
    const place = log.first + log.items.length;
    const item: Item = { log, place, value, expires: ttlMs === 0 ? 0 : now + ttlMs, bucket: undefined };
    log.items.push(item);
    log.live += 1;
    itemCount += 1;
    expiry.add(item, now);
    return log.floor + place;
  }

  function dropItem({ log, place }: Item): void {
    const { items } = log;
    items[place - log.first] = undefined;
    log.live -= 1;
    itemCount -= 1;
    while (log.ended < items.length && items[log.ended] === undefined) log.ended += 1;
    if (log.live === 0) {
      logs.delete(log.name);
      floor = Math.max(floor, log.floor + log.first + items.length);
    } else if (log.ended > ENDED_KEPT && log.ended * 2 > items.length) {
      items.splice(0, log.ended);
      log.first += log.ended;
      log.ended = 0;
    }
  }

  const store: Store = Object.freeze({
    name: "memory",
    atomicity: "store",
    durable: false,
    async get(key: string): Promise<string | undefined> {
      return read(key, clock.now());
    },
    async getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
      const now = clock.now();
      const found: (string | undefined)[] = [];
      for (const key of keys) found.push(read(key, now));
      return found;
    },
    async set(key: string, value: string, ttlMs: number): Promise<void> {
      const ttl = wholeTtl(ttlMs);
      const there = entries.get(key);
      makeRoom(there === undefined ? 1 : 0);
      write(key, there, value, ttl, clock.now());
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
      if (there !== undefined && isLive(there, now)) return there.value;
      makeRoom(there === undefined ? 1 : 0);
      write(key, there, value, ttl, now);
      return undefined;
    },
    async compareAndSet(
      key: string,
      expected: string | undefined,
      value: string | undefined,
      ttlMs: number,
      appends?: readonly LogWrite[],
    ): Promise<boolean> {
      const ttl = wholeTtl(ttlMs);
      if (appends !== undefined) for (const append of appends) wholeTtl(append.ttlMs);
      const now = clock.now();
      const there = entries.get(key);
      if ((there !== undefined && isLive(there, now) ? there.value : undefined) !== expected) return false;
      makeRoom((appends?.length ?? 0) + (value === undefined || there !== undefined ? 0 : 1));
      if (value === undefined) remove(there);
      else write(key, there, value, ttl, now);
      if (appends !== undefined)
        for (const append of appends) addItem(append.log, append.value, wholeTtl(append.ttlMs), now);
      return true;
    },
    async append(log: string, value: string, ttlMs: number): Promise<string> {
      const ttl = wholeTtl(ttlMs);
      makeRoom(1);
      return toCursor(addItem(log, value, ttl, clock.now()));
    },
    async range(name: string, rangeOptions: RangeOptions = {}): Promise<LogEntry[]> {
      const { after, before, limit, reverse } = toSequenceRange(rangeOptions);
      const found: LogEntry[] = [];
      const log = logs.get(name);
      if (log === undefined) return found;
      const now = clock.now();
      const start = log.floor + log.first;
      const low = Math.max(start + log.ended, after + 1);
      const high = Math.min(start + log.items.length, before) - 1;
      const [from, to, step] = reverse ? [high, low, -1] : [low, high, 1];
      for (let at = from; found.length < limit && (reverse ? at >= to : at <= to); at += step) {
        const item = log.items[at - start];
        if (item !== undefined && isLive(item, now)) found.push({ cursor: toCursor(at), value: item.value });
      }
      return found;
    },
    async trim(name: string, upTo: string): Promise<void> {
      const last = fromCursor(upTo);
      const log = logs.get(name);
      if (log === undefined) return;
      const items = log.items.slice(log.ended, Math.max(log.ended, last - log.floor - log.first + 1));
      for (const item of items) {
        if (item === undefined) continue;
        expiry.remove(item);
        dropItem(item);
      }
    },
    /** Stops the sweeper; what is stored stays, for a service that is created again on the same store. */
    async close(): Promise<void> {
      expiry.stop();
    },
  } satisfies Store);
  return markTimely(store);
}
