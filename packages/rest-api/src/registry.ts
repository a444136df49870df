import {
  createAccountMessages,
  createMessagingService,
  type MessagingService,
} from "@messaging-service/core";
import type { ResolvedRestOptions } from "./options.ts";
import type { Registry } from "./ports.ts";

/** A {@link Registry} with what composing the API needs of it. */
export interface ManagedRegistry extends Registry {
  /** Takes in a service made in code. */
  register(service: MessagingService): void;
  ready(): Promise<void>;
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}

/** The services made in code, and the account's own, which sends from what the account owns. */
export function createRegistry(options: ResolvedRestOptions): ManagedRegistry {
  const services = new Map<string, MessagingService>();
  const messages = createAccountMessages(options.accountSid, options.store);
  const register = (service: MessagingService): void => {
    services.set(service.sid, service);
    service.listInAccount();
  };
  const account = createMessagingService({
    ...options.serviceOptions,
    name: "account",
    accountSid: options.accountSid,
    authToken: options.authToken,
    provider: options.provider,
    senders: options.inventory,
    store: options.store,
    publicUrl: options.publicUrl,
    path: options.messagingPath,
    accountLog: true,
    clock: options.clock,
  });
  options.services.forEach(register);
  const all = (): readonly MessagingService[] => [account, ...services.values()];
  return Object.freeze({
    get: async (sid: string) => services.get(sid),
    account: () => account,
    async ownerOf(messageSid: string) {
      const keeper = await messages.keeperOf(messageSid);
      const known =
        keeper === account.sid ? account : keeper === undefined ? undefined : services.get(keeper);
      if (known !== undefined) return known;
      for (const service of all()) if ((await service.message(messageSid)) !== undefined) return service;
      return undefined;
    },
    all: async () => all(),
    register,
    async ready() {
      await Promise.all(all().map((service) => service.ready()));
    },
    close: (closing) => account.close(closing),
  } satisfies ManagedRegistry);
}
