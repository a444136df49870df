import { possibleOptOut } from "../opt-out/possible-opt-out.ts";
import { toInboundMessage } from "../records/message-record.ts";
import type { InboundMessage, WebhookFunction } from "../types.ts";
import type {
  CallWebhook,
  Collector,
  Handle,
  Handled,
  Outcome,
  Received,
  Replies,
  Route,
} from "./arrival.ts";
import type { FlowContext } from "./context.ts";

/** Flows that {@link createHandling} is handed. */
export interface HandlingFlows {
  readonly replies: Replies;
  /** Calls a webhook URL and carries its TwiML out through the collector. */
  readonly callUrl: CallWebhook;
}

/** An inbound message that is no keyword: the application's turn, by `inboundHandling`. */
export function createHandling(
  ctx: FlowContext,
  { replies, callUrl }: HandlingFlows,
): { handle: Handle; inform: (received: Handled) => void } {
  return { handle, inform };

  async function handle(received: Received, route: Route | undefined): Promise<Outcome> {
    const { sender } = received;
    const mode = sender.inboundHandling ?? ctx.settings().inboundHandling;
    if (mode === "drop") return { response: replies.ack(received), kept: false };
    const message = view(received);
    ctx.events.emit("received", message);
    const phrase = ctx.optOut().policy.enabled ? possibleOptOut(message.body) : undefined;
    if (phrase !== undefined) ctx.events.emit("possible-opt-out", Object.freeze({ ...message, phrase }));
    const webhook = mode === "webhook" ? ctx.settings().webhook : (sender.webhook ?? ctx.settings().webhook);
    const collector = replies.collect(received);
    if (webhook !== undefined) {
      const work =
        typeof webhook === "function"
          ? callFunction(webhook, message, collector)
          : callUrl(webhook, message, collector);
      return answerInTime(received, collector, work);
    }
    if (route === undefined || mode !== "defer") return { response: replies.ack(received), kept: true };
    return passOn(route, message, replies.collect(received, route.isOpen));
  }

  /** The next route writes the answer, or its first reply does. */
  async function passOn(route: Route, message: InboundMessage, collector: Collector): Promise<Outcome> {
    let answered = false;
    const captured = await route.next({
      message,
      async reply(input) {
        const first = !answered;
        answered = true;
        const sent = await collector.reply(input);
        if (first && route.isOpen?.() !== false) route.respond(await collector.answer());
        return sent;
      },
    });
    return { response: undefined, captured, kept: true };
  }

  /** The provider is answered within `respondWithin`, whatever the user's code does; what it still says leaves as messages. */
  async function answerInTime(
    received: Received,
    collector: Collector,
    work: Promise<void>,
  ): Promise<Outcome> {
    const settled = work.catch((error: unknown) => {
      const details = error instanceof Error ? error.message : String(error);
      ctx.events.alert("WEBHOOK_FAILED", `The webhook for ${received.sid} failed: ${details}`, {
        sid: received.sid,
      });
    });
    let timer: { cancel(): void } | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = ctx.clock.schedule(() => resolve("late"), ctx.settings().respondWithin);
    });
    const first = await Promise.race([settled, late]);
    timer?.cancel();
    const response = await collector.answer();
    return { response, kept: true, pending: first === "late" ? settled : undefined };
  }

  async function callFunction(
    webhook: WebhookFunction,
    message: InboundMessage,
    collector: Collector,
  ): Promise<void> {
    await webhook(message, { reply: collector.reply, token: message.sid });
  }

  /** After a keyword's answer has left: the webhook learns of it with `optOutType`; its own answer is not sent. */
  function inform(received: Handled): void {
    const { sender, optOutType } = received;
    const mode = sender.inboundHandling ?? ctx.settings().inboundHandling;
    const webhook = mode === "webhook" ? ctx.settings().webhook : (sender.webhook ?? ctx.settings().webhook);
    if (webhook === undefined || mode === "drop") return;
    const message = Object.freeze({ ...view(received), optOutType });
    const deaf: Collector = {
      reply: () =>
        Promise.reject(
          new Error("A keyword is answered by the service; the webhook's own reply is not sent."),
        ),
      answer: async () => replies.ack(received),
    };
    const work =
      typeof webhook === "function" ? callFunction(webhook, message, deaf) : callUrl(webhook, message, deaf);
    work.catch((error: unknown) =>
      ctx.events.alert("WEBHOOK_FAILED", `The webhook was told of a keyword and failed: ${String(error)}`, {
        sid: received.sid,
      }),
    );
  }

  function view(received: Received): InboundMessage {
    return toInboundMessage(received.claimed.record, ctx.options.accountSid, ctx.options.sid);
  }
}
