import {
  type Clock,
  isMessagingError,
  type Logger,
  type MessagingService,
  type Store,
  type Timer,
} from "@messaging-service/core";
import type { Presence } from "./presence.ts";

/** What {@link createRunning} needs. */
export interface RunningParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly presence: Presence;
  /** Milliseconds after its last use until a service with nothing to do is stopped. */
  readonly idleMs: number;
  /** Milliseconds between two looks at what other processes changed. */
  readonly sweepMs: number;
  /** Milliseconds between two signs of life, and looks at what processes without one have left. */
  readonly beatMs: number;
  /** Makes the service of a document and brings it up to date; `live`: it was not deleted. */
  readonly start: (
    sid: string,
    raw: string,
  ) => Promise<{ readonly service: MessagingService; readonly live: boolean }>;
  /** The key whose text says what the service is. */
  readonly keyOf: (sid: string) => string;
  /** Another process changed or deleted what a service is; answers whether it is live. */
  readonly follow: (service: MessagingService, raw: string | undefined) => Promise<boolean>;
}

/** The services that run in this process: started when first asked for, stopped when idle. */
export interface Running {
  /**
   * The service of that SID. `held`: somebody keeps it, so that it is not stopped before `close`. `deleted`: a deleted one will do: its
   * messages can be read, and their receipts come in.
   */
  get(
    sid: string,
    options?: { readonly held?: boolean; readonly deleted?: boolean },
  ): Promise<MessagingService | undefined>;
  /** It was deleted here: it finishes what it has begun. */
  retire(sid: string): void;
  /** Those that run now. */
  list(): readonly MessagingService[];
  /** Looks once at what other processes changed and left; what the timer does. */
  sweep(): Promise<void>;
  close(timeoutMs: number): Promise<void>;
}

interface Entry {
  readonly service: MessagingService;
  usedAt: number;
  held: boolean;
  live: boolean;
  /** Text of the document it was last brought up to date with. */
  raw: string | undefined;
}

/** One timer for all of them: a service at rest costs no timer, and after `idleMs` no memory either. */
export function createRunning(parts: RunningParts): Running {
  const { store, clock, logger, presence, idleMs, sweepMs, beatMs, start, keyOf, follow } = parts;
  const entries = new Map<string, Entry>();
  const starting = new Map<string, Promise<Entry | undefined>>();
  const stopping = new Set<Promise<void>>();
  let timer: Timer | undefined;
  let sweeping: Promise<void> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let closed = false;
  schedule();

  return Object.freeze({
    async get(sid: string, { held = false, deleted = false }: Parameters<Running["get"]>[1] = {}) {
      const entry = await use(sid);
      if (entry === undefined || !(entry.live || deleted)) return undefined;
      entry.held ||= held;
      return entry.service;
    },
    retire(sid: string): void {
      const entry = entries.get(sid);
      if (entry !== undefined) entry.live = false;
    },
    list: () => Array.from(entries.values(), ({ service }) => service),
    sweep,
    async close(timeoutMs: number): Promise<void> {
      closed = true;
      timer?.cancel();
      await Promise.allSettled([...starting.values(), sweeping]);
      await Promise.all([
        ...Array.from(entries, ([sid, { service }]) => stop(sid, service, timeoutMs)),
        ...stopping,
      ]);
      entries.clear();
      // Best effort: a store that is gone must not keep the process from ending.
      await presence
        .leave()
        .catch((error: unknown) =>
          logger.warn("The store did not take the last word of this process.", { error: String(error) }),
        );
    },
  });

  async function use(sid: string): Promise<Entry | undefined> {
    const entry = entries.get(sid) ?? (await startOnce(sid));
    if (entry !== undefined) entry.usedAt = clock.now();
    return entry;
  }

  function startOnce(sid: string): Promise<Entry | undefined> {
    const under = starting.get(sid);
    if (under !== undefined) return under;
    const begun = begin(sid).finally(() => starting.delete(sid));
    starting.set(sid, begun);
    return begun;
  }

  async function begin(sid: string): Promise<Entry | undefined> {
    if (closed) return undefined;
    const raw = await store.get(keyOf(sid));
    if (raw === undefined) return undefined;
    // Known to the others before it takes anything on: should this process die, they take it up.
    await presence.add(sid);
    try {
      const { service, live } = await start(sid, raw);
      const entry: Entry = { service, live, usedAt: clock.now(), held: false, raw };
      entries.set(sid, entry);
      return entry;
    } catch (error) {
      presence.remove(sid);
      throw error;
    }
  }

  function schedule(): void {
    if (closed) return;
    timer = clock.schedule(() => {
      sweep()
        .catch((error: unknown) =>
          logger.warn("Looking after services waits for the store.", { error: String(error) }),
        )
        .finally(schedule);
    }, sweepMs);
  }

  function sweep(): Promise<void> {
    sweeping ??= sweepNow().finally(() => {
      sweeping = undefined;
    });
    return sweeping;
  }

  async function sweepNow(): Promise<void> {
    stopIdle();
    await followOthers();
    if (clock.now() - lookedAt < beatMs) return;
    lookedAt = clock.now();
    await presence.beat();
    for (const left of await presence.abandoned()) {
      // Starting takes up what waits; one that has nothing to do is stopped again.
      for (const sid of left.sids) await takeUp(sid);
      await presence.settled(left.process);
    }
  }

  /** One that cannot be started keeps no other from it; a store that is gone is asked again. */
  async function takeUp(sid: string): Promise<void> {
    try {
      await use(sid);
    } catch (error) {
      if (isMessagingError(error, "STORE_UNAVAILABLE")) throw error;
      logger.error("A service of a process that ended could not be started.", { sid, error: String(error) });
    }
  }

  /** One read for all services, however many run. */
  async function followOthers(): Promise<void> {
    const all = [...entries];
    if (all.length === 0) return;
    const raws = await store.getMany(all.map(([sid]) => keyOf(sid)));
    await Promise.all(
      all.map(async ([, entry], index) => {
        const raw = raws[index];
        if (raw === entry.raw) return;
        entry.live = await follow(entry.service, raw);
        entry.raw = raw;
      }),
    );
  }

  function stopIdle(): void {
    const since = clock.now() - idleMs;
    for (const [sid, { service, usedAt, held }] of entries) {
      if (held || usedAt > since || service.unfinished > 0) continue;
      entries.delete(sid);
      const stopped = stop(sid, service)
        .catch((error: unknown) => logger.warn("A service did not stop well.", { sid, error: String(error) }))
        .finally(() => stopping.delete(stopped));
      stopping.add(stopped);
    }
  }

  /** What it could not finish stays said, so that it is taken up by the next start, here or elsewhere. */
  async function stop(sid: string, service: MessagingService, timeoutMs?: number): Promise<void> {
    await service.close(timeoutMs === undefined ? {} : { timeoutMs });
    const again = !closed && (entries.has(sid) || starting.has(sid));
    if (service.unfinished === 0 && !again) presence.remove(sid);
  }
}
