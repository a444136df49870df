import type { Clock, Timer } from "../clock.ts";

/** Something that ends at a time. */
export interface Expiring {
  /** Milliseconds since the epoch; 0 for never. Of several things kept as one, when the last of them ends. */
  readonly expires: number;
  /** Where {@link Expiry} keeps it: `undefined` until added, and once it has ended. */
  bucket: Bucket | undefined;
}

/** Knows what ends when, and hands it over in time. */
export interface Expiry<T extends Expiring> {
  /** Keeps the item until it ends; once more, when its end has changed. `now` is the clock's, where it is known. */
  add(item: T, now?: number): void;
  /** Whether what ends then is handed over together with the item. */
  covers(item: T, expires: number, now: number): boolean;
  remove(item: T): void;
  /** Hands over everything that has ended, however much it is. */
  drain(): void;
  /** Stops the timer until the next {@link add}. */
  stop(): void;
}

/** Items that end between two times. */
export interface Bucket {
  readonly end: number;
  /** No item ends before. */
  start: number;
  /** What was added; those whose `bucket` is another by now are gone from here. */
  items: Expiring[];
  /** How many of them are gone, at most. */
  gone: number;
}

/** Items handed over per timer call, so that a million ends at once do not stop the process. */
const ITEMS_PER_SWEEP = 10_000;

/** A bucket is at most this part of its items' remaining life wide, so a few hundred hold any mixture of lives. */
const LIFE_PER_BUCKET = 32;

/** A bucket with this many gone, and no more left than that, lets go of them. */
const GONE_KEPT = 64;

/**
 * Collects items in buckets and calls `onEnd` for each once its bucket is over: at most `widthMs`, or a 32nd of its
 * life, late. One timer, set to the end of the earliest bucket: a store that holds only month-long entries wakes up
 * in a month.
 *
 * @param onEnd Drops what has ended of an item by `now`; answers whether that was all of it.
 */
export function createExpiry<T extends Expiring>(
  clock: Clock,
  widthMs: number,
  onEnd: (item: T, now: number) => boolean,
): Expiry<T> {
  const buckets = new Map<number, Bucket>();
  /** The bucket that was added to last, by the power of two of its width: most items go where the one before went. */
  let latest: (Bucket | undefined)[] = [];
  /** By power of two. Worked out once: `**` is a call of the C library. */
  const widths = Array.from({ length: 33 }, (_, power) => widthMs * 2 ** power);
  /** Min-heap of the buckets' ends. */
  const heap: number[] = [];
  let timer: Timer | undefined;
  let timerDue = Number.POSITIVE_INFINITY;
  let drainedAt = Number.NEGATIVE_INFINITY;

  /** How often a life halves until a bucket's share of it is no more than a width. */
  function powerFor(life: number): number {
    return 32 - Math.clz32(life / (widthMs * 2 * LIFE_PER_BUCKET));
  }

  function endOf(expires: number, width: number): number {
    return (Math.floor(expires / width) + 1) * width;
  }

  function arm(): void {
    const due = heap[0];
    if (due === undefined || due >= timerDue) return;
    timer?.cancel();
    timerDue = due;
    timer = clock.schedule(
      () => {
        timer = undefined;
        timerDue = Number.POSITIVE_INFINITY;
        sweep();
        arm();
      },
      Math.max(0, due - clock.now()),
    );
  }

  function sweep(): void {
    let left = ITEMS_PER_SWEEP;
    const now = clock.now();
    for (let end = heap[0]; end !== undefined && end <= now; end = heap[0]) {
      const bucket = buckets.get(end);
      const items = bucket?.items ?? [];
      for (let item = items.pop(); item !== undefined; item = items.pop()) {
        if (item.bucket === bucket) hand(item, now);
        left -= 1;
        if (left === 0) return;
      }
      buckets.delete(end);
      latest = [];
      popSmallest(heap);
    }
  }

  function hand(item: Expiring, now: number): boolean {
    const { bucket } = item;
    item.bucket = undefined;
    // Nothing else is ever added.
    const isOver = onEnd(item as T, now);
    if (!isOver) item.bucket = bucket;
    return isOver;
  }

  function remove(item: T): void {
    const { bucket } = item;
    item.bucket = undefined;
    if (bucket === undefined) return;
    bucket.gone += 1;
    // Looking for each would take longer than to wait until half of them are gone. What came back stands there twice.
    if (bucket.gone <= GONE_KEPT || bucket.gone * 2 <= bucket.items.length) return;
    bucket.items = [...new Set(bucket.items)].filter((each) => each.bucket === bucket);
    bucket.gone = 0;
  }

  function bucketAt(end: number, start: number, power: number): Bucket {
    const last = latest[power];
    if (last?.end === end) return last;
    let bucket = buckets.get(end);
    if (bucket === undefined) {
      bucket = { end, start, items: [], gone: 0 };
      buckets.set(end, bucket);
      pushSorted(heap, end);
    } else if (bucket.start > start) bucket.start = start;
    latest[power] = bucket;
    return bucket;
  }

  return {
    add(item, now = clock.now()) {
      if (item.expires === 0) {
        if (item.bucket !== undefined) remove(item);
        return;
      }
      const power = powerFor(item.expires - now);
      const width = widths[power] as number;
      const end = endOf(item.expires, width);
      if (item.bucket === undefined || item.bucket.end !== end) {
        if (item.bucket !== undefined) remove(item);
        const bucket = bucketAt(end, end - width, power);
        bucket.items.push(item);
        item.bucket = bucket;
      }
      arm();
    },
    covers({ bucket }, expires, now) {
      return bucket?.end === endOf(expires, widths[powerFor(expires - now)] as number);
    },
    remove,
    drain() {
      const now = clock.now();
      // A full store asks before every refusal; nothing new has ended within the same millisecond.
      if (now === drainedAt) return;
      drainedAt = now;
      for (const bucket of buckets.values()) {
        const { start, items } = bucket;
        if (start > now) continue;
        bucket.items = items.filter((item) => item.bucket === bucket && !hand(item, now));
        bucket.gone = 0;
      }
    },
    stop() {
      timer?.cancel();
      timer = undefined;
      timerDue = Number.POSITIVE_INFINITY;
    },
  };
}

function pushSorted(heap: number[], value: number): void {
  let at = heap.push(value) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as number;
    if (above <= value) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = value;
}

function popSmallest(heap: number[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let child = at * 2 + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child += 1;
    if ((heap[child] as number) >= last) break;
    heap[at] = heap[child] as number;
    at = child;
  }
  heap[at] = last;
}
