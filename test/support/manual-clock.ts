import type { Clock, Timer } from "@messaging-service/core";

/** A clock that moves only when told to. */
export interface ManualClock extends Clock {
  /** Moves on by `ms`: fires what falls due, each at its own time, and lets what follows from it happen in between. */
  advance(ms: number): Promise<void>;
  /** Timers that are set. */
  readonly pending: number;
}

/** Starts at `startMs`, in ms since the epoch. */
export function createManualClock(startMs: number = Date.UTC(2026, 0, 5, 12)): ManualClock {
  const timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  let now = startMs;

  /** Resolves when every promise that can settle without the clock has. */
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  return {
    now: () => now,
    schedule(callback, delayMs): Timer {
      const timer = { at: now + Math.max(0, delayMs), callback };
      timers.add(timer);
      return { cancel: () => timers.delete(timer) };
    },
    async advance(ms): Promise<void> {
      const end = now + ms;
      for (;;) {
        await settled();
        let next: { readonly at: number; readonly callback: () => void } | undefined;
        for (const timer of timers) if (next === undefined || timer.at < next.at) next = timer;
        if (next === undefined || next.at > end) break;
        timers.delete(next);
        now = next.at;
        next.callback();
      }
      now = end;
    },
    get pending() {
      return timers.size;
    },
  };
}
