import type { Clock, Timer } from "../clock.ts";

/** Something that ends at a time. */
export interface Expiring {
  /** Milliseconds since the epoch; 0 for never. */
  readonly expires: number;
  /** Where {@link Expiry} keeps it; 0 until added. */
  bucket: number;
}

/** Knows what ends when, and hands it over in time. */
export interface Expiry<T extends Expiring> {
  add(item: T): void;
  remove(item: T): void;
  /** Hands over everything that has ended, however much it is. */
  drain(): void;
  /** Stops the timer until the next {@link add}. */
  stop(): void;
}

interface Bucket<T> {
  /** No item ends before. */
  start: number;
  readonly items: Set<T>;
}

/** Items handed over per timer call, so that a million ends at once do not stop the process. */
const ITEMS_PER_SWEEP = 10_000;

/** A bucket is at most this part of its items' remaining life wide, so a few hundred hold any mixture of lives. */
const LIFE_PER_BUCKET = 32;

/**
 * Collects items in buckets and calls `onEnd` for each once its bucket is over: at most `widthMs`, or a 32nd of its
 * life, late. One timer, set to the end of the earliest bucket: a store that holds only month-long entries wakes up
 * in a month.
 */
export function createExpiry<T extends Expiring>(
  clock: Clock,
  widthMs: number,
  onEnd: (item: T) => void,
): Expiry<T> {
  const buckets = new Map<number, Bucket<T>>();
  /** Min-heap of the buckets' ends. */
  const heap: number[] = [];
  let timer: Timer | undefined;
  let timerDue = Number.POSITIVE_INFINITY;
  let drainedAt = Number.NEGATIVE_INFINITY;

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
    for (let end = heap[0]; end !== undefined && end <= clock.now(); end = heap[0]) {
      for (const item of buckets.get(end)?.items ?? []) {
        if (left === 0) return;
        left -= 1;
        buckets.get(end)?.items.delete(item);
        onEnd(item);
      }
      buckets.delete(end);
      popSmallest(heap);
    }
  }

  return {
    add(item) {
      if (item.expires === 0) return;
      let width = widthMs;
      while (width * 2 * LIFE_PER_BUCKET <= item.expires - clock.now()) width *= 2;
      item.bucket = (Math.floor(item.expires / width) + 1) * width;
      const bucket = buckets.get(item.bucket);
      if (bucket !== undefined) {
        bucket.start = Math.min(bucket.start, item.bucket - width);
        bucket.items.add(item);
      } else {
        buckets.set(item.bucket, { start: item.bucket - width, items: new Set([item]) });
        pushSorted(heap, item.bucket);
      }
      arm();
    },
    remove(item) {
      buckets.get(item.bucket)?.items.delete(item);
    },
    drain() {
      const now = clock.now();
      // A full store asks before every refusal; nothing new has ended within the same millisecond.
      if (now === drainedAt) return;
      drainedAt = now;
      for (const { start, items } of buckets.values()) {
        if (start > now) continue;
        for (const item of items) {
          if (item.expires > now) continue;
          items.delete(item);
          onEnd(item);
        }
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
