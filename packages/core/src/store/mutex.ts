import { PassingMap } from "../passing.ts";

/** Runs `body` while nobody else holds one of `keys`; waiters are served in the order they came. */
export type Mutex = <T>(keys: readonly string[], body: () => Promise<T>) => Promise<T>;

/**
 * A lock per key within this process. All keys of one call are queued for in the same instant, so two calls that
 * share several keys cannot wait for each other.
 */
export function createMutex(): Mutex {
  const tails = new PassingMap<string, Promise<void>>();
  return async <T>(keys: readonly string[], body: () => Promise<T>): Promise<T> => {
    const names = new Set(keys);
    const earlier = [...names].map((name) => tails.get(name));
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    for (const name of names) tails.set(name, held);
    try {
      for (const tail of earlier) await tail;
      return await body();
    } finally {
      for (const name of names) if (tails.get(name) === held) tails.delete(name);
      release();
    }
  };
}
