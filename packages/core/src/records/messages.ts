import type { Settings } from "../settings.ts";
import type { LogEntry, LogWrite, Store } from "../store/store.ts";
import type { Keys } from "./keys.ts";
import { isFinal, type MessageRecord } from "./message-record.ts";
import { createRecent } from "./recent.ts";
import { toVersioned, type Versioned } from "./record-text.ts";

export type { Versioned } from "./record-text.ts";

/** What {@link Messages.create} did. */
export interface Created {
  readonly versioned: Versioned;
  readonly earlier: MessageRecord | undefined;
}

/** What {@link Messages.claim} did. */
export interface Claimed {
  readonly versioned: Versioned;
  /** The one that was there. */
  readonly there: Versioned | undefined;
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
  /** Writes an inbound record only where none is, and its line with it if it is listed; resolves to the one that is there. */
  claim(record: MessageRecord, options: { readonly listed: boolean }): Promise<Claimed>;
  /** Writes `next` only over exactly `current`, and the log entries with it; resolves `undefined` when another writer was first. */
  replace(
    current: Versioned,
    next: MessageRecord,
    appends?: readonly LogWrite[],
  ): Promise<Versioned | undefined>;
  /**
   * Applies `change` to the newest record until it holds. `change` returns `undefined` to leave it alone, and
   * `appendsOf` what goes to logs with it. Resolves to the record as written, or `undefined` when it is gone or was left alone.
   */
  update(
    current: Versioned | string,
    change: (record: MessageRecord) => MessageRecord | undefined,
    appendsOf?: (next: MessageRecord, before: MessageRecord) => readonly LogWrite[],
  ): Promise<Versioned | undefined>;
  /** The message's line in the list of messages, for a write that makes it. */
  logEntry(record: MessageRecord): LogWrite;
  remove(sid: string): Promise<void>;
  /** A page of the log, newest first. */
  page(before: string | undefined, limit: number): Promise<LogEntry[]>;
}

/** How long an idempotency key stands for its message. */
export const IDEMPOTENCY_MS = 86_400_000;

/** Records that are remembered as they were written: receipts come within seconds, and reading one takes long. */
const MOST_RECENT = 2_048;

/**
 * The repository of {@link MessageRecord}s. Unfinished messages never expire; finished ones after `retention`, and so do
 * sent ones, since a receipt may never come.
 */
export function createMessages(store: Store, keys: Keys, settings: () => Settings): Messages {
  const ttlOf = (record: MessageRecord): number => {
    const isOver = isFinal(record.status) || record.status === "sent";
    if (!isOver || record.inbound?.state === "handling") return 0;
    const retention = settings().retention * 1000;
    // While its key stands, a repeated call must find the message it made.
    return record.outbound?.idempotencyKey === undefined ? retention : Math.max(retention, IDEMPOTENCY_MS);
  };
  // A scheduled message's retention begins when it is sent; so does its line's.
  const logEntry = (record: MessageRecord): LogWrite => ({
    log: keys.messages,
    value: record.sid,
    ttlMs: settings().retention * 1000 + Math.max(0, (record.sendAt ?? 0) - record.createdAt),
  });
  const recent = createRecent<Versioned>(MOST_RECENT);
  /** What the store says is what counts: a text that is the very one remembered need not be parsed. */
  const read = (sid: string, key: string, raw: string): Versioned => {
    const known = recent.get(sid);
    return known?.raw === raw ? known : { record: JSON.parse(raw) as MessageRecord, raw, key };
  };

  const messages: Messages = {
    async get(sid) {
      const key = keys.message(sid);
      const raw = await store.get(key);
      return raw === undefined ? undefined : read(sid, key, raw);
    },
    async getMany(sids) {
      if (sids.length === 0) return [];
      const wanted = sids.map(keys.message);
      const found = await store.getMany(wanted);
      return found.map((raw, at) =>
        raw === undefined ? undefined : read(sids[at] ?? "", wanted[at] ?? "", raw).record,
      );
    },
    async create(record, { exclusive = false } = {}) {
      const key = keys.message(record.sid);
      const versioned = toVersioned(record, key);
      const { raw } = versioned;
      const line = logEntry(record);
      // What is one step in the store need not be two; elsewhere two at once take less time than one after the other.
      if (!exclusive && store.atomicity === "process") {
        await Promise.all([
          store.set(key, raw, ttlOf(record)),
          store.append(line.log, line.value, line.ttlMs),
        ]);
        return { versioned, earlier: undefined };
      }
      while (!(await store.compareAndSet(key, undefined, raw, ttlOf(record), [line]))) {
        const there = await store.get(key);
        if (there !== undefined) return { versioned, earlier: read(record.sid, key, there).record };
      }
      return { versioned, earlier: undefined };
    },
    async claim(record, { listed }) {
      const key = keys.message(record.sid);
      const lines = listed ? [logEntry(record)] : [];
      const versioned = toVersioned(record, key);
      while (!(await store.compareAndSet(key, undefined, versioned.raw, ttlOf(record), lines))) {
        const there = await store.get(key);
        if (there !== undefined) return { versioned, there: read(record.sid, key, there) };
      }
      return { versioned, there: undefined };
    },
    async replace(current, next, appends) {
      const key = current.key;
      const versioned = toVersioned(next, key, current);
      if (!(await store.compareAndSet(key, current.raw, versioned.raw, ttlOf(next), appends)))
        return undefined;
      recent.set(next.sid, versioned);
      return versioned;
    },
    async update(current, change, appendsOf) {
      let versioned = typeof current === "string" ? await messages.get(current) : current;
      while (versioned !== undefined) {
        const next = change(versioned.record);
        if (next === undefined) return undefined;
        const written = await messages.replace(versioned, next, appendsOf?.(next, versioned.record));
        if (written !== undefined) return written;
        versioned = await messages.get(next.sid);
      }
      return undefined;
    },
    logEntry,
    remove: (sid) => store.delete(keys.message(sid)),
    page: (before, limit) => store.range(keys.messages, { before, limit, reverse: true }),
  };
  return Object.freeze(messages);
}
