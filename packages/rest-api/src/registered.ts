import { isMessagingError, MessagingError, type MessagingService, type Store } from "@messaging-service/core";
import { changeDocument, readDocument } from "./documents.ts";
import type { RegistryKeys } from "./registry-keys.ts";
import type { ServiceView } from "./registry-types.ts";
import {
  DEFAULT_PROPERTIES,
  fromSettings,
  type ServiceProperties,
  toSettings,
} from "./service-properties.ts";

/** What of a service made in code was set over REST and is no setting of core's. */
interface RegisteredDocument {
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly properties: Partial<ServiceProperties>;
}

/** Properties that core has no setting for. */
const KEPT_HERE = [
  "friendlyName",
  "usecase",
  "scanMessageContent",
  "fallbackToLongCode",
  "synchronousValidation",
] as const;

/** Services made in code. They live as long as the code keeps them; what REST changes of them is in the store. */
export interface Registered {
  /** @throws MessagingError INVALID_OPTION: another account's, or a second service of that SID. */
  add(service: MessagingService): void;
  get(sid: string): MessagingService | undefined;
  list(): readonly MessagingService[];
  withSender(address: string): MessagingService | undefined;
  /** As the store has it now. */
  view(service: MessagingService): Promise<ServiceView>;
  /** Takes in what another process has changed of it. */
  refresh(service: MessagingService): Promise<void>;
  update(service: MessagingService, change: Partial<ServiceProperties>): Promise<ServiceView>;
}

/** What {@link createRegistered} needs. */
export interface RegisteredParts {
  readonly store: Store;
  readonly keys: RegistryKeys;
  readonly accountSid: string;
  readonly now: () => number;
}

export function createRegistered({ store, keys, accountSid, now }: RegisteredParts): Registered {
  const services = new Map<string, MessagingService>();

  return Object.freeze({
    add(service: MessagingService): void {
      if (service.accountSid !== accountSid)
        throw wrong(`"${service.name}" is of the account ${service.accountSid}, not of ${accountSid}`);
      const there = services.get(service.sid);
      if (there !== undefined && there !== service)
        throw wrong(`"${service.name}" has the SID of another one`);
      services.set(service.sid, service);
      service.listInAccount();
    },
    get: (sid: string) => services.get(sid),
    list: () => [...services.values()],
    withSender(address: string): MessagingService | undefined {
      for (const service of services.values())
        if (service.senders.list().some(({ id }) => id === address)) return service;
      return undefined;
    },
    view,
    refresh,
    async update(service: MessagingService, change: Partial<ServiceProperties>): Promise<ServiceView> {
      const names = Object.keys(change);
      const before = await view(service);
      await service.update((there) => {
        const { webhook, ...settings } = toSettings(
          { ...DEFAULT_PROPERTIES, ...fromSettings(there), ...change },
          names,
        );
        // A function has no URL that could be given back: it stays until a URL takes its place.
        if (typeof there.webhook !== "function" || change.inboundRequestUrl !== undefined)
          return { ...settings, webhook };
        const { inboundHandling } = settings;
        return inboundHandling === "drop" ? { ...settings, inboundHandling: "webhook" } : settings;
      });
      const kept = Object.fromEntries(
        KEPT_HERE.filter((name) => names.includes(name)).map((name) => [name, change[name]]),
      );
      await changeDocument<RegisteredDocument>(store, keys.registered(service.sid), (document) => ({
        createdAt: document?.createdAt ?? before.createdAt,
        updatedAt: now(),
        properties: { ...document?.properties, ...kept },
      }));
      return view(service);
    },
  });

  /** One that its code has closed stays as it was. */
  async function refresh(service: MessagingService): Promise<void> {
    await service.update({}).catch((error: unknown) => {
      if (!isMessagingError(error, "SERVICE_CLOSED")) throw error;
    });
  }

  async function view(service: MessagingService): Promise<ServiceView> {
    await refresh(service);
    const key = keys.registered(service.sid);
    const at = now();
    const document =
      (await readDocument<RegisteredDocument>(store, key))?.value ??
      // The first to look says since when it is known.
      (await changeDocument<RegisteredDocument>(
        store,
        key,
        (there) => there ?? { createdAt: at, updatedAt: at, properties: {} },
      ));
    return Object.freeze({
      sid: service.sid,
      createdAt: document?.createdAt ?? at,
      updatedAt: document?.updatedAt ?? at,
      properties: {
        ...DEFAULT_PROPERTIES,
        friendlyName: service.friendlyName,
        ...fromSettings(service.settings),
        ...document?.properties,
      },
      optOut: service.settings.optOut,
      inCode: true,
    });
  }
}

function wrong(what: string): MessagingError {
  return new MessagingError("INVALID_OPTION", `The service ${what}; it cannot be registered.`);
}
