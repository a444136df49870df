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
  schedule(callback: () => void, delayMs: number): Timer {
    const due = Date.now() + delayMs;
    let left = delayMs;
    let handle: NodeJS.Timeout;
    const wait = (): void => {
      handle = setTimeout(fire, Math.max(0, Math.min(left, LONGEST_TIMEOUT_MS)));
      handle.unref();
    };
    const fire = (): void => {
      left = Math.min(left - LONGEST_TIMEOUT_MS, due - Date.now());
      if (left > 0) wait();
      else callback();
    };
    wait();
    return { cancel: () => clearTimeout(handle) };
  },
});

/** Resolves `delayMs` from now on that clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(resolve, delayMs));
}
