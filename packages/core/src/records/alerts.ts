import type { Alert, AlertCode, AlertLevel } from "../alert.ts";
import { ALERT_CODES } from "../alert.ts";
import { MessagingError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { date, fields, pageSize } from "../option-checks.ts";
import type { Store } from "../store/store.ts";
import type { Keys } from "./keys.ts";

/** An alert as it is kept, and as what has come since it was last written: then `count` counts that alone. */
export interface AlertRecord {
  readonly sid: string;
  readonly code: AlertCode;
  readonly errorCode: number | null;
  readonly level: AlertLevel;
  readonly message: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
  readonly subject: string;
  readonly resourceSid: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Which alerts {@link Alerts.list} lists. All given conditions hold together. */
export interface AlertFilter {
  readonly level?: AlertLevel | undefined;
  readonly code?: AlertCode | undefined;
  /** First seen after (exclusive). */
  readonly after?: Date | undefined;
  /** First seen before (exclusive). */
  readonly before?: Date | undefined;
  /** At most this many; default 100. */
  readonly limit?: number | undefined;
  /** `cursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** A page of alerts, newest first: by when they were first written. */
export type AlertPage = readonly Alert[] & {
  /** Pass it on for the next page; `null` at the end. */
  readonly cursor: string | null;
};

/** The repository of alerts: a document each, and a log of their SIDs. */
export interface Alerts {
  /**
   * Adds what has come to what is kept, where several processes may add at once. Resolves per record to the count that was
   * there, and the whole as it is kept now; `undefined` for one that could not be written. (One whose write was done and
   * the answer lost is written again: then `count` says too much.)
   */
  add(records: readonly AlertRecord[]): Promise<readonly (Added | undefined)[]>;
  /** @throws MessagingError INVALID_OPTION for a code or level there is none of, INVALID_CURSOR, STORE_UNAVAILABLE. */
  list(filter?: AlertFilter | number): Promise<AlertPage>;
}

/** What {@link Alerts.add} did. */
export interface Added {
  readonly before: number;
  readonly record: AlertRecord;
}

/** Alerts are kept this long after they last happened. */
const ALERT_MS = 30 * 86_400_000;
const PAGE = 200;
/** Each round is lost to another process that wrote at the same moment. */
const ROUNDS = 5;

export function createAlerts(store: Store, keys: Keys): Alerts {
  return Object.freeze({
    async add(records: readonly AlertRecord[]): Promise<readonly (Added | undefined)[]> {
      const there = await store.getMany(records.map(({ sid }) => keys.alert(sid)));
      const added = await Promise.allSettled(records.map((record, index) => addOne(record, there[index])));
      return added.map((result) => (result.status === "fulfilled" ? result.value : undefined));
    },
    async list(filter: AlertFilter | number = {}): Promise<AlertPage> {
      const wanted = typeof filter === "number" ? { limit: filter } : filter;
      check(wanted);
      const limit = pageSize(wanted.limit, 100, Number.POSITIVE_INFINITY);
      const found: Alert[] = [];
      const seen = new Set<string>();
      let { cursor } = wanted;
      for (;;) {
        const entries = await store.range(keys.alerts, { before: cursor, limit: PAGE, reverse: true });
        const documents = await store.getMany(entries.map(({ value }) => keys.alert(value)));
        for (const [index, document] of documents.entries()) {
          cursor = entries[index]?.cursor;
          const record = parse(document);
          // Two processes of a store that is exact in one alone may both have written its line.
          if (record === undefined || seen.has(record.sid) || !matches(record, wanted)) continue;
          seen.add(record.sid);
          found.push(toAlert(record));
          if (found.length >= limit) return page(found, cursor ?? null);
        }
        if (entries.length < PAGE) return page(found, null);
      }
    },
  });

  async function addOne(record: AlertRecord, first: string | undefined): Promise<Added | undefined> {
    const key = keys.alert(record.sid);
    let there = first;
    for (let round = 0; round < ROUNDS; round++) {
      const earlier = parse(there);
      const next = earlier === undefined ? record : merge(earlier, record);
      const line = { log: keys.alerts, value: record.sid, ttlMs: ALERT_MS };
      const appends = there === undefined ? [line] : [];
      if (await store.compareAndSet(key, there, JSON.stringify(next), ALERT_MS, appends))
        return { before: earlier?.count ?? 0, record: next };
      there = await store.get(key);
    }
    return undefined;
  }
}

/** The alert as its users see it. */
export function toAlert({ firstAt, lastAt, ...record }: AlertRecord): Alert {
  const last = new Date(lastAt);
  const details = Object.freeze(record.details);
  return Object.freeze({ ...record, details, at: last, firstAt: new Date(firstAt), lastAt: last });
}

function merge(earlier: AlertRecord, more: AlertRecord): AlertRecord {
  const latest = more.lastAt >= earlier.lastAt ? more : earlier;
  return {
    ...latest,
    firstAt: Math.min(earlier.firstAt, more.firstAt),
    count: earlier.count + more.count,
  };
}

function parse(document: string | undefined): AlertRecord | undefined {
  return document === undefined ? undefined : (JSON.parse(document) as AlertRecord);
}

function matches(record: AlertRecord, { level, code, after, before }: AlertFilter): boolean {
  if (level !== undefined && record.level !== level) return false;
  if (code !== undefined && record.code !== code) return false;
  if (after !== undefined && record.firstAt <= after.getTime()) return false;
  return before === undefined || record.firstAt < before.getTime();
}

function check(filter: AlertFilter): void {
  fields("alerts.list", filter, ["level", "code", "after", "before", "limit", "cursor"]);
  date("after", filter.after);
  date("before", filter.before);
  const { level, code } = filter;
  if (level !== undefined && level !== "ERROR" && level !== "WARNING")
    throw new MessagingError("INVALID_OPTION", `There is no level "${level}": it is "ERROR" or "WARNING".`);
  const codes = Object.keys(ALERT_CODES);
  if (code !== undefined && !codes.includes(code))
    throw new MessagingError(
      "INVALID_OPTION",
      `There is no alert "${code}"; did you mean "${nearest(code, codes)}"?`,
    );
}

/** Not enumerable: a page compares and prints as the list that it is. */
function page(alerts: readonly Alert[], cursor: string | null): AlertPage {
  return Object.freeze(
    Object.defineProperty([...alerts], "cursor", { value: cursor }),
  ) as unknown as AlertPage;
}
