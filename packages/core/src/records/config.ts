import type { SenderInput } from "../sender.ts";
import type { SettingsInput } from "../settings.ts";
import type { Store } from "../store/store.ts";
import type { Keys } from "./keys.ts";

/** What was changed at run time, over what code says. One small document: every send reads it along. */
export interface ConfigDocument {
  /** Settings that `service.update()` changed; functions are not among them. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Senders that `service.senders.add()` added. */
  readonly added: readonly SenderInput[];
  /** IDs that `service.senders.remove()` took out, whatever code says. */
  readonly removed: readonly string[];
  /** How often an ID was removed: its membership follows from it, so that removal ends its mappings. */
  readonly generations: Readonly<Record<string, number>>;
}

const EMPTY: ConfigDocument = Object.freeze({ settings: {}, added: [], removed: [], generations: {} });

/** The repository of {@link ConfigDocument}. */
export interface Config {
  parse(raw: string | undefined): ConfigDocument;
  read(): Promise<string | undefined>;
  /** Applies `change` to the newest document; two processes changing different fields lose nothing. Resolves to the new text. */
  update(change: (document: ConfigDocument) => ConfigDocument): Promise<string>;
}

export function createConfig(store: Store, keys: Keys): Config {
  const parse = (raw: string | undefined): ConfigDocument =>
    raw === undefined ? EMPTY : { ...EMPTY, ...(JSON.parse(raw) as Partial<ConfigDocument>) };
  return Object.freeze({
    parse,
    read: () => store.get(keys.config),
    async update(change: (document: ConfigDocument) => ConfigDocument): Promise<string> {
      for (;;) {
        const raw = await store.get(keys.config);
        const next = JSON.stringify(change(parse(raw)));
        // Nothing to change: it was read all the same.
        if (next === raw) return next;
        const written =
          raw === undefined
            ? (await store.setIfAbsent(keys.config, next, 0)) === undefined
            : await store.compareAndSet(keys.config, raw, next, 0);
        if (written) return next;
      }
    },
  });
}

/** What of a change of settings can be stored, and the functions, which hold in this process alone. */
export function splitSettings(change: SettingsInput): {
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
