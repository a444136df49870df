import { segment } from "../encoding/segment.ts";
import { MessagingError } from "../errors.ts";
import type { HttpResponse, ProviderReply } from "../provider.ts";
import { boundBy, consentChannel } from "../records/consent-record.ts";
import { type MessageRecord, toMessage } from "../records/message-record.ts";
import { deriveSid } from "../sid.ts";
import type { Message, ReplyInput } from "../types.ts";
import type { Arrival, Collector, Received, Replies, ReplyDraft } from "./arrival.ts";
import type { FlowContext, Send } from "./context.ts";

/** Most messages in one answer. @see Twilio warning 14109. */
const MOST_REPLIES = 10;

/** @see Twilio error 14107: more than 15 replies with gaps below 30 s fail for 30 s. */
const LOOP_REPLIES = 15;
const LOOP_GAP_MS = 30_000;
const MOST_PAIRS = 100_000;

/** How replies leave: in the provider's HTTP answer where it takes one, else as messages. Each has a record and is sent at most once. */
export function createReplies(ctx: FlowContext, { send }: { readonly send: Send }): Replies {
  /** Replies between two addresses lately. */
  const exchanges = new Map<string, { readonly count: number; readonly at: number }>();
  return Object.freeze({ collect, inResponse, ack });

  function ack({ provider }: Arrival): HttpResponse {
    return provider.webhook.renderAck?.() ?? { status: 200, headers: {}, body: "" };
  }

  async function inResponse(received: Received, drafts: readonly ReplyDraft[]): Promise<HttpResponse> {
    const riding: ProviderReply[] = [];
    for (const draft of drafts) {
      if (rides(received, draft, riding.length)) {
        const { reply, fresh } = await record(received, draft);
        if (fresh) riding.push(reply);
      } else await leave(received, draft);
    }
    return render(received, riding);
  }

  function collect(received: Received, isOpen: () => boolean = () => true): Collector {
    const riding: ProviderReply[] = [];
    const writing = new Set<Promise<unknown>>();
    let count = 0;
    let open = true;
    return {
      async reply(input: ReplyInput, { trusted = true } = {}): Promise<Message> {
        const draft = { ...toDraft(input, count++), guarded: !trusted };
        refuseLoop(received);
        if (!open || !isOpen() || !rides(received, draft, riding.length + writing.size))
          return leave(received, draft);
        refuseOptedOut(received);
        const written = record(received, draft);
        writing.add(written);
        try {
          const { reply, fresh, message } = await written;
          if (fresh && !isOpen()) {
            // The route answered meanwhile: what would have ridden along leaves by itself, and is on record once.
            await ctx.messages.remove(message.sid);
            return await leave(received, draft);
          }
          if (fresh) riding.push(reply);
          return message;
        } finally {
          writing.delete(written);
        }
      },
      async answer(): Promise<HttpResponse> {
        open = false;
        // A reply whose record is being written rides along: its record says that it was sent.
        await Promise.allSettled([...writing]);
        return render(received, riding);
      },
    };
  }

  function rides(received: Received, draft: ReplyDraft, already: number): boolean {
    if (
      !received.answerable ||
      received.provider.webhook.renderReply === undefined ||
      already >= MOST_REPLIES
    )
      return false;
    return (
      (draft.to === undefined || draft.to === received.from) &&
      (draft.from === undefined || draft.from === received.sender.id)
    );
  }

  function render(received: Received, riding: readonly ProviderReply[]): HttpResponse {
    return riding.length === 0
      ? ack(received)
      : (received.provider.webhook.renderReply?.(riding) ?? ack(received));
  }

  /** Two machines that answer each other: more than 15 replies, each within 30 s of the one before, are a loop. */
  function refuseLoop({ from, sender }: Received): void {
    const now = ctx.clock.now();
    const pair = `${sender.id} ${from}`;
    const before = exchanges.get(pair);
    const goesOn = before !== undefined && now - before.at < LOOP_GAP_MS;
    const count = goesOn ? before.count + 1 : 1;
    // Re-inserted, so that the oldest pair stands first.
    exchanges.delete(pair);
    exchanges.set(pair, {
      count: Math.min(count, LOOP_REPLIES + 1),
      at: goesOn && count > LOOP_REPLIES ? before.at : now,
    });
    if (exchanges.size > MOST_PAIRS) exchanges.delete(exchanges.keys().next().value ?? "");
    if (count <= LOOP_REPLIES) return;
    if (count === LOOP_REPLIES + 1)
      ctx.events.alert("REPLY_LOOP", `${sender.id} and ${from} answer each other; replies stop for 30 s.`, {
        sender: sender.id,
        from,
      });
    throw new MessagingError("TOO_MANY_REPLIES", `${sender.id} and ${from} answer each other.`);
  }

  function refuseOptedOut({ consent, sender, person, from }: Received): void {
    const { scope } = ctx.optOut().policy;
    const channel = consentChannel(sender.channel);
    const bound = boundBy(consent, { service: ctx.options.name, channel, sender: sender.id, scope });
    if (bound !== undefined || ctx.denied.has(person, channel))
      throw new MessagingError("OPTED_OUT", `${from} opted out.`);
  }

  /** The record of a reply that rides in the answer. Its SID follows from the message it answers, so it exists once. */
  async function record(
    received: Received,
    draft: ReplyDraft,
  ): Promise<{ reply: ProviderReply; fresh: boolean; message: Message }> {
    const { sender } = received;
    const now = ctx.clock.now();
    const mediaUrl = draft.mediaUrl ?? [];
    const parts =
      sender.channel === "sms" && mediaUrl.length === 0
        ? segment(draft.body, { smartEncoding: ctx.settings().smartEncoding })
        : undefined;
    const written: MessageRecord = {
      sid: sidOf(received, draft),
      direction: "outbound-reply",
      to: received.from,
      from: sender.id,
      body: parts?.body ?? draft.body,
      mediaUrl,
      kind:
        sender.channel === "whatsapp"
          ? "WHATSAPP"
          : sender.channel === "rcs"
            ? "RCS"
            : mediaUrl.length > 0
              ? "MMS"
              : "SMS",
      status: "sent",
      errorCode: null,
      errorMessage: null,
      error: null,
      encoding: parts?.encoding ?? null,
      numSegments: parts?.numSegments ?? 1,
      createdAt: now,
      updatedAt: now,
      sentAt: now,
      sendAt: null,
      validityPeriod: ctx.settings().validityPeriod,
      category: null,
      tags: null,
      provider: received.provider.name,
      providerSid: null,
      ambiguous: false,
      attempts: [],
      explanation: null,
      optOutType: null,
      sequence: 0,
      statusCallback: draft.statusCallback,
    };
    const { earlier } = await ctx.messages.create(written, { exclusive: true });
    // Its cost is the sender's all the same: the lane pays for what left beside it.
    if (earlier === undefined)
      ctx.queue.add({ id: written.sid, lane: sender.id, cost: written.numSegments, bucket: written.kind });
    const reply: ProviderReply = {
      body: written.body,
      mediaUrl,
      statusCallback: ctx.statusUrl(received.provider.name, written.sid),
    };
    return {
      reply,
      fresh: earlier === undefined,
      message: toMessage(earlier ?? written, ctx.options.accountSid, ctx.options.sid),
    };
  }

  /** As a message of its own, under a key that makes it one however often it is asked for. */
  function leave(received: Received, draft: ReplyDraft): Promise<Message> {
    return send(
      {
        to: draft.to ?? received.from,
        from: draft.from ?? received.sender.id,
        body: draft.body,
        mediaUrl: draft.mediaUrl,
        statusCallback: draft.statusCallback,
      },
      {
        direction: "outbound-reply",
        inReplyTo: received.sid,
        sid: sidOf(received, draft),
        confirmation: draft.confirmation,
        guardedCallback: draft.guarded,
      },
    );
  }
}

/** A reply's SID follows from the message it answers: however often it is asked for, it exists once. */
function sidOf({ sid }: Received, { index, mediaUrl = [] }: ReplyDraft): string {
  return deriveSid(mediaUrl.length > 0 ? "MM" : "SM", sid, "reply", String(index));
}

/** @throws MessagingError MISSING_CONTENT, BODY_TOO_LONG. */
function toDraft(input: ReplyInput, index: number): ReplyDraft {
  const parts = typeof input === "string" ? { body: input } : input;
  const mediaUrl =
    parts.mediaUrl === undefined
      ? []
      : typeof parts.mediaUrl === "string"
        ? [parts.mediaUrl]
        : parts.mediaUrl;
  const body = parts.body ?? "";
  if (body === "" && mediaUrl.length === 0)
    throw new MessagingError("MISSING_CONTENT", "The reply has neither body nor media.");
  if (body.length > 1_600)
    throw new MessagingError("BODY_TOO_LONG", `The reply has ${body.length} characters.`);
  return { body, mediaUrl, to: parts.to, from: parts.from, statusCallback: parts.statusCallback, index };
}
