/*
 * Collections for what comes and goes, in place of Set and Map. V8 leads from each table that a Set or Map has outgrown to the next,
 * for iterators that stand in it (`OrderedHashTable::Rehash` in its source), and where entries come and go a table is outgrown each
 * few dozen of them. Once one such table lies in the old generation, every later one is reached from it, with all that was in them:
 * in a busy process whatever was under way, and what that refers to, is copied twice and stays until the next full collection.
 */

/** What can be in one {@link Bag} at a time. */
export interface Bagged {
  /** Its place there, the bag's own affair; -1 outside of one. */
  place: number;
}

/** Things in no order, each added and removed in constant time. */
export interface Bag<T extends Bagged> {
  add(item: T): void;
  /** What is in no bag stays so. */
  remove(item: T): void;
  /** A copy. */
  items(): readonly T[];
}

/** An empty bag. */
export function createBag<T extends Bagged>(): Bag<T> {
  const items: T[] = [];
  return Object.freeze({
    add(item: T): void {
      item.place = items.push(item) - 1;
    },
    remove(item: T): void {
      const { place } = item;
      if (place === -1) return;
      const last = items.pop();
      if (last !== undefined && last !== item) {
        items[place] = last;
        last.place = place;
      }
      item.place = -1;
    },
    items: () => [...items],
  });
}

/** Removals after which a table is left behind, at least. */
const LEAST_REMOVED = 32;
/** Copying more takes longer than it saves: what is among so many has grown old anyway. */
const MOST_COPIED = 1_024;

/** A Map that moves to a new table before V8 leads from the old one to it. Keys are in the order in which they were set first. */
export class PassingMap<K, V> {
  private map: Map<K, V>;
  private removed: number;

  constructor() {
    this.map = new Map();
    this.removed = 0;
  }

  get size(): number {
    return this.map.size;
  }

  get(key: K): V | undefined {
    return this.map.get(key);
  }

  has(key: K): boolean {
    return this.map.has(key);
  }

  set(key: K, value: V): void {
    this.map.set(key, value);
  }

  delete(key: K): boolean {
    const { map } = this;
    if (!map.delete(key)) return false;
    this.removed += 1;
    if (this.removed >= LEAST_REMOVED && this.removed >= map.size && map.size <= MOST_COPIED) {
      this.map = new Map();
      this.removed = 0;
      for (const [each, value] of map) this.map.set(each, value);
    }
    return true;
  }

  /** A copy. */
  keys(): readonly K[] {
    return [...this.map.keys()];
  }
}
