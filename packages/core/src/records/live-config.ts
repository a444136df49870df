import { createHash } from "node:crypto";
import { MessagingError } from "../errors.ts";
import type { ResolvedOptOut } from "../opt-out/keywords.ts";
import { resolveOptOut } from "../opt-out/keywords.ts";
import { createKeywordMatcher, type KeywordMatcher } from "../opt-out/match.ts";
import type { ResolvedOptions } from "../options.ts";
import { createSenderPool, type SenderPool } from "../planning/pool.ts";
import { resolveSender } from "../planning/resolve-sender.ts";
import type { Sender, SenderInput } from "../sender.ts";
import { resolveSettings, type Settings, type SettingsInput } from "../settings.ts";
import type { Config, ConfigDocument } from "./config.ts";

/** The settings and the pool in force in this process: what code says, and over it what was changed at run time. */
export interface LiveConfig {
  readonly pool: SenderPool;
  settings(): Settings;
  optOut(): { readonly policy: ResolvedOptOut; readonly matcher: KeywordMatcher };
  /** Takes in the document as just read from the store. Cheap when nothing changed. */
  adopt(raw: string | undefined): void;
  /** Changes settings, here at once and in the store for every process. Functions hold in this process alone. */
  update(change: SettingsInput): Promise<Settings>;
  addSender(input: SenderInput): Promise<Sender>;
  removeSender(id: string): Promise<Sender>;
}

/** What {@link createLiveConfig} needs. */
export interface LiveConfigParts {
  readonly options: ResolvedOptions;
  readonly config: Config;
  /** Told what adopting could not take in: another version of this library wrote it. */
  readonly onUnusable: (error: unknown) => void;
}

/**
 * The rule that reconciles code and store: the pool is code's list, less what `senders.remove` took out, plus what
 * `senders.add` put in; a setting is the store's if `update` ever changed it, else code's. So a removal outlives a
 * restart although code still lists the sender, until `senders.add` brings it back.
 */
export function createLiveConfig({ options, config, onUnusable }: LiveConfigParts): LiveConfig {
  let seen: string | undefined;
  let functions: SettingsInput = {};
  let settings = options.settings;
  let optOut = compile(settings);
  const pool = createSenderPool();
  apply(config.parse(undefined));

  return Object.freeze({
    pool,
    settings: () => settings,
    optOut: () => optOut,
    adopt,
    async update(change: SettingsInput): Promise<Settings> {
      // Checked before anything is written: a wrong setting must not reach the store.
      const next = resolveSettings(change, settings);
      if (change.optOut !== undefined) compile(next);
      const { stored, inProcess } = split(change);
      functions = { ...functions, ...inProcess };
      adopt(
        await config.update((document) => ({ ...document, settings: { ...document.settings, ...stored } })),
        true,
      );
      return settings;
    },
    async addSender(input: SenderInput): Promise<Sender> {
      const { id } = toSender(input, 0);
      const raw = await config.update((document) => {
        if (listed(document).some((each) => toSender(each, 0).id === id)) {
          throw new MessagingError("DUPLICATE_SENDER", `${id} is in the pool.`);
        }
        if (listed(document).length >= options.poolLimit) {
          throw new MessagingError("SENDER_POOL_FULL", `The pool holds ${options.poolLimit} senders.`);
        }
        const added = [...document.added.filter((each) => toSender(each, 0).id !== id), input];
        return { ...document, added, removed: document.removed.filter((each) => each !== id) };
      });
      adopt(raw);
      return pool.get(id) ?? toSender(input, 0);
    },
    async removeSender(id: string): Promise<Sender> {
      const before = pool.get(id);
      if (before === undefined) throw new MessagingError("SENDER_NOT_FOUND", `${id} is not in the pool.`);
      adopt(
        await config.update((document) => ({
          ...document,
          added: document.added.filter((each) => toSender(each, 0).id !== id),
          removed: [...document.removed.filter((each) => each !== id), id],
          generations: { ...document.generations, [id]: (document.generations[id] ?? 0) + 1 },
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

  function apply(document: ConfigDocument): void {
    const next = resolveSettings({ ...(document.settings as SettingsInput), ...functions }, options.settings);
    if (next.optOut !== settings.optOut) optOut = compile(next);
    settings = next;
    const wanted = new Map<string, Sender>();
    for (const input of listed(document)) {
      const { id } = toSender(input, 0);
      if (wanted.has(id)) throw new MessagingError("DUPLICATE_SENDER", `${id} is in the pool twice.`);
      wanted.set(id, toSender(input, document.generations[id] ?? 0));
    }
    for (const sender of pool.list())
      if (wanted.get(sender.id)?.membership !== sender.membership) pool.remove(sender.id);
    for (const sender of wanted.values()) if (pool.get(sender.id) === undefined) pool.add(sender);
  }

  function listed(document: ConfigDocument): readonly SenderInput[] {
    const removed = new Set(document.removed);
    const added = new Set(document.added.map((each) => toSender(each, 0).id));
    const own = options.senders.filter((each) => {
      const { id } = toSender(each, 0);
      return !removed.has(id) && !added.has(id);
    });
    return [...own, ...document.added];
  }

  function toSender(input: SenderInput, generation: number): Sender {
    const context = {
      defaultProvider: options.providers[0]?.name ?? "",
      membership: "",
      defaultCountry: options.defaultCountry,
    };
    const { id, provider } = resolveSender(input, context);
    if (!options.providers.some((each) => each.name === provider)) {
      throw new MessagingError(
        "PROVIDER_NOT_FOUND",
        `Sender ${id} names the provider "${provider}", which the service does not have.`,
      );
    }
    return resolveSender(input, { ...context, membership: membershipOf(options.name, id, generation) });
  }

  function compile(from: Settings): { readonly policy: ResolvedOptOut; readonly matcher: KeywordMatcher } {
    const policy = resolveOptOut(from.optOut);
    return { policy, matcher: createKeywordMatcher(policy) };
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

function split(change: SettingsInput): {
  readonly stored: Record<string, unknown>;
  readonly inProcess: SettingsInput;
} {
  const isFunction = ([, value]: [string, unknown]): boolean => typeof value === "function";
  const entries = Object.entries(change).filter(([, value]) => value !== undefined);
  return {
    stored: Object.fromEntries(entries.filter((entry) => !isFunction(entry))),
    inProcess: Object.fromEntries(entries.filter(isFunction)) as SettingsInput,
  };
}
