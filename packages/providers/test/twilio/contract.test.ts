import { describeProvider, type WebhookFixture } from "../../../../test/contracts/describe-provider.ts";
import { twilio } from "../../src/twilio.ts";
import { accountSid, authToken, get, inbound, inboundUrl, post, receipt, statusUrl } from "./fixtures.ts";

const sid = `SM${"9".repeat(32)}`;
const ours = `SM${"f".repeat(32)}`;
const credentials = Buffer.from(`${accountSid}:${authToken}`).toString("base64");
const refusal = (code: number) => ({
  status: 400,
  body: JSON.stringify({
    code,
    message: "No.",
    more_info: "https://www.twilio.com/docs/errors",
    status: 400,
  }),
});
const received = (
  name: keyof typeof inbound,
  expected: WebhookFixture<never>["events"][number] | object,
  send = post,
) => ({ request: send(inboundUrl, inbound[name]), events: [expected] });
const status = (word: string, expected: object, extra: Record<string, string> = {}) => ({
  request: post(statusUrl, receipt(word, extra)),
  events: [
    { providerSid: `SM${"5".repeat(32)}`, sid: ours, errorCode: null, from: "+14155550100", ...expected },
  ],
});

describeProvider("twilio", {
  create: ({ baseUrl, timeoutMs, otherSecret = false }) =>
    twilio({ accountSid, authToken: otherSecret ? "another" : authToken, baseUrl, timeoutMs }),
  signatureHeaders: ["x-twilio-signature"],
  secrets: [authToken, credentials],
  inbound: {
    "an SMS": received("sms", {
      providerSid: inbound.sms.MessageSid,
      from: "+15105550123",
      to: "+14155550100",
      body: inbound.sms.Body,
      media: [],
      numSegments: 1,
    }),
    "an SMS by GET": received("sms", { body: inbound.sms.Body, from: "+15105550123" }, get),
    "an MMS": received("mms", {
      body: "",
      media: [
        { url: inbound.mms.MediaUrl0, contentType: "image/jpeg" },
        { url: inbound.mms.MediaUrl1, contentType: "text/x-vcard" },
      ],
    }),
    "a WhatsApp button": received("whatsapp", {
      from: "whatsapp:+34600000000",
      to: "whatsapp:+14155550101",
      body: "Yes, book it",
    }),
    "a WhatsApp location": received("location", { body: "" }),
    "an opt-out that Twilio answered": received("stop", { optOutType: "STOP", answeredByProvider: true }),
  },
  receipts: {
    "a message sent": status("sent", { status: "sent" }),
    "a message delivered": status(
      "delivered",
      { status: "delivered", rawDlrDoneDate: "2601011230" },
      { RawDlrDoneDate: "2601011230", ErrorCode: "" },
    ),
    "a message undelivered": status(
      "undelivered",
      { status: "undelivered", errorCode: 30003 },
      { ErrorCode: "30003" },
    ),
    "a message failed": status(
      "failed",
      { status: "failed", errorCode: 63016, errorMessage: "Outside the allowed window." },
      { ErrorCode: "63016", ChannelStatusMessage: "Outside the allowed window.", ChannelPrefix: "whatsapp" },
    ),
    "a message read": status("read", { status: "read" }, { EventType: "READ" }),
    "a status of tomorrow": { request: post(statusUrl, receipt("teleported")), events: [] },
  },
  message: {
    sid: ours,
    from: "+14155550100",
    to: "+15105550123",
    kind: "SMS",
    body: "Café & more",
    mediaUrl: [],
    validityPeriod: 3_600,
    statusCallback: statusUrl,
  },
  sentAs: [
    `POST /2010-04-01/Accounts/${accountSid}/Messages.json `,
    "To=%2B15105550123&From=%2B14155550100&Body=Caf%C3%A9+%26+more",
    "ValidityPeriod=3600",
    `StatusCallback=${encodeURIComponent(statusUrl)}`,
  ],
  accepted: { status: 201, body: JSON.stringify({ sid, status: "queued" }), providerSid: sid },
  refusals: {
    "an opt-out": {
      answer: refusal(21610),
      result: { outcome: "refused", errorCode: 21610, meaning: "opted-out" },
    },
    "a sender that cannot": {
      answer: refusal(21612),
      result: { outcome: "refused", errorCode: 21612, meaning: "sender" },
    },
    "a recipient without RCS": {
      answer: refusal(63036),
      result: { outcome: "refused", errorCode: 63036, meaning: "not-rcs" },
    },
    "a bad recipient": {
      answer: refusal(21211),
      result: { outcome: "refused", errorCode: 21211, errorMessage: "No." },
    },
    "a full queue": { answer: refusal(21611), result: { outcome: "not-sent", errorCode: 21611 } },
    "a 429": {
      answer: { status: 429, body: JSON.stringify({ code: 20429, message: "Too many." }) },
      result: { outcome: "not-sent", errorCode: 20429, errorMessage: "Too many." },
    },
  },
});
