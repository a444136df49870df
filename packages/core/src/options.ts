import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import type { ConversationOptions, ResolvedConversations } from "./conversation-options.ts";
import { resolveConversations } from "./conversation-options.ts";
import { MessagingError } from "./errors.ts";
import type { Logger } from "./logger.ts";
import { stderrLogger } from "./logger.ts";
import type { OptOutOptions } from "./opt-out/keywords.ts";
import {
  country,
  flag,
  fn,
  integer,
  invalid,
  keyvOrStore,
  linkOrigin,
  methods,
  mountPath,
  optionNames,
  publicBase,
  sid,
  text,
  texts,
} from "./option-checks.ts";
import type { Provider } from "./provider.ts";
import type { MemoryQueueOptions } from "./queue/memory.ts";
import type { Queue } from "./queue/queue.ts";
import type { SenderInput } from "./sender.ts";
import type { Settings, SettingsInput } from "./settings.ts";
import { resolveSettings, SETTING_NAMES } from "./settings.ts";
import { createId, deriveSid } from "./sid.ts";
import type { KeyvLike } from "./store/keyv.ts";
import type { Store } from "./store/store.ts";

/**
 * What a messaging service is made of. Everything has a default but `provider` and, with a provider that is not simulated, `store`;
 * settings (those of `SettingsInput`) can be changed while it runs by `service.update()`.
 */
export interface MessagingServiceOptions extends SettingsInput {
  /** Stable identity in the store. Default `"default"`. Two services on one store need two names. */
  readonly name?: string | undefined;
  /** For people; 1–64 characters. Default: `name`. */
  readonly friendlyName?: string | undefined;
  /** The service's own SID, `MG` and 32 hexadecimal digits. Default: follows from account and name. */
  readonly sid?: string | undefined;
  /** Account that owns the consent ledger. Default: the first provider's, else a fixed one. */
  readonly accountSid?: string | undefined;
  /** The carrier API, or several; the first is the default of senders that name none. */
  readonly provider: Provider | readonly Provider[];
  /** The sender pool as code knows it; `service.senders` changes it at run time. Default: empty. */
  readonly senders?: readonly SenderInput[] | undefined;
  /** A Keyv instance, a Store, or `"memory"` (lost on restart; warns). Required unless every provider is simulated. */
  readonly store?: KeyvLike | Store | "memory" | undefined;
  /** Milliseconds a store call may take before it counts as failed. Default 2,000. */
  readonly storeTimeoutMs?: number | undefined;
  /** Where providers see this server: `https://example.com`, or `https://example.com/api` behind a proxy that has it under a path. For signatures, status callbacks, links. Default: the request's own host. */
  readonly publicUrl?: string | undefined;
  /** Origin of a domain of its own for the MMS converter's links: `https://go.example.com` gives `https://go.example.com/abc1234`. Default: `publicUrl`, `path` and `/m/`. */
  readonly linkUrl?: string | undefined;
  /** Where the middleware answers. Default `"/messaging"`. */
  readonly path?: string | undefined;
  /** Signs our calls to your webhook URLs as Twilio signs its own. Default: the first provider's token, else a random one. */
  readonly authToken?: string | undefined;
  /** Hosts and CIDR ranges that webhook URLs from TwiML and redirects may reach although they are private. Default: none. */
  readonly allowPrivateHosts?: readonly string[] | undefined;
  /** ISO 3166-1 alpha-2 of recipients written in national format. Default: none, only international numbers. */
  readonly defaultCountry?: string | undefined;
  /** Names the recipient's carrier, for short codes with `unsupportedCarriers`. Cached for a day; at most 2 s. Default: none. */
  readonly lookupCarrier?: ((to: string) => Promise<string | undefined> | string | undefined) | undefined;
  /** Most bytes of a webhook's body; more is answered 413 unread. Default 262,144. */
  readonly maxBodyBytes?: number | undefined;
  /** Milliseconds a webhook's body may take to arrive. Default 10,000. */
  readonly bodyTimeoutMs?: number | undefined;
  /** Most messages that may wait here; `send` beyond it is refused with BACKLOG_FULL. Default 1,000,000. */
  readonly maxBacklog?: number | undefined;
  /** Most numbers and short codes in the pool. Default 400, Twilio's limit. */
  readonly poolLimit?: number | undefined;
  /** Milliseconds until another process's changes to settings and senders are seen at the latest. Default 2,000. */
  readonly refreshMs?: number | undefined;
  /** Milliseconds between this process's signs of life; after three without one, another process takes its messages over. Default 5,000. */
  readonly heartbeatMs?: number | undefined;
  /** Hooks and timers of `inboundHandling: "conversation"` (docs/conversations.md). Default: neither. */
  readonly conversations?: ConversationOptions | undefined;
  /** List this service's messages under its account too, beside those of other services, for a REST API: a line and a key more per message. Default false. */
  readonly accountLog?: boolean | undefined;
  /** Webhooks name no `MessagingServiceSid`: of what an account sends and receives in no service, for a REST API. Default false. */
  readonly anonymous?: boolean | undefined;
  /** A local file that a STOP is appended to when the store does not answer. Default: none (kept in memory until it does). */
  readonly journal?: string | undefined;
  /** Where it logs. Default: warnings and errors to stderr. */
  readonly logger?: Logger | undefined;
  /** Where time comes from. Default: the machine. */
  readonly clock?: Clock | undefined;
  /** What messages wait on: a queue, or a function that makes one and is told the senders' rates. Default: lanes in this process. */
  readonly queue?: Queue | QueueFactory | undefined;
}

/** Makes a queue that is told the senders' rates: `limitOf` answers from the pool as it is at the moment. */
export type QueueFactory = (options: MemoryQueueOptions) => Queue;

/** The options with every default filled in. Frozen. */
export interface ResolvedOptions {
  readonly name: string;
  readonly friendlyName: string;
  readonly sid: string;
  readonly accountSid: string;
  readonly providers: readonly Provider[];
  readonly senders: readonly SenderInput[];
  readonly store: KeyvLike | Store | "memory";
  readonly storeTimeoutMs: number;
  readonly publicUrl: string | undefined;
  readonly linkUrl: string | undefined;
  readonly path: string;
  readonly authToken: string;
  readonly allowPrivateHosts: readonly string[];
  readonly defaultCountry: string | undefined;
  readonly lookupCarrier: MessagingServiceOptions["lookupCarrier"];
  readonly maxBodyBytes: number;
  readonly bodyTimeoutMs: number;
  readonly maxBacklog: number;
  readonly poolLimit: number;
  readonly refreshMs: number;
  readonly heartbeatMs: number;
  readonly conversations: ResolvedConversations;
  readonly accountLog: boolean;
  readonly anonymous: boolean;
  readonly journal: string | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly queue: Queue | QueueFactory | undefined;
  readonly settings: Settings;
  readonly optOut: OptOutOptions | undefined;
}

/** Every option of a service, its settings among them. */
export const OPTION_NAMES: readonly string[] = [
  ...["name", "friendlyName", "sid", "accountSid", "provider", "senders", "store", "storeTimeoutMs"],
  ...["publicUrl", "linkUrl", "path", "authToken", "allowPrivateHosts", "defaultCountry", "lookupCarrier"],
  ...["maxBodyBytes", "bodyTimeoutMs", "maxBacklog", "poolLimit", "refreshMs", "heartbeatMs", "journal"],
  ...["conversations", "accountLog", "anonymous", "logger", "clock", "queue", ...SETTING_NAMES],
];

/** What a queue has, given or made by a function. */
export const QUEUE_METHODS: readonly string[] = ["start", "add", "remove", "busy", "size", "pause", "close"];

/**
 * Partial in, complete and frozen out.
 *
 * @throws MessagingError UNKNOWN_OPTION naming the nearest known option; INVALID_OPTION naming the option and what it allows.
 */
export function resolveOptions(options: MessagingServiceOptions): ResolvedOptions {
  if (typeof options !== "object" || options === null) {
    throw new MessagingError("INVALID_OPTION", "createMessagingService takes an object of options.");
  }
  optionNames("createMessagingService", options, OPTION_NAMES);
  const providers = resolveProviders(options.provider);
  const name = text("name", options.name ?? "default", 1, 64);
  const accountSid =
    sid("accountSid", options.accountSid, "AC") ?? providers[0]?.accountSid ?? deriveSid("AC", "local");
  const path = mountPath(options.path ?? "/messaging");
  const publicUrl = publicBase(options.publicUrl, path);
  return Object.freeze({
    name,
    friendlyName: text("friendlyName", options.friendlyName ?? name, 1, 64),
    sid: sid("sid", options.sid, "MG") ?? deriveSid("MG", accountSid, name),
    accountSid,
    providers,
    senders: senderList(options.senders ?? []),
    store: resolveStore(options.store, providers),
    storeTimeoutMs: integer("storeTimeoutMs", options.storeTimeoutMs ?? 2_000, 1, 60_000),
    publicUrl,
    linkUrl: linkOrigin(options.linkUrl, publicUrl),
    path,
    authToken: text("authToken", options.authToken ?? providers[0]?.signingToken ?? createId(32), 1, 256),
    allowPrivateHosts: texts("allowPrivateHosts", options.allowPrivateHosts ?? []),
    defaultCountry: country(options.defaultCountry),
    lookupCarrier: fn("lookupCarrier", options.lookupCarrier),
    maxBodyBytes: integer("maxBodyBytes", options.maxBodyBytes ?? 262_144, 1, 1_073_741_824),
    bodyTimeoutMs: integer("bodyTimeoutMs", options.bodyTimeoutMs ?? 10_000, 1, 600_000),
    maxBacklog: integer("maxBacklog", options.maxBacklog ?? 1_000_000, 1, 1_000_000_000),
    poolLimit: integer("poolLimit", options.poolLimit ?? 400, 1, 10_000_000),
    refreshMs: integer("refreshMs", options.refreshMs ?? 2_000, 10, 3_600_000),
    heartbeatMs: integer("heartbeatMs", options.heartbeatMs ?? 5_000, 50, 600_000),
    conversations: resolveConversations(options.conversations),
    accountLog: flag("accountLog", options.accountLog ?? false),
    anonymous: flag("anonymous", options.anonymous ?? false),
    journal: options.journal === undefined ? undefined : text("journal", options.journal, 1, 4_096),
    logger: methods("logger", options.logger ?? stderrLogger, ["debug", "info", "warn", "error"]),
    clock: methods("clock", options.clock ?? systemClock, ["now", "schedule"]),
    queue:
      typeof options.queue === "object"
        ? methods("queue", options.queue, QUEUE_METHODS)
        : fn("queue", options.queue),
    settings: resolveSettings(options),
    optOut: options.optOut ?? undefined,
  });
}

function resolveProviders(provider: unknown): readonly Provider[] {
  const providers = (Array.isArray(provider) ? provider : [provider]) as readonly Provider[];
  const names = new Set<string>();
  for (const each of providers) {
    const part = wrongPart(each);
    if (part !== undefined) {
      const allowed = "a provider such as twilio({ accountSid, authToken }), or a list of them";
      throw invalid("provider", each, `${allowed}: this one's ${part} is missing or wrong`);
    }
    if (names.has(each.name))
      throw invalid("provider", each.name, "providers with names of their own: this one is there twice");
    names.add(each.name);
  }
  if (providers.length === 0) throw invalid("provider", provider, "at least one provider");
  return Object.freeze([...providers]);
}

/** What a provider of the user's own, perhaps in plain JavaScript, lacks or has wrong. */
function wrongPart(provider: Partial<Provider> | undefined): string | undefined {
  const { name, send, rcsCapable, inspect } = provider ?? {};
  const { verify, parseInbound, parseReceipts, renderReply, renderAck }: Partial<Provider["webhook"]> =
    provider?.webhook ?? {};
  // It is a segment of its webhooks' path.
  if (typeof name !== "string" || /^\.{0,2}$/.test(name)) return "name";
  const needed = { send, verify, parseInbound, parseReceipts };
  const methods = Object.entries({ ...needed, renderReply, renderAck, rcsCapable, inspect });
  return methods.find(
    ([key, value]) => typeof value !== "function" && (key in needed || value !== undefined),
  )?.[0];
}

function resolveStore(
  store: MessagingServiceOptions["store"],
  providers: readonly Provider[],
): KeyvLike | Store | "memory" {
  if (store === undefined) {
    if (providers.every((provider) => provider.simulated === true)) return "memory";
    throw invalid("store", store, 'a Keyv instance, a Store, or "memory" (opt-outs are lost on restart)');
  }
  if (store === "memory") return store;
  return keyvOrStore(store);
}

function senderList(senders: unknown): readonly SenderInput[] {
  if (!Array.isArray(senders)) throw invalid("senders", senders, "a list of senders");
  return Object.freeze([...(senders as SenderInput[])]);
}
