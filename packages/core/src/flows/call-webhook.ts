import { isMessagingError } from "../errors.ts";
import type { InboundMessage, ReplyInput, WebhookUrl } from "../types.ts";
import type { WebhookCaller } from "../webhook/call.ts";
import { inboundParameters } from "../webhook/parameters.ts";
import { parseTwiml } from "../wire/twiml-parse.ts";
import type { CallWebhook, Collector } from "./arrival.ts";
import type { FlowContext } from "./context.ts";

/** Redirects from answer to answer before it counts as a loop. */
const MOST_REDIRECTS = 5;

/** Calls a webhook URL as Twilio would, and carries out the TwiML it answers. */
export function createCallWebhook(
  ctx: FlowContext,
  { caller }: { readonly caller: WebhookCaller },
): CallWebhook {
  return async function callWebhook(
    webhook: WebhookUrl,
    message: InboundMessage,
    collector: Collector,
  ): Promise<void> {
    const parameters = inboundParameters(message);
    const json = webhook.format === "json";
    let target = { url: webhook.url, method: webhook.method ?? "POST", trusted: true };
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      const answer = await caller.call({
        ...target,
        fallbackUrl: webhook.fallbackUrl,
        fallbackMethod: webhook.fallbackMethod,
        parameters,
        json,
        token: message.sid,
        // Unusable TwiML is a failure of the URL: the fallback gets its turn.
        check: ({ body, contentType }) => parseTwiml(body, contentType),
      });
      const document = parseTwiml(answer.body, answer.contentType);
      for (const warning of document.warnings)
        ctx.logger.warn(`TwiML: ${warning}`, { sid: message.sid, url: answer.url });
      const within = (url: string): string => new URL(url, answer.url).href;
      // Within the origin that code named, what the answer names is trusted too; any other address is checked.
      const trusts = (url: string): boolean =>
        target.trusted && new URL(url).origin === new URL(answer.url).origin;
      for (const { body, mediaUrl, to, from, action, statusCallback } of document.messages) {
        const callback = action ?? statusCallback;
        const reply = {
          body,
          mediaUrl: mediaUrl.map(within),
          to,
          from,
          statusCallback: callback === undefined ? undefined : within(callback),
        };
        await carryOut(
          collector,
          reply,
          reply.statusCallback === undefined || trusts(reply.statusCallback),
          message,
        );
      }
      if (document.redirect === undefined) return;
      const url = within(document.redirect.url);
      target = { url, method: document.redirect.method, trusted: trusts(url) };
    }
    throw new Error(`${webhook.url} redirected more than ${MOST_REDIRECTS} times.`);
  };

  /** One message that cannot be sent does not keep the others back: at Twilio it is a message that failed. */
  async function carryOut(
    collector: Collector,
    reply: ReplyInput,
    trusted: boolean,
    message: InboundMessage,
  ): Promise<void> {
    try {
      await collector.reply(reply, { trusted });
    } catch (error) {
      if (isMessagingError(error, "STORE_UNAVAILABLE")) throw error;
      ctx.events.alert(
        "REPLY_REFUSED",
        `A reply to ${message.sid} was not sent: ${error instanceof Error ? error.message : String(error)}`,
        {
          sid: message.sid,
        },
      );
    }
  }
}
