import { type Fifo, type Linked, push, unlink } from "./fifo.ts";
import { createHeap, type Heap, type Ranked } from "./heap.ts";
import type { Job, LaneLimit } from "./queue.ts";

/** Twilio's queue holds what a sender carries in 10 hours, and the longest validity period is as long. */
const DEFAULT_CAPACITY_SECONDS = 36_000;

/** How late timers commonly are. A fast lane may make up this much, or it would run at the timer's pace, not its own. */
const TIMER_LATENESS_MS = 10;

/** One sender's waiting jobs. Its rank is when it next wants looking at, in ms since the epoch. */
export interface Lane extends Ranked {
  readonly name: string;
  /** Few: SMS, MMS, WhatsApp, RCS. Each pays for itself and waits for no other. */
  readonly buckets: Bucket[];
  /** Held back until then, in ms since the epoch. */
  pausedUntil: number;
}

/** A first-in-first-out line of jobs that pay from one rate. */
export interface Bucket extends Fifo<Place> {
  readonly lane: Lane;
  readonly name: string;
  /** Units waiting. */
  units: number;
  /** Jobs under way. */
  running: number;
  /** When it is out of debt, in ms since the epoch. */
  readyAt: number;
  /** Jobs that are not due, by their due time. */
  delayed: Heap<Place> | undefined;
  /** Jobs that were delayed and are due now, by their number in line. */
  due: Heap<Place> | undefined;
}

/** A waiting job's place in line. */
export interface Place extends Linked, Ranked {
  readonly job: Job;
  readonly bucket: Bucket;
  /** Counts the jobs of the queue as they come; below 0 are those that go first. */
  readonly number: number;
  /** The heap it is in, when it is or was delayed. */
  heap: Heap<Place> | undefined;
}

/** A lane's limit: `rate` in units per second; `capacity` in units, default 10 hours of the rate. */
export function laneLimit(rate: number, capacity: number = rate * DEFAULT_CAPACITY_SECONDS): LaneLimit {
  return { rate, capacity };
}

/**
 * When a bucket that pays `cost` units `now` may pay again, in ms since the epoch. There is no burst: a job goes as soon
 * as the bucket is out of debt, whatever it costs, and leaves a debt of the time its cost takes at `rate` units per second. So a job
 * dearer than a second's rate goes too, and those behind it wait longer.
 *
 * `readyAt` is when the bucket became able to pay. A timer that fires late must not slow the lane down, so the debt counts
 * from `readyAt`, but from no more than one unit (or 10 ms) ago: any stretch of time carries at most its rate and one
 * message more.
 */
export function readyAfter(readyAt: number, now: number, cost: number, rate: number): number {
  if (!(rate > 0)) return Number.POSITIVE_INFINITY;
  const unitMs = 1000 / rate;
  return Math.max(readyAt, now - Math.max(unitMs, TIMER_LATENESS_MS)) + cost * unitMs;
}

/** A lane nothing waits on. */
export function createLane(name: string): Lane {
  return { name, buckets: [], pausedUntil: 0, rank: 0, place: -1 };
}

/** A lane's bucket of that name, if it has one yet. */
export function findBucket(lane: Lane | undefined, name: string): Bucket | undefined {
  return lane?.buckets.find((bucket) => bucket.name === name);
}

/** Gives a lane a bucket. */
export function addBucket(lane: Lane, name: string): Bucket {
  const bucket: Bucket = {
    lane,
    name,
    head: undefined,
    tail: undefined,
    units: 0,
    running: 0,
    readyAt: lane.pausedUntil,
    delayed: undefined,
    due: undefined,
  };
  lane.buckets.push(bucket);
  return bucket;
}

/** Puts a job at the end of the line. One that is not due holds its place, and holds up nobody. */
export function join(bucket: Bucket, job: Job, number: number, now: number): Place {
  const place: Place = {
    job,
    bucket,
    number,
    heap: undefined,
    rank: 0,
    place: -1,
    previous: undefined,
    next: undefined,
  };
  bucket.units += job.cost;
  if (job.notBefore !== undefined && job.notBefore > now) {
    bucket.delayed ??= createHeap();
    place.heap = bucket.delayed;
    place.heap.set(place, job.notBefore);
  } else {
    if (firstReady(bucket) === undefined) holdUntil(bucket, now);
    if (number < 0) makeDue(bucket, place);
    else push(bucket, place);
  }
  return place;
}

/** Takes a job out of the line. */
export function leave(place: Place): void {
  place.bucket.units -= place.job.cost;
  if (place.heap === undefined) unlink(place.bucket, place);
  else place.heap.remove(place);
}

/** Makes jobs ready whose time has come: before all that joined the line after them. */
export function promoteDue(bucket: Bucket, now: number): void {
  const { delayed } = bucket;
  if (delayed === undefined) return;
  for (let place = delayed.first(); place !== undefined && place.rank <= now; place = delayed.first()) {
    if (firstReady(bucket) === undefined) holdUntil(bucket, place.rank);
    delayed.remove(place);
    makeDue(bucket, place);
  }
}

/** Ready now, in the order of the numbers: before the line where its number is lower. */
function makeDue(bucket: Bucket, place: Place): void {
  bucket.due ??= createHeap();
  place.heap = bucket.due;
  place.heap.set(place, place.number);
}

/** The job whose turn it is, among those that are due. */
export function firstReady(bucket: Bucket): Place | undefined {
  const due = bucket.due?.first();
  if (due === undefined || (bucket.head !== undefined && bucket.head.number < due.number)) return bucket.head;
  return due;
}

/** Time that passed while the bucket could not or need not pay earns it nothing. */
export function holdUntil(bucket: Bucket, time: number): void {
  bucket.readyAt = Math.max(bucket.readyAt, time);
}

/** Everything a lane waits for comes that much sooner. */
export function moveBack(lane: Lane, ms: number): void {
  lane.pausedUntil -= ms;
  for (const bucket of lane.buckets) bucket.readyAt -= ms;
}

/**
 * When a lane next wants looking at, in ms since the epoch: when a bucket can pay for a job or a delayed job falls due;
 * for an empty lane, when its last debt is paid and it may be forgotten. Infinity while only the end of a run changes anything.
 */
export function wakeTime(lane: Lane, concurrency: number): number {
  if (!isBusy(lane)) return Math.max(lane.pausedUntil, ...lane.buckets.map((bucket) => bucket.readyAt));
  let time = Number.POSITIVE_INFINITY;
  for (const bucket of lane.buckets) {
    if (bucket.running >= concurrency) continue;
    const ready = firstReady(bucket);
    const next = ready === undefined ? bucket.delayed?.first()?.rank : bucket.readyAt;
    if (next !== undefined && next < time) time = next;
  }
  return time;
}

/** Whether anything waits on a lane or is under way. */
export function isBusy(lane: Lane): boolean {
  return lane.buckets.some(
    (bucket) =>
      bucket.running > 0 || firstReady(bucket) !== undefined || bucket.delayed?.first() !== undefined,
  );
}
