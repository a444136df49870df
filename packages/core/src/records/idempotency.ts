import { createHash } from "node:crypto";
import { type Clock, sleep, staying } from "../clock.ts";
import { MessagingError } from "../errors.ts";
import type { Draft } from "../send-request.ts";
import type { SendRequest } from "../types.ts";
import type { MessageRecord } from "./message-record.ts";
import type { Messages } from "./messages.ts";

/** What stands under an idempotency key: the message it made, of which request, and when (ms since the epoch). */
export interface IdempotencyMark {
  readonly sid: string;
  readonly hash: string;
  readonly at: number;
  /** The message was sent, and removed since. */
  readonly removed?: boolean | undefined;
}

/** How long an idempotency key stands for its message. */
export const IDEMPOTENCY_MS = 86_400_000;
/** A writer that has not stored its record this long after its mark is dead. */
const LEASE_MS = 5_000;
const POLL_MS = 25;

/**
 * What is to stand under the key of a message that is removed, and for how long: a repeated call must not take the gap for a
 * message that was never written. `undefined` where the key's time is over, or it stands for a later message.
 */
export function retire(
  raw: string | undefined,
  sid: string,
  now: number,
): { readonly value: string; readonly ttlMs: number } | undefined {
  if (raw === undefined) return undefined;
  const mark = JSON.parse(raw) as IdempotencyMark;
  const ttlMs = mark.at + IDEMPOTENCY_MS - now;
  if (mark.sid !== sid || mark.removed === true || ttlMs <= 0) return undefined;
  return { value: JSON.stringify({ ...mark, removed: true }), ttlMs };
}

/** One hash for one request, whatever the order of its fields. */
export function hashOf(request: SendRequest): string {
  const entries = Object.entries(request).filter(
    ([key, value]) => value !== undefined && key !== "idempotencyKey" && key !== "statusCallback",
  );
  return createHash("sha256")
    .update(JSON.stringify(entries.sort(byName), (_, value: unknown) => ordered(value)))
    .digest("base64url")
    .slice(0, 22);
}

/** An object with its fields in the order of their names: tags, template variables. */
function ordered(value: unknown): unknown {
  const isFields = typeof value === "object" && value !== null && !Array.isArray(value);
  return isFields ? Object.fromEntries(Object.entries(value).sort(byName)) : value;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

/**
 * The mark as it was stored.
 *
 * @throws MessagingError IDEMPOTENCY_CONFLICT when it stands for another request.
 */
export function parseMark(raw: string, draft: Draft, request: SendRequest): IdempotencyMark {
  const mark = JSON.parse(raw) as IdempotencyMark;
  if (mark.removed === true)
    throw new MessagingError(
      "MESSAGE_NOT_FOUND",
      `${mark.sid}, the message of this idempotencyKey, was removed.`,
    );
  if (mark.hash === hashOf(request)) return mark;
  throw new MessagingError(
    "IDEMPOTENCY_CONFLICT",
    `The idempotencyKey "${draft.idempotencyKey}" belongs to ${mark.sid}, a message with other content.`,
  );
}

/**
 * The record under an idempotency mark. Its writer may still be on the way to it: this waits for as long as a living one
 * takes. Missing after that, the writer died between mark and record, and whoever asks writes it under that SID.
 */
export async function recordUnder(
  mark: IdempotencyMark,
  { messages, clock }: { readonly messages: Pick<Messages, "get">; readonly clock: Clock },
): Promise<MessageRecord | undefined> {
  // The clock of the process that made the mark may be ahead of this one's.
  const since = Math.min(mark.at, clock.now());
  for (;;) {
    const there = await messages.get(mark.sid);
    if (there !== undefined) return there.record;
    if (clock.now() - since >= LEASE_MS) return undefined;
    await staying(clock, () => sleep(clock, POLL_MS));
  }
}
