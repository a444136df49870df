/** An item that knows its neighbours in a {@link Fifo}. */
export interface Linked {
  previous: this | undefined;
  next: this | undefined;
}

/** First in, first out, as a doubly linked list: every operation, also taking one from the middle, is O(1). */
export interface Fifo<T extends Linked> {
  head: T | undefined;
  tail: T | undefined;
}

/** Adds at the end. */
export function push<T extends Linked>(fifo: Fifo<T>, item: T): void {
  item.previous = fifo.tail;
  item.next = undefined;
  if (fifo.tail === undefined) fifo.head = item;
  else fifo.tail.next = item;
  fifo.tail = item;
}

/** Takes out an item that is in the list. */
export function unlink<T extends Linked>(fifo: Fifo<T>, item: T): void {
  if (item.previous === undefined) fifo.head = item.next;
  else item.previous.next = item.next;
  if (item.next === undefined) fifo.tail = item.previous;
  else item.next.previous = item.previous;
  item.previous = undefined;
  item.next = undefined;
}
