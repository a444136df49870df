import {
  createMessagingService,
  type MessagingService,
  type MessagingServiceOptions,
  memoryStore,
  type Store,
  silentLogger,
} from "@messaging-service/core";
import {
  type Carrier,
  createCarrier,
  createVirtualClock,
  type VirtualClock,
} from "@messaging-service/simulator";
import { onTestFinished } from "vitest";
import { toMember } from "../../src/members.ts";
import { type RestApiOptions, resolveOptions } from "../../src/options.ts";
import type { PoolResult } from "../../src/pools.ts";
import { createRegistry } from "../../src/registry.ts";
import type { ServiceRegistry } from "../../src/registry-types.ts";
import { DEFAULT_PROPERTIES, type ServiceProperties } from "../../src/service-properties.ts";
import { ACCOUNT, PHONE } from "./api.ts";

export { ACCOUNT, PHONE };
export const FIRST = "+14155550100";
export const SECOND = "+12125550100";

/** What processes share. */
export interface Setting {
  readonly clock: VirtualClock;
  readonly carrier: Carrier;
  readonly store: Store;
}

export function createSetting(): Setting {
  const clock = createVirtualClock();
  const carrier = createCarrier({ clock });
  onTestFinished(() => carrier.close());
  return { clock, carrier, store: memoryStore({ clock }) };
}

/** A registry as one process has it. */
export function open(
  { clock, carrier, store }: Setting,
  options: Partial<RestApiOptions> = {},
): ServiceRegistry {
  const registry = createRegistry(
    resolveOptions({
      accountSid: ACCOUNT,
      authToken: "token",
      store,
      provider: carrier.provider,
      inventory: [FIRST, SECOND],
      publicUrl: "https://app.example",
      serviceOptions: { logger: silentLogger },
      clock,
      ...options,
    }),
  );
  onTestFinished(async () => {
    const closing = registry.close({ timeoutMs: 0 });
    await clock.advance(20_000);
    await closing;
  });
  return registry;
}

export const named = (friendlyName: string): ServiceProperties => ({ ...DEFAULT_PROPERTIES, friendlyName });

/** Adds what the account owns to a pool, as REST does. */
export async function addNumber(
  registry: ServiceRegistry,
  sid: string,
  address: string,
): Promise<PoolResult> {
  const service = await registry.get(sid);
  const owned = await registry.inventory.at(address);
  if (service === undefined || owned === undefined) throw new Error("no such service or number");
  return registry.pools.add(service, toMember(owned, 1_000));
}

/** Registers a service made in code, with one sender of its own. */
export function register(
  setting: Setting,
  registry: ServiceRegistry,
  options: Partial<MessagingServiceOptions> = {},
): MessagingService {
  const service = createMessagingService({
    name: "code",
    accountSid: ACCOUNT,
    provider: setting.carrier.provider,
    store: setting.store,
    clock: setting.clock,
    logger: silentLogger,
    senders: [FIRST],
    ...options,
  });
  onTestFinished(async () => {
    const closing = service.close({ timeoutMs: 0 });
    await setting.clock.advance(10_000);
    await closing;
  });
  registry.register(service);
  return service;
}
