import type { Versioned } from "../records/messages.ts";
import type { Advance, FlowContext, Unsure } from "./context.ts";
import { failed, toFailure } from "./outcome.ts";

/** When a record is looked for first, and again after a look that failed. */
const FIRST_LOOK_MS = 1_000;
/** Twice as long after each look that did not find it; the last is eight minutes after the write. */
const LONGEST_WAIT_MS = 256_000;

/**
 * Records whose write was not answered. A call that ran out of time was handed to the backend and may happen there later, so
 * that one look which finds nothing says little.
 */
export function createUnsure(ctx: FlowContext, { advance }: { readonly advance: Advance }): Unsure {
  return Object.freeze({
    withdraw(sid, error, afterMs = FIRST_LOOK_MS): void {
      const failure = toFailure(error);
      const found = async (current: Versioned): Promise<void> => {
        await advance(current, (record) =>
          record.outbound?.owner === ctx.owner ? failed(record, failure, ctx.clock.now()) : undefined,
        );
        ctx.forget(sid);
      };
      lookFor(sid, found, () => ctx.forget(sid), afterMs);
    },
    takeUp(sid): void {
      const found = async ({ record }: Versioned): Promise<void> => {
        if (record.outbound?.owner !== ctx.owner) return ctx.forget(sid);
        // A later call may have written it, and has it in hand.
        if (ctx.live.has(sid)) return;
        if (!ctx.outbox.has(sid)) await ctx.outbox.add(sid);
        ctx.waiting.later(sid, ctx.clock.now());
      };
      const missed = (isLast: boolean): void => {
        if (isLast && !ctx.live.has(sid)) ctx.forget(sid);
      };
      lookFor(sid, found, missed);
    },
  } satisfies Unsure);

  function lookFor(
    sid: string,
    found: (current: Versioned) => Promise<void>,
    missed: (isLast: boolean) => void,
    afterMs = FIRST_LOOK_MS,
  ): void {
    const look = async (): Promise<void> => {
      const current = await ctx.messages.get(sid);
      if (current !== undefined) return found(current);
      const isLast = afterMs >= LONGEST_WAIT_MS;
      missed(isLast);
      if (!isLast) lookFor(sid, found, missed, Math.max(FIRST_LOOK_MS, afterMs * 2));
    };
    ctx.clock.schedule(() => {
      look().catch(() => lookFor(sid, found, missed));
    }, afterMs);
  }
}
