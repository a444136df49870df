import { routingCountry } from "../phone/number.ts";
import type { InboundMessage, Message, MessageStatus } from "../types.ts";

const API_VERSION = "2010-04-01";

/**
 * The parameters of an inbound message's webhook, in Twilio's names. What the provider said goes along where its name has
 * Twilio's form (`ProfileName`, `WaId`, `ButtonText`, `FromCity`, and those Twilio may add); where both know a value, ours counts. `extra`
 * goes over everything.
 *
 * @see https://www.twilio.com/docs/messaging/guides/webhook-request
 */
export function inboundParameters(
  message: InboundMessage,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    ...passedOn(message.parameters),
    MessageSid: message.sid,
    SmsSid: message.sid,
    SmsMessageSid: message.sid,
    AccountSid: message.accountSid,
    MessagingServiceSid: message.messagingServiceSid,
    From: message.from,
    To: message.to,
    Body: message.body,
    NumMedia: String(message.media.length),
    ...mediaParameters(message),
    // Segments are an SMS matter: one for every other channel.
    NumSegments: message.channel === "sms" ? String(message.numSegments) : "1",
    ...countryParameter("FromCountry", message.from),
    ...countryParameter("ToCountry", message.to),
    SmsStatus: "received",
    ApiVersion: API_VERSION,
    ...(message.optOutType === null ? {} : { OptOutType: message.optOutType }),
    ...extra,
  };
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
    MessagingServiceSid: message.messagingServiceSid,
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
const OURS = /^(Media(Url|ContentType)\d+|OptOutType)$/;

function passedOn(parameters: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(parameters).filter(([name]) => /^[A-Z][A-Za-z0-9]*$/.test(name) && !OURS.test(name)),
  );
}

function mediaParameters({ media }: InboundMessage): Record<string, string> {
  return Object.fromEntries(
    media.flatMap(({ url, contentType }, index) => [
      [`MediaUrl${index}`, url],
      ...(contentType === null ? [] : [[`MediaContentType${index}`, contentType]]),
    ]),
  );
}

function countryParameter(name: string, address: string): Record<string, string> {
  const number = address.slice(address.indexOf(":") + 1);
  const country = number.startsWith("+") ? routingCountry(number) : undefined;
  return country === undefined ? {} : { [name]: country };
}
