import {
  isMessagingError,
  MessagingError,
  type MessagingService,
  type Settings,
  type SettingsInput,
  type Store,
} from "@messaging-service/core";
import { changeDocument, readDocument } from "./documents.ts";
import type { RegistryKeys } from "./registry-keys.ts";
import type { ServiceView } from "./registry-types.ts";
import {
  DEFAULT_PROPERTIES,
  fromSettings,
  INBOUND,
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

/** Properties that show a webhook, which may be more than a URL. */
const WEBHOOKS: readonly (keyof ServiceProperties)[] = [...INBOUND, "statusCallback"];

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
      const names = keysOf(change);
      const before = await view(service);
      await service.update((there) => changeOf(there, change));
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

/**
 * What a change means for the settings there are. A function, and conversations, show as no URL: they stay until a URL takes their place, or
 * another of the two goes first. Of webhooks, what comes back as it was shown is no change.
 */
function changeOf(there: Settings, change: Partial<ServiceProperties>): SettingsInput {
  const shown: Partial<ServiceProperties> = fromSettings(there);
  const after = { ...DEFAULT_PROPERTIES, ...shown, ...change };
  const names = keysOf(change).filter((name) => !WEBHOOKS.includes(name) || after[name] !== shown[name]);
  const { webhook, inboundHandling, ...settings } = toSettings(after, names);
  const isMoved = names.includes("inboundRequestUrl") || names.includes("useInboundWebhookOnNumber");
  const nowhere = after.inboundRequestUrl === null;
  if (!isMoved) return nowhere ? settings : { ...settings, webhook };
  if (!nowhere || typeof there.webhook !== "function") return { ...settings, webhook, inboundHandling };
  return { ...settings, inboundHandling: inboundHandling === "drop" ? "webhook" : inboundHandling };
}

function keysOf(change: Partial<ServiceProperties>): readonly (keyof ServiceProperties)[] {
  return Object.keys(change) as (keyof ServiceProperties)[];
}

function wrong(what: string): MessagingError {
  return new MessagingError("INVALID_OPTION", `The service ${what}; it cannot be registered.`);
}
