import { createHash } from "node:crypto";
import { sleep } from "../clock.ts";
import { channels } from "../diagnostics.ts";
import { MessagingError } from "../errors.ts";
import { type MessageRecord, toMessage } from "../records/message-record.ts";
import { IDEMPOTENCY_MS } from "../records/messages.ts";
import { toOutboundRecord } from "../records/outbound-record.ts";
import { type Draft, parseSendRequest } from "../send-request.ts";
import { createSid } from "../sid.ts";
import type { Message, SendRequest } from "../types.ts";
import type { Advance, Claim, Decide, Decision, FlowContext, Send, SendOptions } from "./context.ts";
import { failed, refusalOf, toFailure } from "./outcome.ts";

/** A writer that has not stored its record this long after its mark is dead. */
const IDEMPOTENCY_LEASE_MS = 5_000;
const IDEMPOTENCY_POLL_MS = 25;

interface IdempotencyMark {
  readonly sid: string;
  readonly hash: string;
  readonly at: number;
}

/** Flows that `send` is handed by the composition root. */
export interface SendFlows {
  readonly decide: Decide;
  readonly claim: Claim;
  readonly advance: Advance;
}

/** `service.send`: check, read and plan, claim the mapping, write the record, put it on its lane. */
export function createSend(ctx: FlowContext, { decide, claim, advance }: SendFlows): Send {
  return async function send(request: SendRequest, options: SendOptions = {}): Promise<Message> {
    const draft = parse(request);
    if (ctx.queue.size() >= ctx.options.maxBacklog)
      throw new MessagingError("BACKLOG_FULL", `${ctx.queue.size()} units wait.`);

    if (options.sid !== undefined) {
      const there = await ctx.messages.get(options.sid);
      if (there !== undefined) return view(there.record);
    }
    const first = await decide(draft);
    const mark = first.idempotent === undefined ? undefined : parseMark(first.idempotent, draft, request);
    const earlier = mark === undefined ? undefined : await written(mark);
    if (earlier !== undefined) return view(earlier);
    const sid = mark?.sid ?? options.sid ?? createSid(draft.mediaUrl.length > 0 ? "MM" : "SM");

    const refusal = refusalOf(draft, first, options.confirmation);
    if (refusal !== undefined && draft.refusals === "reject") throw refusal;
    if (draft.idempotencyKey !== undefined && mark === undefined) {
      const key = ctx.keys.idempotency(draft.idempotencyKey);
      const fresh: IdempotencyMark = { sid, hash: hashOf(request), at: ctx.clock.now() };
      const there = await ctx.store.setIfAbsent(key, JSON.stringify(fresh), IDEMPOTENCY_MS);
      // Another call with this key was a moment earlier: its message is ours.
      if (there !== undefined) return send(request, options);
    }
    if (refusal !== undefined) return refuse(sid, draft, first, refusal, options);

    if (draft.sendAt !== undefined) return store(sid, draft, first, "scheduled", options);
    const { decision, claimed } = await claim(draft, first);
    return store(sid, draft, decision, "queued", options, claimed);
  };

  function parse(request: SendRequest): Draft {
    return parseSendRequest(request, {
      settings: ctx.settings(),
      serviceSid: ctx.options.sid,
      defaultCountry: ctx.options.defaultCountry,
      now: ctx.clock.now(),
    });
  }

  /**
   * The record under an idempotency mark. Its writer may still be on the way to it: wait for as long as a living one
   * takes. Missing after that, the writer died between mark and record, and this call writes it under that SID.
   */
  async function written(mark: IdempotencyMark): Promise<MessageRecord | undefined> {
    for (;;) {
      const there = await ctx.messages.get(mark.sid);
      if (there !== undefined) return there.record;
      if (ctx.clock.now() - mark.at >= IDEMPOTENCY_LEASE_MS) return undefined;
      await sleep(ctx.clock, IDEMPOTENCY_POLL_MS);
    }
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
    const { channel, person } = draft.to;
    const { sticky } = decision.plan;
    const writes: Promise<unknown>[] = [];
    if (decision.link !== undefined) writes.push(ctx.links.set(decision.link, draft.mediaUrl));
    if (sticky.kept && decision.mapping !== undefined)
      writes.push(ctx.sticky.touch(channel, person, decision.mapping));
    // Two calls may come this far with one SID: the first to write has it. Then the outbox comes first, since the loser
    // of a crash between the two would take a record that nobody delivers for an accepted message.
    const exclusive = draft.idempotencyKey !== undefined || options.sid !== undefined;
    if (exclusive) await ctx.outbox.add(sid);
    else writes.push(ctx.outbox.add(sid));
    const [created] = await Promise.all([ctx.messages.create(record, { exclusive }), ...writes]);
    if (created.earlier !== undefined) return view(created.earlier);
    if (typeof draft.statusCallback === "function") ctx.callbacks.set(sid, draft.statusCallback);
    ctx.live.set(sid, { versioned: created.versioned });
    return enqueue(record, draft);
  }

  async function enqueue(record: MessageRecord, draft: Draft): Promise<Message> {
    const job =
      record.status === "scheduled"
        ? { id: record.sid, lane: "schedule", cost: 0, notBefore: record.sendAt ?? 0 }
        : {
            id: record.sid,
            lane: record.from ?? "",
            cost: record.kind === "SMS" ? record.numSegments : 1,
            bucket: record.kind,
          };
    const result = ctx.queue.add(job);
    if (channels.send.hasSubscribers) {
      const { sid, to, from, explanation } = record;
      channels.send.publish({ service: ctx.options.name, sid, to, from, rule: explanation?.rule ?? null });
    }
    if (result === "added") {
      if (record.from !== null) ctx.pool.setBusy(record.from, true);
      return view(record);
    }
    const error =
      result === "closed"
        ? new MessagingError(
            "SERVICE_CLOSED",
            "The service is closing; the message waits for the next start.",
          )
        : draft.from === undefined
          ? new MessagingError("QUEUE_OVERFLOW", `The queue of ${record.from} is full.`)
          : new MessagingError("QUEUE_FULL", `The queue of ${record.from} is full.`);
    // Closing: it is stored, and the next start delivers it.
    if (result === "closed") return view(record);
    await advance(record.sid, (current) => failed(current, toFailure(error), ctx.clock.now()));
    ctx.forget(record.sid);
    if (draft.refusals === "reject") throw error;
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
    const accepted: MessageRecord = {
      ...toRecord(sid, draft, decision, "queued", options),
      status: "accepted",
      from: null,
      numSegments: 0,
    };
    const { versioned, earlier } = await ctx.messages.create(accepted, {
      exclusive: draft.idempotencyKey !== undefined,
    });
    if (earlier !== undefined) return view(earlier);
    if (typeof draft.statusCallback === "function") ctx.callbacks.set(sid, draft.statusCallback);
    ctx.live.set(sid, { versioned });
    ctx.clock.schedule(() => {
      advance(versioned, (current) => failed(current, toFailure(error), ctx.clock.now()))
        .catch((cause: unknown) =>
          ctx.logger.error("A refused message could not be marked failed.", { sid, cause: String(cause) }),
        )
        .finally(() => ctx.forget(sid));
    }, 0);
    return view(accepted);
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

/** One hash for one request, whatever the order of its fields. */
function hashOf(request: SendRequest): string {
  const entries = Object.entries(request).filter(
    ([key]) => key !== "idempotencyKey" && key !== "statusCallback",
  );
  return createHash("sha256")
    .update(JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1))))
    .digest("base64url")
    .slice(0, 22);
}

function parseMark(raw: string, draft: Draft, request: SendRequest): IdempotencyMark {
  const mark = JSON.parse(raw) as IdempotencyMark;
  if (mark.hash === hashOf(request)) return mark;
  throw new MessagingError(
    "IDEMPOTENCY_CONFLICT",
    `The idempotencyKey "${draft.idempotencyKey}" belongs to ${mark.sid}, a message with other content.`,
  );
}
