import { channels } from "../diagnostics.ts";
import { MessagingError } from "../errors.ts";
import { meanwhile } from "../meanwhile.ts";
import type { Tally } from "../queue/tally.ts";
import {
  hashOf,
  IDEMPOTENCY_MS,
  type IdempotencyMark,
  parseMark,
  recordUnder,
} from "../records/idempotency.ts";
import { type MessageRecord, toMessage } from "../records/message-record.ts";
import type { Created, Versioned } from "../records/messages.ts";
import { toOutboundRecord } from "../records/outbound-record.ts";
import { checkSchedule, type Draft, parseSendRequest } from "../send-request.ts";
import { createSid } from "../sid.ts";
import type { Message, SendRequest } from "../types.ts";
import type {
  Advance,
  CheckMedia,
  Claim,
  Decide,
  Decision,
  FlowContext,
  Send,
  SendOptions,
  Unsure,
} from "./context.ts";
import { createLive, failed, isAtOnce, keepCallback, refusalOf, toFailure } from "./outcome.ts";

/** Flows that `send` is handed by the composition root. */
export interface SendFlows {
  readonly decide: Decide;
  readonly claim: Claim;
  readonly advance: Advance;
  readonly unsure: Unsure;
  readonly checkMedia: CheckMedia;
  /** Counts the calls that are under way. */
  readonly tally: Tally;
}

/** `service.send`: check, read and plan, claim the mapping, write the record, put it on its lane. */
export function createSend(ctx: FlowContext, flows: SendFlows): Send {
  const { decide, claim, advance, unsure, checkMedia, tally } = flows;

  return async function enter(request: SendRequest, options: SendOptions = {}): Promise<Message> {
    // Calls on their way to the backlog count: a thousand at once must not all find room for one.
    const waiting = ctx.waiting.count() + tally.active;
    if (waiting >= ctx.options.maxBacklog) throw new MessagingError("BACKLOG_FULL", `${waiting} wait.`);
    tally.begin();
    try {
      return await send(request, options);
    } finally {
      tally.end();
    }
  };

  async function send(request: SendRequest, options: SendOptions): Promise<Message> {
    // Nobody chose the sender of either.
    const draft = parse(request, options.inReplyTo !== undefined || options.conversation !== undefined);
    if (options.sid !== undefined) {
      const there = await ctx.messages.get(options.sid);
      if (there !== undefined) return view(there.record);
    }
    const first = await decide(draft);
    const mark = first.idempotent === undefined ? undefined : parseMark(first.idempotent, draft, request);
    const earlier = mark === undefined ? undefined : await recordUnder(mark, ctx);
    if (earlier !== undefined) return view(earlier);
    if (draft.sendAt !== undefined) checkSchedule(draft.sendAt, ctx.clock.now());
    const sid = mark?.sid ?? options.sid ?? createSid(draft.mediaUrl.length > 0 ? "MM" : "SM");

    const refusal =
      refusalOf(draft, first, options.confirmation) ??
      (draft.mediaUrl.length > 0 ? await checkMedia(draft, first.plan) : undefined);
    if (refusal !== undefined && isAtOnce(draft, refusal)) throw refusal;
    if (draft.idempotencyKey !== undefined && mark === undefined) {
      const key = ctx.keys.idempotency(draft.idempotencyKey);
      const fresh: IdempotencyMark = { sid, hash: hashOf(request), at: ctx.clock.now() };
      const there = await ctx.store.setIfAbsent(key, JSON.stringify(fresh), IDEMPOTENCY_MS);
      // Another call with this key was a moment earlier: its message is ours.
      if (there !== undefined) return send(request, options);
    }
    if (refusal !== undefined) return refuse(sid, draft, first, refusal, options);

    if (draft.sendAt !== undefined) return await store(sid, draft, first, "scheduled", options);
    const { decision, claimed } = await claim(draft, first, { confirmation: options.confirmation, sid });
    return await store(sid, draft, decision, "queued", options, claimed);
  }

  function parse(request: SendRequest, isReply: boolean): Draft {
    return parseSendRequest(request, {
      settings: ctx.settings(),
      serviceSid: ctx.options.sid,
      defaultCountry: ctx.options.defaultCountry,
      isReply,
    });
  }

  async function store(
    sid: string,
    draft: Draft,
    decision: Decision,
    status: "queued" | "scheduled",
    options: SendOptions,
    claimed?: string,
  ): Promise<Message> {
    const record = toRecord(sid, draft, decision, status, options, claimed);
    // Two calls may come this far with one SID: the first to write has it. Then the outbox comes first, since the loser
    // of a crash between the two would take a record that nobody delivers for an accepted message.
    const exclusive = draft.idempotencyKey !== undefined || options.sid !== undefined;
    const added = meanwhile(ctx.outbox.add(sid));
    if (exclusive) await added;
    let created: Created;
    try {
      const touched = touch(draft, decision);
      created = await ctx.messages.create(record, { exclusive });
      await added;
      if (touched !== undefined) await touched;
    } catch (error) {
      // Perhaps it is written all the same. Under a key the next call would find it and count on its being sent;
      // without one the caller knows it as refused, and sends another.
      if (exclusive) unsure.takeUp(sid);
      else unsure.withdraw(sid, error);
      throw error;
    }
    if (created.earlier !== undefined) {
      if (created.earlier.outbound?.owner !== ctx.owner) ctx.outbox.done(sid);
      return view(created.earlier);
    }
    keepCallback(ctx, record, draft);
    return enqueue(created.versioned, draft);
  }

  function touch({ to }: Draft, { plan, mapping }: Decision): Promise<unknown> | undefined {
    return plan.sticky.kept && mapping !== undefined
      ? meanwhile(ctx.sticky.touch(to.channel, to.person, mapping))
      : undefined;
  }

  function enqueue(versioned: Versioned, draft: Draft): Message | Promise<Message> {
    const { record } = versioned;
    if (record.status === "scheduled") {
      ctx.waiting.later(record.sid, record.sendAt ?? 0);
      return accepted(record);
    }
    // Closing: it is stored, and the next start delivers it.
    return ctx.waiting.enqueue(versioned) === "full" ? overflow(versioned, draft) : accepted(record);
  }

  async function overflow(versioned: Versioned, draft: Draft): Promise<Message> {
    const { record } = versioned;
    const code = draft.from === undefined ? "QUEUE_OVERFLOW" : "QUEUE_FULL";
    const error = new MessagingError(code, `The queue of ${record.from} is full.`);
    const failure = toFailure(error);
    await advance(versioned, (current) => failed(current, failure, ctx.clock.now())).then(
      () => ctx.forget(record.sid),
      () => unsure.withdraw(record.sid, error),
    );
    if (draft.refusals === "status") return view(record);
    // As after every refusal: the same call is another message, once there is room.
    if (draft.idempotencyKey !== undefined)
      await ctx.store.delete(ctx.keys.idempotency(draft.idempotencyKey));
    throw error;
  }

  function accepted(record: MessageRecord): Message {
    if (channels.send.hasSubscribers) {
      const { sid, to, from, kind, numSegments, explanation } = record;
      const rule = explanation?.rule ?? null;
      channels.send.publish({ service: ctx.options.name, sid, to, from, kind, numSegments, rule });
    }
    return view(record);
  }

  /** With `refusals: "status"`: accepted now, failed a moment later, as Twilio does with a service. */
  async function refuse(
    sid: string,
    draft: Draft,
    decision: Decision,
    error: MessagingError,
    options: SendOptions,
  ): Promise<Message> {
    const doomed: MessageRecord = {
      ...toRecord(sid, draft, decision, "queued", options),
      status: "accepted",
      from: null,
      numSegments: 0,
    };
    // Should this process end before it says so, another one does.
    await ctx.outbox.add(sid);
    const { versioned, earlier } = await ctx.messages
      .create(doomed, { exclusive: draft.idempotencyKey !== undefined })
      .catch((cause: unknown) => {
        unsure.withdraw(sid, error);
        throw cause;
      });
    if (earlier !== undefined) {
      if (earlier.outbound?.owner !== ctx.owner) ctx.outbox.done(sid);
      return view(earlier);
    }
    keepCallback(ctx, doomed, draft);
    ctx.live.set(sid, createLive(versioned));
    unsure.withdraw(sid, error, 0);
    return accepted(doomed);
  }

  function toRecord(
    sid: string,
    draft: Draft,
    { plan }: Decision,
    status: "queued" | "scheduled",
    options: SendOptions,
    claimed?: string,
  ): MessageRecord {
    return toOutboundRecord({
      ...options,
      sid,
      draft,
      plan,
      status,
      claimed,
      owner: ctx.owner,
      now: ctx.clock.now(),
    });
  }

  function view(record: MessageRecord): Message {
    return toMessage(record, ctx.options.accountSid, ctx.options.sid);
  }
}
