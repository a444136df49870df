/** Something that knows its rank and its place in a {@link Heap}. */
export interface Ranked {
  /** Lowest first: a due time, or a number in line. Only the heap writes it. */
  rank: number;
  /** Its place in the heap, -1 when it is in none; only the heap writes it. */
  place: number;
}

/** Items by rank: the lowest at once, every change in O(log n). */
export interface Heap<T extends Ranked> {
  first(): T | undefined;
  /** Puts an item in, or moves it. */
  set(item: T, rank: number): void;
  /** Takes an item out; nothing happens when it is in none. */
  remove(item: T): void;
}

/** A binary heap that writes each item's place into the item, so that removing one needs no search. */
export function createHeap<T extends Ranked>(): Heap<T> {
  const items: T[] = [];

  function put(item: T, place: number): void {
    items[place] = item;
    item.place = place;
  }

  function settle(item: T, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = items[above] as T;
      if (parent.rank <= item.rank) break;
      put(parent, place);
      place = above;
    }
    for (;;) {
      const left = place * 2 + 1;
      const right = left + 1;
      if (left >= items.length) break;
      const below = right < items.length && (items[right] as T).rank < (items[left] as T).rank ? right : left;
      const child = items[below] as T;
      if (child.rank >= item.rank) break;
      put(child, place);
      place = below;
    }
    put(item, place);
  }

  return {
    first: () => items[0],
    set(item, rank) {
      item.rank = rank;
      if (item.place < 0) item.place = items.push(item) - 1;
      settle(item, item.place);
    },
    remove(item) {
      const place = item.place;
      if (place < 0) return;
      const last = items.pop() as T;
      item.place = -1;
      if (last !== item) settle(last, place);
    },
  };
}
