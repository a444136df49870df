import { channels } from "../diagnostics.ts";
import type { ChangeEntry } from "../records/changes.ts";
import { isFinal, type MessageRecord, type PendingCallback, toMessage } from "../records/message-record.ts";
import type { Versioned } from "../records/messages.ts";
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
    const sid = typeof current === "string" ? current : current.record.sid;
    const written = await ctx.messages.update(
      current,
      (record) => {
        const next = change(record);
        announced = undefined;
        // "sending" is between two awaits of ours: Twilio has no callback for it either.
        if (next === undefined || next.status === record.status || next.status === "sending") return next;
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
    if (written === undefined) return undefined;
    const live = ctx.live.get(sid);
    if (live !== undefined) live.versioned = written;
    if (announced !== undefined) await announce(written.record, announced);
    return written;
  };

  async function announce(record: MessageRecord, pending: PendingCallback): Promise<void> {
    const { sid } = record;
    ctx.events.emit("status", toMessage(record, ctx.options.accountSid, ctx.options.sid));
    if (channels.status.hasSubscribers)
      channels.status.publish({
        service: ctx.options.name,
        sid,
        status: record.status,
        errorCode: record.errorCode,
      });
    if (callbacks.wanted(record)) {
      // Told by another process should this one die: a receipt's record may be in nobody's outbox any more.
      if (!ctx.outbox.has(sid)) await ctx.outbox.add(sid);
      callbacks.tell(record, pending);
    } else if (isFinal(record.status)) ctx.callbacks.delete(sid);
  }
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
