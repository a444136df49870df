import { MessagingError } from "@messaging-service/core";

/** LMDB's own limit is 1,978 bytes; the index of ends puts a time and a number beside the key. */
const LONGEST_KEY_BYTES = 1_900;

const CURSOR_DIGITS = 16;

/**
 * A key that LMDB can hold, checked before it could undo the transaction that it shares with others.
 *
 * @throws MessagingError INVALID_OPTION.
 */
export function checkedKey(key: string): string {
  if (Buffer.byteLength(key) <= LONGEST_KEY_BYTES) return key;
  throw new MessagingError("INVALID_OPTION", `A key of lmdb has at most ${LONGEST_KEY_BYTES} bytes.`);
}

/**
 * A time to live in whole milliseconds, rounded up; 0 is for ever.
 *
 * @throws MessagingError INVALID_OPTION for anything negative or not finite.
 */
export function wholeTtl(ttlMs: number): number {
  if (Number.isFinite(ttlMs) && ttlMs >= 0) return Math.ceil(ttlMs);
  throw new MessagingError("INVALID_OPTION", `ttlMs must be 0 or a positive number, not ${ttlMs}.`);
}

/** The cursor of a sequence number: as wide for all, so that text order is number order. */
export function toCursor(sequence: number): string {
  return String(sequence).padStart(CURSOR_DIGITS, "0");
}

/**
 * The sequence number of a cursor.
 *
 * @throws MessagingError INVALID_CURSOR.
 */
export function fromCursor(cursor: string): number {
  const sequence = Number(cursor);
  if (/^\d{16}$/.test(cursor) && Number.isSafeInteger(sequence)) return sequence;
  throw new MessagingError("INVALID_CURSOR", `${JSON.stringify(cursor)} is no cursor of this store.`);
}
