import type { ConsentChannel } from "./consent-record.ts";

/** People this process must not text while the store is unsure, each with what will write their STOPs down. */
export interface DenyList {
  has(person: string, channel: ConsentChannel): boolean;
  /** Denies at once; `write` is tried until it succeeds, and then the store speaks for itself. `id`: the message that said it. */
  add(person: string, channel: ConsentChannel, id: string, write: () => Promise<unknown>): void;
  /** Writes what waits of one person now: what they say next must find it. Rejects when the store does not take it. */
  settle(person: string, channel: ConsentChannel): Promise<void>;
  /** Tries everything that waits; resolves to how many people still do. */
  flush(): Promise<number>;
}

/** In memory: it exists because the store does not answer. */
export function createDenyList(): DenyList {
  const waiting = new Map<string, Map<string, () => Promise<unknown>>>();
  const keyOf = (person: string, channel: ConsentChannel): string => `${channel} ${person}`;

  async function settle(key: string): Promise<void> {
    for (const [id, write] of [...(waiting.get(key) ?? [])]) {
      await write();
      const left = waiting.get(key);
      // Only if the same message was not denied again meanwhile.
      if (left?.get(id) === write) left.delete(id);
      if (left?.size === 0) waiting.delete(key);
    }
  }

  return Object.freeze({
    has: (person: string, channel: ConsentChannel) => waiting.size > 0 && waiting.has(keyOf(person, channel)),
    add(person: string, channel: ConsentChannel, id: string, write: () => Promise<unknown>): void {
      const key = keyOf(person, channel);
      waiting.set(key, (waiting.get(key) ?? new Map()).set(id, write));
    },
    settle: (person: string, channel: ConsentChannel) => settle(keyOf(person, channel)),
    async flush(): Promise<number> {
      for (const key of [...waiting.keys()]) {
        try {
          await settle(key);
        } catch {
          // The store still does not answer; asking it for the rest would take as long each time.
          break;
        }
      }
      return waiting.size;
    },
  });
}
