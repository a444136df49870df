import type { LogWrite, RangeOptions, Store } from "../store/store.ts";
import {
  type ApplyOptions,
  applyConsent,
  type ConsentChange,
  type ConsentDocument,
  type ConsentEvent,
  type ConsentQuestion,
  type CountedMessage,
  parseConsent,
} from "./consent-record.ts";
import type { Keys } from "./keys.ts";

/** What {@link Consent.record} is told beyond the event. */
export interface RecordOptions extends ApplyOptions {
  readonly scope: ConsentQuestion["scope"];
  /** Provider whose message said it: the same message never counts twice. */
  readonly provider?: string | undefined;
  /** What of it was read already: the person's document and this message's mark. */
  readonly known?: readonly [document: string | undefined, mark: string | undefined] | undefined;
  /** Goes to other logs with it, if it applies. */
  readonly appends?: readonly LogWrite[] | undefined;
}

/** The consent ledger's repository: one document per person, and logs nothing is ever removed from. */
export interface Consent {
  get(person: string): Promise<ConsentDocument>;
  /** Writes the document and the history together, unless its message was counted before: for ever. */
  record(event: Omit<ConsentEvent, "effect">, options: RecordOptions): Promise<ConsentChange>;
  history(
    person: string,
    after: string | undefined,
    limit: number,
  ): Promise<{ events: ConsentEvent[]; cursor: string | undefined }>;
  log(
    after: string | undefined,
    limit: number,
  ): Promise<{ events: ConsentEvent[]; cursor: string | undefined }>;
  /** The same log from its end. */
  latest(
    before: string | undefined,
    limit: number,
  ): Promise<{ events: ConsentEvent[]; cursor: string | undefined }>;
}

export function createConsent(store: Store, keys: Keys): Consent {
  const page = async (
    log: string,
    part: RangeOptions,
  ): Promise<{ events: ConsentEvent[]; cursor: string | undefined }> => {
    const entries = await store.range(log, part);
    return {
      events: entries.map((entry) => JSON.parse(entry.value) as ConsentEvent),
      cursor: entries.at(-1)?.cursor,
    };
  };

  return Object.freeze({
    get: async (person: string) => parseConsent(await store.get(keys.consent(person))),
    async record(event: Omit<ConsentEvent, "effect">, options: RecordOptions): Promise<ConsentChange> {
      const message =
        options.provider === undefined || event.messageSid === undefined
          ? undefined
          : { provider: options.provider, sid: event.messageSid };
      const key = keys.consent(event.person);
      const wanted = [key, ...(message === undefined ? [] : [markOf(message)])];
      for (let known = options.known; ; known = undefined) {
        const [raw, mark] = known ?? (await store.getMany(wanted));
        const before = parseConsent(raw);
        if (message !== undefined && (mark !== undefined || isLast(before, message)))
          return { document: before, applied: false, reason: COUNTED };
        const change = applyConsent(before, event, options.scope, options);
        const { applied, repeated } = change;
        const reply = applied ? event.reply : undefined;
        const last = message === undefined ? before.last : { ...message, applied, reply };
        const document = { ...change.document, last };
        // The document remembers one message; the one that it forgets now is remembered for ever.
        if (before.last !== undefined && before.last !== last) await store.set(markOf(before.last), "1", 0);
        const lines = toLines({
          ...event,
          reply,
          effect: applied ? "applied" : "ignored",
          ...(repeated === true ? { repeated } : {}),
        });
        const appends = applied ? [...lines, ...(options.appends ?? [])] : lines;
        // Document and history in one step: an opt-out binds before anything else happens, and is on record when it binds.
        if (await store.compareAndSet(key, raw, JSON.stringify(document), 0, appends))
          return { ...change, document };
      }
    },
    history: (person: string, after: string | undefined, limit: number) =>
      page(keys.consentHistory(person), { after, limit }),
    log: (after: string | undefined, limit: number) => page(keys.consentLog, { after, limit }),
    latest: (before: string | undefined, limit: number) =>
      page(keys.consentLog, { before, limit, reverse: true }),
  });

  function markOf({ provider, sid }: Pick<CountedMessage, "provider" | "sid">): string {
    return keys.consentMark(provider, sid);
  }

  function toLines(event: ConsentEvent): readonly LogWrite[] {
    const value = JSON.stringify(event);
    return [
      { log: keys.consentHistory(event.person), value, ttlMs: 0 },
      { log: keys.consentLog, value, ttlMs: 0 },
    ];
  }
}

const COUNTED = "this message was counted before";

/** Whether a message is the last that the document counted. */
export function isLast(
  { last }: ConsentDocument,
  { provider, sid }: Pick<CountedMessage, "provider" | "sid">,
): boolean {
  return last !== undefined && last.provider === provider && last.sid === sid;
}
