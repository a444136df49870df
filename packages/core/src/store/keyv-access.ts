import { type Clock, systemClock } from "../clock.ts";
import type { KeyvLike } from "./keyv.ts";

/** A Keyv that does not lie: every method does what it says or rejects. */
export interface KeyvAccess {
  read(key: string): Promise<string | undefined>;
  readMany(keys: readonly string[]): Promise<(string | undefined)[]>;
  write(key: string, value: string, ttlMs: number): Promise<void>;
  remove(key: string): Promise<void>;
}

interface Failures {
  count: number;
  last: unknown;
}

/** One listener per Keyv, however many stores are made of it: Keyv 5 prints a warning at the hundredth. */
const failuresOf = new WeakMap<KeyvLike, Failures>();

/** Keyv's times to live run on the machine's clock, whatever clock the service has. */
const keyvClock: Clock = systemClock;

/**
 * Makes a Keyv raise its backend's failures where it can (`throwOnErrors`, on it and on the adapters inside it), and
 * listens for the rest: an adapter that swallows a failure emits `error`, and Keyv 6 with a listener of the user's
 * emits it and answers `undefined`.
 */
export function failLoudly(keyv: KeyvLike): Failures {
  const known = failuresOf.get(keyv);
  if (known !== undefined) return known;
  const failures: Failures = { count: 0, last: undefined };
  failuresOf.set(keyv, failures);
  for (const part of [keyv, ...adaptersOf(keyv)]) {
    if ("throwOnErrors" in part) part.throwOnErrors = true;
  }
  keyv.on?.("error", (error: unknown) => {
    failures.count += 1;
    failures.last = error;
  });
  return failures;
}

/** The storage adapters inside a Keyv, outermost first: Keyv 6 wraps some in one of its own. */
export function adaptersOf(keyv: KeyvLike): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  let store: unknown = keyv.store;
  while (typeof store === "object" && store !== null && found.length < 5) {
    found.push(store as Record<string, unknown>);
    store = store instanceof Map ? undefined : (store as { readonly store?: unknown }).store;
  }
  return found;
}

/**
 * Reads and writes through `keyv.get`, `set` and `delete` alone, without locks. An absent answer counts only if no
 * failure was reported meanwhile; a write or a deletion counts only once it was read back, because some adapters
 * answer `true` for what they lost.
 */
export function createKeyvAccess(keyv: KeyvLike): KeyvAccess {
  const failures = failLoudly(keyv);

  /**
   * Keyv 5 leaves a key alone that begins with its namespace, so that `x` and `namespace:x` are one entry. Put before
   * such a key, the namespace makes it the entry of its own that it is elsewhere.
   */
  function addressOf(key: string): string {
    const { namespace } = keyv;
    if (!namespace || keyv.useKeyPrefix === false || keyv._getKeyPrefix === undefined) return key;
    return key.startsWith(`${namespace}:`) ? `${namespace}:${key}` : key;
  }

  function present(value: unknown, failuresBefore: number): string | undefined {
    if (typeof value === "string") return value;
    if (value !== undefined && value !== null) {
      throw new Error("an entry holds something other than text, so this library did not write it");
    }
    if (failures.count !== failuresBefore) throw failures.last;
    return undefined;
  }

  async function read(key: string): Promise<string | undefined> {
    const before = failures.count;
    return present(await keyv.get(addressOf(key)), before);
  }

  /** Keyv 5 without a `getMany` of the adapter answers `undefined` for each read that failed. */
  function batchReader(): ((keys: string[]) => Promise<unknown[]>) | undefined {
    const { getMany } = keyv;
    const [adapter] = adaptersOf(keyv);
    if (getMany === undefined || typeof adapter?.getMany !== "function") return undefined;
    // The batch of Keyv 5 prefixes every key, so it takes them as they are.
    return (keys) => getMany.call(keyv, keys);
  }

  return {
    read,
    async readMany(keys) {
      if (keys.length === 0) return [];
      const batch = batchReader();
      if (batch === undefined) return Promise.all(keys.map(read));
      const before = failures.count;
      const values = await batch([...keys]);
      if (!Array.isArray(values) || values.length !== keys.length) {
        throw new Error(`getMany answered ${values?.length} values for ${keys.length} keys`);
      }
      return values.map((value) => present(value, before));
    },
    async write(key, value, ttlMs) {
      const started = keyvClock.now();
      const before = failures.count;
      if ((await keyv.set(addressOf(key), value, ttlMs)) === false) {
        throw failures.count === before ? new Error("set answered false") : failures.last;
      }
      const stored = await read(key);
      const ended = ttlMs > 0 && keyvClock.now() - started >= ttlMs;
      if (stored !== value && !ended) throw new Error("set answered success and lost the value");
    },
    async remove(key) {
      await keyv.delete(addressOf(key));
      if ((await read(key)) !== undefined) throw new Error("delete left the value in place");
    },
  };
}
