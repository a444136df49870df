import { channels } from "../diagnostics.ts";
import type { ChangeEntry } from "../records/changes.ts";
import { isFinal, type MessageRecord, type PendingCallback, toMessage } from "../records/message-record.ts";
import type { Versioned } from "../records/messages.ts";
import { changed, type RecordDraft } from "../records/record-change.ts";
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
    const start = typeof current === "string" ? await ctx.messages.get(current) : current;
    if (start === undefined) return undefined;
    const { sid } = start.record;
    // Told by another process should this one die: a receipt's record may be in nobody's outbox any more.
    const kept = callbacks.wanted(start.record) && !ctx.outbox.has(sid) && change(start.record) !== undefined;
    if (kept) await ctx.outbox.add(sid);
    let announced: PendingCallback | undefined;
    let written: Versioned | undefined;
    for (let seen: Versioned | undefined = start; seen !== undefined; seen = await ctx.messages.get(sid)) {
      const what = change(seen.record);
      if (what === undefined) break;
      const next = changed(seen.record, what);
      const pending = isNews(seen.record, next)
        ? toPending(next, seen.record.sequence + 1, details)
        : undefined;
      written =
        pending === undefined ? await ctx.messages.replace(seen, next) : await tell(seen, next, pending);
      if (written === undefined) continue;
      announced = pending;
      break;
    }
    if (kept && announced === undefined) ctx.outbox.done(sid);
    if (written === undefined) return undefined;
    const live = ctx.live.get(sid);
    if (live !== undefined) live.versioned = written;
    if (announced !== undefined) announce(written.record, announced);
    return written;
  };

  /** Writes a change of status with its line in the feed, and what somebody has to be told. */
  function tell(
    seen: Versioned,
    next: RecordDraft,
    pending: PendingCallback,
  ): Promise<Versioned | undefined> {
    next.sequence = pending.sequence;
    if (callbacks.wanted(seen.record)) next.callbacks = [...(seen.record.callbacks ?? []), pending];
    return ctx.messages.replace(seen, next, [ctx.changes.lateEntry(toChange(next))]);
  }

  function announce(record: MessageRecord, pending: PendingCallback): void {
    const { sid } = record;
    if (ctx.events.has("status"))
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
function isNews(before: MessageRecord, { status, providerSid }: MessageRecord): boolean {
  const from = before.status;
  // A reply in an answer was written as sent; that the carrier has it is known with its SID.
  if (status === from) return status === "sent" && before.providerSid === null && providerSid !== null;
  if (status === "sending") return false;
  return status !== "queued" || from === "accepted" || from === "scheduled";
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
