import type { MessageRecord } from "../records/message-record.ts";
import type { Versioned } from "../records/messages.ts";
import type { Advance, FlowContext, Unsure } from "./context.ts";
import { failed, lifeOf, toFailure } from "./outcome.ts";

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
      const search: Search = {
        isIt: () => true,
        async found(current) {
          await advance(current, (record) =>
            record.outbound?.owner === ctx.owner ? failed(record, failure, ctx.clock.now()) : undefined,
          );
          ctx.forget(sid);
        },
        missed: () => ctx.forget(sid),
      };
      lookFor(sid, search, afterMs);
    },
    takeUp(sid): void {
      const search: Search = {
        isIt: ({ status }) => status === "queued" || status === "scheduled",
        async found({ record }) {
          if (record.outbound?.owner !== ctx.owner) return ctx.forget(sid);
          // A later call may have written it, and has it in hand.
          if (lifeOf(ctx, record) !== undefined) return;
          if (!ctx.outbox.has(sid)) await ctx.outbox.add(sid);
          // The RCS message or the MMS that it takes over from may be under way still.
          ctx.waiting.drop(sid);
          ctx.waiting.later(sid, ctx.clock.now());
        },
        missed(isLast, there) {
          const isUnderWay = ctx.live.has(sid) || there?.record.status === "sending";
          if (isLast && !isUnderWay) ctx.forget(sid);
        },
      };
      lookFor(sid, search, FIRST_LOOK_MS);
    },
  } satisfies Unsure);

  function lookFor(sid: string, search: Search, afterMs: number): void {
    const look = async (): Promise<void> => {
      const current = await ctx.messages.get(sid);
      if (current !== undefined && search.isIt(current.record)) return search.found(current);
      const isLast = afterMs >= LONGEST_WAIT_MS;
      search.missed(isLast, current);
      if (!isLast) lookFor(sid, search, Math.max(FIRST_LOOK_MS, afterMs * 2));
    };
    ctx.clock.schedule(() => {
      look().catch(() => lookFor(sid, search, FIRST_LOOK_MS));
    }, afterMs);
  }
}

/** What to do about a write that was not answered. */
interface Search {
  /** Whether what is on record is what was written. */
  readonly isIt: (record: MessageRecord) => boolean;
  readonly found: (current: Versioned) => Promise<void>;
  /** It is not there, or not yet. */
  readonly missed: (isLast: boolean, there: Versioned | undefined) => void;
}
