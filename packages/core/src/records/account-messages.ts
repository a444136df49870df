import { resolveSettings } from "../settings.ts";
import type { LogEntry, Store } from "../store/store.ts";
import type { Media, Message } from "../types.ts";
import { createKeys } from "./keys.ts";
import { type MessageRecord, toMessage } from "./message-record.ts";
import { type AccountListing, createMessages, type Messages } from "./messages.ts";

/** A message of an account, with its media. */
export interface AccountMessage extends Message {
  readonly media: readonly Media[];
}

/** Which part of the account's messages is asked for. */
export interface AccountPageRequest {
  /** At most this many. */
  readonly limit: number;
  /** Where to begin: behind the line that this stands for, or with `back` before it. Default: at the newest. */
  readonly cursor?: string | undefined;
  /** The newer ones next to the cursor, instead of the older ones. */
  readonly back?: boolean | undefined;
  /** Canonical recipient. */
  readonly to?: string | undefined;
  /** Created from then on, ms since the epoch: older ones end the search. */
  readonly since?: number | undefined;
  /** Created before, ms since the epoch. */
  readonly before?: number | undefined;
  /** What else must hold. */
  readonly matches?: ((message: AccountMessage) => boolean) | undefined;
}

/** A page of the account's messages, newest first. */
export interface AccountPage {
  readonly messages: readonly AccountMessage[];
  /** Where the older ones begin; `undefined` at the end. */
  readonly older: string | undefined;
  /** Where the newer ones begin; `undefined` at the front. */
  readonly newer: string | undefined;
}

/** The messages of all services of an account that list them there (option `accountLog`). */
export interface AccountMessages {
  /**
   * A page, newest first, in a number of store calls that does not grow with the record. What filters leave out is read over, 10,000
   * lines at most: then the page ends, shorter, and goes on behind its cursor.
   *
   * @throws MessagingError INVALID_CURSOR.
   */
  page(request: AccountPageRequest): Promise<AccountPage>;
  get(sid: string): Promise<AccountMessage | undefined>;
  /** The SID of the service that keeps a message. */
  keeperOf(sid: string): Promise<string | undefined>;
}

/** Who keeps a message: a service's name in the store, and its SID. */
interface Keeper {
  readonly name: string;
  readonly serviceSid: string;
}

interface Line extends Keeper {
  readonly cursor: string;
  readonly sid: string;
  readonly to: string;
  readonly createdAt: number;
}

/** Lines read over for one page. */
const MOST_SCANNED = 10_000;
const LARGEST_READ = 1_000;

/** What messages of a service are written with, so that {@link createAccountMessages} finds them. */
export function createAccountListing(accountSid: string, { name, serviceSid }: Keeper): AccountListing {
  const keys = createKeys(accountSid, name);
  const keeper = JSON.stringify([name, serviceSid]);
  return Object.freeze({
    line: ({ sid, to, createdAt }: MessageRecord, ttlMs: number) => ({
      log: keys.accountMessages,
      value: JSON.stringify([sid, name, serviceSid, to, createdAt]),
      ttlMs,
    }),
    mark: ({ sid }: MessageRecord, ttlMs: number) => ({ key: keys.keeper(sid), value: keeper, ttlMs }),
  });
}

/** Reads the messages of an account, whatever service keeps them, running or not. */
export function createAccountMessages(accountSid: string, store: Store): AccountMessages {
  const keys = createKeys(accountSid, "");
  const settings = resolveSettings({});
  const records = new Map<string, Messages>();
  return Object.freeze({ page, get, keeperOf: async (sid: string) => (await keeper(sid))?.serviceSid });

  async function get(sid: string): Promise<AccountMessage | undefined> {
    const kept = await keeper(sid);
    const found = kept === undefined ? undefined : await recordsOf(kept.name).get(sid);
    return found === undefined || kept === undefined ? undefined : view(found.record, kept);
  }

  async function page(request: AccountPageRequest): Promise<AccountPage> {
    const { limit, back = false, matches = () => true } = request;
    // One more than asked for tells whether there are more.
    const wanted = limit + 1;
    const isPlain = request.to === undefined && request.matches === undefined && request.before === undefined;
    const size = isPlain ? Math.min(wanted, LARGEST_READ) : LARGEST_READ;
    const found: { readonly cursor: string; readonly message: AccountMessage }[] = [];
    const seen = new Set<string>();
    let cursor = request.cursor;
    let scanned = 0;
    let isEnd = false;
    while (found.length < wanted && !isEnd && scanned < MOST_SCANNED) {
      const bound = back ? { after: cursor } : { before: cursor, reverse: true };
      const entries = await store.range(keys.accountMessages, { ...bound, limit: size });
      scanned += entries.length;
      cursor = entries.at(-1)?.cursor ?? cursor;
      const lines = entries.map(parseLine);
      const { since } = request;
      isEnd =
        entries.length < size ||
        (!back && since !== undefined && lines.some(({ createdAt }) => createdAt < since));
      const candidates = lines.filter((line) => isCandidate(line, request) && !seen.has(line.sid));
      for (const line of candidates) seen.add(line.sid);
      for (const [index, message] of (await read(candidates)).entries()) {
        if (found.length === wanted) break;
        if (message === undefined || !matches(message)) continue;
        found.push({ cursor: candidates[index]?.cursor ?? "", message });
      }
    }
    const hasMore = found.length === wanted;
    const kept = found.slice(0, limit);
    // Cut short by the filters, it goes on behind what was read.
    const onward = hasMore ? kept.at(-1)?.cursor : isEnd ? undefined : cursor;
    const start = request.cursor === undefined ? undefined : (kept[0]?.cursor ?? request.cursor);
    if (back) kept.reverse();
    const messages = Object.freeze(kept.map(({ message }) => message));
    return Object.freeze(
      back ? { messages, older: start, newer: onward } : { messages, older: onward, newer: start },
    );
  }

  /** The records of lines, in one wave. */
  async function read(lines: readonly Line[]): Promise<(AccountMessage | undefined)[]> {
    const byName = new Map<string, Line[]>();
    for (const line of lines) {
      const group = byName.get(line.name);
      if (group === undefined) byName.set(line.name, [line]);
      else group.push(line);
    }
    const found = new Map<string, AccountMessage>();
    await Promise.all(
      [...byName].map(async ([name, group]) => {
        const read = await recordsOf(name).getMany(group.map(({ sid }) => sid));
        for (const [index, record] of read.entries()) {
          const line = group[index];
          if (record !== undefined && line !== undefined) found.set(line.sid, view(record, line));
        }
      }),
    );
    return lines.map(({ sid }) => found.get(sid));
  }

  async function keeper(sid: string): Promise<Keeper | undefined> {
    const raw = await store.get(keys.keeper(sid));
    if (raw === undefined) return undefined;
    const [name, serviceSid] = JSON.parse(raw) as [string, string];
    return { name, serviceSid };
  }

  function recordsOf(name: string): Messages {
    const known = records.get(name) ?? createMessages(store, createKeys(accountSid, name), () => settings);
    records.set(name, known);
    return known;
  }

  function view(record: MessageRecord, { serviceSid }: Keeper): AccountMessage {
    const media = record.inbound?.media ?? record.mediaUrl.map((url) => ({ url, contentType: null }));
    return Object.freeze({ ...toMessage(record, accountSid, serviceSid), media: Object.freeze([...media]) });
  }
}

function parseLine({ cursor, value }: LogEntry): Line {
  const [sid, name, serviceSid, to, createdAt] = JSON.parse(value) as [
    string,
    string,
    string,
    string,
    number,
  ];
  return { cursor, sid, name, serviceSid, to, createdAt };
}

function isCandidate({ to, createdAt }: Line, request: AccountPageRequest): boolean {
  if (request.to !== undefined && request.to !== to) return false;
  if (request.since !== undefined && createdAt < request.since) return false;
  return request.before === undefined || createdAt < request.before;
}
