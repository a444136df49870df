import { createHash } from "node:crypto";
import { MessagingError } from "../errors.ts";
import { type CompiledOptOut, compileOptOut } from "../opt-out/compiled.ts";
import type { ResolvedOptions } from "../options.ts";
import { createSenderPool, type SenderPool, senderKey } from "../planning/pool.ts";
import { resolveSender } from "../planning/resolve-sender.ts";
import type { Sender, SenderInput } from "../sender.ts";
import {
  checkSettingNames,
  resolveSettings,
  type Settings,
  type SettingsChange,
  type SettingsInput,
} from "../settings.ts";
import type { WebhookFunction } from "../types.ts";
import { type Config, type ConfigDocument, splitSettings } from "./config.ts";

/** The settings and the pool in force in this process: what code says, and over it what was changed at run time. */
export interface LiveConfig {
  readonly pool: SenderPool;
  settings(): Settings;
  optOut(): CompiledOptOut;
  /** Takes in the document as just read from the store. Cheap when nothing changed. */
  adopt(raw: string | undefined): void;
  /** Changes settings, here at once and in the store for every process. Functions among them hold in this process alone. */
  update(change: SettingsChange): Promise<Settings>;
  addSender(input: SenderInput): Promise<Sender>;
  /** Another webhook, throughput or capabilities for a member, which stays one: its mappings hold. */
  updateSender(input: SenderInput): Promise<Sender>;
  /** By address, or by {@link senderKey} where a sender ID is kept for several countries. */
  removeSender(id: string): Promise<Sender>;
}

/** A sender as it is written, before it is a member. */
interface Listed {
  readonly key: string;
  readonly sender: Sender;
}

/** What {@link createLiveConfig} needs. */
export interface LiveConfigParts {
  readonly options: ResolvedOptions;
  /** All that a service can be made with: what is no setting among them cannot change. */
  readonly optionNames: readonly string[];
  readonly config: Config;
  /** Told what adopting could not take in: another version of this library wrote it. */
  readonly onUnusable: (error: unknown) => void;
}

/**
 * The rule that reconciles code and store: the pool is code's list, less what `senders.remove` took out, plus what
 * `senders.add` put in; a setting is the store's if `update` ever changed it, else code's. So a removal outlives a
 * restart although code still lists the sender, until `senders.add` brings it back.
 */
export function createLiveConfig({ options, optionNames, config, onUnusable }: LiveConfigParts): LiveConfig {
  let seen: string | undefined;
  let functions: SettingsInput = {};
  /** Webhook functions of senders that were added at run time. */
  const hooks = new Map<string, WebhookFunction>();
  let settings = options.settings;
  let optOut = compileOptOut(settings.optOut);
  const own = index(options.senders);
  /** The document in force, and the senders it adds. */
  let current = config.parse(undefined);
  let added: ReadonlyMap<string, Listed> = new Map();
  if (own.size > options.poolLimit) {
    throw new MessagingError(
      "SENDER_POOL_FULL",
      `There are ${own.size} senders, and the pool holds ${options.poolLimit}.`,
    );
  }
  const pool = createSenderPool();
  for (const listed of own.values()) pool.add(join(listed, 0));

  return Object.freeze({
    pool,
    settings: () => settings,
    optOut: () => optOut,
    adopt,
    async update(change: SettingsChange): Promise<Settings> {
      let input = typeof change === "function" ? {} : checked(change);
      const raw = await config.update((document) => {
        if (typeof change === "function") input = checked(change(settingsOf(document)));
        return { ...document, settings: { ...document.settings, ...splitSettings(input).stored } };
      });
      const { stored, inProcess } = splitSettings(input);
      // What is stored now takes the place of a function given before.
      const kept = Object.entries(functions).filter(([name]) => !Object.hasOwn(stored, name));
      functions = { ...Object.fromEntries(kept), ...inProcess };
      adopt(raw, true);
      return settings;
    },
    async addSender(input: SenderInput): Promise<Sender> {
      const { key } = list(input);
      // Whoever is told that it is in the pool already finds it there.
      adopt(await config.read());
      const raw = await config.update((document) => {
        const there = index(document.added);
        const gone = new Set(document.removed);
        if (there.has(key) || (own.has(key) && !gone.has(key))) {
          throw new MessagingError("DUPLICATE_SENDER", `${key} is in the pool.`);
        }
        const replaced = [...new Set([...gone, ...there.keys()])].filter((each) => own.has(each)).length;
        if (own.size - replaced + there.size >= options.poolLimit) {
          throw new MessagingError("SENDER_POOL_FULL", `The pool holds ${options.poolLimit} senders.`);
        }
        const removed = document.removed.filter((each) => each !== key);
        return { ...document, added: [...document.added, input], removed };
      });
      // A function cannot be stored: it answers in this process, as one given to `update` does.
      if (typeof input === "object" && typeof input.webhook === "function") hooks.set(key, input.webhook);
      adopt(raw);
      return pool.get(key) ?? join(list(input), 0);
    },
    async updateSender(input: SenderInput): Promise<Sender> {
      const { key } = list(input);
      const raw = await config.update((document) => {
        const others = document.added.filter((each) => list(each).key !== key);
        const isOwn = own.has(key) && !document.removed.includes(key);
        if (others.length === document.added.length && !isOwn)
          throw new MessagingError("SENDER_NOT_FOUND", `${key} is not in the pool.`);
        return { ...document, added: [...others, input] };
      });
      if (typeof input === "object" && typeof input.webhook === "function") hooks.set(key, input.webhook);
      else hooks.delete(key);
      adopt(raw, true);
      return pool.get(key) ?? join(list(input), 0);
    },
    async removeSender(id: string): Promise<Sender> {
      // Another process may have added it a moment ago.
      adopt(await config.read());
      const before = only(id);
      const key = senderKey(before);
      hooks.delete(key);
      adopt(
        await config.update((document) => ({
          ...document,
          added: document.added.filter((each) => list(each).key !== key),
          removed: [...document.removed.filter((each) => each !== key), key],
          generations: { ...document.generations, [key]: (document.generations[key] ?? 0) + 1 },
        })),
      );
      return before;
    },
  });

  function adopt(raw: string | undefined, force = false): void {
    if (raw === seen && !force) return;
    try {
      apply(config.parse(raw));
      seen = raw;
    } catch (error) {
      onUnusable(error);
    }
  }

  /** Everything is resolved before anything changes. Only what the documents speak of is looked at, not the whole pool. */
  function apply(document: ConfigDocument): void {
    const next = settingsOf(document);
    const nextAdded = index(document.added);
    const nextOptOut = next.optOut === settings.optOut ? optOut : compileOptOut(next.optOut);
    const removed = new Set(document.removed);
    const touched = new Set([
      ...[...added.keys(), ...nextAdded.keys(), ...current.removed, ...removed],
      ...[...Object.keys(current.generations), ...Object.keys(document.generations)],
    ]);
    [settings, optOut, current, added] = [next, nextOptOut, document, nextAdded];
    for (const key of touched) {
      const listed = added.get(key) ?? (removed.has(key) ? undefined : own.get(key));
      const wanted = listed === undefined ? undefined : join(listed, document.generations[key] ?? 0);
      const there = pool.members(key).find(({ sender }) => senderKey(sender) === key)?.sender;
      // Of one membership, too: the store's word on a sender goes before code's.
      if (JSON.stringify(there) === JSON.stringify(wanted)) continue;
      if (there !== undefined) pool.remove(key);
      if (wanted !== undefined) pool.add(wanted);
    }
  }

  /** Before anything is written: a wrong setting must not reach the store. */
  function checked(input: SettingsInput): SettingsInput {
    checkSettingNames(input, optionNames);
    const next = resolveSettings(input, settings);
    if (input.optOut !== undefined) compileOptOut(next.optOut);
    return input;
  }

  function settingsOf(document: ConfigDocument): Settings {
    return resolveSettings({ ...(document.settings as SettingsInput), ...functions }, options.settings);
  }

  /** The one sender of the pool that `id` names. */
  function only(id: string): Sender {
    const named = pool.members(id).map(({ sender }) => sender);
    const [first, ...more] = named;
    if (first === undefined) throw new MessagingError("SENDER_NOT_FOUND", `${id} is not in the pool.`);
    if (more.length === 0 || senderKey(first) === id) return first;
    const keys = named.map(senderKey).join(" or ");
    throw new MessagingError("SENDER_NOT_FOUND", `${id} is in the pool for several countries: say ${keys}.`);
  }

  /** @throws MessagingError DUPLICATE_SENDER when two have the same key. */
  function index(inputs: readonly SenderInput[]): ReadonlyMap<string, Listed> {
    const listed = new Map<string, Listed>();
    for (const input of inputs) {
      const each = list(input);
      if (listed.has(each.key))
        throw new MessagingError("DUPLICATE_SENDER", `${each.key} is in the pool twice.`);
      listed.set(each.key, each);
    }
    return listed;
  }

  function list(input: SenderInput): Listed {
    const sender = resolveSender(input, {
      defaultProvider: options.providers[0]?.name ?? "",
      membership: "",
      defaultCountry: options.defaultCountry,
    });
    if (!options.providers.some(({ name }) => name === sender.provider)) {
      throw new MessagingError(
        "PROVIDER_NOT_FOUND",
        `Sender ${sender.id} names the provider "${sender.provider}", which the service does not have.`,
      );
    }
    return { key: senderKey(sender), sender };
  }

  function join({ key, sender }: Listed, generation: number): Sender {
    const webhook = hooks.get(key) ?? sender.webhook;
    return Object.freeze({ ...sender, webhook, membership: membershipOf(options.name, key, generation) });
  }
}

/** The same in every process and after every restart, and new once the sender was removed. Eight characters. */
function membershipOf(service: string, id: string, generation: number): string {
  return createHash("sha256")
    .update(JSON.stringify([service, id, generation]))
    .digest("base64url")
    .slice(0, 8)
    .replaceAll(".", "-");
}
