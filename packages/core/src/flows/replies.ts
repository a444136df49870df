import { segment } from "../encoding/segment.ts";
import { MessagingError } from "../errors.ts";
import { meanwhile } from "../meanwhile.ts";
import { fields, showUrl } from "../option-checks.ts";
import type { HttpResponse, ProviderReply } from "../provider.ts";
import { boundBy, type ConsentDocument, consentChannel } from "../records/consent-record.ts";
import { kindOf, replySidOf } from "../records/inbound-record.ts";
import { type MessageRecord, toMessage } from "../records/message-record.ts";
import { createReplyLoops } from "../records/reply-loops.ts";
import { parseBody, parseMedia } from "../send-request.ts";
import { isHttpUrl } from "../settings.ts";
import type { Message, ReplyInput } from "../types.ts";
import type { Arrival, CollectOptions, Collector, Received, Replies, ReplyDraft } from "./arrival.ts";
import type { FlowContext, Send } from "./context.ts";

/** Most messages in one answer. @see Twilio warning 14109. */
const MOST_REPLIES = 10;
const REPLY_FIELDS = ["body", "mediaUrl", "to", "from", "statusCallback"];
/** A reply on record. `fresh`: it was not there before. */
interface Written {
  readonly reply: ProviderReply;
  readonly fresh: boolean;
  readonly message: Message;
}

/** How replies leave: in the provider's HTTP answer where it takes one, else as messages. Each has a record and is sent at most once. */
export function createReplies(ctx: FlowContext, { send }: { readonly send: Send }): Replies {
  const loops = createReplyLoops(ctx.clock);
  /** Replies of {@link inResponse} whose answer has not left. */
  const unsaid = new Set<string>();
  return Object.freeze({ collect, inResponse, said, ack });

  function ack({ provider }: Arrival): HttpResponse {
    return provider.webhook.renderAck?.() ?? { status: 200, headers: {}, body: "" };
  }

  async function inResponse(received: Received, drafts: readonly ReplyDraft[]): Promise<HttpResponse> {
    const riding: ProviderReply[] = [];
    for (const draft of drafts) {
      const sid = sidOf(received, draft);
      // On record in vain: the answer that it was to ride in was never given.
      if (unsaid.delete(sid)) await ctx.messages.remove(sid);
      if (rides(received, draft, riding.length)) {
        const { reply, fresh } = await record(received, draft);
        if (!fresh) continue;
        riding.push(reply);
        unsaid.add(sid);
      } else await leave(received, draft);
    }
    return render(received, riding);
  }

  function said(received: Received, drafts: readonly ReplyDraft[]): void {
    for (const draft of drafts) unsaid.delete(sidOf(received, draft));
  }

  function collect(received: Received, isOpen: () => boolean = () => true): Collector {
    const riding: ProviderReply[] = [];
    const writing = new Set<Promise<unknown>>();
    let count = 0;
    let open = true;
    return {
      async reply(input: ReplyInput, options: CollectOptions = {}): Promise<Message> {
        const draft = toDraft(input, count++, options);
        refuseLoop(received, draft);
        if (!open || !isOpen() || !rides(received, draft, riding.length + writing.size))
          return leave(received, draft);
        const written = recordUnlessOptedOut(received, draft);
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
      answer(): HttpResponse | Promise<HttpResponse> {
        open = false;
        // A reply whose record is being written rides along: its record says that it was sent.
        if (writing.size > 0) return Promise.allSettled([...writing]).then(() => render(received, riding));
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

  /** Two machines that answer each other are cut off for a while. */
  function refuseLoop(received: Received, draft: ReplyDraft): void {
    const sender = draft.from ?? received.sender.id;
    const to = draft.to ?? received.from;
    const verdict = loops.count(sender, to);
    if (verdict === "fine") return;
    if (verdict === "begins")
      ctx.events.alert(
        "REPLY_LOOP",
        `${sender} and ${to} answer each other; replies stop for 30 s.`,
        { sender, to, sid: received.sid },
        { subject: sender },
      );
    throw new MessagingError("TOO_MANY_REPLIES", `${sender} and ${to} answer each other.`);
  }

  /** Between the message and this reply the person may have said STOP. */
  async function recordUnlessOptedOut(received: Received, draft: ReplyDraft): Promise<Written> {
    const asking = meanwhile(ctx.consent.get(received.person));
    const written = await record(received, draft);
    if (!isOptedOut(received, await asking)) return written;
    if (written.fresh) await ctx.messages.remove(written.message.sid);
    throw new MessagingError("OPTED_OUT", `${received.from} opted out.`);
  }

  function isOptedOut({ sender, person }: Received, consent: ConsentDocument): boolean {
    const { scope } = ctx.optOut().policy;
    const channel = consentChannel(sender.channel);
    const question = { service: ctx.options.name, channel, sender: sender.id, scope };
    return ctx.denied.has(person, channel) || boundBy(consent, question) !== undefined;
  }

  /** The record of a reply that rides in the answer. Its SID follows from the message it answers, so it exists once. */
  async function record(received: Received, draft: ReplyDraft): Promise<Written> {
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
      kind: kindOf(sender, mediaUrl),
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
      optOutType: draft.optOutType ?? null,
      sequence: 0,
      statusCallback: draft.statusCallback,
      guardedCallback: draft.guarded,
      callbackMethod: draft.callbackMethod,
    };
    const { earlier } = await ctx.messages.create(written, { exclusive: true });
    // Its cost is the sender's all the same: the lane pays for what left beside it.
    if (earlier === undefined)
      ctx.waiting.pay({ id: written.sid, lane: sender.id, cost: written.numSegments, bucket: written.kind });
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
        validityPeriod: draft.validityPeriod,
      },
      {
        direction: "outbound-reply",
        inReplyTo: received.sid,
        sid: sidOf(received, draft),
        confirmation: draft.confirmation,
        optOutType: draft.optOutType,
        guardedCallback: draft.guarded,
        callbackMethod: draft.callbackMethod,
      },
    );
  }
}

function sidOf({ sid }: Received, { index, mediaUrl }: ReplyDraft): string {
  return replySidOf(sid, index, mediaUrl);
}

/** @throws MessagingError UNKNOWN_REQUEST_OPTION, MISSING_CONTENT, BODY_TOO_LONG, INVALID_MEDIA_URL, TOO_MANY_MEDIA, INVALID_STATUS_CALLBACK. */
function toDraft(
  input: ReplyInput,
  index: number,
  { trusted = true, callbackMethod }: CollectOptions,
): ReplyDraft {
  const parts = typeof input === "string" ? { body: input } : input;
  fields("reply", parts, REPLY_FIELDS);
  const mediaUrl = parseMedia(parts.mediaUrl);
  const body = parseBody(parts.body, mediaUrl.length > 0);
  if (parts.statusCallback !== undefined && !isHttpUrl(parts.statusCallback))
    throw new MessagingError(
      "INVALID_STATUS_CALLBACK",
      `The reply's statusCallback is ${showUrl(parts.statusCallback)}.`,
    );
  const { to, from, statusCallback } = parts;
  return { body, mediaUrl, to, from, statusCallback, guarded: !trusted, callbackMethod, index };
}
