import { type Clock, systemClock } from "../clock.ts";
import { DEFAULT_STORE_TIMEOUT_MS, markTimely, withTimeLimit } from "./guard.ts";
import { isKeyv, type KeyvLike, keyvStore } from "./keyv.ts";
import { memoryStore } from "./memory.ts";
import type { Store } from "./store.ts";

/** How a store is opened. */
export interface OpenStoreOptions {
  /** Milliseconds a call may take. Default 2,000. */
  readonly timeoutMs?: number | undefined;
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
}

/** The Store of a Keyv, of a Store of the user's own making, or of this process's memory. */
export function openStore(
  store: KeyvLike | Store | "memory",
  { timeoutMs = DEFAULT_STORE_TIMEOUT_MS, clock = systemClock }: OpenStoreOptions = {},
): Store {
  if (store === "memory") return memoryStore({ clock });
  if (isKeyv(store)) return keyvStore(store, { timeoutMs });
  return withTimeLimit(store as Store, { timeoutMs, clock });
}

/** A store that several services use: none of them closes it. */
export interface SharedStore extends Omit<Store, "close"> {
  /** Closes what opening it opened, when no service uses it any more. */
  release(): Promise<void>;
}

/** Opens a store once for several services, which are given the result as their `store`. */
export function shareStore(store: KeyvLike | Store | "memory", options: OpenStoreOptions = {}): SharedStore {
  const { close, ...opened } = openStore(store, options);
  const shared = Object.freeze({
    ...opened,
    async release(): Promise<void> {
      await close?.();
    },
  } satisfies SharedStore);
  return markTimely(shared);
}
