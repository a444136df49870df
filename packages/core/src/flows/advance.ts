import { channels } from "../diagnostics.ts";
import type { ChangeEntry } from "../records/changes.ts";
import { isFinal, type MessageRecord, type PendingCallback, toMessage } from "../records/message-record.ts";
import type { Versioned } from "../records/messages.ts";
import type { MessageStatus } from "../types.ts";
import type { Advance, AdvanceDetails, Callbacks, FlowContext } from "./context.ts";

/** Flows that {@link createAdvance} is handed. */
export interface AdvanceFlows {
  readonly callbacks: Callbacks;
}

/**
 * The one way a record changes: compareAndSet until it holds, with the change's line in the feed, and then the event and
 * the status callback. Whoever loses a race applies its change to what the winner wrote.
 */
export function createAdvance(ctx: FlowContext, { callbacks }: AdvanceFlows): Advance {
  return async function advance(current, change, details = {}): Promise<Versioned | undefined> {
    let announced: PendingCallback | undefined;
    const start = typeof current === "string" ? await ctx.messages.get(current) : current;
    if (start === undefined) return undefined;
    const { sid } = start.record;
    // Told by another process should this one die: a receipt's record may be in nobody's outbox any more.
    const kept = callbacks.wanted(start.record) && !ctx.outbox.has(sid) && change(start.record) !== undefined;
    if (kept) await ctx.outbox.add(sid);
    const written = await ctx.messages.update(
      start,
      (record) => {
        const next = change(record);
        announced = undefined;
        if (next === undefined || !isNews(record.status, next.status)) return next;
        announced = toPending(next, record.sequence + 1, details);
        const wanted = callbacks.wanted(record);
        return {
          ...next,
          sequence: announced.sequence,
          ...(wanted ? { callbacks: [...(record.callbacks ?? []), announced] } : {}),
        };
      },
      (next) => (announced === undefined ? [] : [ctx.changes.entry(toChange(next))]),
    );
    if (kept && announced === undefined) ctx.outbox.done(sid);
    if (written === undefined) return undefined;
    const live = ctx.live.get(sid);
    if (live !== undefined) live.versioned = written;
    if (announced !== undefined) announce(written.record, announced);
    return written;
  };

  function announce(record: MessageRecord, pending: PendingCallback): void {
    const { sid } = record;
    ctx.events.emit("status", toMessage(record, ctx.options.accountSid, ctx.options.sid));
    if (channels.status.hasSubscribers)
      channels.status.publish({
        service: ctx.options.name,
        sid,
        status: record.status,
        errorCode: record.errorCode,
      });
    if (callbacks.wanted(record)) callbacks.tell(record, pending);
    else if (isFinal(record.status)) ctx.callbacks.delete(sid);
  }
}

/**
 * Whether a change is told. "sending" is between two awaits of ours, and "queued" is news only of a message that had no
 * sender: Twilio has no callback for the one, nor for a message that comes back to a lane.
 */
function isNews(from: MessageStatus, to: MessageStatus): boolean {
  if (to === from || to === "sending") return false;
  return to !== "queued" || from === "accepted" || from === "scheduled";
}

function toPending(
  record: MessageRecord,
  sequence: number,
  { rawDlrDoneDate }: AdvanceDetails,
): PendingCallback {
  const { status, errorCode, errorMessage, updatedAt } = record;
  return { sequence, status, errorCode, errorMessage, at: updatedAt, rawDlrDoneDate };
}

/** A status in the feed. */
function toChange(record: MessageRecord): ChangeEntry {
  const { sid, to, from, status, errorCode, error } = record;
  return {
    type: "status",
    at: record.updatedAt,
    sid,
    to,
    from,
    status,
    errorCode,
    error,
    sequenceNumber: record.sequence,
  };
}
