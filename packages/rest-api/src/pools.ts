import {
  type Capability,
  isMessagingError,
  type MessagingService,
  type Sender,
  type SenderInput,
  type SenderType,
  type Store,
} from "@messaging-service/core";
import { createClaims } from "./claims.ts";
import { createPoolDocuments, keyOf } from "./pool-documents.ts";
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
  add(service: MessagingService, member: Member): Promise<PoolResult>;
  remove(service: MessagingService, sid: string): Promise<PoolResult>;
  /** The SID of the service that a sender is in, by REST. */
  claimOf(address: string): Promise<string | undefined>;
  /** Gives every sender of a deleted service free. */
  release(sid: string): Promise<void>;
  /** The senders of which service, pool and claim do not agree: a process ended between two writes. */
  unsettled(service: MessagingService): Promise<readonly Member[]>;
  /** Brings service and claim to what the pool says. */
  settle(service: MessagingService, member: Member): Promise<void>;
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
  /** A member as a service's pool takes it; `undefined` where the account does not own it any more. */
  readonly inputOf: (member: Member) => Promise<SenderInput | undefined>;
}

/** Looks at a pool and its service until they agree; more are in vain, and the next start of the service looks again. */
const MOST_LOOKS = 50;

/**
 * The pools: a document per service says who is in it, a claim per sender that it is in no other, and the service's own configuration sends
 * by it. The document has the say; whoever changes anything looks at all three last, so that they agree whatever processes do at once.
 */
export function createPools(parts: PoolParts): Pools {
  const { store, keys, exists, registeredWith, isRegistered, refresh, describe, inputOf } = parts;
  const documents = createPoolDocuments(store, keys, parts.limit);
  const claims = createClaims({
    store,
    keys,
    holds: async (sid, address) =>
      (await exists(sid)) && (await documents.read(sid)).some((each) => each.address === address),
  });

  return Object.freeze({
    list,
    async add(service: MessagingService, member: Member): Promise<PoolResult> {
      const { sid } = service;
      const elsewhere = registeredWith(member.address);
      if (isClaimed(member) && elsewhere !== undefined && elsewhere !== service)
        return { refused: "in-another" };
      if (isRegistered(sid)) {
        await refresh(service);
        if (has(service, member) && !(await documents.has(sid, member))) return { refused: "in-service" };
      }
      if (isClaimed(member) && !(await claims.take(member.address, sid))) return { refused: "in-another" };
      let refused = await documents.join(sid, member);
      // Another process has added it since; or one ended before the service had it.
      if (refused === "in-service") {
        await service.update({});
        if (!has(service, member)) refused = undefined;
      }
      try {
        // Anew: a process that saw the claim before the document may have found it void.
        if (refused === undefined && isClaimed(member) && !(await claims.take(member.address, sid))) {
          await documents.leave(sid, member);
          refused = "in-another";
        }
        await settle(service, member);
      } catch (error) {
        if (refused === undefined) await documents.leave(sid, member);
        if (refused === undefined) await unclaim(sid, member);
        throw error;
      }
      return refused === undefined ? { member } : { refused };
    },
    async remove(service: MessagingService, sid: string): Promise<PoolResult> {
      const member = (await list(service)).find((each) => each.sid === sid);
      if (member === undefined) return { refused: "not-in-service" };
      if (member.fixed === true) return { refused: "fixed" };
      // Out of use first: until the answer is given, it counts as a member.
      await part(service, member);
      await documents.leave(service.sid, member);
      await settle(service, member);
      return { member };
    },
    claimOf: claims.of,
    async release(sid: string): Promise<void> {
      const members = await documents.read(sid);
      await documents.delete(sid);
      for (const member of members) await unclaim(sid, member);
    },
    async unsettled(service: MessagingService): Promise<readonly Member[]> {
      const { sid } = service;
      const [members, left] = [await documents.read(sid), await documents.left(sid)];
      const owners = await claims.ofMany([...members, ...left].map(({ address }) => address));
      const agree = (member: Member, isIn: boolean, owner: string | undefined): boolean =>
        has(service, member) === isIn && (!isClaimed(member) || (owner === sid) === isIn);
      return [...members, ...left].filter(
        (member, index) => !agree(member, index < members.length, owners[index]),
      );
    },
    settle,
  });

  async function list(of: MessagingService | string): Promise<readonly Member[]> {
    const sid = typeof of === "string" ? of : of.sid;
    const document = await documents.read(sid);
    if (typeof of === "string" || !isRegistered(sid)) return document;
    await refresh(of);
    // Code has the say over a service that code made: what it took out is out, what it lists is in.
    const kept = document.filter((member) => has(of, member));
    const known = new Set(kept.map(keyOf));
    const listed = await Promise.all(of.senders.list().map((sender) => describe(of, sender)));
    return [...listed.filter((member) => !known.has(keyOf(member))), ...kept];
  }

  async function settle(service: MessagingService, member: Member): Promise<void> {
    const { sid } = service;
    for (let look = 0; look < MOST_LOOKS; look++) {
      const isOurs = isClaimed(member) ? (await claims.of(member.address)) === sid : undefined;
      const isIn = await documents.has(sid, member);
      if (isOurs !== undefined && isOurs !== isIn) {
        if (!isIn) await unclaim(sid, member);
        else if (!(await claims.take(member.address, sid))) await documents.leave(sid, member);
        continue;
      }
      await service.update({});
      if (has(service, member) === isIn) return;
      if (!isIn) await part(service, member);
      else if (!(await join(service, member))) await documents.leave(sid, member);
    }
  }

  /** False where the account does not own it any more. */
  async function join(service: MessagingService, member: Member): Promise<boolean> {
    const input = await inputOf(member);
    if (input === undefined) return false;
    await service.senders.add(input).catch((error: unknown) => {
      // Another process, or an attempt that was cut off, has added it.
      if (!isMessagingError(error, "DUPLICATE_SENDER")) throw error;
    });
    return true;
  }

  async function part(service: MessagingService, member: Member): Promise<void> {
    // Another process may have added it a moment ago.
    await service.update({});
    if (!has(service, member)) return;
    await service.senders.remove(keyOf(member)).catch((error: unknown) => {
      if (!isMessagingError(error, "SENDER_NOT_FOUND")) throw error;
    });
  }

  async function unclaim(sid: string, member: Member): Promise<void> {
    if (isClaimed(member)) await claims.drop(member.address, sid, () => documents.has(sid, member));
  }
}

/** A sender ID is many services' at once; whatever else can be texted is in one. */
function isClaimed({ kind }: Member): boolean {
  return kind !== "alphanumeric";
}

function has(service: MessagingService, member: Member): boolean {
  const { kind, address, country } = member;
  return service.senders
    .list()
    .some(
      (sender) => sender.id === address && (kind !== "alphanumeric" || (sender.country ?? null) === country),
    );
}
