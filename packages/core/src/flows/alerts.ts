import type { Alert, AlertAbout, AlertCode, AlertWebhook } from "../alert.ts";
import { ALERT_CODES } from "../alert.ts";
import { type Clock, sleep, type Timer } from "../clock.ts";
import type { Emitter } from "../events.ts";
import type { Logger } from "../logger.ts";
import { type AlertRecord, type Alerts, toAlert } from "../records/alerts.ts";
import { deriveSid } from "../sid.ts";

/** What {@link createAlerting} works with. */
export interface AlertingParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly emitter: Emitter;
  readonly alerts: Alerts;
  /** Account and name of the service: an alert's SID follows from them. */
  readonly service: readonly [accountSid: string, name: string];
}

/** Told of an alert when its count reaches 1, 10, 100, …: `milestone`. */
export type TellAlert = (alert: Alert, milestone: number, webhook: AlertWebhook | undefined) => void;

/** Where alerts are raised, counted, told and written down. */
export interface Alerting {
  /** Costs a look-up and a sum: it is called on the way of messages. Never throws, and waits for nothing. */
  raise(
    code: AlertCode,
    message: string,
    details?: Readonly<Record<string, unknown>>,
    about?: AlertAbout,
  ): void;
  /** Writes down what has come since. Never rejects: what the store does not take is written later. */
  flush(): Promise<void>;
  /** From now on that is told as well, once for all processes: by the one whose write reaches the milestone. */
  forward(tell: TellAlert): void;
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;
/** Between two writes of one process. The first alert after a while is written at once. */
const FLUSH_MS = 5_000;
/** Written at a time. */
const BATCH = 100;
/** Subjects told apart in a day; beyond it they share one entry per code. */
const MOST_SUBJECTS = 10_000;
const REST = "*";
/** What a provider or a webhook says may be of any length. */
const LONGEST_MESSAGE = 1_000;
/** What closing waits for the store at most. */
const LEAVE_MS = 5_000;

/** An alert of today, as this process knows it. */
interface Entry extends Omit<AlertRecord, "count"> {
  message: string;
  details: Readonly<Record<string, unknown>>;
  resourceSid: string | null;
  lastAt: number;
  webhook: AlertWebhook | undefined;
  /** How often it was raised here. */
  raised: number;
  /** Of these, what the store does not have. */
  unwritten: number;
  /** What all processes had written when this one last wrote. */
  written: number;
  /** The count here that is told next. */
  tells: number;
  /** The last milestone this process forwarded. */
  forwarded: number;
}

/**
 * Alerts of one code, number and subject are one entry a day (UTC). The first is logged at warn; an event comes when this process has
 * counted 1, 10, 100, …; counts of all processes add up in the store. The SID follows from what it is about and the
 * day, so that no process needs to ask another for it.
 */
export function createAlerting({ clock, logger, emitter, alerts, service }: AlertingParts): Alerting {
  let today = 0;
  let entries = new Map<string, Entry>();
  const unwritten = new Set<Entry>();
  let forward: TellAlert | undefined;
  let writing = Promise.resolve();
  let writtenAt = Number.NEGATIVE_INFINITY;
  let timer: Timer | undefined;
  let coming = false;
  let complained = false;
  let closed = false;

  return Object.freeze({
    raise,
    flush,
    forward(tell: TellAlert): void {
      forward = tell;
    },
    close,
  });

  function raise(
    code: AlertCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    about: AlertAbout = {},
  ): void {
    const now = clock.now();
    const entry = entryOf(code, about, now);
    entry.message = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
    entry.details = details;
    entry.resourceSid =
      about.resourceSid ?? (typeof details.sid === "string" ? details.sid : entry.resourceSid);
    entry.webhook = about.webhook;
    entry.lastAt = now;
    entry.raised += 1;
    entry.unwritten += 1;
    unwritten.add(entry);
    if (entry.raised === entry.tells) {
      entry.tells *= 10;
      if (entry.raised === 1) logger.warn(`${code}: ${message}`, details);
      else logger.info(`${code} for the ${entry.raised}th time today: ${message}`, details);
      emitter.emit("alert", toAlert(recordOf(entry, entry.written + entry.unwritten)));
    }
    writeSoon(now);
  }

  function entryOf(code: AlertCode, { subject = "", errorCode }: AlertAbout, now: number): Entry {
    const day = Math.floor(now / DAY_MS);
    if (day !== today) {
      today = day;
      entries = new Map();
    }
    const row = ALERT_CODES[code];
    const number = errorCode === undefined ? row.errorCode : errorCode;
    const known = entries.get(`${code} ${number} ${subject}`);
    if (known !== undefined) return known;
    if (entries.size >= MOST_SUBJECTS && subject !== REST) return entryOf(code, { subject: REST }, now);
    const entry: Entry = {
      sid: deriveSid("NO", ...service, code, String(number), subject, String(day)),
      code,
      errorCode: number,
      level: row.level,
      message: "",
      firstAt: now,
      lastAt: now,
      subject,
      resourceSid: null,
      details: {},
      webhook: undefined,
      raised: 0,
      unwritten: 0,
      written: 0,
      tells: 1,
      forwarded: 0,
    };
    entries.set(`${code} ${number} ${subject}`, entry);
    return entry;
  }

  function writeSoon(now: number): void {
    if (coming || closed) return;
    coming = true;
    const wait = writtenAt + FLUSH_MS - now;
    if (wait > 0) timer = clock.schedule(() => void flush(), wait);
    else queueMicrotask(() => void flush());
  }

  function flush(): Promise<void> {
    writing = writing.then(write);
    return writing;
  }

  async function write(): Promise<void> {
    timer?.cancel();
    coming = false;
    if (unwritten.size === 0) return;
    writtenAt = clock.now();
    const due = [...unwritten];
    for (let from = 0; from < due.length; from += BATCH) await writeBatch(due.slice(from, from + BATCH));
    if (unwritten.size > 0) writeSoon(clock.now());
  }

  async function writeBatch(batch: readonly Entry[]): Promise<void> {
    const records = batch.map((entry) => recordOf(entry, entry.unwritten));
    const added = await alerts.add(records).catch((error: unknown) => {
      // Once: the store's trouble is told on its own.
      if (!complained) logger.warn("Alerts wait for the store.", { error: String(error) });
      complained = true;
      return [];
    });
    for (const [index, entry] of batch.entries()) {
      const done = added[index];
      if (done === undefined) {
        // Nobody can say what the others have counted. An alert that the store is gone must not wait for the store.
        tell(entry, 0, recordOf(entry, entry.written + entry.unwritten));
        continue;
      }
      complained = false;
      entry.written = done.record.count;
      entry.unwritten -= records[index]?.count ?? 0;
      if (entry.unwritten === 0) unwritten.delete(entry);
      tell(entry, done.before, done.record);
    }
  }

  function tell(entry: Entry, before: number, record: AlertRecord): void {
    const milestone = 10 ** (String(record.count).length - 1);
    const { webhook } = entry;
    entry.webhook = undefined;
    if (milestone <= before || milestone <= entry.forwarded) return;
    entry.forwarded = milestone;
    forward?.(toAlert(record), milestone, webhook);
  }

  async function close(): Promise<void> {
    closed = true;
    timer?.cancel();
    // Best effort: a store that is gone must not keep the process from ending.
    await Promise.race([flush(), sleep(clock, LEAVE_MS)]);
  }
}

function recordOf(entry: Entry, count: number): AlertRecord {
  const { sid, code, errorCode, level, message, firstAt, lastAt, subject, resourceSid, details } = entry;
  return { sid, code, errorCode, level, message, firstAt, lastAt, count, subject, resourceSid, details };
}
