import type { Store } from "../store/store.ts";
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
}

/** The consent ledger's repository: one document per person, and logs nothing is ever removed from. */
export interface Consent {
  get(person: string): Promise<ConsentDocument>;
  /** Writes the document first and the history after: an opt-out binds before anything else happens. */
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
      const mark =
        options.provider !== undefined && event.messageSid !== undefined
          ? keys.consentMark(options.provider, event.messageSid)
          : undefined;
      const key = keys.consent(event.person);
      for (;;) {
        const [raw, marked] = await store.getMany([key, ...(mark === undefined ? [] : [mark])]);
        if (marked !== undefined)
          return { document: parseConsent(raw), applied: false, reason: "this message was counted before" };
        const change = applyConsent(parseConsent(raw), event, options.scope, options);
        if (!change.applied) {
          await keep(event, "ignored", mark);
          return change;
        }
        const next = JSON.stringify(change.document);
        const written =
          raw === undefined
            ? (await store.setIfAbsent(key, next, 0)) === undefined
            : await store.compareAndSet(key, raw, next, 0);
        if (!written) continue;
        await keep(event, "applied", mark);
        return change;
      }
    },
    history: (person: string, after: string | undefined, limit: number) =>
      page(keys.consentHistory(person), after, limit),
    log: (after: string | undefined, limit: number) => page(keys.consentLog, after, limit),
  });

  async function keep(
    event: Omit<ConsentEvent, "effect">,
    effect: ConsentEvent["effect"],
    mark: string | undefined,
  ): Promise<void> {
    const line = JSON.stringify({ ...event, effect });
    await Promise.all([
      store.append(keys.consentHistory(event.person), line, 0),
      store.append(keys.consentLog, line, 0),
      ...(mark === undefined ? [] : [store.set(mark, event.status, 0)]),
    ]);
  }
}
