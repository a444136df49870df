import type { Store } from "@messaging-service/core";
import type { RegistryKeys } from "./registry-keys.ts";
import { createResourceSid } from "./sids.ts";

/** Which service a sender is in: one at a time, whatever many processes do at once. */
export interface Claims {
  /** The SID of the service that has the sender. */
  of(address: string): Promise<string | undefined>;
  /** The same of several, in one read. */
  ofMany(addresses: readonly string[]): Promise<readonly (string | undefined)[]>;
  /**
   * Takes the sender for a service; false when it is in another one. A claim is new each time, so that whoever looked before cannot take
   * it away: its store is asked with what it saw.
   */
  take(address: string, sid: string): Promise<boolean>;
  /** Gives the sender free if it is that service's and `isMember` says that it is not in its pool. */
  drop(address: string, sid: string, isMember: () => Promise<boolean>): Promise<void>;
}

/** What {@link createClaims} needs. */
export interface ClaimParts {
  readonly store: Store;
  readonly keys: RegistryKeys;
  /** Whether there is a service of that SID and its pool has the sender: other claims are void, of processes that ended between two writes. */
  readonly holds: (sid: string, address: string) => Promise<boolean>;
}

export function createClaims({ store, keys, holds }: ClaimParts): Claims {
  return Object.freeze({
    of: async (address: string) => ownerOf(await store.get(keys.claim(address))),
    ofMany: async (addresses: readonly string[]) =>
      addresses.length === 0 ? [] : (await store.getMany(addresses.map(keys.claim))).map(ownerOf),
    async take(address: string, sid: string): Promise<boolean> {
      const key = keys.claim(address);
      for (;;) {
        const claim = `${sid} ${createResourceSid("NO")}`;
        const there = await store.get(key);
        const owner = ownerOf(there);
        if (owner !== undefined && owner !== sid && (await holds(owner, address))) return false;
        const taken =
          there === undefined
            ? (await store.setIfAbsent(key, claim, 0)) === undefined
            : await store.compareAndSet(key, there, claim, 0);
        if (taken) return true;
      }
    },
    async drop(address: string, sid: string, isMember: () => Promise<boolean>): Promise<void> {
      const key = keys.claim(address);
      for (;;) {
        const there = await store.get(key);
        if (there === undefined || ownerOf(there) !== sid || (await isMember())) return;
        if (await store.compareAndSet(key, there, undefined, 0)) return;
      }
    },
  });
}

function ownerOf(claim: string | undefined): string | undefined {
  return claim?.split(" ", 1)[0];
}
