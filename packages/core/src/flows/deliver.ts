import { channels } from "../diagnostics.ts";
import { MessagingError } from "../errors.ts";
import { meanwhile } from "../meanwhile.ts";
import { parseRecipient, reachOf } from "../phone/address.ts";
import type { Provider, ProviderResult } from "../provider.ts";
import type { Job } from "../queue/queue.ts";
import { boundBy, consentChannel, parseConsent } from "../records/consent-record.ts";
import type { MessageRecord } from "../records/message-record.ts";
import type { Versioned } from "../records/messages.ts";
import { changed } from "../records/record-change.ts";
import type { FlowContext, Live, Replan, Settle } from "./context.ts";
import { createLive, deadlineOf, lifeOf, question } from "./outcome.ts";

/** Flows that {@link createDeliver} is handed. */
export interface DeliverFlows extends Settle {
  /** Hands a message to its provider; never rejects. */
  readonly handTo: (provider: Provider, record: MessageRecord, now: number) => Promise<ProviderResult>;
  /** Plans a message whose schedule falls due. */
  readonly replan: Replan;
  /** Handles an inbound message again that the store failed in the middle of. */
  readonly resume: (current: Versioned) => Promise<void>;
  /** Told of every hand-over that was not accepted. */
  readonly judge: (
    provider: string,
    sid: string,
    result: Exclude<ProviderResult, { outcome: "accepted" }>,
  ) => void;
}

/** A store that did not answer is asked again after this long. */
const STORE_RETRY_MS = 1_000;

/** From a job on a lane to the provider and back: expiry, consent, hand-over, and what came of it. */
export function createDeliver(
  ctx: FlowContext,
  { handTo, replan, resume, judge, settle, requeue, fail }: DeliverFlows,
): (job: Job) => Promise<void> {
  return async function deliver(job: Job): Promise<void> {
    try {
      if (ctx.waiting.started(job.id)) await run(job);
    } catch (error) {
      // Nothing was handed over: the hand-over's own outcome is kept by settle. The message stays ours and waits.
      ctx.logger.warn("A delivery stopped at the store; it is tried again.", {
        sid: job.id,
        error: String(error),
      });
      const notBefore = ctx.clock.now() + STORE_RETRY_MS;
      ctx.queue.add({ ...job, notBefore }, { force: true, first: true });
    } finally {
      if (ctx.queue.size(job.lane) === 0) ctx.pool.setBusy(job.lane, false);
    }
  };

  function run({ id }: Job): Promise<void> | void {
    const live = ctx.live.get(id);
    if (live === undefined) return look(id);
    return live.settling === undefined
      ? proceed(live.versioned, live)
      : settle(live.versioned, live.settling);
  }

  /** It waited for a time, or for a store: what is it by now? */
  async function look(sid: string): Promise<void> {
    const current = await ctx.messages.get(sid);
    const owner = current?.record.outbound?.owner ?? ctx.owner;
    // Another process has it: it took it over, or wrote it under a key that both were given.
    if (current === undefined || owner !== ctx.owner) return ctx.forget(sid);
    const { record } = current;
    if (record.status !== "queued" || !isServed(record)) return proceed(current, undefined);
    // The answer to the write that put it in line was lost: it takes its turn like any other.
    ctx.waiting.enqueue(current, { force: true });
  }

  function proceed(current: Versioned, live: Live | undefined): Promise<void> | void {
    const { record } = current;
    if (record.inbound !== undefined) return resume(current);
    if (record.status === "scheduled") return due(current);
    if (record.status === "queued" && !isServed(record)) return planAnew(current);
    if (record.status === "sending" && record.ambiguous) return decideAmbiguous(current);
    if (record.status !== "queued" && !(record.status === "sending" && live?.taken === true))
      return ctx.forget(record.sid);
    if (ctx.clock.now() >= deadlineOf(record))
      return fail(
        current,
        new MessagingError("VALIDITY_EXPIRED", `It waited longer than its ${record.validityPeriod} s.`),
      );
    return attempt(current, live);
  }

  /**
   * Its sender left the pool while it waited, or goes by another provider now: it is planned anew, and another one takes it, or
   * nobody. A fallbackFrom need not be in the pool.
   */
  function isServed({ from, to, provider, outbound }: MessageRecord): boolean {
    if (!ctx.providers.has(provider ?? "")) return false;
    const sender = ctx.pool.get(from ?? "");
    if (sender === undefined) return from === outbound?.fallbackFrom;
    if (sender.type !== "alphanumeric") return sender.provider === provider;
    // Of a sender ID there may be several: the one that is kept for another country does not count.
    if (sender.country === undefined) return true;
    const { country } = parseRecipient(to);
    const kept = ctx.pool.get(sender.id, country)?.country;
    return kept === undefined || kept === country;
  }

  /** Marks it as being sent, and asks for consent in the same wave: it may have waited. */
  async function take(current: Versioned, known: Live | undefined): Promise<Versioned | undefined> {
    const { record } = current;
    const live = known ?? ctx.live.get(record.sid) ?? createLive(current);
    if (known === undefined) ctx.live.set(record.sid, live);
    const to = reachOf(record.to);
    live.taken = true;
    const sending = changed(record, { status: "sending", updatedAt: ctx.clock.now() });
    const asking = meanwhile(ctx.store.get(ctx.keys.consent(to.person)));
    const noting = noteCampaign(record, to.person);
    let taken = await ctx.messages.replace(current, sending);
    const rawConsent = await asking;
    if (noting !== undefined) await noting;
    if (taken === undefined) {
      // Canceled, taken over, or our own earlier write whose answer was lost.
      const there = await ctx.messages.get(record.sid);
      const ours =
        there?.record.outbound?.owner === ctx.owner &&
        (there.record.status === "sending" || there.record.status === "queued");
      if (there === undefined || !ours) {
        ctx.forget(record.sid);
        return undefined;
      }
      if (there.record.status === "queued") {
        live.versioned = there;
        return await take(there, live);
      }
      taken = there;
    }
    live.versioned = taken;
    const sender = ctx.pool.get(record.from ?? "");
    const asked = question(
      ctx,
      { to, category: record.category ?? undefined },
      { decision: sender === undefined ? null : { sender, kind: record.kind, rule: "from" } },
    );
    const denied = ctx.denied.has(to.person, consentChannel(to.channel));
    if (denied || boundBy(parseConsent(rawConsent), asked) !== undefined) {
      if (record.outbound?.confirmation !== true) {
        await fail(
          taken,
          new MessagingError("OPTED_OUT", `${record.to} opted out while the message waited.`),
        );
        return undefined;
      }
    }
    return taken;
  }

  /** An opt-out that follows counts for the campaign it answers. */
  function noteCampaign({ tags }: MessageRecord, person: string): Promise<void> | undefined {
    if (tags?.campaign === undefined) return undefined;
    return meanwhile(
      ctx.store.set(ctx.keys.campaign(person), tags.campaign, ctx.settings().retention * 1000),
    );
  }

  async function attempt(current: Versioned, known: Live | undefined): Promise<void> {
    const taken = await take(current, known);
    if (taken === undefined) return;
    const { record } = taken;
    const provider = ctx.providers.get(record.provider ?? "");
    if (provider === undefined) {
      return fail(
        taken,
        new MessagingError("PROVIDER_NOT_FOUND", `There is no provider "${record.provider}".`),
      );
    }
    const startedAt = ctx.clock.now();
    const result = await handTo(provider, record, startedAt);
    if (result.outcome !== "accepted") judge(provider.name, record.sid, result);
    if (channels.deliver.hasSubscribers) {
      const { sid, from } = record;
      const { outcome } = result;
      channels.deliver.publish({
        service: ctx.options.name,
        sid,
        from,
        provider: record.provider,
        outcome,
        errorCode: result.outcome === "accepted" ? null : result.errorCode,
        durationMs: ctx.clock.now() - startedAt,
      });
    }
    const live = lifeOf(ctx, record);
    if (live !== undefined) live.settling = result;
    await settle(taken, result);
  }

  /** A scheduled message's time has come: it is planned, and consent is asked, now. */
  async function due(current: Versioned): Promise<void> {
    const { record } = current;
    const dueAt = record.sendAt ?? 0;
    if (dueAt > ctx.clock.now()) return ctx.waiting.later(record.sid, dueAt);
    return planAnew(current);
  }

  async function planAnew(current: Versioned): Promise<void> {
    try {
      const next = await replan(current.record, { reject: true });
      if (next !== undefined) await requeue(current, next);
    } catch (error) {
      if (error instanceof MessagingError && error.code !== "STORE_UNAVAILABLE") return fail(current, error);
      throw error;
    }
  }

  async function decideAmbiguous(current: Versioned): Promise<void> {
    const { record } = current;
    const until = record.outbound?.ambiguousUntil ?? 0;
    if (until > ctx.clock.now()) return ctx.waiting.later(record.sid, until);
    if (ctx.settings().onAmbiguous === "resend") return requeue(current, { ...record, ambiguous: false });
    const last = record.attempts.at(-1)?.errorMessage ?? "the process stopped in the middle of it";
    await fail(
      current,
      new MessagingError("AMBIGUOUS", `No receipt came for a hand-over of unknown outcome (${last}).`),
    );
  }
}
