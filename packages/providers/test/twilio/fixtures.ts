import type { WebhookRequest } from "@messaging-service/core";
import { parseQuery, renderForm } from "@messaging-service/core";
import twilioSdk from "twilio";

/** Everything here is made up, in the shape of recorded webhooks; signatures are the official SDK's. */
export const accountSid: string = `AC${"a".repeat(32)}`;
export const authToken = "0123456789abcdef0123456789abcdef";
export const inboundUrl = "https://example.test/messaging/inbound/twilio";
export const statusUrl: string = `https://example.test/messaging/status/twilio?sid=SM${"f".repeat(32)}`;

/** A form that Twilio posted. */
export function post(absoluteUrl: string, parameters: Record<string, string>): WebhookRequest {
  return {
    method: "POST",
    url: new URL(absoluteUrl).pathname + new URL(absoluteUrl).search,
    absoluteUrl,
    headers: {
      host: new URL(absoluteUrl).host,
      "content-type": "application/x-www-form-urlencoded",
      "x-twilio-signature": twilioSdk.getExpectedTwilioSignature(authToken, absoluteUrl, parameters),
    },
    body: Buffer.from(renderForm(parameters)),
    parameters,
  };
}

/** The same parameters in the query of a GET. */
export function get(url: string, parameters: Record<string, string>): WebhookRequest {
  const absoluteUrl = `${url}?${renderForm(parameters)}`;
  return {
    method: "GET",
    url: new URL(absoluteUrl).pathname + new URL(absoluteUrl).search,
    absoluteUrl,
    headers: {
      host: new URL(absoluteUrl).host,
      "x-twilio-signature": twilioSdk.getExpectedTwilioSignature(authToken, absoluteUrl, {}),
    },
    body: undefined,
    parameters: parseQuery(absoluteUrl),
  };
}

const sms = {
  ToCountry: "US",
  ToState: "CA",
  SmsMessageSid: `SM${"1".repeat(32)}`,
  NumMedia: "0",
  ToCity: "SAN FRANCISCO",
  FromZip: "94607",
  SmsSid: `SM${"1".repeat(32)}`,
  FromState: "CA",
  SmsStatus: "received",
  FromCity: "OAKLAND",
  Body: " Is it open today? \u{1F44B}\n",
  FromCountry: "US",
  To: "+14155550100",
  MessagingServiceSid: `MG${"c".repeat(32)}`,
  ToZip: "94105",
  NumSegments: "1",
  MessageSid: `SM${"1".repeat(32)}`,
  AccountSid: accountSid,
  From: "+15105550123",
  ApiVersion: "2010-04-01",
};

const mms = {
  ...sms,
  MessageSid: `MM${"2".repeat(32)}`,
  Body: "",
  NumMedia: "2",
  MediaUrl0: `https://api.twilio.com/2010-04-01/Accounts/${accountSid}/Messages/MM1/Media/ME1`,
  MediaContentType0: "image/jpeg",
  MediaUrl1: `https://api.twilio.com/2010-04-01/Accounts/${accountSid}/Messages/MM1/Media/ME2`,
  MediaContentType1: "text/x-vcard",
};

const whatsapp = {
  SmsMessageSid: `SM${"3".repeat(32)}`,
  NumMedia: "0",
  ProfileName: "Ana",
  MessageType: "button",
  SmsSid: `SM${"3".repeat(32)}`,
  WaId: "34600000000",
  SmsStatus: "received",
  Body: "Yes, book it",
  ButtonText: "Yes, book it",
  ButtonPayload: "book:42",
  ButtonType: "REPLY",
  To: "whatsapp:+14155550101",
  NumSegments: "1",
  ReferralNumMedia: "0",
  MessageSid: `SM${"3".repeat(32)}`,
  AccountSid: accountSid,
  From: "whatsapp:+34600000000",
  OriginalRepliedMessageSid: `SM${"e".repeat(32)}`,
  OriginalRepliedMessageSender: "whatsapp:+14155550101",
  ApiVersion: "2010-04-01",
};

const { ButtonText: _text, ButtonPayload: _payload, ButtonType: _type, ...plainWhatsapp } = whatsapp;
const location = {
  ...plainWhatsapp,
  MessageType: "location",
  Body: "",
  Latitude: "40.4168",
  Longitude: "-3.7038",
  Address: "Puerta del Sol",
  Label: "Kilometre 0",
};

/** Parameters of inbound messages, by name. */
export const inbound = {
  sms,
  mms,
  whatsapp,
  location,
  stop: { ...sms, MessageSid: `SM${"4".repeat(32)}`, Body: "Stop", OptOutType: "STOP" },
} as const;

/** Parameters of a status callback. */
export function receipt(status: string, extra: Record<string, string> = {}): Record<string, string> {
  return {
    SmsSid: `SM${"5".repeat(32)}`,
    SmsStatus: status,
    MessageStatus: status,
    To: "+15105550123",
    MessageSid: `SM${"5".repeat(32)}`,
    AccountSid: accountSid,
    From: "+14155550100",
    ApiVersion: "2010-04-01",
    ...extra,
  };
}
