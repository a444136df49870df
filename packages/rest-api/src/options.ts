import {
  type Clock,
  type KeyvLike,
  type Logger,
  MessagingError,
  type MessagingService,
  type MessagingServiceOptions,
  type Provider,
  parseUrl,
  type SharedStore,
  type Store,
  shareStore,
  silentLogger,
  systemClock,
} from "@messaging-service/core";
import type { ApiKey } from "./auth.ts";
import type { InventoryInput } from "./inventory-input.ts";
import { isSid } from "./params.ts";
import type { RateLimit } from "./throttle.ts";

/** What a REST API is made of. `accountSid`, `authToken`, `store` and `provider` have no default. */
export interface RestApiOptions {
  /** The account whose resources these are: `AC` and 32 hexadecimal digits. */
  readonly accountSid: string;
  /** With the account's SID, the credential of Basic authentication. */
  readonly authToken: string;
  /** Further credentials, each with a SID of its own. Default: none. */
  readonly apiKeys?: readonly ApiKey[] | undefined;
  /** A Keyv instance, a Store, or `"memory"` (lost on restart). */
  readonly store: KeyvLike | Store | "memory";
  /** Milliseconds a store call may take before it counts as failed. Default 2,000. */
  readonly storeTimeoutMs?: number | undefined;
  /** The carrier API of every service made over REST, or several. */
  readonly provider: Provider | readonly Provider[];
  /** What the account owns: the senders of a message with `From` alone, and what can be added to a service. Default: none. */
  readonly inventory?: readonly InventoryInput[] | undefined;
  /** Services made in code, on the same account and store. Default: none. */
  readonly services?: readonly MessagingService[] | undefined;
  /** What stands before `/2010-04-01` and `/v1` in this process. Default `""`. */
  readonly path?: string | undefined;
  /** Where clients and providers see this server: `https://example.com`, or `https://example.com/api` behind a proxy that has it under a path. Default: the request's own host. */
  readonly publicUrl?: string | undefined;
  /** Where providers reach the services. Default `"/messaging"`. */
  readonly messagingPath?: string | undefined;
  /** Options that every service made over REST gets. Default: none. */
  readonly serviceOptions?: Partial<MessagingServiceOptions> | undefined;
  /** Most numbers and short codes in one pool. Default: no limit (Twilio's is 400). */
  readonly poolLimit?: number | undefined;
  /** Milliseconds after its last use until a service with nothing to do is stopped here; the next request starts it. Default 60,000. */
  readonly serviceIdleMs?: number | undefined;
  /** Requests per credential; more are answered 429. Default: no limit. */
  readonly rateLimit?: RateLimit | undefined;
  /** Most bytes of a request's body; more is answered 413 unread. Default 262,144. */
  readonly maxBodyBytes?: number | undefined;
  /** Milliseconds a body may take to arrive. Default 10,000. */
  readonly bodyTimeoutMs?: number | undefined;
  /** Where it logs. Default: nowhere; services log as `serviceOptions.logger` says. */
  readonly logger?: Logger | undefined;
  /** Where time comes from. Default: the machine. */
  readonly clock?: Clock | undefined;
}

/** The options with every default filled in. Frozen. */
export interface ResolvedRestOptions {
  readonly accountSid: string;
  readonly authToken: string;
  readonly apiKeys: readonly ApiKey[];
  /** Opened once; services are given it as their `store`, and none of them closes it. */
  readonly store: SharedStore;
  readonly provider: Provider | readonly Provider[];
  readonly inventory: readonly InventoryInput[];
  readonly services: readonly MessagingService[];
  readonly path: string;
  readonly publicUrl: string | undefined;
  readonly messagingPath: string;
  readonly serviceOptions: Partial<MessagingServiceOptions>;
  readonly poolLimit: number;
  readonly serviceIdleMs: number;
  readonly rateLimit: RateLimit | undefined;
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** As many as any pool may have: no limit of ours. */
const MOST_SENDERS = 10_000_000;

const NAMES: readonly (keyof RestApiOptions)[] = [
  ...(["accountSid", "authToken", "apiKeys", "store", "storeTimeoutMs", "provider", "inventory"] as const),
  ...([
    "services",
    "path",
    "publicUrl",
    "messagingPath",
    "serviceOptions",
    "poolLimit",
    "serviceIdleMs",
    "rateLimit",
  ] as const),
  ...(["maxBodyBytes", "bodyTimeoutMs", "logger", "clock"] as const),
];

/**
 * Partial in, complete and frozen out. What a service checks (provider, store, senders) is left to it.
 *
 * @throws MessagingError UNKNOWN_OPTION; INVALID_OPTION naming the option and what it allows.
 */
export function resolveOptions(options: RestApiOptions): ResolvedRestOptions {
  if (typeof options !== "object" || options === null)
    throw new MessagingError("INVALID_OPTION", "restApi takes an object of options.");
  for (const key of Object.keys(options))
    if (!(NAMES as readonly string[]).includes(key))
      throw new MessagingError(
        "UNKNOWN_OPTION",
        `restApi has no option "${key}"; it has ${NAMES.join(", ")}.`,
      );
  const { accountSid, clock = systemClock, store, apiKeys = [] } = options;
  if (!isText(accountSid) || !isSid(accountSid, "AC"))
    throw invalid("accountSid", "AC and 32 hexadecimal digits");
  if (store === undefined) throw invalid("store", 'a Keyv instance, a Store, or "memory"');
  const timeoutMs = integer("storeTimeoutMs", options.storeTimeoutMs ?? 2_000, 1, 60_000);
  return Object.freeze({
    accountSid,
    authToken: secret("authToken", options.authToken),
    apiKeys: checkKeys(apiKeys),
    store: shareStore(store, { timeoutMs, clock }),
    provider: options.provider,
    inventory: Object.freeze([...(options.inventory ?? [])]),
    services: Object.freeze([...(options.services ?? [])]),
    path: prefix("path", options.path ?? ""),
    publicUrl: publicBase(options.publicUrl),
    messagingPath: prefix("messagingPath", options.messagingPath ?? "/messaging"),
    serviceOptions: Object.freeze({ ...options.serviceOptions }),
    poolLimit: integer("poolLimit", options.poolLimit ?? MOST_SENDERS, 1, MOST_SENDERS),
    serviceIdleMs: integer("serviceIdleMs", options.serviceIdleMs ?? 60_000, 1_000, 86_400_000),
    rateLimit: checkRate(options.rateLimit),
    maxBodyBytes: integer("maxBodyBytes", options.maxBodyBytes ?? 262_144, 1, 1_073_741_824),
    bodyTimeoutMs: integer("bodyTimeoutMs", options.bodyTimeoutMs ?? 10_000, 1, 600_000),
    logger: options.logger ?? silentLogger,
    clock,
  });
}

function invalid(option: string, allowed: string): MessagingError {
  return new MessagingError("INVALID_OPTION", `Option "${option}" of restApi takes ${allowed}.`, {
    details: { option, allowed },
  });
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** A longer one would be in no header that is read. */
function isSecret(value: unknown): value is string {
  return isText(value) && value.length > 0 && value.length <= 256;
}

/** Secrets never stand in an error. */
function secret(option: string, value: unknown): string {
  if (isSecret(value)) return value;
  throw invalid(option, "text of 1 to 256 characters");
}

function checkKeys(keys: readonly ApiKey[]): readonly ApiKey[] {
  const isKey = (key: ApiKey | undefined): boolean =>
    isText(key?.sid) && isSid(key.sid, "SK") && isSecret(key.secret);
  if (!Array.isArray(keys) || !keys.every(isKey) || new Set(keys.map(({ sid }) => sid)).size < keys.length)
    throw invalid(
      "apiKeys",
      "a list of { sid, secret }, each sid once: SK and 32 hexadecimal digits, and text of 1 to 256 characters",
    );
  return Object.freeze(keys.map(({ sid, secret }) => Object.freeze({ sid, secret })));
}

function integer(option: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(option, `a whole number from ${least} to ${most}`);
}

function prefix(option: string, value: unknown): string {
  if (isText(value) && /^(\/[^/?#\s]+)*$/.test(value)) return value;
  throw invalid(option, 'a path such as "/twilio": a leading slash, no trailing one');
}

/** What the services make of it they check themselves. */
function publicBase(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (isText(value) && /^https?:\/\/[^/?#\s]+(\/[^/?#\s]+)*\/?$/.test(value) && parseUrl(value) !== undefined)
    return value.replace(/\/$/, "");
  throw invalid("publicUrl", 'a URL such as "https://example.com", without query or blanks');
}

function checkRate(limit: RateLimit | undefined): RateLimit | undefined {
  if (limit === undefined) return undefined;
  const { perSecond, burst } = limit;
  const isBurst = burst === undefined || (Number.isFinite(burst) && burst >= 1);
  if (Number.isFinite(perSecond) && perSecond > 0 && isBurst) return Object.freeze({ perSecond, burst });
  throw invalid("rateLimit", "{ perSecond, burst? } with perSecond above 0 and burst of at least 1");
}
