import type { Clock } from "../clock.ts";
import { createRecent } from "./recent.ts";

/** @see Twilio error 14107: more than 15 replies with gaps below 30 s fail for 30 s. */
const LOOP_REPLIES = 15;
const LOOP_GAP_MS = 30_000;
/** Pairs remembered, at least. */
const MOST_PAIRS = 50_000;

/** Replies between two addresses lately, in this process. */
export interface ReplyLoops {
  /** Counts one more. "begins" is the first of a loop, "loop" every further one: neither may leave. */
  count(sender: string, to: string): "fine" | "begins" | "loop";
}

/** Two machines that answer each other: more than 15 replies, each within 30 s of the one before, are a loop. */
export function createReplyLoops(clock: Clock): ReplyLoops {
  const exchanges = createRecent<{ readonly count: number; readonly at: number }>(MOST_PAIRS);
  return Object.freeze({
    count(sender: string, to: string): "fine" | "begins" | "loop" {
      const now = clock.now();
      const pair = `${sender} ${to}`;
      const before = exchanges.get(pair);
      const goesOn = before !== undefined && now - before.at < LOOP_GAP_MS;
      const count = goesOn ? before.count + 1 : 1;
      exchanges.set(pair, {
        count: Math.min(count, LOOP_REPLIES + 1),
        // Cut for 30 s from the first one refused; those refused meanwhile do not prolong it.
        at: goesOn && before.count > LOOP_REPLIES ? before.at : now,
      });
      if (count <= LOOP_REPLIES) return "fine";
      return before?.count === LOOP_REPLIES ? "begins" : "loop";
    },
  });
}
