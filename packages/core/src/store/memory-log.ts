import { toCursor, toSequenceRange } from "./arguments.ts";
import type { Bucket, Expiring, Expiry } from "./expiry.ts";
import type { LateText } from "./late-text.ts";
import type { LogEntry, RangeOptions } from "./store.ts";

/** Neighbours in a log that are dropped together: a log may hold a million lines, and few of those end at times of their own. */
export interface Run extends Expiring {
  readonly log: Log;
  /** Place of its first line that may be there, and after its last. */
  from: number;
  to: number;
  expires: number;
  bucket: Bucket | undefined;
}

interface Log {
  readonly name: string;
  /** Sequence number of its first line ever; places count from it. */
  readonly floor: number;
  /** Its lines, from place `first` on; `undefined` where one is gone. */
  readonly lines: (LateText | undefined)[];
  /** When each ends, ms since the epoch; 0 for never. */
  readonly ends: number[];
  readonly runs: Run[];
  /** Place of `lines[0]`. */
  first: number;
  /** How many of `lines` at the front are gone. */
  gone: number;
  live: number;
}

/** The logs of a store in memory. */
export interface MemoryLogs {
  /** Lines that are there, those included that have ended and were not dropped yet. */
  count(): number;
  /** Adds a line; its sequence number. `ttlMs` 0: it never ends. */
  add(name: string, line: LateText, ttlMs: number, now: number): number;
  range(name: string, options: RangeOptions, now: number): LogEntry[];
  /** Drops the lines up to that sequence number. */
  trim(name: string, upTo: number): void;
  /** Drops what has ended of a run; whether that was all of it. */
  drop(run: Run, now: number): boolean;
}

/** Fewer lines gone at the front of a log are not worth moving the rest. */
const GONE_KEPT = 1_024;

/**
 * Logs whose lines end by their time to live.
 *
 * @param floor A log that comes back starts above every cursor given before, of this store or of an earlier process's:
 * the first sequence number of all.
 */
export function createMemoryLogs(
  floor: number,
  expiry: Pick<Expiry<Run>, "add" | "covers" | "remove">,
): MemoryLogs {
  const logs = new Map<string, Log>();
  let count = 0;
  let nextFloor = floor;

  function logOf(name: string): Log {
    let log = logs.get(name);
    if (log === undefined) {
      log = { name, floor: nextFloor, lines: [], ends: [], runs: [], first: 0, gone: 0, live: 0 };
      logs.set(name, log);
    }
    return log;
  }

  /** Has a line dropped in time: together with its neighbour where that ends about then too. */
  function expire(log: Log, place: number, expires: number, now: number): void {
    const last = log.runs.at(-1);
    if (last?.to === place && expiry.covers(last, expires, now)) {
      last.to += 1;
      if (expires > last.expires) last.expires = expires;
      return;
    }
    const run: Run = { log, from: place, to: place + 1, expires, bucket: undefined };
    log.runs.push(run);
    expiry.add(run, now);
  }

  function dropLine(log: Log, index: number): void {
    if (log.lines[index] === undefined) return;
    log.lines[index] = undefined;
    log.live -= 1;
    count -= 1;
  }

  /** Lets go of what is gone at the front, or of all of it. */
  function shorten(log: Log): void {
    const { lines, ends, runs } = log;
    while (log.gone < lines.length && lines[log.gone] === undefined) log.gone += 1;
    if (log.live === 0) {
      if (logs.get(log.name) !== log) return;
      logs.delete(log.name);
      nextFloor = Math.max(nextFloor, log.floor + log.first + lines.length);
      for (const run of runs) expiry.remove(run);
      // Those are let go of later: they must not hold what the log was.
      lines.length = 0;
      ends.length = 0;
    } else if (log.gone > GONE_KEPT && log.gone * 2 > lines.length) {
      lines.splice(0, log.gone);
      ends.splice(0, log.gone);
      log.first += log.gone;
      log.gone = 0;
    }
  }

  return Object.freeze({
    count: () => count,
    add(name: string, line: LateText, ttlMs: number, now: number): number {
      const log = logOf(name);
      const place = log.first + log.lines.length;
      const expires = ttlMs === 0 ? 0 : now + ttlMs;
      log.lines.push(line);
      log.ends.push(expires);
      log.live += 1;
      count += 1;
      if (expires !== 0) expire(log, place, expires, now);
      return log.floor + place;
    },
    range(name: string, options: RangeOptions, now: number): LogEntry[] {
      const { after, before, limit, reverse } = toSequenceRange(options);
      const found: LogEntry[] = [];
      const log = logs.get(name);
      if (log === undefined) return found;
      const { lines, ends } = log;
      const start = log.floor + log.first;
      const low = Math.max(start + log.gone, after + 1);
      const high = Math.min(start + lines.length, before) - 1;
      const [from, to, step] = reverse ? [high, low, -1] : [low, high, 1];
      for (let at = from; found.length < limit && (reverse ? at >= to : at <= to); at += step) {
        const line = lines[at - start];
        const expires = ends[at - start] as number;
        if (line !== undefined && (expires === 0 || expires > now))
          found.push({ cursor: toCursor(at), value: line.toString() });
      }
      return found;
    },
    trim(name: string, upTo: number): void {
      const log = logs.get(name);
      if (log === undefined) return;
      const end = Math.min(log.lines.length, upTo - log.floor - log.first + 1);
      for (let index = log.gone; index < end; index += 1) dropLine(log, index);
      shorten(log);
    },
    drop(run: Run, now: number): boolean {
      const { log } = run;
      const isOver = run.expires <= now;
      run.from = Math.max(run.from, log.first + log.gone);
      for (let place = run.from; place < run.to; place += 1) {
        const index = place - log.first;
        if (isOver || (log.ends[index] as number) <= now) dropLine(log, index);
      }
      if (isOver) log.runs.splice(log.runs.indexOf(run), 1);
      shorten(log);
      return isOver;
    },
  });
}
