import {
  type Capability,
  isMessagingError,
  type MessagingService,
  type Sender,
  type SenderInput,
  type SenderType,
  type Store,
} from "@messaging-service/core";
import { changeDocument, readDocument } from "./documents.ts";
import type { RegistryKeys } from "./registry-keys.ts";

/** Which sub-resource of a service a member is. */
export type MemberKind = "phone-number" | "short-code" | "alphanumeric" | "channel";

/** A sender of a service's pool, as its sub-resource shows it. */
export interface Member {
  /** PN…, SC…, XE… of the inventory; AI… of a sender ID. */
  readonly sid: string;
  readonly kind: MemberKind;
  readonly type: SenderType;
  readonly address: string;
  /** ISO 3166-1 alpha-2; `null` for a sender ID that is for every country. */
  readonly country: string | null;
  readonly capabilities: readonly Capability[];
  /** When it joined, milliseconds since the epoch. */
  readonly at: number;
  /** Code lists it, so that it cannot be removed over REST. */
  readonly fixed?: boolean | undefined;
}

/** Why a pool stays as it is. */
export type PoolRefusal =
  /** It is in this service (21710), in another one (21712), the pool is full (21714), it is not in this service (21711), code lists it. */
  "in-service" | "in-another" | "full" | "not-in-service" | "fixed";

/** What became of a change. */
export type PoolResult =
  | { readonly member: Member; readonly refused?: undefined }
  | { readonly refused: PoolRefusal; readonly member?: undefined };

/** The pools of the account's services, as REST sees them. */
export interface Pools {
  /** In the order they joined. */
  list(service: MessagingService | string): Promise<readonly Member[]>;
  add(service: MessagingService, member: Member, input: SenderInput): Promise<PoolResult>;
  remove(service: MessagingService, sid: string): Promise<PoolResult>;
  /** The SID of the service that a sender is in, by REST. */
  claimOf(address: string): Promise<string | undefined>;
  /** Gives every sender of a deleted service free. */
  release(sid: string): Promise<void>;
  /** The senders that a service should have and does not: a process ended between two writes. */
  missing(service: MessagingService): Promise<readonly Member[]>;
}

/** What {@link createPools} needs. */
export interface PoolParts {
  readonly store: Store;
  readonly keys: RegistryKeys;
  /** Most numbers and short codes of a service. */
  readonly limit: number;
  /** Whether there is a service of that SID: a claim of one that was deleted is void. */
  readonly exists: (sid: string) => Promise<boolean>;
  /** A service made in code that has the sender. */
  readonly registeredWith: (address: string) => MessagingService | undefined;
  readonly isRegistered: (sid: string) => boolean;
  /** Takes in what another process has changed of a service made in code. */
  readonly refresh: (service: MessagingService) => Promise<void>;
  /** What of the inventory a sender is that code lists. */
  readonly describe: (service: MessagingService, sender: Sender) => Promise<Member>;
}

type PoolDocument = readonly Member[];

/** The pools: a document per service says who is in it, and a claim per sender that it is in no other. */
export function createPools(parts: PoolParts): Pools {
  const { store, keys, limit, exists, registeredWith, isRegistered, refresh, describe } = parts;

  return Object.freeze({
    list,
    async add(service: MessagingService, member: Member, input: SenderInput): Promise<PoolResult> {
      const elsewhere = registeredWith(member.address);
      if (member.kind !== "alphanumeric" && elsewhere !== undefined && elsewhere !== service)
        return { refused: "in-another" };
      if (isRegistered(service.sid)) {
        await refresh(service);
        if (has(service, member) && !(await isKept(service, member))) return { refused: "in-service" };
      }
      const claimed = member.kind === "alphanumeric" ? "new" : await claim(member.address, service.sid);
      if (claimed === "other") return { refused: "in-another" };
      let refused: PoolRefusal | undefined;
      await changeDocument<PoolDocument>(store, keys.pool(service.sid), (document = []) => {
        refused = undefined;
        if (document.some((each) => keyOf(each) === keyOf(member))) refused = "in-service";
        else if (isCounted(member) && document.filter(isCounted).length >= limit) refused = "full";
        return refused === undefined ? [...document, member] : document;
      });
      // Another process has added it since; or one ended before the service had it.
      if (refused === "in-service" && !has(service, member)) await service.update({});
      if (refused === "in-service" && !has(service, member)) refused = undefined;
      if (refused === undefined) {
        try {
          await join(service, input);
          return { member };
        } catch (error) {
          await leave(service.sid, member);
          throw error;
        }
      }
      if (refused === "full" && claimed === "new") await unclaim(member, service.sid);
      return { refused };
    },
    async remove(service: MessagingService, sid: string): Promise<PoolResult> {
      const member = (await list(service)).find((each) => each.sid === sid);
      if (member === undefined) return { refused: "not-in-service" };
      if (member.fixed === true) return { refused: "fixed" };
      // Another process may have added it a moment ago; or one ended before the service had it, or when it no longer had.
      await service.update({});
      // Out of use first: until the answer is given, it counts as a member.
      if (has(service, member))
        await service.senders.remove(keyOf(member)).catch((error: unknown) => {
          if (!isMessagingError(error, "SENDER_NOT_FOUND")) throw error;
        });
      await leave(service.sid, member);
      return { member };
    },
    claimOf: (address: string) => store.get(keys.claim(address)),
    async release(sid: string): Promise<void> {
      const document = (await readDocument<PoolDocument>(store, keys.pool(sid)))?.value ?? [];
      for (const member of document) await unclaim(member, sid);
      await store.delete(keys.pool(sid));
    },
    async missing(service: MessagingService): Promise<readonly Member[]> {
      const document = (await readDocument<PoolDocument>(store, keys.pool(service.sid)))?.value ?? [];
      return document.filter((member) => !has(service, member));
    },
  });

  async function list(of: MessagingService | string): Promise<readonly Member[]> {
    const sid = typeof of === "string" ? of : of.sid;
    const document = (await readDocument<PoolDocument>(store, keys.pool(sid)))?.value ?? [];
    if (typeof of === "string" || !isRegistered(sid)) return document;
    await refresh(of);
    // Code has the say over a service that code made: what it took out is out, what it lists is in.
    const kept = document.filter((member) => has(of, member));
    const known = new Set(kept.map(keyOf));
    const listed = await Promise.all(of.senders.list().map((sender) => describe(of, sender)));
    return [...listed.filter((member) => !known.has(keyOf(member))), ...kept];
  }

  async function isKept(service: MessagingService, member: Member): Promise<boolean> {
    const document = (await readDocument<PoolDocument>(store, keys.pool(service.sid)))?.value ?? [];
    return document.some((each) => keyOf(each) === keyOf(member));
  }

  async function claim(address: string, sid: string): Promise<"new" | "ours" | "other"> {
    const key = keys.claim(address);
    for (;;) {
      const there = await store.setIfAbsent(key, sid, 0);
      if (there === undefined) return "new";
      if (there === sid) return "ours";
      if (await exists(there)) return "other";
      if (await store.compareAndSet(key, there, sid, 0)) return "new";
    }
  }

  async function unclaim(member: Member, sid: string): Promise<void> {
    if (member.kind !== "alphanumeric")
      await store.compareAndSet(keys.claim(member.address), sid, undefined, 0);
  }

  async function join(service: MessagingService, input: SenderInput): Promise<void> {
    await service.senders.add(input).catch((error: unknown) => {
      // Another process, or an attempt that was cut off, has added it.
      if (!isMessagingError(error, "DUPLICATE_SENDER")) throw error;
    });
  }

  async function leave(sid: string, member: Member): Promise<void> {
    await changeDocument<PoolDocument>(store, keys.pool(sid), (document) => {
      const left = document?.filter((each) => each.sid !== member.sid);
      return left?.length === document?.length ? document : left;
    });
    await unclaim(member, sid);
  }
}

/** What tells members of one pool apart: a sender ID may be in it for several countries. */
function keyOf({ kind, address, country }: Pick<Member, "kind" | "address" | "country">): string {
  return kind === "alphanumeric" && country !== null ? `${address}/${country}` : address;
}

function has(service: MessagingService, member: Member): boolean {
  const { kind, address, country } = member;
  return service.senders
    .list()
    .some(
      (sender) => sender.id === address && (kind !== "alphanumeric" || (sender.country ?? null) === country),
    );
}

/** Twilio's limit is one of numbers and short codes together. */
function isCounted({ kind }: Member): boolean {
  return kind === "phone-number" || kind === "short-code";
}
