import { watched } from "../clock.ts";
import { createTally } from "../queue/tally.ts";
import type { MessageRecord, PendingCallback } from "../records/message-record.ts";
import { isFinal, toMessage } from "../records/message-record.ts";
import type { Message, StatusCallback, StatusContext } from "../types.ts";
import type { WebhookCaller } from "../webhook/call.ts";
import { statusParameters } from "../webhook/parameters.ts";
import { reportFailure } from "../webhook/report.ts";
import type { Sequencer } from "../webhook/retry.ts";
import type { Callbacks, FlowContext } from "./context.ts";

/** What {@link createCallbacks} works with. */
export interface CallbackParts {
  readonly caller: WebhookCaller;
  /** Keeps the callbacks of one message in order, and different messages apart. */
  readonly sequencer: Sequencer;
}

/**
 * Status callbacks: durable, in order per message, and never in the way of sending. A change that somebody wants to hear
 * of stays on its record until it was told, and the record stays in the outbox, so that another process tells it
 * should this one die.
 */
export function createCallbacks(ctx: FlowContext, { caller, sequencer }: CallbackParts): Callbacks {
  const { anonymous } = ctx.options;
  const untold = createTally();
  let closed = false;

  return Object.freeze({
    async close(timeoutMs: number): Promise<void> {
      await untold.settledWithin(ctx.clock, timeoutMs);
      closed = true;
    },
    wanted: (record: MessageRecord): boolean => callbackOf(record) !== undefined,
    tell(record: MessageRecord, pending: PendingCallback): void {
      const callback = callbackOf(record);
      if (callback === undefined) return;
      const { sid } = record;
      ctx.telling.set(sid, (ctx.telling.get(sid) ?? 0) + 1);
      // As it was then: the record may have moved on by the time it is told.
      const { status, errorCode, errorMessage } = pending;
      const message = toMessage(
        { ...record, status, errorCode, errorMessage, updatedAt: pending.at },
        ctx.options.accountSid,
        ctx.options.sid,
      );
      const context = {
        sequenceNumber: pending.sequence,
        timestamp: new Date(pending.at),
        rawDlrDoneDate: pending.rawDlrDoneDate,
      };
      untold.begin();
      sequencer
        .run(sid, () => call(callback, message, context))
        .catch((error: unknown) => {
          // Cut off: it stays on the record, and the next start tells it.
          if (closed) throw error;
          failed(message, context, error);
        })
        .then(() => told(sid, pending.sequence))
        .catch((error: unknown) =>
          ctx.logger.warn("A status callback may be told again.", { sid, error: String(error) }),
        )
        .finally(untold.end);
    },
  });

  function callbackOf(record: MessageRecord): StatusCallback | undefined {
    const { sid, statusCallback: url, guardedCallback: guarded, callbackMethod: method } = record;
    const own = url === undefined ? undefined : { url, guarded, method };
    return ctx.callbacks.get(sid) ?? own ?? ctx.settings().statusCallback;
  }

  function failed(message: Message, context: StatusContext, error: unknown): void {
    const { sid, status } = message;
    for (const { reason, details, about } of reportFailure(
      error,
      statusParameters(message, { ...context, anonymous }),
    ))
      ctx.events.alert(
        "STATUS_CALLBACK_FAILED",
        `The status callback of ${sid} failed: ${reason}`,
        { sid, status, ...details },
        about,
      );
  }

  async function call(callback: StatusCallback, message: Message, context: StatusContext): Promise<void> {
    if (typeof callback === "function") {
      const late = (error: Error): void => failed(message, context, error);
      return watched(ctx.clock, () => callback(message, context), late);
    }
    const { url, method, guarded } = typeof callback === "string" ? { url: callback } : callback;
    await caller.call({
      url,
      method: method ?? "POST",
      parameters: statusParameters(message, {
        includeSequence: ctx.settings().statusCallbackSequence,
        anonymous,
        ...context,
      }),
      trusted: guarded !== true,
      token: `${message.sid}-${context.sequenceNumber}`,
    });
  }

  async function told(sid: string, sequence: number): Promise<void> {
    const left = (ctx.telling.get(sid) ?? 1) - 1;
    if (left === 0) ctx.telling.delete(sid);
    else ctx.telling.set(sid, left);
    const written = await ctx.messages.update(ctx.live.get(sid)?.versioned ?? sid, ({ callbacks }) => ({
      callbacks: callbacks?.filter((each) => each.sequence !== sequence),
    }));
    const live = ctx.live.get(sid);
    if (live !== undefined && written !== undefined) live.versioned = written;
    if (left > 0 || live !== undefined) return;
    const record = written?.record;
    if (record === undefined || isFinal(record.status) || record.status === "sent") ctx.outbox.done(sid);
    // A read receipt may still follow on channels that have one.
    const last =
      record !== undefined &&
      isFinal(record.status) &&
      (record.status !== "delivered" || record.kind === "SMS" || record.kind === "MMS");
    if (record === undefined || last) ctx.callbacks.delete(sid);
  }
}
