import type { Clock, Timer } from "../clock.ts";
import { createHeap, type Ranked } from "./heap.ts";

/** Items that have a time by which something must have happened to them. */
export interface Deadlines<T extends Ranked> {
  /** Gives an item its deadline, in ms since the epoch, or another one. */
  set(item: T, at: number): void;
  /** It happened, or does not matter any more. */
  remove(item: T): void;
  /** Ends the timer; nothing is called from here on. */
  close(): void;
}

/**
 * Calls `onDue` with each item whose deadline passes, once, at that time. One timer for all of them: it is not set back
 * when the item it was set for is removed, so that removing costs no timer.
 */
export function createDeadlines<T extends Ranked>(clock: Clock, onDue: (item: T) => void): Deadlines<T> {
  const items = createHeap<T>();
  let timer: Timer | undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  let closed = false;

  function arm(): void {
    const first = items.first();
    if (first === undefined || first.rank >= timerAt || closed) return;
    timer?.cancel();
    timerAt = first.rank;
    // Rounded up: a timer cut to whole milliseconds would fire before the time.
    timer = clock.schedule(onTimer, Math.max(0, Math.ceil(timerAt - clock.now())));
  }

  function onTimer(): void {
    timerAt = Number.POSITIVE_INFINITY;
    const now = clock.now();
    for (let first = items.first(); first !== undefined && first.rank <= now; first = items.first()) {
      items.remove(first);
      onDue(first);
    }
    arm();
  }

  return Object.freeze({
    set(item: T, at: number): void {
      items.set(item, at);
      arm();
    },
    remove: items.remove,
    close(): void {
      closed = true;
      timer?.cancel();
    },
  });
}
