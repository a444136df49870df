import {
  type Clock,
  isMessagingError,
  type LogEntry,
  type LogWrite,
  MessagingError,
  type RangeOptions,
  type Store,
  type StoreWrite,
  systemClock,
} from "@messaging-service/core";
import { checkedKey, fromCursor, toCursor, wholeTtl } from "./arguments.ts";
import { createBatch } from "./batch.ts";
import { type Due, type ItemKey, openDatabases } from "./databases.ts";
import { createSweeper } from "./sweeper.ts";

/** Settings of {@link lmdbStore}. */
export interface LmdbStoreOptions {
  /** Bytes of address space to begin with; the file grows beyond it as needed. Default: lmdb's own. */
  readonly mapSize?: number | undefined;
  /** Expired entries are dropped about this many milliseconds later; default 60,000. They are never read. */
  readonly sweepEveryMs?: number | undefined;
  /** Default: the machine's clock. All processes on one path need the same time. */
  readonly clock?: Clock | undefined;
}

/** Rows dropped in one sweep, so that a million ends at once do not hold the writer lock. */
const ROWS_PER_SWEEP = 1_000;

/**
 * An embedded store in one file of this machine, for any number of processes: every change is a transaction, and a
 * call resolves once it is flushed to disk, so neither a killed process nor a power cut loses what was confirmed.
 *
 * @param path A directory, created where missing; a name with an extension is a file. Not on a network drive.
 * @throws MessagingError INVALID_OPTION when the path cannot be opened.
 */
export function lmdbStore(path: string, options: LmdbStoreOptions = {}): Store {
  const clock = options.clock ?? systemClock;
  const { entries, logs, dues, meta, commit, refresh, close } = openDatabases(path, options.mapSize);
  const transact = createBatch(commit);
  let closing: Promise<void> | undefined;

  /** Runs a call: synchronous throws become rejections, LMDB's errors STORE_UNAVAILABLE. */
  async function call<T>(name: string, body: () => T | Promise<T>): Promise<T> {
    try {
      if (closing !== undefined) throw new Error("it was closed");
      return await body();
    } catch (error) {
      if (isMessagingError(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new MessagingError("STORE_UNAVAILABLE", `The lmdb store failed at ${name}: ${reason}.`, {
        cause: error,
      });
    }
  }

  const isLive = (expires: number): boolean => expires === 0 || expires > clock.now();
  const endOf = (ttl: number): number => (ttl === 0 ? 0 : clock.now() + ttl);

  function live(key: string): string | undefined {
    const row = entries.get(key);
    return row !== undefined && isLive(row[0]) ? row[1] : undefined;
  }

  function freshly<T>(read: () => T): T {
    refresh();
    return read();
  }

  function remove(key: string): void {
    const row = entries.get(key);
    if (row === undefined) return;
    if (row[0] !== 0) dues.remove([row[0], key]);
    entries.remove(key);
  }

  function fallsDue(due: Due): void {
    dues.put(due, 1);
    sweeper.arm(due[0]);
  }

  function write(key: string, value: string, ttl: number): void {
    remove(key);
    const expires = endOf(ttl);
    entries.put(key, [expires, value]);
    if (expires !== 0) fallsDue([expires, key]);
  }

  function append(log: string, value: string, ttl: number): number {
    // One count for all logs, begun at the time in microseconds: a log that was dropped to its end goes on above it. Read
    // with get, because a range inside a write transaction can show a snapshot from before it.
    const sequence = Math.max(clock.now() * 1_000, meta.get("next") ?? 0);
    meta.put("next", sequence + 1);
    const expires = endOf(ttl);
    logs.put([log, sequence], [expires, value]);
    if (expires !== 0) fallsDue([expires, log, sequence]);
    return sequence;
  }

  function dropItem(item: ItemKey): void {
    const row = logs.get(item);
    if (row === undefined) return;
    if (row[0] !== 0) dues.remove([row[0], ...item]);
    logs.remove(item);
  }

  function range(log: string, bounds: RangeOptions): LogEntry[] {
    const after = bounds.after === undefined ? -1 : fromCursor(bounds.after);
    const before = bounds.before === undefined ? Number.MAX_SAFE_INTEGER : fromCursor(bounds.before);
    const limit = bounds.limit ?? 100;
    const found: LogEntry[] = [];
    if (limit < 1 || after >= before) return found;
    const [low, high] = [after + 1, before - 1];
    const rows = bounds.reverse
      ? logs.getRange({ start: [log, high], end: [log, low - 1], reverse: true })
      : logs.getRange({ start: [log, low], end: [log, before] });
    for (const { key, value } of rows) {
      const [expires, text] = value;
      if (!isLive(expires)) continue;
      found.push({ cursor: toCursor(key[1]), value: text });
      if (found.length >= Math.floor(limit)) break;
    }
    return found;
  }

  /**
   * Drops what has ended, a bounded number at a time, and says whether that was all. Any process may do it; each looks
   * at the rows again inside.
   */
  async function sweep(): Promise<boolean> {
    const now = clock.now();
    const due = freshly(() => [...dues.getKeys({ end: [now, "\uffff"], limit: ROWS_PER_SWEEP })]);
    const ended = due.filter(([at]) => at <= now);
    if (ended.length === 0) return true;
    await transact(() => {
      for (const due of ended) {
        dues.remove(due);
        if (due.length === 3) logs.remove([due[1], due[2]]);
        else if (entries.get(due[1])?.[0] === due[0]) entries.remove(due[1]);
      }
    });
    return ended.length < ROWS_PER_SWEEP;
  }

  function nextEnd(): number {
    const [next] = dues.getKeys({ limit: 1 });
    return next === undefined ? Number.POSITIVE_INFINITY : next[0];
  }

  const sweeper = createSweeper(clock, options.sweepEveryMs ?? 60_000, {
    sweep: () => call("sweep", sweep),
    nextEnd,
  });

  function change<T>(name: string, work: () => T): Promise<T> {
    return call(name, () => transact(work));
  }

  sweeper.arm(nextEnd());

  return Object.freeze({
    name: "lmdb",
    atomicity: "store",
    durable: true,
    get: (key: string) => call("get", () => freshly(() => live(checkedKey(key)))),
    getMany: (keys: readonly string[]) =>
      call("getMany", () => freshly(() => keys.map((key) => live(checkedKey(key))))),
    async set(key: string, value: string, ttlMs: number): Promise<void> {
      const [name, ttl] = [checkedKey(key), wholeTtl(ttlMs)];
      await change("set", () => write(name, value, ttl));
    },
    async setMany(writes: readonly StoreWrite[]): Promise<void> {
      const checked = writes.map(({ key, value, ttlMs }) => ({
        key: checkedKey(key),
        value,
        ttl: wholeTtl(ttlMs),
      }));
      await change("setMany", () => {
        for (const { key, value, ttl } of checked) write(key, value, ttl);
      });
    },
    async delete(key: string): Promise<void> {
      const name = checkedKey(key);
      await change("delete", () => remove(name));
    },
    async setIfAbsent(key: string, value: string, ttlMs: number): Promise<string | undefined> {
      const [name, ttl] = [checkedKey(key), wholeTtl(ttlMs)];
      return change("setIfAbsent", () => {
        const there = live(name);
        if (there === undefined) write(name, value, ttl);
        return there;
      });
    },
    async compareAndSet(
      key: string,
      expected: string | undefined,
      value: string | undefined,
      ttlMs: number,
      appends: readonly LogWrite[] = [],
    ): Promise<boolean> {
      const [name, ttl] = [checkedKey(key), wholeTtl(ttlMs)];
      const lines = appends.map((line) => ({
        log: checkedKey(line.log),
        value: line.value,
        ttl: wholeTtl(line.ttlMs),
      }));
      return change("compareAndSet", () => {
        if (live(name) !== expected) return false;
        if (value === undefined) remove(name);
        else write(name, value, ttl);
        for (const line of lines) append(line.log, line.value, line.ttl);
        return true;
      });
    },
    async append(log: string, value: string, ttlMs: number): Promise<string> {
      const [name, ttl] = [checkedKey(log), wholeTtl(ttlMs)];
      const sequence = await change("append", () => append(name, value, ttl));
      return toCursor(sequence);
    },
    range: (log: string, bounds: RangeOptions = {}) =>
      call("range", () => freshly(() => range(checkedKey(log), bounds))),
    async trim(log: string, upTo: string): Promise<void> {
      const [name, last] = [checkedKey(log), fromCursor(upTo)];
      const items = await call("trim", () =>
        freshly(() => [...logs.getKeys({ start: [name, 0], end: [name, last + 1] })]),
      );
      await change("trim", () => items.forEach(dropItem));
    },
    /** Waits for what is being written, then closes the file. */
    async close(): Promise<void> {
      sweeper.stop();
      closing ??= transact(() => {}).then(close);
      await closing;
    },
  } satisfies Store);
}
