import { type Clock, systemClock } from "../clock.ts";
import { fromCursor, toCursor, toSequenceRange } from "./arguments.ts";
import type { KeyvAccess } from "./keyv-access.ts";
import type { Mutex } from "./mutex.ts";
import type { LogEntry, RangeOptions } from "./store.ts";

/** Keyv's times to live run on the machine's clock, whatever clock the service has. */
const keyvClock: Clock = systemClock;

/** Keys read at once while looking for live entries. */
const PAGE = 100;

interface Head {
  /** No entry has a lower sequence number. */
  readonly first: number;
  /** The next entry's. */
  readonly next: number;
  /** When the last entry ends, so that the head of a log that is over ends too; 0 for never. */
  readonly expires: number;
}

/** The log half of a store over single entries: one under `LOG~SEQUENCE` each, and a head under `LOG~head`. */
export interface KeyvLog {
  append(log: string, value: string, ttlMs: number): Promise<string>;
  range(log: string, options: RangeOptions): Promise<LogEntry[]>;
  trim(log: string, upTo: string): Promise<void>;
}

/**
 * Logs over a {@link KeyvAccess}: exact within this process, without ever iterating over the backend. `burnt` keeps,
 * per log, the number after that of an append which failed midway: its entry may still arrive, so nobody else gets
 * its place.
 */
export function createKeyvLog(access: KeyvAccess, locked: Mutex, burnt: Map<string, number>): KeyvLog {
  const itemKey = (log: string, sequence: number): string => `${log}~${toCursor(sequence)}`;
  const headKey = (log: string): string => `${log}~head`;

  async function readHead(log: string): Promise<Head | undefined> {
    const [first, next, expires] = (await access.read(headKey(log)))?.split(" ").map(Number) ?? [];
    return first === undefined || next === undefined || expires === undefined
      ? undefined
      : { first, next, expires };
  }

  async function writeHead(log: string, { first, next, expires }: Head): Promise<void> {
    const ttl = expires === 0 ? 0 : Math.max(1, expires - keyvClock.now());
    await access.write(headKey(log), `${first} ${next} ${expires}`, ttl);
  }

  async function trimLocked(log: string, last: number): Promise<void> {
    const head = await readHead(log);
    if (head === undefined || last < head.first) return;
    const first = Math.min(last + 1, head.next);
    await writeHead(log, { ...head, first });
    for (let at = head.first; at < first; at += 1) await access.remove(itemKey(log, at));
  }

  /** The first entries go as they expire; looking at two for every one added keeps up with that. */
  async function firstLeft(log: string, head: Head): Promise<number> {
    const oldest = [head.first, head.first + 1].filter((sequence) => sequence < head.next);
    const values = await access.readMany(oldest.map((sequence) => itemKey(log, sequence)));
    const live = values.findIndex((value) => value !== undefined);
    return head.first + (live === -1 ? values.length : live);
  }

  async function appendLocked(log: string, value: string, ttlMs: number): Promise<string> {
    const now = keyvClock.now();
    // A log that comes back starts at the time in microseconds, above every cursor it gave before.
    const head = (await readHead(log)) ?? { first: now * 1_000, next: now * 1_000, expires: now };
    const sequence = Math.max(head.next, burnt.get(log) ?? 0);
    burnt.set(log, sequence + 1);
    const first = await firstLeft(log, head);
    await access.write(itemKey(log, sequence), value, ttlMs);
    const expires = ttlMs === 0 || head.expires === 0 ? 0 : Math.max(head.expires, now + ttlMs);
    await writeHead(log, { first, next: sequence + 1, expires });
    burnt.delete(log);
    return toCursor(sequence);
  }

  return {
    append: (log, value, ttlMs) => locked([headKey(log)], () => appendLocked(log, value, ttlMs)),
    async trim(log, upTo) {
      const last = fromCursor(upTo);
      await locked([headKey(log)], () => trimLocked(log, last));
    },
    async range(log, options) {
      const { after, before, limit, reverse } = toSequenceRange(options);
      const found: LogEntry[] = [];
      const head = await locked([headKey(log)], () => readHead(log));
      if (head === undefined) return found;
      let low = Math.max(head.first, after + 1);
      let high = Math.min(head.next, before);
      while (low < high && found.length < limit) {
        const size = Math.min(PAGE, high - low);
        const start = reverse ? high - size : low;
        const sequences = Array.from({ length: size }, (_, index) => start + index);
        const values = await access.readMany(sequences.map((sequence) => itemKey(log, sequence)));
        const page = sequences.flatMap((sequence, index) => {
          const value = values[index];
          return value === undefined ? [] : [{ cursor: toCursor(sequence), value }];
        });
        found.push(...(reverse ? page.reverse() : page));
        if (reverse) high = start;
        else low = start + size;
      }
      return found.slice(0, limit);
    },
  };
}
