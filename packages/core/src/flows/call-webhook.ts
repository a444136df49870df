import { isMessagingError, MessagingError } from "../errors.ts";
import { isHttpUrl } from "../settings.ts";
import type { InboundMessage, WebhookUrl } from "../types.ts";
import { parseUrl } from "../url.ts";
import type { UrlFailure, WebhookAnswer, WebhookCaller } from "../webhook/call.ts";
import { inboundParameters } from "../webhook/parameters.ts";
import { originOf, reportUrl } from "../webhook/report.ts";
import { withoutCredentials } from "../webhook/request.ts";
import { parseTwiml, type TwimlDocument, type TwimlMessage } from "../wire/twiml-parse.ts";
import type { CallWebhook, Collector } from "./arrival.ts";
import type { FlowContext } from "./context.ts";

/** `<Redirect>`s followed before they count as a loop. Twilio's 14106 comes after 50 documents; nobody waits that long. */
const MOST_REDIRECTS = 5;
/** Messages carried out for one inbound message, over all its documents. @see Twilio warning 14109. */
const MOST_MESSAGES = 10;

const NOTHING: TwimlDocument = { messages: [], warnings: [] };

/** Calls a webhook URL as Twilio would, and carries out the TwiML it answers. */
export function createCallWebhook(
  ctx: FlowContext,
  { caller }: { readonly caller: WebhookCaller },
): CallWebhook {
  return async function callWebhook(
    webhook: WebhookUrl,
    message: InboundMessage,
    collector: Collector | undefined,
  ): Promise<void> {
    const parameters = inboundParameters(message, ctx.options);
    const ofCode = webhook.guarded !== true;
    let target = { url: webhook.url, method: webhook.method ?? "POST", trusted: ofCode };
    let left = MOST_MESSAGES;
    let document: TwimlDocument = NOTHING;
    for (let hop = 0; hop <= MOST_REDIRECTS; hop++) {
      const { url: called, method, trusted } = target;
      const answer = await caller.call({
        url: called,
        method,
        trusted,
        fallbackUrl: webhook.fallbackUrl,
        fallbackMethod: webhook.fallbackMethod,
        fallbackTrusted: ofCode,
        parameters,
        json: webhook.format === "json",
        // One sender's slow webhook is not the others' business, even on the same host.
        lane: message.to,
        // Each document of a chain is asked for on its own account: a receiver that drops repeated tokens must not drop it.
        token: hop === 0 ? message.sid : `${message.sid}-${hop}`,
        // Unusable TwiML is a failure of the URL: the fallback gets its turn.
        check: ({ body, contentType }) => {
          document = parseTwiml(body, contentType);
        },
      });
      if (answer.failed !== undefined) replaced(answer.failed, parameters, message);
      const { messages, redirect, warnings } = document;
      const sent = messages.slice(0, left);
      left -= sent.length;
      const dropped =
        sent.length < messages.length ? ["14109: More than 10 messages; the rest is not sent."] : [];
      for (const warning of [...warnings, ...dropped]) warn(warning, answer, message);
      if (collector !== undefined) for (const each of sent) await carryOut(collector, each, answer, message);
      if (redirect === undefined) return;
      const url = resolve(redirect.url, answer);
      target = { url, method: redirect.method, trusted: trusts(answer, url) };
    }
    const { url, method } = target;
    const reason = `redirected more than ${MOST_REDIRECTS} times`;
    const failure = {
      url: withoutCredentials(url),
      method,
      attempts: MOST_REDIRECTS,
      errorCode: 14106,
      reason,
    };
    throw new MessagingError("WEBHOOK_FAILED", `${withoutCredentials(webhook.url)} ${reason} (14106).`, {
      details: Object.freeze(failure),
    });
  };

  /** The message was handled, yet not as it should have been. */
  function replaced(
    failure: UrlFailure,
    parameters: Readonly<Record<string, string>>,
    { sid }: InboundMessage,
  ): void {
    const why = `${failure.url} ${failure.reason} (${failure.errorCode})`;
    const { details, about } = reportUrl(failure, why, parameters);
    ctx.events.alert(
      "WEBHOOK_FAILED",
      `The webhook for ${sid} failed, and its fallback answered: ${why}.`,
      { sid, ...details },
      about,
    );
  }

  /** A warning begins with its number. */
  function warn(warning: string, answer: WebhookAnswer, { sid }: InboundMessage): void {
    const url = withoutCredentials(answer.url);
    ctx.events.alert(
      "TWIML_WARNING",
      `The TwiML of ${url} for ${sid}: ${warning}`,
      { sid, url },
      { subject: originOf(url), errorCode: Number.parseInt(warning, 10) },
    );
  }

  /** One message that cannot be sent does not keep the others back: at Twilio it is a message that failed. */
  async function carryOut(
    collector: Collector,
    { body, mediaUrl, to, from, action, statusCallback: deprecated, method }: TwimlMessage,
    answer: WebhookAnswer,
    message: InboundMessage,
  ): Promise<void> {
    const { sid } = message;
    const named = action ?? deprecated;
    const resolved = named === undefined ? undefined : resolve(named, answer);
    const callback = isHttpUrl(resolved) ? resolved : undefined;
    if (callback !== resolved)
      warn("14105: The status callback is no URL; the message is sent without.", answer, message);
    const trusted = callback === undefined || trusts(answer, callback);
    const media = mediaUrl.map((url) => withoutCredentialsOf(answer, resolve(url, answer)));
    try {
      await collector.reply(
        { body, mediaUrl: media, to, from, statusCallback: callback },
        { trusted, callbackMethod: method },
      );
    } catch (error) {
      if (isMessagingError(error, "STORE_UNAVAILABLE")) throw error;
      // Of a loop there is one alert, when it is cut.
      if (isMessagingError(error, "TOO_MANY_REPLIES")) return;
      const reason = error instanceof Error ? error.message : String(error);
      ctx.events.alert(
        "REPLY_REFUSED",
        `A reply to ${sid} was not sent: ${reason}`,
        { sid },
        { subject: message.to, errorCode: isMessagingError(error) ? error.twilioCode : null },
      );
    }
  }
}

/** Relative to the URL that answered; what is no URL stays as it is, and is refused where it is used. */
function resolve(url: string, answer: WebhookAnswer): string {
  return parseUrl(url, answer.url)?.href ?? url;
}

/** Within the origin that code named, what the answer names is trusted too; any other address is checked. */
function trusts(answer: WebhookAnswer, url: string): boolean {
  return answer.trusted && parseUrl(url)?.origin === new URL(answer.url).origin;
}

/** A relative URL inherits the webhook's credentials, which are none of the carrier's business. */
function withoutCredentialsOf(answer: WebhookAnswer, url: string): string {
  const parsed = parseUrl(url);
  if (parsed === undefined) return url;
  const { username, password } = new URL(answer.url);
  return parsed.username === username && parsed.password === password ? withoutCredentials(url) : url;
}
