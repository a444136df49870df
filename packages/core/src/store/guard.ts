import type { Clock } from "../clock.ts";
import { isMessagingError, MessagingError } from "../errors.ts";
import type { Store } from "./store.ts";

/** How long a store call may take unless told otherwise, in milliseconds. */
export const DEFAULT_STORE_TIMEOUT_MS = 2_000;

/** Starts one piece of a call, unless the call's time is over; rejects the moment it is. */
export type Step = <T>(action: () => T | PromiseLike<T>) => Promise<T>;

/** Runs one store call within its time. */
export type TimeLimit = <T>(call: string, body: (step: Step) => Promise<T>) => Promise<T>;

/**
 * A time limit for the calls of one store. When it passes, the call rejects with STORE_UNAVAILABLE, and so does every
 * step it still waits for, so nothing more of it is started. What was handed to the backend may still happen there: a
 * caller treats the outcome as unknown. Any other failure becomes STORE_UNAVAILABLE with its cause.
 */
export function createTimeLimit(name: string, timeoutMs: number, clock: Clock): TimeLimit {
  return <T>(call: string, body: (step: Step) => Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      let over: MessagingError | undefined;
      const waiting = new Set<(error: MessagingError) => void>();
      const timer = clock.schedule(() => {
        over = new MessagingError(
          "STORE_UNAVAILABLE",
          `The ${name} store did not answer ${call} within ${timeoutMs} ms.`,
        );
        for (const abandon of waiting) abandon(over);
        reject(over);
      }, timeoutMs);
      const step: Step = <S>(action: () => S | PromiseLike<S>) =>
        new Promise<S>((done, failed) => {
          if (over !== undefined) return failed(over);
          waiting.add(failed);
          const settle = (): boolean => waiting.delete(failed);
          try {
            Promise.resolve(action()).then(done, failed).finally(settle);
          } catch (error) {
            settle();
            failed(error);
          }
        });
      body(step).then(
        (value) => {
          timer.cancel();
          resolve(value);
        },
        (error: unknown) => {
          timer.cancel();
          reject(toStoreError(name, call, error));
        },
      );
    });
}

/** An error as a store raises it: ours as it is, any other as the cause of a STORE_UNAVAILABLE. */
export function toStoreError(name: string, call: string, error: unknown): MessagingError {
  if (isMessagingError(error)) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new MessagingError("STORE_UNAVAILABLE", `The ${name} store failed at ${call}: ${reason}.`, {
    cause: error,
  });
}

/** What {@link withTimeLimit} needs to know. */
export interface TimeLimitOptions {
  /** Milliseconds a call may take. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Stores whose calls end in time by themselves: a second limit would cost and change nothing. */
const timely = new WeakSet<Store>();

/** Says of a store that its calls need no time limit. */
export function markTimely<T extends Store>(store: T): T {
  timely.add(store);
  return store;
}

/**
 * The same store with a time limit on every call, and with every rejection a MessagingError. The service puts it
 * around a store of the user's own making. Answers the store itself where it keeps its time already.
 */
export function withTimeLimit(store: Store, options: TimeLimitOptions): Store {
  if (timely.has(store)) return store;
  const within = createTimeLimit(store.name, options.timeoutMs, options.clock);
  const trim = store.trim?.bind(store);
  const inspect = store.inspect?.bind(store);
  const close = store.close?.bind(store);
  const limited: Store = Object.freeze({
    name: store.name,
    atomicity: store.atomicity,
    durable: store.durable,
    get: (key) => within("get", (step) => step(() => store.get(key))),
    getMany: (keys) => within("getMany", (step) => step(() => store.getMany(keys))),
    set: (key, value, ttlMs) => within("set", (step) => step(() => store.set(key, value, ttlMs))),
    setMany: (writes) => within("setMany", (step) => step(() => store.setMany(writes))),
    delete: (key) => within("delete", (step) => step(() => store.delete(key))),
    setIfAbsent: (key, value, ttlMs) =>
      within("setIfAbsent", (step) => step(() => store.setIfAbsent(key, value, ttlMs))),
    compareAndSet: (key, expected, value, ttlMs, appends) =>
      within("compareAndSet", (step) =>
        step(() => store.compareAndSet(key, expected, value, ttlMs, appends)),
      ),
    append: (log, value, ttlMs) => within("append", (step) => step(() => store.append(log, value, ttlMs))),
    range: (log, range) => within("range", (step) => step(() => store.range(log, range))),
    ...(trim === undefined
      ? {}
      : { trim: (log: string, upTo: string) => within("trim", (step) => step(() => trim(log, upTo))) }),
    ...(inspect === undefined ? {} : { inspect: () => within("inspect", (step) => step(inspect)) }),
    ...(close === undefined ? {} : { close }),
  } satisfies Store);
  return markTimely(limited);
}
