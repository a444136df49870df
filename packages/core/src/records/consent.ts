import type { LogWrite, Store } from "../store/store.ts";
import {
  applyConsent,
  type ConsentChange,
  type ConsentDocument,
  type ConsentEvent,
  type ConsentQuestion,
  parseConsent,
} from "./consent-record.ts";
import type { Keys } from "./keys.ts";

/** What {@link Consent.record} is told beyond the event. */
export interface RecordOptions {
  readonly scope: ConsentQuestion["scope"];
  /** Lifts a later or a person's own STOP. */
  readonly force?: boolean | undefined;
  /** A toll-free network opt-out. */
  readonly network?: boolean | undefined;
  /** START and UNSTOP lift a toll-free network opt-out; YES does not. */
  readonly liftsNetwork?: boolean | undefined;
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
  /** Writes the document and the history together. */
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
}

export function createConsent(store: Store, keys: Keys): Consent {
  const page = async (
    log: string,
    after: string | undefined,
    limit: number,
  ): Promise<{ events: ConsentEvent[]; cursor: string | undefined }> => {
    const entries = await store.range(log, { after, limit });
    return {
      events: entries.map((entry) => JSON.parse(entry.value) as ConsentEvent),
      cursor: entries.at(-1)?.cursor,
    };
  };

  return Object.freeze({
    get: async (person: string) => parseConsent(await store.get(keys.consent(person))),
    async record(event: Omit<ConsentEvent, "effect">, options: RecordOptions): Promise<ConsentChange> {
      const { provider } = options;
      const mark =
        provider !== undefined && event.messageSid !== undefined
          ? keys.consentMark(provider, event.messageSid)
          : undefined;
      const key = keys.consent(event.person);
      for (let known = options.known; ; known = undefined) {
        const [raw, marked] = known ?? (await store.getMany([key, ...(mark === undefined ? [] : [mark])]));
        if (marked !== undefined)
          return { document: parseConsent(raw), applied: false, reason: "this message was counted before" };
        const change = applyConsent(parseConsent(raw), event, options.scope, options);
        const lines = toLines({ ...event, effect: change.applied ? "applied" : "ignored" });
        const appends = change.applied ? [...lines, ...(options.appends ?? [])] : lines;
        const next = change.applied ? JSON.stringify(change.document) : raw;
        // Document and history in one step: an opt-out binds before anything else happens, and is on record when it binds.
        if (!(await store.compareAndSet(key, raw, next, 0, appends))) continue;
        if (mark !== undefined) await store.set(mark, event.status, 0);
        return change;
      }
    },
    history: (person: string, after: string | undefined, limit: number) =>
      page(keys.consentHistory(person), after, limit),
    log: (after: string | undefined, limit: number) => page(keys.consentLog, after, limit),
  });

  function toLines(event: ConsentEvent): readonly LogWrite[] {
    const value = JSON.stringify(event);
    return [
      { log: keys.consentHistory(event.person), value, ttlMs: 0 },
      { log: keys.consentLog, value, ttlMs: 0 },
    ];
  }
}
