import type { InboundMessage, Message, StatusCallback, StatusContext, WebhookUrl } from "../types.ts";
import type { WebhookCaller } from "../webhook/call.ts";
import { inboundParameters, statusParameters } from "../webhook/parameters.ts";
import type { Sequencer } from "../webhook/retry.ts";
import { parseTwiml } from "../wire/twiml-parse.ts";
import type { Collector } from "./arrival.ts";
import type { FlowContext } from "./context.ts";

/** Calls into the user's code: webhook URLs and status callbacks. Functions given as webhooks are called by handling.ts. */
export interface UserCode {
  callUrl(url: WebhookUrl, message: InboundMessage, collector: Collector): Promise<void>;
  callStatus(callback: StatusCallback, message: Message, context: StatusContext): void;
}

/** What {@link createUserCode} works with. */
export interface UserCodeParts {
  readonly caller: WebhookCaller;
  /** Keeps the callbacks of one message in order. */
  readonly sequencer: Sequencer;
}

/** Redirects in one answer, and from answer to answer, before it counts as a loop. */
const MOST_REDIRECTS = 5;

export function createUserCode(ctx: FlowContext, { caller, sequencer }: UserCodeParts): UserCode {
  return Object.freeze({ callUrl, callStatus });

  /** Calls a webhook as Twilio would, and carries out the TwiML it answers. */
  async function callUrl(webhook: WebhookUrl, message: InboundMessage, collector: Collector): Promise<void> {
    let target = { url: webhook.url, method: webhook.method ?? "POST", trusted: true };
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      const answer = await caller.call({
        ...target,
        fallbackUrl: webhook.fallbackUrl,
        fallbackMethod: webhook.fallbackMethod,
        parameters: inboundParameters(message),
        token: message.sid,
      });
      const document = parseTwiml(answer.body, answer.contentType);
      for (const warning of document.warnings) ctx.logger.warn(`TwiML: ${warning}`, { sid: message.sid });
      for (const { body, mediaUrl, to, from, action, statusCallback } of document.messages) {
        await collector.reply({ body, mediaUrl, to, from, statusCallback: action ?? statusCallback });
      }
      if (document.redirect === undefined) return;
      // A redirect comes from the answer, not from code: its address is checked.
      target = {
        url: new URL(document.redirect.url, answer.url).href,
        method: document.redirect.method,
        trusted: false,
      };
    }
    throw new Error(`${webhook.url} redirected more than ${MOST_REDIRECTS} times.`);
  }

  function callStatus(callback: StatusCallback, message: Message, context: StatusContext): void {
    const work = async (): Promise<void> => {
      if (typeof callback === "function") await callback(message, context);
      else {
        const parameters = statusParameters(message, context);
        await caller.call({
          url: callback,
          method: "POST",
          parameters,
          trusted: true,
          token: `${message.sid}-${context.sequenceNumber}`,
        });
      }
    };
    sequencer.run(message.sid, work).catch((error: unknown) => {
      ctx.events.alert(
        "STATUS_CALLBACK_FAILED",
        `The status callback of ${message.sid} failed: ${error instanceof Error ? error.message : String(error)}`,
        {
          sid: message.sid,
        },
      );
    });
  }
}
