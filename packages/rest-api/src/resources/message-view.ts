import { type AccountMessage, ERROR_CODES, type Message } from "@messaging-service/core";
import { rfc2822 } from "../dates.ts";
import { sentenceOf } from "../errors.ts";

/** Where an account's messages are, less the host. */
export function messagesPath(accountSid: string): string {
  return `/2010-04-01/Accounts/${accountSid}/Messages`;
}

/** What of a message is shown otherwise than the record has it. */
export interface ViewOptions {
  /** SID of the account's own service: messages sent by no service name none. */
  readonly accountServiceSid: string;
  /** Of a message that a service has just accepted: what a client is told before a sender is chosen. */
  readonly accepted?: { readonly body: string; readonly hasSender: boolean } | undefined;
}

/**
 * A Message resource. Counts are texts and absent values `null`, as Twilio writes them; there is no price here.
 *
 * @see Twilio, Message resource, "Properties".
 */
export function viewMessage(
  message: Message | AccountMessage,
  { accountServiceSid, accepted }: ViewOptions,
): Record<string, unknown> {
  const { sid, accountSid, messagingServiceSid, error, errorMessage } = message;
  const at = `${messagesPath(accountSid)}/${sid}`;
  const isOpen = accepted?.hasSender === false;
  return {
    account_sid: accountSid,
    api_version: "2010-04-01",
    body: accepted?.body ?? message.body,
    date_created: rfc2822(message.dateCreated),
    date_sent: rfc2822(message.dateSent),
    date_updated: rfc2822(message.dateUpdated),
    direction: message.direction,
    error_code: message.errorCode,
    // A provider's own words are the message's; ours for the rest may hold what is not for the network.
    error_message:
      error === null || error === "PROVIDER_REFUSED"
        ? errorMessage
        : (sentenceOf(message.errorCode) ?? ERROR_CODES[error].help),
    from: isOpen ? null : message.from,
    messaging_service_sid: messagingServiceSid === accountServiceSid ? null : messagingServiceSid,
    num_media: String(message.numMedia),
    num_segments: isOpen ? "0" : String(message.numSegments),
    price: null,
    price_unit: null,
    sid,
    status: accepted === undefined || message.status === "scheduled" ? message.status : "accepted",
    subresource_uris: { media: `${at}/Media.json`, feedback: `${at}/Feedback.json` },
    tags: message.tags,
    to: message.to,
    uri: `${at}.json`,
  };
}
