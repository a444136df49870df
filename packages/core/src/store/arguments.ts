import { MessagingError } from "../errors.ts";
import { show } from "../option-checks.ts";
import type { RangeOptions } from "./store.ts";

/** How many entries {@link Store.range} answers when no limit is given. */
export const DEFAULT_RANGE_LIMIT = 100;

/** Wide enough for a microsecond count of this and the next two centuries, so that text order is number order. */
const CURSOR_DIGITS = 16;

/**
 * A time to live in whole milliseconds, rounded up; 0 is for ever. Redis refuses fractions, and Keyv's adapter for it
 * swallows that refusal.
 *
 * @throws MessagingError INVALID_OPTION for anything negative or not finite.
 */
export function wholeTtl(ttlMs: number): number {
  if (!Number.isFinite(ttlMs) || ttlMs < 0) {
    throw new MessagingError("INVALID_OPTION", `ttlMs must be 0 or a positive number, not ${ttlMs}.`);
  }
  return Math.ceil(ttlMs);
}

/** The cursor of a sequence number. */
export function toCursor(sequence: number): string {
  const digits = String(sequence);
  return digits.length === CURSOR_DIGITS ? digits : digits.padStart(CURSOR_DIGITS, "0");
}

/**
 * The sequence number of a cursor.
 *
 * @throws MessagingError INVALID_CURSOR for a text that {@link toCursor} does not make.
 */
export function fromCursor(cursor: string): number {
  const sequence = typeof cursor === "string" && /^\d{16}$/.test(cursor) ? Number(cursor) : Number.NaN;
  if (!Number.isSafeInteger(sequence)) throw invalidCursor(cursor);
  return sequence;
}

/** The error for a cursor that no log of this store gave. */
export function invalidCursor(cursor: string): MessagingError {
  return new MessagingError("INVALID_CURSOR", `${show(cursor)} is no cursor of this store.`);
}

/** A range over sequence numbers: both bounds exclusive and always present. */
export interface SequenceRange {
  readonly after: number;
  readonly before: number;
  readonly limit: number;
  readonly reverse: boolean;
}

/**
 * {@link RangeOptions} with its defaults and with numbers for cursors.
 *
 * @throws MessagingError INVALID_CURSOR.
 */
export function toSequenceRange(options: RangeOptions): SequenceRange {
  return {
    after: options.after === undefined ? -1 : fromCursor(options.after),
    before: options.before === undefined ? Number.MAX_SAFE_INTEGER : fromCursor(options.before),
    limit: rangeLimit(options),
    reverse: options.reverse ?? false,
  };
}

/** More than any log holds, and a count that every backend takes. */
const LARGEST_LIMIT = 2_147_483_647;

/** The limit of a range in whole entries; never negative. */
export function rangeLimit(options: RangeOptions): number {
  return Math.min(LARGEST_LIMIT, Math.max(0, Math.floor(options.limit ?? DEFAULT_RANGE_LIMIT)));
}
