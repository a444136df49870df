import type { Clock, Timer } from "@messaging-service/core";

/** Milliseconds between sweeps while there is more to drop than one takes. */
const PAUSE_MS = 50;

/** When to drop what has ended. */
export interface Sweeper {
  /** Something was written that ends at that time: sweeps by then, or a little later. `Infinity` for never. */
  arm(end: number): void;
  stop(): void;
}

/** What a {@link Sweeper} asks of its store. */
export interface Swept {
  /** Drops some of what has ended, and says whether that was all. */
  readonly sweep: () => Promise<boolean>;
  /** When the next thing ends; `Infinity` for never. */
  readonly nextEnd: () => number;
}

/** One timer, set to the next end rather than at an interval, so that a quiet store stays quiet. */
export function createSweeper(clock: Clock, everyMs: number, { sweep, nextEnd }: Swept): Sweeper {
  let timer: Timer | undefined;
  let due = Number.POSITIVE_INFINITY;
  let stopped = false;

  function arm(end: number, soonestMs: number): void {
    const now = clock.now();
    const at = Math.max(now + soonestMs, end);
    if (stopped || at >= due) return;
    timer?.cancel();
    due = at;
    timer = clock.schedule(() => {
      due = Number.POSITIVE_INFINITY;
      // A sweep that fails (a full disk) is tried again; nothing that has ended is readable meanwhile.
      sweep()
        .catch(() => true)
        .then((done) => {
          if (!stopped) arm(nextEnd(), done ? everyMs : PAUSE_MS);
        });
    }, at - now);
  }

  return {
    arm: (end) => arm(end, everyMs),
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}
