import { routingCountry } from "../phone/number.ts";
import type { InboundMessage, Message, MessageStatus } from "../types.ts";

const API_VERSION = "2010-04-01";

/**
 * The parameters of an inbound message's webhook, in Twilio's names. What the provider said goes along where its name has
 * Twilio's form (`ProfileName`, `WaId`, `ButtonText`, `FromCity`, and those Twilio may add); where both know a value, ours counts.
 *
 * @see https://www.twilio.com/docs/messaging/guides/webhook-request
 */
export function inboundParameters(
  message: InboundMessage,
  { anonymous = false }: { readonly anonymous?: boolean | undefined } = {},
): Record<string, string> {
  const parameters = passedOn(message.parameters);
  parameters.MessageSid = message.sid;
  parameters.SmsSid = message.sid;
  parameters.SmsMessageSid = message.sid;
  parameters.AccountSid = message.accountSid;
  if (!anonymous) parameters.MessagingServiceSid = message.messagingServiceSid;
  parameters.From = message.from;
  parameters.To = message.to;
  parameters.Body = message.body;
  parameters.NumMedia = String(message.media.length);
  for (const [index, { url, contentType }] of message.media.entries()) {
    parameters[`MediaUrl${index}`] = url;
    if (contentType !== null) parameters[`MediaContentType${index}`] = contentType;
  }
  // Segments are an SMS matter: one for every other channel.
  parameters.NumSegments = message.channel === "sms" ? String(message.numSegments) : "1";
  const fromCountry = countryOf(message.from);
  if (fromCountry !== undefined) parameters.FromCountry = fromCountry;
  const toCountry = countryOf(message.to);
  if (toCountry !== undefined) parameters.ToCountry = toCountry;
  parameters.SmsStatus = "received";
  parameters.ApiVersion = API_VERSION;
  if (message.optOutType !== null) parameters.OptOutType = message.optOutType;
  return parameters;
}

/** What {@link statusParameters} adds to the message. */
export interface StatusDetails {
  /** `YYMMDDhhmm`, from the carrier's receipt. */
  readonly rawDlrDoneDate?: string | undefined;
  /** Counts the message's changes from 1. */
  readonly sequenceNumber?: number | undefined;
  /** When the status was reached. */
  readonly timestamp?: Date | undefined;
  /** Sends `SequenceNumber` and `Timestamp` (ISO 8601), which Twilio does not know; default false. */
  readonly includeSequence?: boolean | undefined;
  /** Leaves out `MessagingServiceSid`; default false. */
  readonly anonymous?: boolean | undefined;
}

/**
 * The parameters of a status callback, in Twilio's names. `From` is absent until a sender is chosen; `ErrorCode` comes with
 * "failed" and "undelivered" alone.
 *
 * @see https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
 */
export function statusParameters(message: Message, details: StatusDetails = {}): Record<string, string> {
  const isFailure = message.status === "failed" || message.status === "undelivered";
  return {
    MessageSid: message.sid,
    MessageStatus: message.status,
    SmsSid: message.sid,
    SmsStatus: message.status,
    AccountSid: message.accountSid,
    ...(details.anonymous ? {} : { MessagingServiceSid: message.messagingServiceSid }),
    ...(message.from === null ? {} : { From: message.from }),
    To: message.to,
    ApiVersion: API_VERSION,
    ...(isFailure && message.errorCode !== null ? { ErrorCode: String(message.errorCode) } : {}),
    ...(details.rawDlrDoneDate === undefined ? {} : { RawDlrDoneDate: details.rawDlrDoneDate }),
    ...channelParameters(message, isFailure),
    ...(details.includeSequence ? sequenceParameters(details) : {}),
  };
}

const EVENT_TYPES: Partial<Record<MessageStatus, string>> = {
  read: "READ",
  delivered: "DELIVERED",
  undelivered: "UNDELIVERED",
};

/** What channels other than SMS and MMS say in addition. */
function channelParameters(message: Message, isFailure: boolean): Record<string, string> {
  if (message.kind === "SMS" || message.kind === "MMS") return {};
  const eventType = EVENT_TYPES[message.status];
  return {
    ChannelPrefix: message.kind.toLowerCase(),
    ...(eventType === undefined ? {} : { EventType: eventType }),
    ...(isFailure && message.errorMessage !== null ? { ChannelStatusMessage: message.errorMessage } : {}),
  };
}

function sequenceParameters({ sequenceNumber, timestamp }: StatusDetails): Record<string, string> {
  return {
    ...(sequenceNumber === undefined ? {} : { SequenceNumber: String(sequenceNumber) }),
    ...(timestamp === undefined ? {} : { Timestamp: timestamp.toISOString() }),
  };
}

/** Names that are ours to say or to leave out: a provider's third picture must not outlive our two. */
const OURS = /^(Media(Url|ContentType)\d+|OptOutType|MessagingServiceSid)$/;

const IN_TWILIOS_FORM = /^[A-Z][A-Za-z0-9]*$/;

/** Whether a name goes along. There are few, and they come with every message. */
const verdicts = new Map<string, boolean>();
const MOST_VERDICTS = 256;

function goesAlong(name: string): boolean {
  const known = verdicts.get(name);
  if (known !== undefined) return known;
  const verdict = IN_TWILIOS_FORM.test(name) && !OURS.test(name);
  if (verdicts.size >= MOST_VERDICTS) verdicts.clear();
  verdicts.set(name, verdict);
  return verdict;
}

function passedOn(parameters: Readonly<Record<string, string>>): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const name of Object.keys(parameters)) if (goesAlong(name)) passed[name] = parameters[name] ?? "";
  return passed;
}

function countryOf(address: string): string | undefined {
  const number = address.slice(address.indexOf(":") + 1);
  return number.startsWith("+") ? routingCountry(number) : undefined;
}
