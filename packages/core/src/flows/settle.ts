import { isMessagingError, MessagingError } from "../errors.ts";
import { meanwhile } from "../meanwhile.ts";
import { parseRecipient } from "../phone/address.ts";
import type { ProviderResult } from "../provider.ts";
import type { MessageRecord, StoredAttempt } from "../records/message-record.ts";
import type { Versioned } from "../records/messages.ts";
import { changed, type RecordChange } from "../records/record-change.ts";
import type { Advance, FlowContext, Replan, Settle } from "./context.ts";
import { deadlineOf, exclusion, failed, lifeOf, takenAs, toFailure, withOutbound } from "./outcome.ts";

/** Flows that {@link createSettle} is handed. */
export interface SettleFlows {
  readonly advance: Advance;
  /** Plans a message again when a sender refused it. */
  readonly replan: Replan;
  /** Writes a provider's "opted out" to the consent ledger. */
  readonly providerOptOut: (record: MessageRecord) => Promise<void>;
}

/** After this long an ambiguous hand-over is decided. @see design: receipts come within minutes if they come. */
const AMBIGUOUS_MS = 900_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 300_000;

/** What becomes of a message after the provider answered, or did not: sent, tried again, sent otherwise, failed. */
export function createSettle(ctx: FlowContext, { advance, replan, providerOptOut }: SettleFlows): Settle {
  return Object.freeze({ settle, requeue, fail });

  /** Writes down what came of a hand-over. Tried until the store takes it: the outcome is known nowhere else. */
  async function settle(taken: Versioned, result: ProviderResult): Promise<void> {
    const { record } = taken;
    const live = lifeOf(ctx, record);
    // A text has taken over, and waits here: that this hand-over came to nothing is known.
    if (live === undefined && ctx.live.has(record.sid) && result.outcome !== "accepted") return;
    const attempt: StoredAttempt = live?.attempt ?? {
      from: record.from ?? "",
      at: ctx.clock.now(),
      outcome: result.outcome,
      errorCode: result.outcome === "accepted" ? null : result.errorCode,
      errorMessage: result.outcome === "accepted" ? null : result.errorMessage,
    };
    if (live !== undefined) live.attempt = attempt;
    const now = attempt.at;
    // An earlier try to write this down may have lost nothing but the answer: one hand-over is one attempt.
    const isKnown = ({ at, from, outcome }: StoredAttempt): boolean =>
      at === now && from === attempt.from && outcome === attempt.outcome;
    const attemptsOf = ({ attempts }: MessageRecord): readonly StoredAttempt[] =>
      attempts.some(isKnown) ? attempts : attempts.concat([attempt]);
    const tried = (current: MessageRecord): RecordChange => {
      const attempts = attemptsOf(current);
      return attempts === current.attempts ? {} : { attempts, updatedAt: now };
    };
    if (result.outcome === "accepted") {
      const link = meanwhile(
        ctx.store.set(
          ctx.keys.providerLink(record.provider ?? "", result.providerSid),
          record.sid,
          ctx.settings().retention * 1000,
        ),
      );
      let heir: string | undefined;
      await advance(taken, (current) => {
        const { rcsSid, mmsSid } = current.outbound ?? {};
        // Its receipt was faster, and another message has taken over: this answer says nothing of that one.
        if (rcsSid === result.providerSid || mmsSid === result.providerSid) {
          heir = current.outbound?.owner;
          return tried(current);
        }
        // A receipt may have been faster than the answer: then the status stays.
        const end = current.status === "sending" ? takenAs(result) : undefined;
        return {
          attempts: attemptsOf(current),
          updatedAt: now,
          providerSid: result.providerSid,
          ambiguous: false,
          status: end?.status ?? current.status,
          error: end?.error ?? current.error,
          sentAt: end === undefined ? (current.sentAt ?? now) : now,
        };
      });
      await link;
      // That message may wait here, in a life of its own, or in the process that got the receipt.
      if (heir !== ctx.owner) return forget(record);
      if (live !== undefined && ctx.live.get(record.sid) === live) ctx.waiting.drop(record.sid);
      return;
    }
    if (result.outcome === "not-sent") return again(taken, result, tried);
    if (result.outcome === "ambiguous") {
      const until = now + AMBIGUOUS_MS;
      const marked = await advance(taken, (current) =>
        current.status === "sending"
          ? { ...tried(current), ambiguous: true, outbound: withOutbound(current, { ambiguousUntil: until }) }
          : undefined,
      );
      ctx.waiting.drop(record.sid);
      if (marked !== undefined) ctx.waiting.later(record.sid, until);
      return;
    }
    return refused(taken, result, tried);
  }

  /** It certainly did not leave: back on its lane, later each time, within the validity period. */
  async function again(
    taken: Versioned,
    result: Extract<ProviderResult, { outcome: "not-sent" }>,
    tried: (record: MessageRecord) => RecordChange,
  ): Promise<void> {
    const { record } = taken;
    // Read before the lane is held: it comes back no later than the lane does.
    const now = ctx.clock.now();
    const tries = record.attempts.filter((attempt) => attempt.outcome === "not-sent").length;
    // Full jitter above half: many messages that failed together do not come back together.
    const backoff = Math.min(FIRST_RETRY_MS * 2 ** tries, LONGEST_RETRY_MS) * (0.5 + Math.random() / 2);
    const wait = Math.max(backoff, result.retryAfterMs ?? 0);
    if (result.retryAfterMs !== undefined && record.from !== null)
      ctx.queue.pause(record.from, result.retryAfterMs);
    if (now + wait >= deadlineOf(record)) {
      const message = `${result.errorMessage} It could not be sent within its validity period.`;
      // The provider's own number is on the attempt; the message's says what ended it.
      const { twilioCode } = new MessagingError("VALIDITY_EXPIRED", message);
      return failWith(
        taken,
        { error: "PROVIDER_UNAVAILABLE", errorCode: twilioCode, errorMessage: message },
        tried,
      );
    }
    const update = ctx.messages.update(taken, (current) =>
      current.status === "sending" ? { ...tried(current), status: "queued" } : undefined,
    );
    const queued = (await update) ?? (await queuedBefore(record));
    if (queued === undefined) return forget(record);
    ctx.waiting.enqueue(queued, { force: true, first: true, notBefore: now + wait });
  }

  /** The provider said no. Not by this sender: plan again without it. Otherwise it is final. */
  async function refused(
    taken: Versioned,
    result: Extract<ProviderResult, { outcome: "refused" }>,
    tried: (record: MessageRecord) => RecordChange,
  ): Promise<void> {
    const { record } = taken;
    if (result.meaning === "opted-out") await providerOptOut(record);
    const claimed = record.outbound?.claimed;
    if (claimed !== undefined) {
      const to = parseRecipient(record.to);
      await ctx.sticky.release(to.channel, to.person, claimed);
      ctx.pool.addMapping(record.from ?? "", -1);
    }
    const { meaning } = result;
    if (meaning === "sender" || meaning === "not-rcs" || (meaning === "not-mms" && record.kind === "MMS")) {
      const outbound = withOutbound(record, { claimed: undefined, ...exclusion(record, meaning) });
      try {
        const next = await replan(changed(record, { ...tried(record), outbound }));
        if (next !== undefined) return await requeue(taken, next);
      } catch (error) {
        // The plan itself refuses, as when the recipient opted out meanwhile: that is the end of it.
        if (!isMessagingError(error) || error.status >= 500) throw error;
        return failWith(taken, toFailure(error), tried);
      }
    }
    const error = meaning === "opted-out" ? "OPTED_OUT" : "PROVIDER_REFUSED";
    await failWith(taken, { error, errorCode: result.errorCode, errorMessage: result.errorMessage }, tried);
  }

  async function requeue(current: Versioned, next: MessageRecord): Promise<void> {
    // Only from where it was planned: it may have been canceled, or have got a receipt, meanwhile.
    const advanced = advance(current, ({ status }) =>
      status === current.record.status
        ? { ...next, status: "queued", updatedAt: ctx.clock.now() }
        : undefined,
    );
    const queued = (await advanced) ?? (await queuedBefore(next));
    if (queued === undefined) return forget(next);
    const added = ctx.waiting.enqueue(queued);
    if (added === "full")
      return fail(queued, new MessagingError("QUEUE_OVERFLOW", `The queue of ${next.from} is full.`));
  }

  /** An earlier try to put what a provider did not take on a lane may have lost nothing but the store's answer. */
  async function queuedBefore({ sid }: MessageRecord): Promise<Versioned | undefined> {
    if (ctx.live.get(sid)?.settling === undefined) return undefined;
    const there = await ctx.messages.get(sid);
    const isOurs = there?.record.status === "queued" && there.record.outbound?.owner === ctx.owner;
    return isOurs ? there : undefined;
  }

  async function fail(current: Versioned, error: unknown): Promise<void> {
    await failWith(current, toFailure(error), () => ({}));
  }

  async function failWith(
    current: Versioned,
    failure: Parameters<typeof failed>[1],
    tried: (record: MessageRecord) => RecordChange,
  ): Promise<void> {
    await advance(current, (record) => {
      const end = failed(record, failure, ctx.clock.now());
      return end === undefined ? undefined : { ...tried(record), ...end };
    });
    if (current.record.outbound?.confirmation === true) {
      const { sid, to, from } = current.record;
      ctx.events.alert(
        "KEYWORD_REPLY_FAILED",
        `The reply to a keyword of ${to} was not sent: ${failure.errorMessage}`,
        { sid, sender: from },
        { subject: from ?? "", errorCode: failure.errorCode },
      );
    }
    forget(current.record);
  }

  function forget(record: MessageRecord): void {
    ctx.forget(record.sid);
  }
}
