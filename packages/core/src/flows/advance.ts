import { channels } from "../diagnostics.ts";
import type { ChangeEntry } from "../records/changes.ts";
import { isFinal, type MessageRecord, type PendingCallback, toMessage } from "../records/message-record.ts";
import type { Versioned } from "../records/messages.ts";
import { changed, type RecordChange, type RecordDraft } from "../records/record-change.ts";
import type { Advance, AdvanceDetails, Callbacks, FlowContext } from "./context.ts";

/** Flows that {@link createAdvance} is handed. */
export interface AdvanceFlows {
  readonly callbacks: Callbacks;
}

/** When a change that was not answered is looked for, if nothing changes the message sooner: delivery tries again after a second. */
const FIRST_LOOK_MS = 5_000;
/** Twice as long after each look that did not find it; the last is ten minutes after the write. */
const LONGEST_WAIT_MS = 320_000;

/**
 * The one way a record changes: compareAndSet until it holds, with the change's line in the feed, and then the event and
 * the status callback. Whoever loses a race applies its change to what the winner wrote.
 */
export function createAdvance(ctx: FlowContext, { callbacks }: AdvanceFlows): Advance {
  /** Changes to be told whose write was not answered, by SID: they may be there all the same. */
  const unanswered = new Map<string, PendingCallback[]>();
  return advance;

  async function advance(
    current: Versioned | string,
    change: (record: MessageRecord) => RecordChange | undefined,
    details: AdvanceDetails = {},
  ): Promise<Versioned | undefined> {
    const start = typeof current === "string" ? await ctx.messages.get(current) : current;
    if (start === undefined) return undefined;
    const { sid } = start.record;
    // Told by another process should this one die: a receipt's record may be in nobody's outbox any more.
    const kept = callbacks.wanted(start.record) && !ctx.outbox.has(sid) && change(start.record) !== undefined;
    if (kept) await ctx.outbox.add(sid);
    let announced: PendingCallback | undefined;
    let written: Versioned | undefined;
    for (let seen: Versioned | undefined = start; seen !== undefined; seen = await ctx.messages.get(sid)) {
      if (unanswered.size > 0) catchUp(seen.record);
      const what = change(seen.record);
      if (what === undefined) break;
      const next = changed(seen.record, what);
      const pending = isNews(seen.record, next)
        ? toPending(next, seen.record.sequence + 1, details)
        : undefined;
      try {
        written =
          pending === undefined ? await ctx.messages.replace(seen, next) : await tell(seen, next, pending);
      } catch (error) {
        if (pending !== undefined) doubt(sid, pending);
        throw error;
      }
      if (written === undefined) continue;
      // What was not answered was not there, and will not be: it was to be written over what this one replaced.
      if (pending !== undefined && unanswered.size > 0) unanswered.delete(sid);
      announced = pending;
      break;
    }
    if (kept && announced === undefined && !ctx.telling.has(sid)) ctx.outbox.done(sid);
    if (written === undefined) return undefined;
    const live = ctx.live.get(sid);
    if (live !== undefined) live.versioned = written;
    if (announced !== undefined) announce(written.record, announced);
    return written;
  }

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

  /** A change whose write was not answered. Nobody may change the message again, as after a receipt that does not come twice. */
  function doubt(sid: string, pending: PendingCallback): void {
    const there = unanswered.get(sid);
    if (there === undefined) {
      unanswered.set(sid, [pending]);
      lookAfter(sid, FIRST_LOOK_MS);
    } else if (there.at(-1)?.at !== pending.at) there.push(pending);
  }

  function lookAfter(sid: string, afterMs: number): void {
    const again = (): void => {
      if (afterMs < LONGEST_WAIT_MS) lookAfter(sid, afterMs * 2);
      else unanswered.delete(sid);
    };
    ctx.clock.schedule(() => {
      if (unanswered.has(sid)) advance(sid, () => undefined).then(again, again);
    }, afterMs);
  }

  /** Tells the changes that were not answered and are there: before the next one. */
  function catchUp(record: MessageRecord): void {
    const { sid } = record;
    const changes = unanswered.get(sid) ?? [];
    const there = changes.filter((each) => isUntold(record, each));
    if (there.length === changes.length) unanswered.delete(sid);
    else if (there.length > 0)
      unanswered.set(
        sid,
        changes.filter((each) => !there.includes(each)),
      );
    for (const pending of there) {
      const { status, errorCode, errorMessage, at } = pending;
      announce(changed(record, { status, errorCode, errorMessage, updatedAt: at }), pending);
    }
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

/** Whether a record has had that change, and it is to be told: another process may have said the same, and told it. */
function isUntold(record: MessageRecord, { sequence, status, at }: PendingCallback): boolean {
  const untold = record.callbacks ?? [{ ...record, at: record.updatedAt }];
  return untold.some((each) => each.sequence === sequence && each.status === status && each.at === at);
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
