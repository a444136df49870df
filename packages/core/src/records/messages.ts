import type { Settings } from "../settings.ts";
import type { LogEntry, Store } from "../store/store.ts";
import type { Keys } from "./keys.ts";
import { isFinal, type MessageRecord } from "./message-record.ts";

/** A record with the exact text it was read as: what compareAndSet compares with. */
export interface Versioned {
  readonly record: MessageRecord;
  readonly raw: string;
}

/** What {@link Messages.create} did. */
export interface Created {
  readonly versioned: Versioned;
  readonly earlier: MessageRecord | undefined;
}

/** The message record of one service. */
export interface Messages {
  get(sid: string): Promise<Versioned | undefined>;
  getMany(sids: readonly string[]): Promise<(MessageRecord | undefined)[]>;
  /**
   * Writes a record that is new, and its place in the log, in one wave. `exclusive`: only where none is; `earlier` is
   * the one that was there.
   */
  create(record: MessageRecord, options?: { readonly exclusive?: boolean }): Promise<Created>;
  /** Writes an inbound record only where none is; resolves to the one that is there. */
  claim(record: MessageRecord): Promise<Versioned | undefined>;
  /** Writes `next` only over exactly `current`; resolves `undefined` when another writer was first. */
  replace(current: Versioned, next: MessageRecord): Promise<Versioned | undefined>;
  /**
   * Applies `change` to the newest record until it holds. `change` returns `undefined` to leave it alone.
   * Resolves to the record as written, or `undefined` when it is gone or was left alone.
   */
  update(
    current: Versioned | string,
    change: (record: MessageRecord) => MessageRecord | undefined,
  ): Promise<Versioned | undefined>;
  /** Adds an inbound SID to the log (outbound ones are added by create). */
  log(sid: string): Promise<void>;
  remove(sid: string): Promise<void>;
  /** A page of the log, newest first. */
  page(before: string | undefined, limit: number): Promise<LogEntry[]>;
}

/** Scheduled messages may lie 35 days before retention begins. */
const LONGEST_SCHEDULE_MS = 35 * 86_400_000;

/** The repository of {@link MessageRecord}s. Unfinished messages never expire; finished ones after `retention`. */
export function createMessages(store: Store, keys: Keys, settings: () => Settings): Messages {
  const ttlOf = (record: MessageRecord): number =>
    isFinal(record.status) && record.inbound?.state !== "handling" ? settings().retention * 1000 : 0;
  const logTtl = (): number => settings().retention * 1000 + LONGEST_SCHEDULE_MS;
  const parse = (raw: string): Versioned => ({ record: JSON.parse(raw) as MessageRecord, raw });

  const messages: Messages = {
    async get(sid) {
      const raw = await store.get(keys.message(sid));
      return raw === undefined ? undefined : parse(raw);
    },
    async getMany(sids) {
      if (sids.length === 0) return [];
      const found = await store.getMany(sids.map(keys.message));
      return found.map((raw) => (raw === undefined ? undefined : parse(raw).record));
    },
    async create(record, { exclusive = false } = {}) {
      const raw = JSON.stringify(record);
      const versioned = { record, raw };
      const key = keys.message(record.sid);
      if (!exclusive) {
        await Promise.all([
          store.set(key, raw, ttlOf(record)),
          store.append(keys.messages, record.sid, logTtl()),
        ]);
        return { versioned, earlier: undefined };
      }
      const there = await store.setIfAbsent(key, raw, ttlOf(record));
      if (there !== undefined) return { versioned, earlier: parse(there).record };
      await store.append(keys.messages, record.sid, logTtl());
      return { versioned, earlier: undefined };
    },
    async claim(record) {
      const there = await store.setIfAbsent(keys.message(record.sid), JSON.stringify(record), ttlOf(record));
      return there === undefined ? undefined : parse(there);
    },
    async replace(current, next) {
      const raw = JSON.stringify(next);
      const key = keys.message(next.sid);
      return (await store.compareAndSet(key, current.raw, raw, ttlOf(next)))
        ? { record: next, raw }
        : undefined;
    },
    async update(current, change) {
      let versioned = typeof current === "string" ? await messages.get(current) : current;
      while (versioned !== undefined) {
        const next = change(versioned.record);
        if (next === undefined) return undefined;
        const written = await messages.replace(versioned, next);
        if (written !== undefined) return written;
        versioned = await messages.get(next.sid);
      }
      return undefined;
    },
    async log(sid) {
      await store.append(keys.messages, sid, logTtl());
    },
    remove: (sid) => store.delete(keys.message(sid)),
    page: (before, limit) => store.range(keys.messages, { before, limit, reverse: true }),
  };
  return Object.freeze(messages);
}
