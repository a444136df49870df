import {
  type MessagingService,
  parseAddress,
  type Sender,
  type SenderInput,
  type Store,
} from "@messaging-service/core";
import { changeDocument, parseDocument } from "./documents.ts";
import {
  type InventoryEntry,
  type InventoryInput,
  NO_WEBHOOK,
  type NumberWebhook,
  toNumberWebhook,
  toSenderInput,
} from "./inventory-input.ts";
import { isSid } from "./params.ts";
import type { RegistryKeys } from "./registry-keys.ts";
import { type ResourcePrefix, resourceSid } from "./sids.ts";

/** Which of Twilio's resources an owned sender is. */
export type OwnedKind = "phone-number" | "short-code" | "channel";

/** A sender the account owns. */
export interface Owned {
  /** PN…, SC… or XE…; always the same for an address. */
  readonly sid: string;
  readonly kind: OwnedKind;
  readonly sender: Sender;
  readonly friendlyName: string;
  readonly webhook: NumberWebhook;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** As a service's pool takes it. */
  readonly input: SenderInput;
}

/** What of a number can be set over REST. */
export interface NumberChange extends Partial<NumberWebhook> {
  readonly friendlyName?: string | undefined;
}

/** What an account owns: what code lists, and what was added over REST. */
export interface Inventory {
  /** The SID that a sender has here, or would have. */
  sidOf(sender: Sender): string;
  find(sid: string): Promise<Owned | undefined>;
  at(address: string): Promise<Owned | undefined>;
  /** The senders of a kind, in the order they were added. Reads nothing. */
  list(kind: OwnedKind): readonly Sender[];
  /** What is known of owned senders: one read for all. */
  describe(senders: readonly Sender[]): Promise<readonly Owned[]>;
  /** @throws MessagingError INVALID_SENDER, DUPLICATE_SENDER. */
  add(phoneNumber: string, change: NumberChange): Promise<Owned>;
  /** `undefined` when it is not owned. `join` brings a changed webhook to the service that the number is in. */
  update(
    sid: string,
    change: NumberChange,
    join: (owned: Owned) => Promise<void>,
  ): Promise<Owned | undefined>;
  /** False when it was not owned. */
  remove(sid: string): Promise<boolean>;
}

/** What {@link createInventory} needs. */
export interface InventoryParts {
  readonly store: Store;
  readonly keys: RegistryKeys;
  readonly accountSid: string;
  /** What code lists. */
  readonly listed: readonly InventoryInput[];
  /** The service whose pool the inventory is. */
  readonly account: () => MessagingService;
  readonly now: () => number;
}

/** What the store knows of an owned number. */
interface NumberDocument {
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly friendlyName?: string | undefined;
  /** Set over REST; without it code's word counts. */
  readonly webhook?: NumberWebhook | undefined;
}

const PREFIX: Readonly<Record<OwnedKind, ResourcePrefix>> = {
  "phone-number": "PN",
  "short-code": "SC",
  channel: "XE",
};

/** The inventory: the pool of the account's own service, with a SID and a document per sender. */
export function createInventory({
  store,
  keys,
  accountSid,
  listed,
  account,
  now,
}: InventoryParts): Inventory {
  const sids = new Map<string, string>();
  /** Code's entries by address as the pool has it; filled when the pool is there to read it from. */
  let byAddress: ReadonlyMap<string, InventoryInput> | undefined;
  let born: Promise<number> | undefined;

  return Object.freeze({
    sidOf,
    async find(sid: string): Promise<Owned | undefined> {
      if (!isSid(sid, ...Object.values(PREFIX))) return undefined;
      for (const refreshed of [false, true]) {
        // Another process may have added it a moment ago.
        if (refreshed) await account().update({});
        const sender = all().find((each) => sidOf(each) === sid);
        if (sender !== undefined) return (await describe([sender]))[0];
      }
      return undefined;
    },
    async at(address: string): Promise<Owned | undefined> {
      const sender = all().find(({ id }) => id === address);
      return sender === undefined ? undefined : (await describe([sender]))[0];
    },
    list: (kind: OwnedKind) => all().filter((sender) => kindOf(sender) === kind),
    describe,
    async add(phoneNumber: string, change: NumberChange): Promise<Owned> {
      const webhook = toNumberWebhook(NO_WEBHOOK, change);
      const sender = await account().senders.add(toSenderInput(entryOf(phoneNumber), webhook));
      const at = now();
      await changeDocument<NumberDocument>(store, keys.number(sidOf(sender)), () => ({
        createdAt: at,
        updatedAt: at,
        friendlyName: change.friendlyName,
        webhook,
      }));
      return must((await describe([sender]))[0]);
    },
    async update(
      sid: string,
      change: NumberChange,
      join: (owned: Owned) => Promise<void>,
    ): Promise<Owned | undefined> {
      const sender = all().find((each) => sidOf(each) === sid);
      if (sender === undefined) return undefined;
      const before = must((await describe([sender]))[0]);
      const touchesWebhook = Object.keys(change).some((name) => name !== "friendlyName");
      await changeDocument<NumberDocument>(store, keys.number(sid), (document) => ({
        createdAt: document?.createdAt ?? before.createdAt,
        updatedAt: now(),
        friendlyName: change.friendlyName ?? document?.friendlyName,
        webhook: touchesWebhook
          ? toNumberWebhook(document?.webhook ?? before.webhook, change)
          : document?.webhook,
      }));
      // Until the document is the same before and after: the later document wins, whichever process writes last.
      for (let seen: string | undefined; ; ) {
        const after = must((await describe([sender]))[0]);
        const webhook = JSON.stringify(after.webhook);
        if (!touchesWebhook || webhook === seen) return after;
        seen = webhook;
        await account().senders.update(after.input);
        await join(after);
      }
    },
    async remove(sid: string): Promise<boolean> {
      const sender = all().find((each) => sidOf(each) === sid);
      if (sender === undefined) return false;
      await account().senders.remove(sender.id);
      await store.delete(keys.number(sid));
      return true;
    },
  });

  /** Sender IDs are no resources of their own. */
  function all(): readonly Sender[] {
    return account()
      .senders.list()
      .filter((sender) => sender.type !== "alphanumeric");
  }

  function sidOf(sender: Sender): string {
    const known = sids.get(sender.id);
    if (known !== undefined) return known;
    const entry = entryOf(sender.id);
    const given = typeof entry === "string" ? undefined : entry.sid;
    const sid = given ?? resourceSid(PREFIX[kindOf(sender)], accountSid, sender.id);
    sids.set(sender.id, sid);
    return sid;
  }

  /** What code says of an address; the address where it says nothing. */
  function entryOf(address: string): InventoryInput {
    byAddress ??= new Map(listed.map((entry) => [addressOf(entry), entry]));
    return byAddress.get(address) ?? address;
  }

  /** One read for all of them. */
  async function describe(senders: readonly Sender[]): Promise<readonly Owned[]> {
    if (senders.length === 0) return [];
    const raws = await store.getMany(senders.map((sender) => keys.number(sidOf(sender))));
    const firstSeen = await bornAt();
    return senders.map((sender, index) => {
      const entry = entryOf(sender.id);
      const own: InventoryEntry = typeof entry === "string" ? {} : entry;
      const document = parseDocument<NumberDocument>(raws[index])?.value;
      const overRest = document?.webhook;
      return Object.freeze({
        sid: sidOf(sender),
        kind: kindOf(sender),
        sender,
        friendlyName: document?.friendlyName ?? own.friendlyName ?? sender.id,
        webhook: overRest ?? toNumberWebhook(NO_WEBHOOK, own),
        createdAt: document?.createdAt ?? firstSeen,
        updatedAt: document?.updatedAt ?? firstSeen,
        input: toSenderInput(entry, overRest),
      });
    });
  }

  /** The same in every process and after every restart. */
  function bornAt(): Promise<number> {
    born ??= (async () => {
      const at = String(now());
      return Number((await store.setIfAbsent(keys.born, at, 0)) ?? at);
    })().catch((error: unknown) => {
      born = undefined;
      throw error;
    });
    return born;
  }

  /** The canonical address of an entry: the pool has resolved it, so it is one of the pool's. */
  function addressOf(entry: InventoryInput): string {
    const written =
      typeof entry === "string" ? entry : (entry.phoneNumber ?? entry.shortCode ?? entry.senderId ?? "");
    return parseAddress(written)?.address ?? written;
  }
}

export function kindOf({ type }: Pick<Sender, "type">): OwnedKind {
  if (type === "short-code") return "short-code";
  return type === "whatsapp" || type === "rcs" ? "channel" : "phone-number";
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("A sender of the pool has no description.");
  return value;
}
