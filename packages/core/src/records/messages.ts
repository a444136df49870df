import { meanwhile } from "../meanwhile.ts";
import type { Settings } from "../settings.ts";
import { type LateLogWrite, type LateText, lateTexts } from "../store/late-text.ts";
import type { LogEntry, LogWrite, Store, StoreWrite } from "../store/store.ts";
import { IDEMPOTENCY_MS } from "./idempotency.ts";
import type { Keys } from "./keys.ts";
import { isFinal, type MessageRecord } from "./message-record.ts";
import { createRecent } from "./recent.ts";
import { changed, type RecordChange } from "./record-change.ts";
import { recordOf, toVersioned, type Versioned } from "./versioned.ts";

export type { Versioned } from "./versioned.ts";

/** What a message is written with so that the account finds it beside those of other services; see account-messages.ts. */
export interface AccountListing {
  /** Its line in the account's list. */
  line(record: MessageRecord, ttlMs: number): LogWrite;
  /** The mark that says who keeps it. */
  mark(record: MessageRecord, ttlMs: number): StoreWrite;
}

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
    appends?: readonly LateLogWrite[],
  ): Promise<Versioned | undefined>;
  /**
   * Changes the newest record until it holds. `change` says what changes, or `undefined` to leave it alone, and
   * `appendsOf` what goes to logs with it. Resolves to the record as written, or `undefined` when it is gone or was left alone.
   */
  update(
    current: Versioned | string,
    change: (record: MessageRecord) => RecordChange | undefined,
    appendsOf?: (next: MessageRecord, before: MessageRecord) => readonly LateLogWrite[],
  ): Promise<Versioned | undefined>;
  remove(sid: string): Promise<void>;
  /** A page of the log, newest first. */
  page(before: string | undefined, limit: number): Promise<LogEntry[]>;
}

/** What a mark is kept beyond a message's retention: validity period, receipts that come late. */
const MARK_MARGIN_MS = 7 * 86_400_000;

/** Records that are remembered as they were written: receipts come within seconds, and reading one takes long. */
const MOST_RECENT = 2_048;

/**
 * The repository of {@link MessageRecord}s. Unfinished messages never expire; finished ones after `retention`, and so do
 * sent ones, since a receipt may never come.
 */
export function createMessages(
  store: Store,
  keys: Keys,
  settings: () => Settings,
  listing: () => AccountListing | undefined = () => undefined,
): Messages {
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
  const texts = lateTexts(store);
  const recent = createRecent<Versioned>(MOST_RECENT);
  /** What the store says is what counts: a text that is the very one remembered need not be parsed. */
  const read = (sid: string, key: string, raw: LateText): Versioned => {
    const unwritten = recordOf(raw);
    if (unwritten !== undefined) return { record: unwritten, raw, key };
    const text = raw.toString();
    const known = recent.get(sid);
    return known?.raw.toString() === text ? known : { record: JSON.parse(text) as MessageRecord, raw, key };
  };
  const linesOf = (record: MessageRecord): readonly LogWrite[] => {
    const line = logEntry(record);
    const account = listing()?.line(record, line.ttlMs);
    return account === undefined ? [line] : [line, account];
  };
  /** Lasts longer than the record, whose own time begins when the message is final. */
  const mark = (record: MessageRecord): Promise<void> | undefined => {
    const write = listing()?.mark(record, logEntry(record).ttlMs + MARK_MARGIN_MS);
    return write === undefined ? undefined : meanwhile(store.set(write.key, write.value, write.ttlMs));
  };

  const messages: Messages = {
    async get(sid) {
      const key = keys.message(sid);
      const raw = await texts.get(key);
      return raw === undefined ? undefined : read(sid, key, raw);
    },
    async getMany(sids) {
      if (sids.length === 0) return [];
      const wanted = sids.map(keys.message);
      const found = await texts.getMany(wanted);
      return found.map((raw, at) =>
        raw === undefined ? undefined : read(sids[at] ?? "", wanted[at] ?? "", raw).record,
      );
    },
    async create(record, { exclusive = false } = {}) {
      const key = keys.message(record.sid);
      const versioned = toVersioned(record, key);
      const { raw } = versioned;
      const lines = linesOf(record);
      const marked = mark(record);
      // What is one step in the store need not be two; elsewhere two at once take less time than one after the other.
      if (!exclusive && store.atomicity === "process") {
        await Promise.all([
          store.set(key, raw.toString(), ttlOf(record)),
          ...lines.map((line) => store.append(line.log, line.value, line.ttlMs)),
          marked,
        ]);
        return { versioned, earlier: undefined };
      }
      const isFirst = await writeFirst(versioned, lines);
      if (marked !== undefined) await marked;
      const earlier = isFirst ? undefined : await standing(versioned, lines);
      return { versioned, earlier: earlier?.record };
    },
    async claim(record, { listed }) {
      const key = keys.message(record.sid);
      const versioned = toVersioned(record, key);
      const lines = listed ? linesOf(record) : [];
      const marked = listed ? mark(record) : undefined;
      const isFirst = await writeFirst(versioned, lines);
      if (marked !== undefined) await marked;
      return { versioned, there: isFirst ? undefined : await standing(versioned, lines) };
    },
    async replace(current, next, appends) {
      const key = current.key;
      const versioned = toVersioned(next, key, current);
      if (!(await texts.compareAndSet(key, current.raw, versioned.raw, ttlOf(next), appends)))
        return undefined;
      // While it is being handed over this process has it at hand anyway.
      if (next.status !== "sending" && !texts.keeps) recent.set(next.sid, versioned);
      return versioned;
    },
    async update(current, changeOf, appendsOf) {
      let versioned = typeof current === "string" ? await messages.get(current) : current;
      while (versioned !== undefined) {
        const change = changeOf(versioned.record);
        if (change === undefined) return undefined;
        const next = changed(versioned.record, change);
        const written = await messages.replace(versioned, next, appendsOf?.(next, versioned.record));
        if (written !== undefined) return written;
        versioned = await messages.get(next.sid);
      }
      return undefined;
    },
    async remove(sid) {
      if (listing() !== undefined) await store.delete(keys.keeper(sid));
      await store.delete(keys.message(sid));
    },
    page: (before, limit) => store.range(keys.messages, { before, limit, reverse: true }),
  };
  return Object.freeze(messages);

  /** Writes a record and its lines where none is; resolves whether it did. */
  function writeFirst({ key, record, raw }: Versioned, lines: readonly LogWrite[]): Promise<boolean> {
    return texts.compareAndSet(key, undefined, raw, ttlOf(record), lines);
  }

  /** The record that was there; should it be gone by now, the new one is written after all. */
  async function standing(versioned: Versioned, lines: readonly LogWrite[]): Promise<Versioned | undefined> {
    const { key, record } = versioned;
    do {
      const there = await texts.get(key);
      if (there !== undefined) return read(record.sid, key, there);
    } while (!(await writeFirst(versioned, lines)));
    return undefined;
  }
}
