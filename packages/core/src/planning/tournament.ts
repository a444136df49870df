/**
 * Numbers in slots 0 to length - 1, kept so that the smallest, and the n-th slot among equally small ones, are found
 * without a scan. Changing a slot and asking both take time logarithmic in the length; asking allocates nothing.
 *
 * `skip` lists slots to look past; each costs another logarithm.
 */
export interface Tournament {
  readonly length: number;
  /** Adds a slot at the end. */
  push(key: number): void;
  /** Removes the last slot. */
  pop(): void;
  set(slot: number, key: number): void;
  /** The smallest number; `Infinity` when there is none. */
  least(skip: readonly number[]): number;
  /** How many slots hold `key`, which must be the smallest number under the same `skip`. */
  ties(key: number, skip: readonly number[]): number;
  /** The n-th slot (from 0) of those that hold `key`; `n` is below {@link ties}. */
  nth(key: number, n: number, skip: readonly number[]): number;
}

/** A row of matches: node i plays out nodes 2i and 2i + 1 of the row below. */
interface Row {
  readonly least: number[];
  /** How many slots under the node hold its `least`. */
  readonly ties: number[];
  readonly level: number;
  readonly below: Row | undefined;
  above: Row | undefined;
}

/** Creates an empty {@link Tournament}: a tournament tree whose nodes also count the slots that share the lead. */
export function createTournament(): Tournament {
  const slots = createRow(undefined);
  let top = slots;

  function replay(slot: number): void {
    let row = slots;
    let index = slot;
    while (row.least.length > 1) {
      row.above ??= createRow(row);
      index >>= 1;
      play(row, row.above, index);
      row = row.above;
    }
    row.above = undefined;
    top = row;
  }

  return {
    get length() {
      return slots.least.length;
    },
    push(key) {
      slots.least.push(key);
      slots.ties.push(1);
      replay(slots.least.length - 1);
    },
    pop() {
      slots.least.pop();
      slots.ties.pop();
      for (let row = slots; row.above !== undefined; row = row.above) {
        if (row.above.least.length > (row.least.length + 1) >> 1) {
          row.above.least.pop();
          row.above.ties.pop();
        }
      }
      if (slots.least.length > 0) replay(slots.least.length - 1);
    },
    set(slot, key) {
      if (slots.least[slot] === key) return;
      slots.least[slot] = key;
      let index = slot;
      // Above the first match that ends as it did, nothing changes.
      for (let row = slots; row.above !== undefined; row = row.above) {
        index >>= 1;
        if (!play(row, row.above, index)) return;
      }
    },
    least: (skip) => leastUnder(top, 0, skip),
    ties: (key, skip) => tiesUnder(top, 0, key, skip),
    nth(key, n, skip) {
      let row = top;
      let index = 0;
      let rest = n;
      while (row.below !== undefined) {
        row = row.below;
        index *= 2;
        const left = tiesUnder(row, index, key, skip);
        if (rest >= left) {
          rest -= left;
          index += 1;
        }
      }
      return index;
    },
  };
}

function createRow(below: Row | undefined): Row {
  return { least: [], ties: [], level: below === undefined ? 0 : below.level + 1, below, above: undefined };
}

/** Plays a match; whether it ended otherwise than before. */
function play(below: Row, above: Row, index: number): boolean {
  const left = below.least[index * 2] ?? Number.POSITIVE_INFINITY;
  const right = below.least[index * 2 + 1] ?? Number.POSITIVE_INFINITY;
  const least = Math.min(left, right);
  const leftTies = left === least ? (below.ties[index * 2] ?? 0) : 0;
  const rightTies = right === least ? (below.ties[index * 2 + 1] ?? 0) : 0;
  const ties = leftTies + rightTies;
  if (above.least[index] === least && above.ties[index] === ties) return false;
  above.least[index] = least;
  above.ties[index] = ties;
  return true;
}

function leastUnder(row: Row, index: number, skip: readonly number[]): number {
  if (!holdsAny(row, index, skip)) return row.least[index] ?? Number.POSITIVE_INFINITY;
  if (row.below === undefined) return Number.POSITIVE_INFINITY;
  return Math.min(leastUnder(row.below, index * 2, skip), leastUnder(row.below, index * 2 + 1, skip));
}

function tiesUnder(row: Row, index: number, key: number, skip: readonly number[]): number {
  if (!holdsAny(row, index, skip)) return row.least[index] === key ? (row.ties[index] ?? 0) : 0;
  if (row.below === undefined) return 0;
  return tiesUnder(row.below, index * 2, key, skip) + tiesUnder(row.below, index * 2 + 1, key, skip);
}

function holdsAny(row: Row, index: number, skip: readonly number[]): boolean {
  for (const slot of skip) if (slot >> row.level === index) return true;
  return false;
}
