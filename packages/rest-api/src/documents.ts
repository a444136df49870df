import type { LogWrite, Store } from "@messaging-service/core";

/** A document as read: what it says, and the text it was read as. */
export interface Read<T> {
  readonly value: T;
  readonly raw: string;
}

/** The document under a key; `undefined` when there is none. */
export async function readDocument<T>(store: Store, key: string): Promise<Read<T> | undefined> {
  return parseDocument(await store.get(key));
}

/** A document's text, understood. */
export function parseDocument<T>(raw: string | undefined): Read<T> | undefined {
  return raw === undefined ? undefined : { value: JSON.parse(raw) as T, raw };
}

/** What goes with a change of a document. */
export interface ChangeOptions {
  /** Milliseconds to live of what is written; default 0, for ever. */
  readonly ttlMs?: number | undefined;
  /** Lines that go to logs in the same step. */
  readonly appends?: readonly LogWrite[] | undefined;
}

/**
 * Applies a change to the newest text of a document, as often as another process is faster: two processes that change
 * different fields lose nothing. Resolves to what is there now. A change to `undefined` deletes; one that throws writes nothing.
 */
export async function changeDocument<T>(
  store: Store,
  key: string,
  change: (current: T | undefined) => T | undefined,
  { ttlMs = 0, appends }: ChangeOptions = {},
): Promise<T | undefined> {
  for (;;) {
    const current = await readDocument<T>(store, key);
    const next = change(current?.value);
    if (next === current?.value) return next;
    const text = next === undefined ? undefined : JSON.stringify(next);
    if (await store.compareAndSet(key, current?.raw, text, ttlMs, appends)) return next;
  }
}
