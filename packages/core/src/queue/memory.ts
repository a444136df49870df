import type { Clock, Timer } from "../clock.ts";
import { PassingMap } from "../passing.ts";
import { createHeap } from "./heap.ts";
import {
  addBucket,
  createLane,
  findBucket,
  firstReady,
  holdUntil,
  isBusy,
  join,
  type Lane,
  leave,
  moveBack,
  type Place,
  promoteDue,
  readyAfter,
  wakeTime,
} from "./lanes.ts";
import type { AddResult, Job, LaneLimit, Queue } from "./queue.ts";

/** What the in-process queue needs and may be told. */
export interface MemoryQueueOptions {
  readonly clock: Clock;
  /** The limit of a lane's bucket; asked at every add and start, so a changed rate holds at once. */
  readonly limitOf: (lane: string, bucket: string) => LaneLimit;
  /** Most runs under way per bucket of a lane; default 100: a sender of 100 a second whose provider takes a second. */
  readonly concurrency?: number | undefined;
  /** Most jobs that may wait in all; default 1,000,000. `force` goes beyond. */
  readonly maxJobs?: number | undefined;
}

const DEFAULT_CONCURRENCY = 100;
const DEFAULT_MAX_JOBS = 1_000_000;
const DEFAULT_BUCKET = "SMS";
/** Timers fire a little early by another clock: less than this is no step of the clock, and holds a lane for no longer. */
const STEP_MS = 100;

/**
 * The queue in this process's memory. A lane never waits for another: all share one timer, each has its own rate, and
 * each bucket its own runs under way. Runs start in a microtask or a clock's turn, never inside `add`, in the order in which
 * their jobs joined the line; a job that is not due is overtaken, and goes before those that joined after it once it is.
 * An ID that waits already is not added again. A lane with nothing to do and no debt takes no memory.
 */
export function createMemoryQueue(options: MemoryQueueOptions): Queue {
  const { clock, limitOf } = options;
  const concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
  const maxJobs = options.maxJobs ?? DEFAULT_MAX_JOBS;

  const lanes = new Map<string, Lane>();
  /** Iterates in the order of adding. */
  const places = new PassingMap<string, Place>();
  const wakes = createHeap<Lane>();
  let units = 0;
  let added = 0;
  /** Numbers of jobs that go first: below all others, and in the order of adding among themselves. */
  let addedFirst = Number.MIN_SAFE_INTEGER;
  let running = 0;
  let run: ((job: Job) => Promise<void>) | undefined;
  let timer: Timer | undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  let turnIsNear = false;
  let closed: Promise<string[]> | undefined;
  let onDrained: (() => void) | undefined;

  function timeNow(): number {
    const now = clock.now();
    if (latest - now > STEP_MS) setBack(latest - now);
    latest = now;
    return now;
  }

  /** The clock was set back: a lane waits for as long as before, and not until the old time comes again. */
  function setBack(ms: number): void {
    timerAt -= ms;
    for (const lane of lanes.values()) {
      moveBack(lane, ms);
      if (lane.place >= 0) wakes.set(lane, wakeTime(lane, concurrency));
    }
  }

  /** Sees to it that a turn comes when the first lane wants one. */
  function arm(now: number): void {
    const first = wakes.first();
    if (first === undefined || run === undefined || closed !== undefined || turnIsNear) return;
    if (first.rank <= now) {
      turnIsNear = true;
      queueMicrotask(turn);
    } else if (first.rank < timerAt) {
      timer?.cancel();
      timerAt = first.rank;
      // Rounded up: a timer cut to whole milliseconds would fire before the time and have to be set again.
      timer = clock.schedule(onTimer, Math.ceil(first.rank - now));
    }
  }

  function onTimer(): void {
    latest = timerAt;
    timerAt = Number.POSITIVE_INFINITY;
    turn();
  }

  function turn(): void {
    turnIsNear = false;
    if (closed !== undefined) return;
    const now = timeNow();
    for (let lane = wakes.first(); lane !== undefined && lane.rank <= now; lane = wakes.first()) {
      serve(lane, now);
      settle(lane, now);
    }
    arm(now);
  }

  function serve(lane: Lane, now: number): void {
    for (const bucket of lane.buckets) {
      promoteDue(bucket, now);
      while (bucket.readyAt <= now && bucket.running < concurrency) {
        const place = firstReady(bucket);
        if (place === undefined) break;
        take(place);
        const { rate } = limitOf(lane.name, bucket.name);
        bucket.readyAt = readyAfter(bucket.readyAt, now, place.job.cost, rate);
        void execute(place);
      }
    }
  }

  async function execute({ job, bucket }: Place): Promise<void> {
    bucket.running += 1;
    running += 1;
    try {
      await run?.(job);
    } catch {
      // The port's word: a job whose run rejects is dropped. What to say about it is the run's own affair.
    }
    const now = timeNow();
    if (bucket.running === concurrency) holdUntil(bucket, now);
    bucket.running -= 1;
    running -= 1;
    if (running === 0) onDrained?.();
    settle(bucket.lane, now);
    arm(now);
  }

  /** Notes when a lane next wants looking at, or forgets it. */
  function settle(lane: Lane, now: number): void {
    const time = wakeTime(lane, concurrency);
    const isOver = time <= now && !isBusy(lane);
    if (isOver) lanes.delete(lane.name);
    if (isOver || time === Number.POSITIVE_INFINITY) wakes.remove(lane);
    else wakes.set(lane, time);
  }

  function take(place: Place): void {
    leave(place);
    places.delete(place.job.id);
    units -= place.job.cost;
  }

  function laneOf(name: string): Lane {
    let lane = lanes.get(name);
    if (lane === undefined) {
      lane = createLane(name);
      lanes.set(name, lane);
    }
    return lane;
  }

  async function finish(timeoutMs: number): Promise<string[]> {
    timer?.cancel();
    if (running > 0) {
      await new Promise<void>((resolve) => {
        const limit = clock.schedule(resolve, timeoutMs);
        onDrained = () => {
          limit.cancel();
          resolve();
        };
      });
    }
    return [...places.keys()];
  }

  return {
    start(newRun): void {
      run = newRun;
      // The time before the start earns no lane a head start.
      const now = timeNow();
      for (const lane of lanes.values()) for (const bucket of lane.buckets) holdUntil(bucket, now);
      arm(now);
    },

    add(job, { force = false, first = false } = {}): AddResult {
      if (closed !== undefined) return "closed";
      if (places.has(job.id)) return "added";
      const bucketName = job.bucket ?? DEFAULT_BUCKET;
      const known = findBucket(lanes.get(job.lane), bucketName);
      if (!force) {
        const { capacity } = limitOf(job.lane, bucketName);
        if (places.size >= maxJobs || (known?.units ?? 0) + job.cost > capacity) return "full";
      }
      const now = timeNow();
      const bucket = known ?? addBucket(laneOf(job.lane), bucketName);
      const isLine = firstReady(bucket) !== undefined;
      places.set(job.id, join(bucket, job, first ? addedFirst++ : added++, now));
      units += job.cost;
      // A line is looked at when its first may go: who joins its end changes nothing about that.
      if (isLine && !first && job.notBefore === undefined) return "added";
      settle(bucket.lane, now);
      arm(now);
      return "added";
    },

    remove(id): boolean {
      const place = places.get(id);
      if (place === undefined) return false;
      take(place);
      settle(place.bucket.lane, timeNow());
      return true;
    },

    busy(name): boolean {
      const lane = lanes.get(name);
      return lane !== undefined && isBusy(lane);
    },

    size(name, bucket): number {
      if (name === undefined) return units;
      const lane = lanes.get(name);
      if (bucket !== undefined) return findBucket(lane, bucket)?.units ?? 0;
      return lane?.buckets.reduce((sum, each) => sum + each.units, 0) ?? 0;
    },

    pause(name, ms): void {
      const now = timeNow();
      const lane = laneOf(name);
      lane.pausedUntil = Math.max(lane.pausedUntil, now + ms);
      for (const bucket of lane.buckets) holdUntil(bucket, lane.pausedUntil);
      settle(lane, now);
      arm(now);
    },

    close(timeoutMs): Promise<string[]> {
      closed ??= finish(timeoutMs);
      return closed;
    },
  };
}
