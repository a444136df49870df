import type { Clock } from "../clock.ts";
import { createDeadlines } from "./deadlines.ts";
import type { Ranked } from "./heap.ts";

/** Values under names, each until a time of its own: what is waited for may never come. */
export interface Kept<Value> {
  get(name: string): Value | undefined;
  /** Keeps a value until then, ms since the epoch. */
  set(name: string, value: Value, until: number): void;
  delete(name: string): void;
  /** Ends the timer. */
  close(): void;
}

interface Entry<Value> extends Ranked {
  readonly name: string;
  readonly value: Value;
}

/** Keeps nothing yet. */
export function createKept<Value>(clock: Clock): Kept<Value> {
  const entries = new Map<string, Entry<Value>>();
  const deadlines = createDeadlines<Entry<Value>>(clock, ({ name }) => entries.delete(name));
  const kept: Kept<Value> = {
    get: (name) => entries.get(name)?.value,
    set(name, value, until) {
      kept.delete(name);
      const entry = { name, value, rank: 0, place: -1 };
      entries.set(name, entry);
      deadlines.set(entry, until);
    },
    delete(name) {
      const entry = entries.get(name);
      if (entry === undefined) return;
      entries.delete(name);
      deadlines.remove(entry);
    },
    close: deadlines.close,
  };
  return Object.freeze(kept);
}
