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

/** setTimeout holds at most 2^31 - 1 ms (24.8 days) and fires at once beyond it; schedules reach 35 days. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

/** The machine's clock. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  schedule(callback: () => void, delayMs: number): Timer {
    const due = Date.now() + delayMs;
    let handle: NodeJS.Timeout;
    const arm = (): void => {
      const left = due - Date.now();
      handle = setTimeout(
        left > LONGEST_TIMEOUT_MS ? arm : callback,
        Math.max(0, Math.min(left, LONGEST_TIMEOUT_MS)),
      );
      handle.unref();
    };
    arm();
    return { cancel: () => clearTimeout(handle) };
  },
});

/** Resolves `delayMs` from now on that clock. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => clock.schedule(resolve, delayMs));
}
