import {
  createAccountMessages,
  createMessagingService,
  isMessagingError,
  type MessagingService,
  parseAddress,
  type SenderInput,
  type SettingsInput,
} from "@messaging-service/core";
import { createInventory, type NumberChange } from "./inventory.ts";
import { toSenderInput } from "./inventory-input.ts";
import { toFixed } from "./members.ts";
import type { ResolvedRestOptions } from "./options.ts";
import { createPools, type Member } from "./pools.ts";
import { createPresence } from "./presence.ts";
import { createRegistered } from "./registered.ts";
import { createRegistryKeys } from "./registry-keys.ts";
import type { OptOutChange, ServiceRegistry, ServiceView } from "./registry-types.ts";
import { createRunning } from "./running.ts";
import { createServiceDocuments } from "./service-documents.ts";
import { createServiceLife } from "./service-life.ts";
import { pageOfServices, view } from "./service-page.ts";
import type { ServiceProperties } from "./service-properties.ts";
import { createResourceSid } from "./sids.ts";

/** The services of an account: made over REST and kept in the store, or made in code and registered. */
export function createRegistry(options: ResolvedRestOptions): ServiceRegistry {
  const { store, clock, logger, accountSid, serviceOptions } = options;
  const refreshMs = serviceOptions.refreshMs ?? 2_000;
  const heartbeatMs = serviceOptions.heartbeatMs ?? 5_000;
  const defaultOptOut = serviceOptions.optOut ?? undefined;
  const now = (): number => clock.now();
  const messages = createAccountMessages(accountSid, store);
  const keys = createRegistryKeys(accountSid);
  const account = make({ name: "@account", friendlyName: "Account" }, { inboundHandling: "defer" }, true);
  const inventory = createInventory({
    store,
    keys,
    accountSid,
    listed: options.inventory,
    account: () => account,
    now,
  });
  const registered = createRegistered({ store, keys, accountSid, now });
  const documents = createServiceDocuments(store, keys, now);
  const inputOf = async ({ sid, kind, address, country }: Member): Promise<SenderInput | undefined> =>
    kind === "alphanumeric"
      ? { senderId: address, ...(country === null ? {} : { country }) }
      : (await inventory.find(sid))?.input;
  const pools = createPools({
    store,
    keys,
    limit: options.poolLimit,
    exists: async (sid) => registered.get(sid) !== undefined || (await documents.read(sid)) !== undefined,
    registeredWith: registered.withSender,
    isRegistered: (sid) => registered.get(sid) !== undefined,
    refresh: registered.refresh,
    describe: async (service, sender) =>
      toFixed(service.sid, sender, (await registered.view(service)).createdAt, inventory.sidOf),
    inputOf,
  });
  const life = createServiceLife({
    documents,
    pools,
    optOut: defaultOptOut,
    logger,
    make: (sid, friendlyName, settings) => make({ name: sid, sid, friendlyName }, settings),
  });
  const running = createRunning({
    store,
    clock,
    logger,
    presence: createPresence({
      store,
      keys,
      process: createResourceSid("NO"),
      beatMs: heartbeatMs,
      now,
    }),
    idleMs: options.serviceIdleMs,
    sweepMs: refreshMs,
    beatMs: heartbeatMs,
    keyOf: keys.service,
    start: life.start,
    follow: life.follow,
  });

  for (const service of options.services) registered.add(service);

  return Object.freeze({
    inventory,
    pools,
    optOut: defaultOptOut,
    account: () => account,
    async ownerOf(messageSid: string) {
      const keeper = await messages.keeperOf(messageSid);
      const known = keeper === undefined ? undefined : await behind(keeper);
      if (known !== undefined) return known;
      // From before it was listed for the account.
      for (const service of all()) if ((await service.message(messageSid)) !== undefined) return service;
      return undefined;
    },
    async sends(from: string) {
      return (await serviceAt(parseAddress(from)?.address ?? from)) ?? account;
    },
    all: async () => all(),
    get: async (sid: string) => registered.get(sid) ?? running.get(sid),
    hold: async (sid: string) => registered.get(sid) ?? running.get(sid, { held: true }),
    behind,
    at: serviceAt,
    register: registered.add,
    registered: registered.list,
    create: async (properties: ServiceProperties) => view(await documents.create(properties)),
    async read(sid: string) {
      const service = registered.get(sid);
      if (service !== undefined) return registered.view(service);
      const document = await documents.read(sid);
      return document && view(document);
    },
    async update(sid: string, properties: Partial<ServiceProperties>) {
      const service = registered.get(sid);
      if (service !== undefined) return registered.update(service, properties);
      return change(sid, { properties });
    },
    async members(sid: string) {
      const service = registered.get(sid);
      if (service !== undefined) return pools.list(service);
      return (await documents.read(sid)) && pools.list(sid);
    },
    async configure(sid: string, optOut: OptOutChange) {
      const service = registered.get(sid);
      if (service === undefined) return change(sid, { optOut: (there) => optOut(there ?? defaultOptOut) });
      await service.update((settings) => ({ optOut: optOut(settings.optOut) }));
      return registered.view(service);
    },
    async remove(sid: string) {
      // It runs before it is marked, so that another process finishes this should this one die.
      const service = await running.get(sid);
      if (service === undefined || !(await documents.markDeleted(sid))) return false;
      running.retire(sid);
      await life.erase(service);
      return true;
    },
    changeNumber: (sid: string, numberChange: NumberChange) =>
      inventory.update(sid, numberChange, async ({ sender, input }) => {
        const service = await serviceAt(sender.id);
        const member = service && (await pools.list(service)).find((each) => each.sid === sid);
        // What code says of its sender, code changes.
        if (member === undefined || member.fixed === true) return;
        await service?.senders.update(input).catch((error: unknown) => {
          // It leaves, or joins with what the store has by now.
          if (!isMessagingError(error, "SENDER_NOT_FOUND")) throw error;
        });
      }),
    async removeNumber(sid: string) {
      const owned = await inventory.find(sid);
      const service = owned && (await serviceAt(owned.sender.id));
      if (service !== undefined && (await pools.remove(service, sid)).refused === "fixed") return false;
      await inventory.remove(sid);
      return true;
    },
    page: (request) => pageOfServices({ registered, documents }, request),
    sweep: running.sweep,
    async ready() {
      await account.ready();
      await running.sweep();
    },
    async close({ timeoutMs = 10_000 } = {}) {
      await Promise.all([running.close(timeoutMs), account.close({ timeoutMs })]);
    },
  } satisfies ServiceRegistry);

  /** What runs here. */
  function all(): readonly MessagingService[] {
    return [account, ...registered.list(), ...running.list()];
  }

  async function behind(sid: string): Promise<MessagingService | undefined> {
    if (sid === account.sid) return account;
    return registered.get(sid) ?? running.get(sid, { deleted: true });
  }

  async function serviceAt(address: string): Promise<MessagingService | undefined> {
    const inCode = registered.withSender(address);
    if (inCode !== undefined) return inCode;
    const sid = await pools.claimOf(address);
    return sid === undefined ? undefined : (registered.get(sid) ?? running.get(sid));
  }

  /** Every service gets the user's options, and over them what the account and its own document say. */
  function make(
    identity: { readonly name: string; readonly friendlyName: string; readonly sid?: string },
    settings: SettingsInput,
    isAccount = false,
  ): MessagingService {
    return createMessagingService({
      authToken: options.authToken,
      // The limit of Twilio's pools counts otherwise: pools.ts keeps it.
      poolLimit: 10_000_000,
      ...serviceOptions,
      ...settings,
      ...identity,
      accountSid,
      senders: isAccount ? options.inventory.map((entry) => toSenderInput(entry)) : [],
      store,
      provider: options.provider,
      publicUrl: options.publicUrl,
      path: options.messagingPath,
      accountLog: true,
      anonymous: isAccount,
      clock,
    });
  }

  async function change(
    sid: string,
    what: Parameters<typeof documents.change>[1],
  ): Promise<ServiceView | undefined> {
    const document = await documents.change(sid, what);
    if (document === undefined) return undefined;
    const service = await running.get(sid);
    if (service !== undefined) await life.synchronize(service);
    return view(document);
  }
}
