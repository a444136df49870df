import { type MessageRecord, toMessage } from "../records/message-record.ts";
import type { Versioned } from "../records/messages.ts";
import type { StatusCallback } from "../types.ts";
import type { Advance, AdvanceDetails, CallStatus, FlowContext } from "./context.ts";

/** Flows that {@link createAdvance} is handed. */
export interface AdvanceFlows {
  /** Tells the user's status callback; never rejects. */
  readonly callStatus: CallStatus;
}

/**
 * The one way a record changes: compareAndSet until it holds, and then, where the status changed, the feed, the event
 * and the status callback. Whoever loses a race applies its change to what the winner wrote.
 */
export function createAdvance(ctx: FlowContext, { callStatus }: AdvanceFlows): Advance {
  return async function advance(current, change, details = {}): Promise<Versioned | undefined> {
    let changed = false;
    const written = await ctx.messages.update(current, (record) => {
      const next = change(record);
      changed = next !== undefined && next.status !== record.status;
      return changed && next !== undefined ? { ...next, sequence: record.sequence + 1 } : next;
    });
    if (written === undefined) return undefined;
    const live = ctx.live.get(written.record.sid);
    if (live !== undefined) live.versioned = written;
    // "sending" is between two awaits of ours: Twilio has no callback for it either.
    if (changed && written.record.status !== "sending") await announce(written.record, details);
    return written;
  };

  async function announce(record: MessageRecord, details: AdvanceDetails): Promise<void> {
    const { sid, to, from, status, errorCode, error } = record;
    await ctx.changes.append({
      type: "status",
      at: record.updatedAt,
      sid,
      to,
      from,
      status,
      errorCode,
      error,
      sequenceNumber: record.sequence,
    });
    const message = toMessage(record, ctx.options.accountSid, ctx.options.sid);
    ctx.events.emit("status", message);
    const callback: StatusCallback | undefined =
      ctx.live.get(sid)?.statusCallback ?? record.outbound?.statusCallback ?? ctx.settings().statusCallback;
    if (callback !== undefined) {
      const { rawDlrDoneDate } = details;
      callStatus(callback, message, {
        sequenceNumber: record.sequence,
        timestamp: new Date(record.updatedAt),
        rawDlrDoneDate,
      });
    }
  }
}
