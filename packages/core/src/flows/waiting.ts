import type { Clock } from "../clock.ts";
import type { PassingMap } from "../passing.ts";
import type { SenderPool } from "../planning/pool.ts";
import { createDeadlines } from "../queue/deadlines.ts";
import type { AddResult, Job, Queue } from "../queue/queue.ts";
import type { Versioned } from "../records/messages.ts";
import type { Live, Waiting } from "./context.ts";
import { createLive, deadlineOf, jobOf, occupy } from "./outcome.ts";

/** What {@link createWaiting} works with. */
export interface WaitingParts {
  readonly clock: Clock;
  readonly queue: Queue;
  readonly pool: SenderPool;
  readonly live: PassingMap<string, Live>;
  /** Told of each job that joined a sender's lane. */
  readonly joined: (job: Job) => void;
}

/**
 * The lane of jobs that wait for a time and for no sender: schedules, hand-overs to be decided, messages that expired. No sender has
 * that name: a colon comes after a channel only.
 */
const TIMER_LANE = ":timer";

/**
 * Messages between accepted and handed over. Each has a place on its sender's lane and a deadline: one whose validity
 * period ends is taken out of the line then and there, so that it is reported in time and costs those behind it nothing.
 */
export function createWaiting({ clock, queue, pool, live, joined }: WaitingParts): Waiting {
  /** Messages that wait for a time: they cost nothing, so the queue does not count them. */
  const timed = new Set<string>();
  /** Messages that have left already: their jobs are there to be paid for. */
  const paying = new Set<string>();
  const deadlines = createDeadlines<Live>(clock, ({ versioned: { record } }) => {
    // Under way already: what came of it says more than a clock.
    if (!queue.remove(record.sid)) return;
    if (record.from !== null && queue.size(record.from) === 0) pool.setBusy(record.from, false);
    later(record.sid, clock.now());
  });

  function later(sid: string, at: number): void {
    timed.add(sid);
    queue.add({ id: sid, lane: TIMER_LANE, cost: 0, notBefore: at }, { force: true });
  }

  function drop(sid: string): void {
    timed.delete(sid);
    const known = live.get(sid);
    if (known === undefined) return;
    deadlines.remove(known);
    live.delete(sid);
  }

  return Object.freeze({
    enqueue(versioned: Versioned, options: Parameters<Waiting["enqueue"]>[1] = {}): AddResult {
      const { record } = versioned;
      drop(record.sid);
      const known = createLive(versioned);
      live.set(record.sid, known);
      const job: Job =
        options.notBefore === undefined ? jobOf(record) : { ...jobOf(record), notBefore: options.notBefore };
      const result = queue.add(job, options);
      if (result !== "added") return result;
      deadlines.set(known, deadlineOf(record));
      occupy({ pool, clock }, record);
      joined(job);
      return result;
    },
    later,
    drop,
    pay(job: Job): void {
      paying.add(job.id);
      if (queue.add(job) !== "added") paying.delete(job.id);
    },
    started(sid: string): boolean {
      timed.delete(sid);
      return !paying.delete(sid);
    },
    count: () => live.size + timed.size,
    sids: () => [...new Set([...live.keys(), ...timed])],
    close: deadlines.close,
  });
}
