import type { Clock, Job, Queue } from "@messaging-service/core";

const DAY_MS = 86_400_000;

/** When messages may leave: hours of the day in UTC, from 0 to 24. */
export interface OpenHours {
  readonly clock: Clock;
  readonly from: number;
  readonly to: number;
}

/** A queue that holds messages back outside these hours. What waits at night leaves in the morning, in its order. */
export function nightQueue(queue: Queue, { clock, from, to }: OpenHours): Queue {
  /** The first time from `at` on when messages may leave, in ms since the epoch. */
  function openFrom(at: number): number {
    const midnight = at - (at % DAY_MS);
    const hour = (at - midnight) / 3_600_000;
    if (hour >= from && hour < to) return at;
    return midnight + from * 3_600_000 + (hour < from ? 0 : DAY_MS);
  }

  /** The job, not before the hours it may run in. What costs nothing is one of the service's own timers, and no message. */
  function atOpenHours(job: Job): Job {
    const wanted = Math.max(job.notBefore ?? 0, clock.now());
    return job.cost === 0 || openFrom(wanted) === wanted ? job : { ...job, notBefore: openFrom(wanted) };
  }

  return {
    ...queue,
    start: (run) =>
      queue.start(async (job) => {
        const later = atOpenHours(job);
        // Night fell while it waited for its turn.
        if (later !== job) queue.add(later, { force: true });
        else await run(job);
      }),
    add: (job, options) => queue.add(atOpenHours(job), options),
  };
}
