/** A pending timer of a {@link Clock}. */
export interface Timer {
  cancel(): void;
}

/**
 * Where time comes from. Everything that waits or stamps asks the service's clock, so a test can turn it by hand
 * (`createVirtualClock` of @messaging-service/simulator).
 */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /** Calls `callback` once, `delayMs` from now at the earliest. The timer keeps no process alive. */
  schedule(callback: () => void, delayMs: number): Timer;
}

/**
 * setTimeout counts only while the machine runs, and by no clock that can be set: what falls due while it sleeps, or
 * because its clock was set, is called within this time. (It also holds no more than 24.8 days; schedules reach 35.)
 */
const LONGEST_TIMEOUT_MS = 60_000;

/** The machine's clock. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  schedule: (callback: () => void, delayMs: number): Timer => new SystemTimer(callback, delayMs),
});

class SystemTimer implements Timer {
  private readonly callback: () => void;
  private readonly due: number;
  private left: number;
  private handle: NodeJS.Timeout;

  constructor(callback: () => void, delayMs: number) {
    this.callback = callback;
    this.due = Date.now() + delayMs;
    this.left = delayMs;
    this.handle = this.wait();
  }

  cancel(): void {
    clearTimeout(this.handle);
  }

  private wait(): NodeJS.Timeout {
    const delay = Math.max(0, Math.min(this.left, LONGEST_TIMEOUT_MS));
    return setTimeout(() => this.fire(), delay).unref();
  }

  private fire(): void {
    this.left = Math.min(this.left - LONGEST_TIMEOUT_MS, this.due - Date.now());
    if (this.left > 0) this.handle = this.wait();
    else this.callback();
  }
}

/** Resolves `delayMs` from now on that clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(resolve, delayMs));
}

/** User code that has not settled after this long is told of: whatever waits for it may wait for ever. */
const LONG_MS = 60_000;

/** Resolves when the work has; `late` is called once where it has not settled after a minute. */
export async function watched(
  clock: Clock,
  work: () => unknown,
  late: (error: Error) => void,
): Promise<void> {
  const result = work();
  if (typeof (result as PromiseLike<unknown> | undefined)?.then !== "function") return;
  const timer = clock.schedule(() => late(new Error("it has not settled for a minute")), LONG_MS);
  try {
    await result;
  } finally {
    timer.cancel();
  }
}

/**
 * Does the work, and keeps the process until it is over: timers of {@link systemClock} keep none, and somebody waits for it. On
 * another clock it may never be over.
 */
export function staying<T>(clock: Clock, work: () => Promise<T>): Promise<T> {
  if (clock !== systemClock) return work();
  const stay = setInterval(() => {}, LONGEST_TIMEOUT_MS);
  return work().finally(() => clearInterval(stay));
}
