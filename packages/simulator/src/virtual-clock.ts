import type { Clock, Timer } from "@messaging-service/core";

/** A clock that stands still until a test turns it. */
export interface VirtualClock extends Clock {
  /**
   * Turns the clock by `ms`, running the timers that fall due in order of time (then of scheduling), each at its own
   * instant, and letting promises settle after each. Calls queue up behind one another. Rejects with what a timer threw.
   */
  advance(ms: number): Promise<void>;
  /**
   * Turns the clock from timer to timer until none is left. Rejects after `limit` timers (default 100,000): something
   * re-arms itself for ever.
   */
  runAll(limit?: number): Promise<void>;
  /**
   * Keeps time still while real work (a socket, a disk) is under way: {@link VirtualClock.advance} waits for the promise
   * before the next timer, but at most a quarter of a second of real time, since the work may itself be waiting for this clock.
   * Returns the promise.
   */
  hold<T>(work: Promise<T>): Promise<T>;
  /** Timers that wait. */
  readonly pending: number;
}

interface Entry {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Where a virtual clock starts unless told: 2026-01-01T12:00:00Z. */
const DEFAULT_START = Date.UTC(2026, 0, 1, 12);
/** Event-loop turns given to promises after a timer: enough for a request over loopback to come in and be read. */
const TURNS = 10;
/** Real milliseconds that held work may keep time still. */
const PATIENCE_MS = 250;

/**
 * A clock for tests. `start` is milliseconds since the epoch or a Date; default 2026-01-01T12:00:00Z, so that a run is
 * the same every time. Throws RangeError for a start that is no time.
 */
export function createVirtualClock(start: number | Date = DEFAULT_START): VirtualClock {
  let now = Number(start);
  if (!Number.isFinite(now)) throw new RangeError(`A clock starts at a time, not at ${start}.`);
  let order = 0;
  let turn: Promise<void> = Promise.resolve();
  /** Latest first, so that the next timer is taken off the end. */
  const timers: Entry[] = [];
  const held = new Set<Promise<unknown>>();

  const settle = async (): Promise<void> => {
    do {
      for (let left = TURNS; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
      for (const work of held) {
        await atMost(work, PATIENCE_MS);
        held.delete(work);
      }
    } while (held.size > 0);
  };
  /** Runs the next timer due by `end`, if there is one. */
  const step = async (end: number): Promise<boolean> => {
    await settle();
    const next = timers.at(-1);
    if (next === undefined || next.due > end) return false;
    timers.pop();
    now = Math.max(now, next.due);
    next.callback();
    return true;
  };
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };

  return Object.freeze({
    now: () => now,
    schedule(callback: () => void, delayMs: number): Timer {
      const entry: Entry = { due: now + Math.max(0, delayMs), order: order++, callback };
      timers.splice(placeOf(entry, timers), 0, entry);
      return {
        cancel() {
          const index = timers.indexOf(entry);
          if (index !== -1) timers.splice(index, 1);
        },
      };
    },
    advance(ms: number): Promise<void> {
      if (!(ms >= 0 && Number.isFinite(ms)))
        throw new RangeError(`A clock advances by 0 ms or more, not ${ms}.`);
      return inTurn(async () => {
        const end = now + ms;
        while (await step(end));
        now = end;
      });
    },
    runAll(limit = 100_000): Promise<void> {
      return inTurn(async () => {
        for (let ran = 0; await step(Number.POSITIVE_INFINITY); ran++)
          if (ran >= limit)
            throw new RangeError(`${limit} timers ran and more are pending: one re-arms itself.`);
      });
    },
    hold<T>(work: Promise<T>): Promise<T> {
      const settled: Promise<unknown> = work.then(
        () => undefined,
        () => undefined,
      );
      held.add(settled);
      void settled.then(() => held.delete(settled));
      return work;
    },
    get pending() {
      return timers.length;
    },
  });
}

/** Where an entry belongs in a list that holds the latest first. */
function placeOf(entry: Entry, timers: readonly Entry[]): number {
  let low = 0;
  let high = timers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = timers[middle];
    if (other !== undefined && (other.due - entry.due || other.order - entry.order) > 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function atMost(work: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timeout = setTimeout(resolve, ms);
    void work.then(() => {
      clearTimeout(timeout);
      resolve();
    });
  });
}
