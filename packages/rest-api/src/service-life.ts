import {
  isMessagingError,
  type Logger,
  type MessagingService,
  type OptOutOptions,
  type SettingsInput,
} from "@messaging-service/core";
import { parseDocument } from "./documents.ts";
import type { Member, Pools } from "./pools.ts";
import type { ServiceDocuments } from "./service-documents.ts";
import { DEFAULT_PROPERTIES, type ServiceDocument, toSettings } from "./service-properties.ts";

/** A service that was started, and whether it may be used: a deleted one only finishes what it has begun. */
export interface Started {
  readonly service: MessagingService;
  readonly live: boolean;
}

/** What {@link createServiceLife} needs. */
export interface ServiceLifeParts {
  readonly documents: ServiceDocuments;
  readonly pools: Pools;
  /** Keywords of services that have none of their own. */
  readonly optOut: OptOutOptions | undefined;
  readonly logger: Logger;
  /** Makes the service of a document. */
  readonly make: (sid: string, friendlyName: string, settings: SettingsInput) => MessagingService;
}

/** How a service of the store comes to life, follows its document, and ends. */
export interface ServiceLife {
  start(sid: string, raw: string): Promise<Started>;
  /** Brings a running service up to its document, as the store has it; answers whether it may still be used. */
  follow(service: MessagingService, raw: string | undefined): Promise<boolean>;
  /** Writes what the document says to where the other processes' services read it. */
  synchronize(service: MessagingService): Promise<void>;
  /** Ends a service that is marked deleted. */
  erase(service: MessagingService): Promise<void>;
}

export function createServiceLife(parts: ServiceLifeParts): ServiceLife {
  const { documents, pools, make } = parts;
  const settingsOf = ({ properties, optOut }: ServiceDocument): SettingsInput => ({
    ...toSettings(properties),
    optOut: optOut ?? parts.optOut ?? null,
  });
  const life: ServiceLife = {
    async start(sid, raw) {
      const document = parseDocument<ServiceDocument>(raw)?.value;
      const properties = document?.properties ?? DEFAULT_PROPERTIES;
      const wanted = document === undefined ? toSettings(properties) : settingsOf(document);
      const service = make(sid, properties.friendlyName || sid, withoutNull(wanted));
      try {
        await service.ready();
        const live = document?.deletedAt === undefined;
        if (live) await heal(service);
        else if (document?.erased !== true) await life.erase(service);
        return { service, live };
      } catch (error) {
        await service.close({ timeoutMs: 0 });
        throw error;
      }
    },
    async follow(service, raw) {
      const document = parseDocument<ServiceDocument>(raw)?.value;
      if (document !== undefined && document.deletedAt === undefined) {
        if (differs(service, settingsOf(document))) await life.synchronize(service);
        return true;
      }
      // Each process ends what waits in it.
      await service.erase();
      return false;
    },
    async synchronize(service) {
      // Until the document is the same before and after: the later document wins, whichever process writes last.
      for (let seen: string | undefined; ; ) {
        const raw = await documents.raw(service.sid);
        const document = parseDocument<ServiceDocument>(raw)?.value;
        if (document === undefined || document.deletedAt !== undefined || raw === seen) return;
        seen = raw;
        await service.update(settingsOf(document));
      }
    },
    async erase(service) {
      await pools.release(service.sid);
      await service.erase();
      await documents.markErased(service.sid);
    },
  };
  return Object.freeze(life);

  /** Carries out what a process wrote down and did not live to do. */
  async function heal(service: MessagingService): Promise<void> {
    const document = await documents.read(service.sid);
    if (document === undefined) return;
    if (differs(service, settingsOf(document))) await life.synchronize(service);
    for (const member of await pools.unsettled(service)) await settle(service, member);
  }

  /** A sender that cannot be had any more (its provider is gone) keeps the service from nothing else. */
  async function settle(service: MessagingService, member: Member): Promise<void> {
    try {
      await pools.settle(service, member);
    } catch (error) {
      if (isMessagingError(error, "STORE_UNAVAILABLE")) throw error;
      parts.logger.error("A sender of a service could not be added again.", {
        service: service.sid,
        sender: member.address,
        error: String(error),
      });
    }
  }
}

function differs({ settings }: MessagingService, wanted: SettingsInput): boolean {
  const text = (value: unknown): string => JSON.stringify(value ?? null);
  return Object.entries(wanted).some(
    ([name, value]) => text(settings[name as keyof typeof settings]) !== text(value),
  );
}

function withoutNull(settings: SettingsInput): SettingsInput {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}
