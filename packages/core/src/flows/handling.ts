import { isMessagingError } from "../errors.ts";
import { possibleOptOut } from "../opt-out/possible-opt-out.ts";
import type { HttpResponse } from "../provider.ts";
import { toInboundMessage } from "../records/message-record.ts";
import type { Sender } from "../sender.ts";
import type {
  InboundHandling,
  InboundMessage,
  Message,
  ReplyInput,
  Webhook,
  WebhookContext,
  WebhookFunction,
} from "../types.ts";
import { inboundParameters } from "../webhook/parameters.ts";
import { reportFailure } from "../webhook/report.ts";
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
import type { Converse } from "./conversing.ts";

/** Flows that {@link createHandling} is handed. */
export interface HandlingFlows {
  readonly replies: Replies;
  /** Calls a webhook URL and carries its TwiML out through the collector. */
  readonly callUrl: CallWebhook;
  /** Puts a message into its conversation; false: it was refused. */
  readonly converse: Converse["receive"];
}

/** What {@link createHandling} makes. */
export interface Handling {
  readonly handle: Handle;
  /** Whether anybody is told of this sender's keywords. */
  readonly informs: (sender: Sender) => boolean;
  /** Tells the webhook of a keyword after its answer has left. Rejects only when the service closes meanwhile. */
  readonly inform: (received: Handled) => Promise<void>;
}

/** An inbound message that is no keyword: the application's turn, by `inboundHandling`. */
export function createHandling(ctx: FlowContext, { replies, callUrl, converse }: HandlingFlows): Handling {
  return Object.freeze({
    handle,
    inform,
    informs: (sender: Sender) => takerOf(sender).webhook !== undefined,
  });

  async function handle(received: Received, route: Route | undefined): Promise<Outcome> {
    const { mode, webhook } = takerOf(received.sender);
    if (mode === "drop") return { response: replies.ack(received), kept: false };
    if (mode === "conversation" && !(await converse(received)))
      return { response: replies.ack(received), kept: false };
    const message = view(received);
    ctx.events.emit("received", message);
    const asks = ctx.optOut().policy.enabled && ctx.events.has("possible-opt-out");
    const phrase = asks ? possibleOptOut(message.body) : undefined;
    if (phrase !== undefined) ctx.events.emit("possible-opt-out", Object.freeze({ ...message, phrase }));
    const collector = replies.collect(received);
    if (webhook !== undefined) {
      const work =
        typeof webhook === "function"
          ? callFunction(webhook, message, (input) => heard(message, collector.reply(input)))
          : callUrl(webhook, message, collector);
      // Over already: there is nothing to wait for.
      if (work === undefined) return { response: await collector.answer(), kept: true };
      return await answerInTime(received, collector, work);
    }
    if (route === undefined || mode !== "defer") return { response: replies.ack(received), kept: true };
    if (received.answerable) return passOn(route, message, replies.collect(received, route.isOpen));
    // A route answers one request, so it cannot take several messages in turn. Who relies on it should know.
    const { sid } = received;
    ctx.events.alert(
      "ROUTE_SKIPPED",
      `${sid} came with others in one request, and no route was called for it: set a webhook.`,
      { sid },
      { subject: received.sender.id },
    );
    return { response: replies.ack(received), kept: true };
  }

  /** "defer": the sender's own webhook, else the service's. "webhook": the service's. "conversation", "drop": nobody. */
  function takerOf(sender: Sender): {
    readonly mode: InboundHandling;
    readonly webhook: Webhook | undefined;
  } {
    const { inboundHandling, webhook } = ctx.settings();
    const mode = sender.inboundHandling ?? inboundHandling;
    if (mode === "drop" || mode === "conversation") return { mode, webhook: undefined };
    return { mode, webhook: mode === "webhook" ? webhook : (sender.webhook ?? webhook) };
  }

  /** The next route writes the answer, or its first reply does, or, when both are late, we do. */
  async function passOn(route: Route, message: InboundMessage, collector: Collector): Promise<Outcome> {
    let answered = false;
    const reply = async (input: ReplyInput): Promise<Message> => {
      const first = !answered;
      answered = true;
      const sent = await collector.reply(input);
      if (first && route.isOpen?.() !== false) route.respond(await collector.answer());
      return sent;
    };
    const turn = route.next({ message, reply: (input) => heard(message, reply(input)) });
    const captured = await withinTime(turn, async () => {
      // It is being answered, however slowly.
      if (route.isOpen?.() === false) return turn;
      const answer: HttpResponse = await collector.answer();
      if (route.standIn === undefined) route.respond(answer);
      else route.standIn(answer);
      return answer;
    });
    return { response: undefined, captured, kept: true };
  }

  /** The provider is answered within `respondWithin`, whatever the user's code does; what it still says leaves as messages. */
  async function answerInTime(
    received: Received,
    collector: Collector,
    work: Promise<void>,
  ): Promise<Outcome> {
    const settled = work.catch((error: unknown) => failed(received, "The webhook", error));
    // Once the answer has left nobody may be listening.
    settled.catch(() => {});
    let late = false;
    await withinTime(settled, async () => {
      late = true;
    });
    const response = await collector.answer();
    return { response, kept: true, pending: late ? settled : undefined };
  }

  /** The work's result, or what takes its place after `respondWithin`. */
  function withinTime<T>(work: Promise<T>, instead: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = ctx.clock.schedule(() => resolve(instead()), ctx.settings().respondWithin);
      const inTime = (result: T): void => {
        timer.cancel();
        resolve(result);
      };
      work.then(inTime, (error: unknown) => {
        timer.cancel();
        reject(error);
      });
    });
  }

  /** Where the service closes before its webhook has answered, the message is not done: the next start calls again. */
  function failed(received: Received, what: string, error: unknown): void {
    if (isMessagingError(error, "SERVICE_CLOSED")) throw error;
    const { sid } = received;
    for (const { fallback, reason, details, about } of reportFailure(
      error,
      inboundParameters(view(received), ctx.options),
    )) {
      const [code, which] = fallback
        ? (["WEBHOOK_FALLBACK_FAILED", "The fallback of the webhook"] as const)
        : (["WEBHOOK_FAILED", what] as const);
      ctx.events.alert(code, `${which} for ${sid} failed: ${reason}`, { sid, ...details }, about);
    }
  }

  /** Code that does not wait for its reply is told in the log why it was refused: Node would end the process. */
  function heard({ sid }: InboundMessage, sent: Promise<Message>): Promise<Message> {
    sent.catch((error: unknown) =>
      ctx.logger.warn("A reply was refused.", { sid, error: error instanceof Error ? error.message : error }),
    );
    return sent;
  }

  /** Its promise, or `undefined` when it is over already: then there is nothing to wait for. */
  function callFunction(
    webhook: WebhookFunction,
    message: InboundMessage,
    reply: WebhookContext["reply"],
  ): Promise<void> | undefined {
    try {
      const result: unknown = webhook(message, { reply, token: message.sid });
      return result === undefined ? undefined : Promise.resolve(result).then(() => {});
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** With `optOutType`; what the webhook answers is not sent. */
  function inform(received: Handled): Promise<void> {
    const { webhook } = takerOf(received.sender);
    const message = Object.freeze({ ...view(received), optOutType: received.optOutType });
    // Most webhooks reply to whatever comes: to a keyword that is no failure, whether they wait for it or not.
    const unsent = new Error("A keyword is answered by the service; the webhook's own reply is not sent.");
    const deaf = (): Promise<never> => {
      const refusal = Promise.reject(unsent);
      refusal.catch(() => {});
      return refusal;
    };
    const work =
      typeof webhook === "function"
        ? callFunction(webhook, message, deaf)
        : webhook && callUrl(webhook, message, undefined);
    return (work ?? Promise.resolve()).catch((error: unknown) => {
      if (error !== unsent) failed(received, "The webhook that is told of keywords,", error);
    });
  }

  function view(received: Received): InboundMessage {
    return toInboundMessage(received.claimed.record, ctx.options.accountSid, ctx.options.sid);
  }
}
