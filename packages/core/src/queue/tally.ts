import { type Clock, sleep } from "../clock.ts";

/** Counts the tasks that are under way, so that closing can wait for them. */
export interface Tally {
  /** How many are under way. */
  readonly active: number;
  /** Counts one more, until its {@link end}. */
  begin(): void;
  end(): void;
  /** Runs a task, and counts it until it ends. */
  run<T>(task: () => Promise<T>): Promise<T>;
  /** Resolves when none is under way. */
  settled(): Promise<void>;
  /** The same, after `timeoutMs` at the latest. */
  settledWithin(clock: Clock, timeoutMs: number): Promise<void>;
}

/** A tally of nothing yet. */
export function createTally(): Tally {
  let active = 0;
  const waiting: (() => void)[] = [];
  const begin = (): void => {
    active += 1;
  };
  const end = (): void => {
    active -= 1;
    if (active === 0) for (const tell of waiting.splice(0)) tell();
  };
  const settled = (): Promise<void> =>
    active === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve));
  return Object.freeze({
    get active() {
      return active;
    },
    begin,
    end,
    async run<T>(task: () => Promise<T>): Promise<T> {
      begin();
      try {
        return await task();
      } finally {
        end();
      }
    },
    settled,
    async settledWithin(clock: Clock, timeoutMs: number): Promise<void> {
      if (active > 0) await Promise.race([settled(), sleep(clock, timeoutMs)]);
    },
  });
}
