import type { MessagingService, OptOutOptions } from "@messaging-service/core";
import type { Inventory, NumberChange, Owned } from "./inventory.ts";
import type { PageEnds, PageRequest } from "./paging.ts";
import type { Member, Pools } from "./pools.ts";
import type { Registry } from "./ports.ts";
import type { ServiceProperties } from "./service-properties.ts";

/** The opt-out options that follow from those that are there. */
export type OptOutChange = (optOut: OptOutOptions | undefined) => OptOutOptions | null;

/** A service as its resource shows it. */
export interface ServiceView {
  readonly sid: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly properties: ServiceProperties;
  /** What was set of its keywords; `undefined`: the standard words. */
  readonly optOut?: OptOutOptions | undefined;
  /** Made in code and registered. */
  readonly inCode?: boolean | undefined;
}

/** A page of services: those made in code, then those of the store, newest first. */
export interface ServicePage {
  readonly services: readonly ServiceView[];
  /** Where the pages beside it begin; `undefined` where there is none. */
  readonly ends: PageEnds;
}

/** The services of an account. */
export interface ServiceRegistry extends Registry {
  readonly inventory: Inventory;
  readonly pools: Pools;
  /** Keywords of services made over REST that have none of their own. */
  readonly optOut: OptOutOptions | undefined;
  /** As `get`, for code that keeps it: it is not stopped before `close`. */
  hold(sid: string): Promise<MessagingService | undefined>;
  /** As `get`, and also the account's own and deleted ones: whose record a message is in. */
  behind(sid: string): Promise<MessagingService | undefined>;
  /** The service that a sender is in. */
  at(address: string): Promise<MessagingService | undefined>;
  register(service: MessagingService): void;
  registered(): readonly MessagingService[];
  create(properties: ServiceProperties): Promise<ServiceView>;
  read(sid: string): Promise<ServiceView | undefined>;
  update(sid: string, change: Partial<ServiceProperties>): Promise<ServiceView | undefined>;
  /** Its pool, in the order they joined; `undefined`: there is no such service. Starts nothing. */
  members(sid: string): Promise<readonly Member[] | undefined>;
  /**
   * Changes keywords and replies; `null` goes back to the standard ones. `change` may be called again with what another process wrote
   * meanwhile; what it throws is thrown, and nothing is changed.
   */
  configure(sid: string, change: OptOutChange): Promise<ServiceView | undefined>;
  /** Gives an owned sender another webhook, here and in the service that it is in. `undefined`: it is not owned. */
  changeNumber(sid: string, change: NumberChange): Promise<Owned | undefined>;
  /** Takes an owned sender out of its service and the inventory; false when code lists it in a service. */
  removeNumber(sid: string): Promise<boolean>;
  /** Deletes it with its pool, mappings and configuration; consent and messages stay. False when there is none. */
  remove(sid: string): Promise<boolean>;
  /** @throws Fault 21481 for a cursor that no page gave. */
  page(request: Pick<PageRequest, "size" | "cursor" | "back">): Promise<ServicePage>;
  /** Looks at once at what other processes changed and left. */
  sweep(): Promise<void>;
  ready(): Promise<void>;
  close(options?: { readonly timeoutMs?: number | undefined }): Promise<void>;
}
