import { type Clock, MessagingError, type Timer } from "@messaging-service/core";
import type { VirtualClock } from "./virtual-clock.ts";

/** What ends with the carrier: its timers, its calls, and whoever waits for them. */
export interface Lifetime {
  readonly closed: boolean;
  now(): number;
  /** A timer on the carrier's clock; `close` cancels it. */
  after(delayMs: number, callback: () => void): Timer;
  /** Resolves `delayMs` from now, or at once when the carrier closes. */
  wait(delayMs: number): Promise<void>;
  /** Counts the promise as activity until it settles. A virtual clock stands still meanwhile, if asked to. */
  track<T>(work: Promise<T>, options?: { readonly holdTime?: boolean }): Promise<T>;
  /** Calls back at `close`; the returned function takes it back. */
  onClose(callback: () => void): () => void;
  /** Resolves when nothing is tracked. */
  settled(): Promise<void>;
  /** Throws SERVICE_CLOSED after `close`. */
  assertOpen(): void;
  close(): void;
}

/** The lifetime of one carrier on one clock. */
export function createLifetime(clock: Clock): Lifetime {
  let closed = false;
  let active = 0;
  const closing = new Set<() => void>();
  let idle: (() => void)[] = [];

  const onClose = (callback: () => void): (() => void) => {
    if (closed) callback();
    else closing.add(callback);
    return () => closing.delete(callback);
  };
  const after = (delayMs: number, callback: () => void): Timer => {
    if (closed) return { cancel() {} };
    const timer = clock.schedule(() => {
      release();
      callback();
    }, delayMs);
    const release = onClose(() => timer.cancel());
    return {
      cancel() {
        release();
        timer.cancel();
      },
    };
  };
  const wait = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      const release = onClose(resolve);
      after(delayMs, () => {
        release();
        resolve();
      });
    });
  const done = (): void => {
    active--;
    if (active > 0) return;
    const waiting = idle;
    idle = [];
    for (const resolve of waiting) resolve();
  };

  return Object.freeze({
    get closed() {
      return closed;
    },
    now: () => clock.now(),
    after,
    wait,
    track<T>(work: Promise<T>, { holdTime = false }: { readonly holdTime?: boolean } = {}): Promise<T> {
      active++;
      work.then(done, done);
      return holdTime && isVirtual(clock) ? clock.hold(work) : work;
    },
    onClose,
    async settled(): Promise<void> {
      // The system clock's timers keep no process alive; whoever waits here wants it alive.
      const alive = setInterval(() => {}, 60_000);
      while (active > 0) await new Promise<void>((resolve) => idle.push(resolve));
      clearInterval(alive);
    },
    assertOpen(): void {
      if (closed) throw new MessagingError("SERVICE_CLOSED", "The carrier is closed.");
    },
    close(): void {
      closed = true;
      const callbacks = [...closing];
      closing.clear();
      for (const callback of callbacks) callback();
    },
  });
}

function isVirtual(clock: Clock): clock is VirtualClock {
  return "hold" in clock;
}
