import type { HttpResponse, Provider, ProviderReply } from "@messaging-service/core";
import { renderTwiml } from "@messaging-service/core";
import { parseInbound } from "./twilio/inbound.ts";
import { resolveTwilioOptions, type TwilioOptions } from "./twilio/options.ts";
import { parseReceipts } from "./twilio/receipts.ts";
import { sendMessage } from "./twilio/send.ts";
import { verifyWebhook } from "./twilio/verify.ts";

export type { TwilioOptions };

/**
 * Twilio's Programmable Messaging: SMS, MMS, WhatsApp and RCS. Replies leave in the webhook's answer, as TwiML.
 *
 * Throws INVALID_OPTION or UNKNOWN_OPTION, naming the option. `send` never rejects.
 *
 * @see https://www.twilio.com/docs/messaging/api/message-resource
 */
export function twilio(options: TwilioOptions): Provider {
  const resolved = resolveTwilioOptions(options);
  return Object.freeze<Provider>({
    name: resolved.name,
    accountSid: resolved.accountSid,
    signingToken: resolved.authTokens[0],
    send: (message) => sendMessage(resolved, message),
    webhook: Object.freeze<Provider["webhook"]>({
      verify: (request) => verifyWebhook(resolved.authTokens, request),
      parseInbound: (request) => parseInbound(request, resolved.optOutHandling),
      parseReceipts,
      renderReply: respond,
      renderAck: () => respond([]),
    }),
  });
}

function respond(replies: readonly ProviderReply[]): HttpResponse {
  return { status: 200, headers: { "content-type": "text/xml; charset=utf-8" }, body: renderTwiml(replies) };
}
