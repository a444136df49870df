import { PassingMap } from "../passing.ts";

/** Runs tasks in order per key. */
export interface Sequencer {
  /** Runs the task after the earlier ones of its key have settled, however they did. Settles as the task does. */
  run<T>(key: string, task: () => T | Promise<T>): Promise<T>;
  /** Keys with unfinished tasks. */
  readonly size: number;
}

/**
 * Tasks of one key run one at a time, in the order they were given; tasks of different keys run side by side. A key without
 * unfinished tasks is forgotten. Used for status callbacks: a message's "delivered" never overtakes its "sent".
 */
export function createSequencer(): Sequencer {
  const last = new PassingMap<string, Promise<unknown>>();
  return Object.freeze({
    run<T>(key: string, task: () => T | Promise<T>): Promise<T> {
      const result = (last.get(key) ?? Promise.resolve()).then(task);
      const settled = result.then(noop, noop).then(() => {
        if (last.get(key) === settled) last.delete(key);
      });
      last.set(key, settled);
      return result;
    },
    get size() {
      return last.size;
    },
  });
}

function noop(): void {}
