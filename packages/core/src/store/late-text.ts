import type { LogWrite, Store } from "./store.ts";

/**
 * A text that may be worked out when it is asked for, and is the same from then on; a string is one. A record is written three
 * times on its way and hardly ever read meanwhile: a store in this process's memory need not have its text until somebody does.
 */
export interface LateText {
  toString(): string;
}

/** A line for a log whose text may be late. */
export interface LateLogWrite extends Omit<LogWrite, "value"> {
  readonly value: LateText;
}

/** The calls of a {@link Store} that take and give texts that may be late. */
export interface LateTexts {
  /** Whether what is read is the very text that was written. */
  readonly keeps: boolean;
  get(key: string): Promise<LateText | undefined>;
  getMany(keys: readonly string[]): Promise<(LateText | undefined)[]>;
  compareAndSet(
    key: string,
    expected: LateText | undefined,
    value: LateText | undefined,
    ttlMs: number,
    appends?: readonly LateLogWrite[],
  ): Promise<boolean>;
}

/** Stores that keep such texts as they are. */
const keepers = new WeakMap<Store, LateTexts>();

/** Says of a store how it takes texts that are late. */
export function markLate<T extends Store>(store: T, texts: LateTexts): T {
  keepers.set(store, texts);
  return store;
}

/** How a store takes texts that may be late: as they are, or written out. */
export function lateTexts(store: Store): LateTexts {
  return (
    keepers.get(store) ?? {
      keeps: false,
      get: (key) => store.get(key),
      getMany: (keys) => store.getMany(keys),
      compareAndSet: (key, expected, value, ttlMs, appends) =>
        store.compareAndSet(key, expected?.toString(), value?.toString(), ttlMs, appends?.map(writtenOut)),
    }
  );
}

function writtenOut({ log, value, ttlMs }: LateLogWrite): LogWrite {
  return { log, value: value.toString(), ttlMs };
}
