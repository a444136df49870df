import type { Store } from "@messaging-service/core";
import { changeDocument, readDocument } from "./documents.ts";
import type { Member, PoolRefusal } from "./pools.ts";
import type { RegistryKeys } from "./registry-keys.ts";

/** A member, or one that has left: it is remembered, so that the service's next start finds what a process did not live to undo. */
interface Entry extends Member {
  readonly left?: boolean | undefined;
}

/** Of those that left only the last are remembered. */
const MOST_LEFT = 100;

/** Who is in a service's pool by REST, in the order they joined. */
export interface PoolDocuments {
  read(sid: string): Promise<readonly Member[]>;
  /** Those that have left, as far as they are remembered. */
  left(sid: string): Promise<readonly Member[]>;
  has(sid: string, member: Member): Promise<boolean>;
  /** Why a member did not join: it is in the pool, or the pool is full. */
  join(sid: string, member: Member): Promise<PoolRefusal | undefined>;
  leave(sid: string, member: Member): Promise<void>;
  delete(sid: string): Promise<void>;
}

/** The pools in the store; `limit`: most numbers and short codes of one. */
export function createPoolDocuments(store: Store, keys: RegistryKeys, limit: number): PoolDocuments {
  const entries = async (sid: string): Promise<readonly Entry[]> =>
    (await readDocument<readonly Entry[]>(store, keys.pool(sid)))?.value ?? [];
  const read = async (sid: string): Promise<readonly Member[]> => (await entries(sid)).filter(isMember);
  return Object.freeze({
    read,
    left: async (sid: string) => (await entries(sid)).filter((entry) => !isMember(entry)),
    has: async (sid: string, member: Member) =>
      (await read(sid)).some((each) => keyOf(each) === keyOf(member)),
    async join(sid: string, member: Member): Promise<PoolRefusal | undefined> {
      let refused: PoolRefusal | undefined;
      await changeDocument<readonly Entry[]>(store, keys.pool(sid), (document = []) => {
        const others = document.filter((each) => keyOf(each) !== keyOf(member));
        refused = undefined;
        if (document.some((each) => isMember(each) && keyOf(each) === keyOf(member))) refused = "in-service";
        else if (isCounted(member) && others.filter(isMember).filter(isCounted).length >= limit)
          refused = "full";
        return refused === undefined ? [...others, member] : document;
      });
      return refused;
    },
    async leave(sid: string, member: Member): Promise<void> {
      await changeDocument<readonly Entry[]>(store, keys.pool(sid), (document) => {
        const leaving = document?.find((each) => each.sid === member.sid && isMember(each));
        if (document === undefined || leaving === undefined) return document;
        const left = [...document.filter((each) => !isMember(each)), { ...leaving, left: true }];
        return [...left.slice(-MOST_LEFT), ...document.filter((each) => isMember(each) && each !== leaving)];
      });
    },
    delete: (sid: string) => store.delete(keys.pool(sid)),
  });
}

/** What tells members of one pool apart: a sender ID may be in it for several countries. */
export function keyOf({ kind, address, country }: Pick<Member, "kind" | "address" | "country">): string {
  return kind === "alphanumeric" && country !== null ? `${address}/${country}` : address;
}

function isMember({ left }: Entry): boolean {
  return left !== true;
}

/** Twilio's limit is one of numbers and short codes together. */
function isCounted({ kind }: Member): boolean {
  return kind === "phone-number" || kind === "short-code";
}
