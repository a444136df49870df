import type { Settings } from "../settings.ts";
import type { LogWrite, Store } from "../store/store.ts";
import type { ConversationLine, ConversationRecord } from "./conversation-record.ts";
import type { DueSlots } from "./due-slots.ts";
import type { Keys } from "./keys.ts";

/** A record with the exact text it was read as. */
export interface VersionedConversation {
  readonly record: ConversationRecord;
  readonly raw: string;
}

/** The open conversations of one person on one channel: SIDs by sender, and the exact text. */
export interface Bindings {
  readonly raw: string | undefined;
  readonly bySender: Readonly<Record<string, string>>;
}

/** A line with its place in the log. */
export type PlacedLine = ConversationLine & { readonly cursor: string };

/** The repository of conversations. */
export interface ConversationRecords {
  get(sid: string): Promise<VersionedConversation | undefined>;
  getMany(sids: readonly string[]): Promise<(ConversationRecord | undefined)[]>;
  /** The conversation, and whether the message is in it or in another, as of one moment. */
  look(
    sid: string,
    messageSid: string,
  ): Promise<{ readonly current: VersionedConversation | undefined; readonly isIn: boolean }>;
  /** The person's open conversations, and whether the message is in one that is past. */
  bound(
    channel: string,
    person: string,
    messageSid?: string,
  ): Promise<{ readonly bindings: Bindings; readonly isIn: boolean }>;
  /** Binds the sender to a conversation over exactly these bindings; false when another writer was first. */
  bind(
    channel: string,
    person: string,
    over: Bindings,
    binding: { readonly sender: string; readonly sid: string },
  ): Promise<boolean>;
  /** Frees the conversation's pair, if it still is this conversation's. */
  unbind(record: ConversationRecord): Promise<void>;
  /**
   * Writes `next` over exactly `current` (`undefined`: where none is), with lines for its own log and others, and its place in
   * the list where that is new or old. Resolves `undefined` when another writer was first.
   */
  replace(
    current: VersionedConversation | undefined,
    next: ConversationRecord,
    appends?: {
      readonly lines?: readonly ConversationLine[] | undefined;
      readonly others?: readonly LogWrite[] | undefined;
    },
  ): Promise<VersionedConversation | undefined>;
  /** A page of one conversation's messages, newest first. */
  lines(sid: string, before: string | undefined, limit: number): Promise<PlacedLine[]>;
  /** A page of the list, newest first: those that stand there more than once, once. */
  page(
    before: string | undefined,
    limit: number,
  ): Promise<{ readonly records: (ConversationRecord | undefined)[]; readonly cursors: readonly string[] }>;
}

/** Messages that the document itself remembers; as many more are given marks at a time. */
const RECENT = 16;
/**
 * A message's line outlives the message's own record, and a closed conversation the lines: retention counts from a final
 * status, which is reached within hours.
 */
const MARGIN_MS = 86_400_000;

/** What {@link createConversationRecords} works with. */
export interface ConversationRecordParts {
  readonly store: Store;
  readonly keys: Keys;
  readonly settings: () => Settings;
  readonly slots: DueSlots;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * A conversation that is open never expires. A closed one is kept for `retention` and a day, so that it does not
 * vanish before its messages. It remembers which messages it has: the document the last ones, and marks, written before
 * the document forgets, the others.
 */
export function createConversationRecords({
  store,
  keys,
  settings,
  slots,
  now,
}: ConversationRecordParts): ConversationRecords {
  const keepMs = (): number => settings().retention * 1000 + MARGIN_MS;
  const parse = (raw: string): VersionedConversation => ({
    record: JSON.parse(raw) as ConversationRecord,
    raw,
  });
  const parsed = (raw: string | undefined): VersionedConversation | undefined =>
    raw === undefined ? undefined : parse(raw);

  const records: ConversationRecords = {
    get: async (sid) => parsed(await store.get(keys.conversation(sid))),
    async getMany(sids) {
      if (sids.length === 0) return [];
      const found = await store.getMany(sids.map(keys.conversation));
      return found.map((raw) => parsed(raw)?.record);
    },
    async look(sid, messageSid) {
      const [raw, mark] = await store.getMany([keys.conversation(sid), keys.conversationMark(messageSid)]);
      const current = parsed(raw);
      return { current, isIn: mark !== undefined || current?.record.recent.includes(messageSid) === true };
    },
    async bound(channel, person, messageSid) {
      const key = keys.bindings(channel, person);
      const marks = messageSid === undefined ? [] : [keys.conversationMark(messageSid)];
      const [raw, mark] = await store.getMany([key, ...marks]);
      return { bindings: toBindings(raw), isIn: mark !== undefined };
    },
    bind(channel, person, { raw, bySender }, { sender, sid }) {
      const next = JSON.stringify({ ...bySender, [sender]: sid });
      return store.compareAndSet(keys.bindings(channel, person), raw, next, 0);
    },
    async unbind({ channel, person, sender, sid }) {
      const key = keys.bindings(channel, person);
      for (;;) {
        const { raw, bySender } = toBindings(await store.get(key));
        if (bySender[sender] !== sid) return;
        const { [sender]: _, ...others } = bySender;
        const next = Object.keys(others).length === 0 ? undefined : JSON.stringify(others);
        if (await store.compareAndSet(key, raw, next, 0)) return;
      }
    },
    async replace(current, next, { lines = [], others = [] } = {}) {
      const record = scheduled(listed(await remembered(current, next), current));
      const raw = JSON.stringify(record);
      const appends: LogWrite[] = lines.map((line) => ({
        log: keys.conversationLog(next.sid),
        value: JSON.stringify(line),
        ttlMs: keepMs(),
      }));
      if (record.listedAt !== current?.record.listedAt)
        appends.push({
          log: keys.conversations,
          value: `${record.sid} ${record.listedAt}`,
          ttlMs: keepMs() * 2,
        });
      if (record.slot !== null && record.slot !== next.slot) {
        await slots.begin();
        appends.push(slots.line(record.sid, record.slot));
      }
      const ttlMs = record.state === "closed" ? keepMs() : 0;
      const key = keys.conversation(record.sid);
      const written = await store.compareAndSet(key, current?.raw, raw, ttlMs, [...appends, ...others]);
      return written ? { record, raw } : undefined;
    },
    async lines(sid, before, limit) {
      const entries = await store.range(keys.conversationLog(sid), { before, limit, reverse: true });
      return entries.map(({ cursor, value }) => ({ ...(JSON.parse(value) as ConversationLine), cursor }));
    },
    async page(before, limit) {
      const entries = await store.range(keys.conversations, { before, limit, reverse: true });
      const named = entries.map(({ value }) => value.split(" ") as [sid: string, listedAt: string]);
      const found = await records.getMany(named.map(([sid]) => sid));
      return {
        // The line that the document knows of is the one that counts.
        records: found.map((record, index) =>
          record?.listedAt === Number(named[index]?.[1]) ? record : undefined,
        ),
        cursors: entries.map(({ cursor }) => cursor),
      };
    },
  };
  return Object.freeze(records);

  /** Marks for what the document is about to forget. Never for what is new: it is not there before it is written. */
  async function remembered(
    current: VersionedConversation | undefined,
    next: ConversationRecord,
  ): Promise<ConversationRecord> {
    const there = current?.record.recent ?? [];
    const spare = next.state === "closed" ? there : there.slice(0, -RECENT);
    if (next.state !== "closed" && spare.length < RECENT) return next;
    if (spare.length > 0)
      await store.setMany(
        spare.map((sid) => ({ key: keys.conversationMark(sid), value: next.sid, ttlMs: keepMs() })),
      );
    return { ...next, recent: next.recent.slice(spare.length) };
  }

  /** A line in the list is written again before it has reached half its time: it must outlive the conversation. */
  function listed(next: ConversationRecord, current: VersionedConversation | undefined): ConversationRecord {
    const isListed = current !== undefined && now() - next.listedAt < keepMs();
    return isListed ? next : { ...next, listedAt: now() };
  }

  /** Looked at when its next timer ends, or its line is to be written again; an earlier look stands. */
  function scheduled(next: ConversationRecord): ConversationRecord {
    if (next.state === "closed") return { ...next, slot: null };
    const times = [next.inactiveAt, next.closeAt, next.listedAt + keepMs()];
    const slot = slots.slotOf(Math.min(...times.map((at) => at ?? Number.POSITIVE_INFINITY)));
    return next.slot !== null && next.slot <= slot ? next : { ...next, slot };
  }
}

function toBindings(raw: string | undefined): Bindings {
  return { raw, bySender: raw === undefined ? {} : (JSON.parse(raw) as Record<string, string>) };
}
