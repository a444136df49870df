import type { ConsentChannel } from "./consent-record.ts";

/** People this process must not text while the store is unsure, each with what will write their STOP down. */
export interface DenyList {
  has(person: string, channel: ConsentChannel): boolean;
  /** Denies at once; `write` is tried until it succeeds, and then the store speaks for itself. */
  add(person: string, channel: ConsentChannel, write: () => Promise<unknown>): void;
  remove(person: string, channel: ConsentChannel): void;
  /** Tries everything that waits; resolves to how many still do. */
  flush(): Promise<number>;
}

/** In memory: it exists because the store does not answer. */
export function createDenyList(): DenyList {
  const waiting = new Map<string, () => Promise<unknown>>();
  const keyOf = (person: string, channel: ConsentChannel): string => `${channel} ${person}`;
  return Object.freeze({
    has: (person: string, channel: ConsentChannel) => waiting.size > 0 && waiting.has(keyOf(person, channel)),
    add(person: string, channel: ConsentChannel, write: () => Promise<unknown>): void {
      waiting.set(keyOf(person, channel), write);
    },
    remove(person: string, channel: ConsentChannel): void {
      waiting.delete(keyOf(person, channel));
    },
    async flush(): Promise<number> {
      for (const [key, write] of [...waiting]) {
        try {
          await write();
          // Only if nobody said STOP again meanwhile.
          if (waiting.get(key) === write) waiting.delete(key);
        } catch {
          // The store still does not answer; asking it for the rest would take as long each time.
          break;
        }
      }
      return waiting.size;
    },
  });
}
