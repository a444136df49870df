import { type Clock, systemClock } from "../clock.ts";
import { MessagingError } from "../errors.ts";
import { fromCursor, toCursor, toSequenceRange, wholeTtl } from "./arguments.ts";
import { createExpiry } from "./expiry.ts";
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
  readonly value: string;
  readonly expires: number;
  bucket: number;
}

interface Item {
  readonly log: string;
  readonly sequence: number;
  readonly value: string;
  readonly expires: number;
  bucket: number;
}

interface Log {
  readonly items: Map<number, Item>;
  /** No item has a lower sequence number. */
  first: number;
  /** The next item's. */
  next: number;
}

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

  const isLive = (ended: { readonly expires: number }): boolean =>
    ended.expires === 0 || ended.expires > clock.now();

  function live(key: string): Entry | undefined {
    const entry = entries.get(key);
    return entry !== undefined && isLive(entry) ? entry : undefined;
  }

  function makeRoom(needed: number): void {
    if (needed === 0 || entries.size + itemCount + needed <= maxEntries) return;
    expiry.drain();
    if (entries.size + itemCount + needed <= maxEntries) return;
    throw new MessagingError("STORE_FULL", `The memory store holds ${maxEntries} entries.`);
  }

  function write(key: string, value: string, ttlMs: number): void {
    remove(key);
    const entry: Entry = { key, value, expires: ttlMs === 0 ? 0 : clock.now() + ttlMs, bucket: 0 };
    entries.set(key, entry);
    expiry.add(entry);
  }

  function remove(key: string): void {
    const entry = entries.get(key);
    if (entry === undefined) return;
    expiry.remove(entry);
    entries.delete(key);
  }

  function addItem(name: string, value: string, ttlMs: number): number {
    const log = logs.get(name) ?? { items: new Map<number, Item>(), first: floor, next: floor };
    const sequence = log.next;
    const item: Item = {
      log: name,
      sequence,
      value,
      expires: ttlMs === 0 ? 0 : clock.now() + ttlMs,
      bucket: 0,
    };
    logs.set(name, log);
    log.items.set(sequence, item);
    log.next += 1;
    itemCount += 1;
    expiry.add(item);
    return sequence;
  }

  function dropItem(item: Item): void {
    const log = logs.get(item.log);
    if (log?.items.delete(item.sequence) !== true) return;
    itemCount -= 1;
    while (log.first < log.next && !log.items.has(log.first)) log.first += 1;
    if (log.items.size > 0) return;
    logs.delete(item.log);
    floor = Math.max(floor, log.next);
  }

  return Object.freeze({
    name: "memory",
    atomicity: "store",
    durable: false,
    async get(key: string): Promise<string | undefined> {
      return live(key)?.value;
    },
    async getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
      return keys.map((key) => live(key)?.value);
    },
    async set(key: string, value: string, ttlMs: number): Promise<void> {
      const ttl = wholeTtl(ttlMs);
      makeRoom(entries.has(key) ? 0 : 1);
      write(key, value, ttl);
    },
    async setMany(writes: readonly StoreWrite[]): Promise<void> {
      const ttls = writes.map((each) => wholeTtl(each.ttlMs));
      makeRoom(new Set(writes.map(({ key }) => key).filter((key) => !entries.has(key))).size);
      for (const [index, { key, value }] of writes.entries()) write(key, value, ttls[index] ?? 0);
    },
    async delete(key: string): Promise<void> {
      remove(key);
    },
    async setIfAbsent(key: string, value: string, ttlMs: number): Promise<string | undefined> {
      const ttl = wholeTtl(ttlMs);
      const there = live(key);
      if (there !== undefined) return there.value;
      makeRoom(entries.has(key) ? 0 : 1);
      write(key, value, ttl);
      return undefined;
    },
    async compareAndSet(
      key: string,
      expected: string | undefined,
      value: string | undefined,
      ttlMs: number,
      appends: readonly LogWrite[] = [],
    ): Promise<boolean> {
      const ttl = wholeTtl(ttlMs);
      const ttls = appends.map((each) => wholeTtl(each.ttlMs));
      if (live(key)?.value !== expected) return false;
      makeRoom(appends.length + (value === undefined || entries.has(key) ? 0 : 1));
      if (value === undefined) remove(key);
      else write(key, value, ttl);
      for (const [index, each] of appends.entries()) addItem(each.log, each.value, ttls[index] ?? 0);
      return true;
    },
    async append(log: string, value: string, ttlMs: number): Promise<string> {
      const ttl = wholeTtl(ttlMs);
      makeRoom(1);
      return toCursor(addItem(log, value, ttl));
    },
    async range(name: string, rangeOptions: RangeOptions = {}): Promise<LogEntry[]> {
      const { after, before, limit, reverse } = toSequenceRange(rangeOptions);
      const found: LogEntry[] = [];
      const log = logs.get(name);
      if (log === undefined) return found;
      const low = Math.max(log.first, after + 1);
      const high = Math.min(log.next, before) - 1;
      const [from, to, step] = reverse ? [high, low, -1] : [low, high, 1];
      for (let at = from; found.length < limit && (reverse ? at >= to : at <= to); at += step) {
        const item = log.items.get(at);
        if (item !== undefined && isLive(item)) found.push({ cursor: toCursor(at), value: item.value });
      }
      return found;
    },
    async trim(name: string, upTo: string): Promise<void> {
      const last = fromCursor(upTo);
      const log = logs.get(name);
      if (log === undefined) return;
      for (let at = log.first; at <= Math.min(last, log.next - 1); at += 1) {
        const item = log.items.get(at);
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
}
