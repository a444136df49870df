import type { InboundEvent, Media, OptOutType, WebhookRequest } from "@messaging-service/core";
import { MessagingError } from "@messaging-service/core";
import type { ResolvedTwilioOptions } from "./options.ts";
import { statusOf } from "./outcomes.ts";
import { type FlatParameters, flattenParameters } from "./parameters.ts";

/** The words Twilio answers by itself where nothing else is set up. @see https://help.twilio.com/articles/223134027 */
const DEFAULT_WORDS: ReadonlySet<string> = new Set(
  "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT START UNSTOP YES HELP INFO".split(" "),
);
/** The words the toll-free network answers, whatever Twilio is told. @see https://help.twilio.com/articles/360058144374 */
const TOLL_FREE_WORDS: ReadonlySet<string> = new Set(["STOP", "START", "UNSTOP"]);
const NO_MEDIA: readonly Media[] = Object.freeze([]);
const NANP = /^\+1\d{10}$/;
const TOLL_FREE = /^\+18(?:00|33|44|55|66|77|88)\d{7}$/;
const OPT_OUT_TYPES: readonly OptOutType[] = ["STOP", "START", "HELP"];

/**
 * Reads an inbound message webhook. Parameters that are new to us stay in `parameters`.
 *
 * Throws MALFORMED_REQUEST without a SID, From or To, and for a status callback that was sent to the wrong URL.
 *
 * @see https://www.twilio.com/docs/messaging/guides/webhook-request
 */
export function parseInbound(
  request: WebhookRequest,
  handling: ResolvedTwilioOptions["optOutHandling"],
): readonly InboundEvent[] {
  const parameters = flattenParameters(request);
  const providerSid = parameters.MessageSid ?? parameters.SmsMessageSid ?? parameters.SmsSid;
  const { From: from, To: to, Body: body = "" } = parameters;
  if (!providerSid || !from || !to) {
    const missing = Object.entries({ MessageSid: providerSid, From: from, To: to }).flatMap(
      ([name, value]) => (value ? [] : [name]),
    );
    throw new MessagingError("MALFORMED_REQUEST", `The inbound message has no ${missing.join(", ")}.`);
  }
  // Inbound messages are "received"; an outbound one reported here would be taken for a message from our own sender.
  if (statusOf(parameters.MessageStatus ?? parameters.SmsStatus) !== undefined)
    throw new MessagingError(
      "MALFORMED_REQUEST",
      `A status callback of ${providerSid} came as an inbound message.`,
    );
  const named = parameters.OptOutType?.toUpperCase();
  const optOutType = OPT_OUT_TYPES.find((type) => type === named);
  const event: { -readonly [Name in keyof InboundEvent]: InboundEvent[Name] } = {
    providerSid,
    from,
    to,
    body,
    media: mediaOf(parameters),
    parameters,
  };
  const numSegments = countOf(parameters.NumSegments);
  if (numSegments !== undefined) event.numSegments = numSegments;
  if (optOutType !== undefined) event.optOutType = optOutType;
  if (optOutType !== undefined || isAnsweredSilently(to, body, handling)) event.answeredByProvider = true;
  return [Object.freeze(event)];
}

/** Whether Twilio or the network answers this word without telling us. */
function isAnsweredSilently(
  to: string,
  body: string,
  handling: ResolvedTwilioOptions["optOutHandling"],
): boolean {
  if (handling !== "default" && !TOLL_FREE.test(to)) return false;
  const word = body.trim().toUpperCase();
  if (TOLL_FREE_WORDS.has(word) && TOLL_FREE.test(to)) return true;
  return handling === "default" && DEFAULT_WORDS.has(word) && NANP.test(to);
}

function mediaOf(parameters: FlatParameters): readonly Media[] {
  const count = countOf(parameters.NumMedia) ?? 0;
  if (count === 0) return NO_MEDIA;
  const media: Media[] = [];
  for (let index = 0; index < count; index++) {
    const url = parameters[`MediaUrl${index}`];
    // NumMedia is not ours to trust: what counts is what is there.
    if (!url) break;
    media.push(Object.freeze({ url, contentType: parameters[`MediaContentType${index}`] ?? null }));
  }
  return Object.freeze(media);
}

function countOf(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) : undefined;
}
