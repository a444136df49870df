import { describe, expect, it } from "vitest";
import type { InboundMessage, Message, MessageStatus } from "../../src/types.ts";
import { inboundParameters, statusParameters } from "../../src/webhook/parameters.ts";

const INBOUND: InboundMessage = {
  sid: "SM1",
  accountSid: "AC1",
  messagingServiceSid: "MG1",
  from: "+447911123456",
  to: "+14155550100",
  body: "hi",
  media: [],
  numSegments: 2,
  channel: "sms",
  provider: "twilio",
  providerSid: "SMabc",
  dateCreated: new Date(0),
  optOutType: null,
  parameters: {},
};

const OUTBOUND: Message = {
  sid: "SM2",
  accountSid: "AC1",
  messagingServiceSid: "MG1",
  direction: "outbound-api",
  to: "+14155550123",
  from: "+14155550100",
  body: "hi",
  mediaUrl: [],
  kind: "SMS",
  status: "sent",
  errorCode: null,
  errorMessage: null,
  error: null,
  encoding: "GSM-7",
  numSegments: 1,
  numMedia: 0,
  dateCreated: new Date(0),
  dateUpdated: new Date(0),
  dateSent: null,
  sendAt: null,
  validityPeriod: 36_000,
  category: null,
  tags: null,
  provider: "twilio",
  providerSid: "SMabc",
  ambiguous: false,
  attempts: [],
  explanation: null,
  optOutType: null,
};

describe("inboundParameters", () => {
  it("names what Twilio names", () => {
    expect(inboundParameters(INBOUND)).toEqual({
      MessageSid: "SM1",
      SmsSid: "SM1",
      SmsMessageSid: "SM1",
      AccountSid: "AC1",
      MessagingServiceSid: "MG1",
      From: "+447911123456",
      To: "+14155550100",
      Body: "hi",
      NumMedia: "0",
      NumSegments: "2",
      FromCountry: "GB",
      ToCountry: "US",
      SmsStatus: "received",
      ApiVersion: "2010-04-01",
    });
  });

  it("numbers media from 0", () => {
    const media = [
      { url: "https://m.example/0", contentType: "image/png" },
      { url: "https://m.example/1", contentType: null },
    ];
    expect(inboundParameters({ ...INBOUND, media })).toMatchObject({
      NumMedia: "2",
      MediaUrl0: "https://m.example/0",
      MediaContentType0: "image/png",
      MediaUrl1: "https://m.example/1",
    });
  });

  it("passes on what the provider said in Twilio's names, known to us or not", () => {
    const parameters = { ProfileName: "Ana", WaId: "447911123456", FromCity: "LONDON", NewThing2: "x" };
    expect(inboundParameters({ ...INBOUND, parameters })).toMatchObject(parameters);
  });

  it("leaves out names of another form", () => {
    const parameters = { msisdn: "1", "api-key": "secret", network_code: "23410", "Some Name": "x" };
    expect(inboundParameters({ ...INBOUND, parameters })).toEqual(inboundParameters(INBOUND));
  });

  it("puts our values over the provider's", () => {
    const parameters = {
      MessageSid: "SMabc",
      SmsSid: "SMabc",
      AccountSid: "ACother",
      Body: "x",
      NumMedia: "9",
    };
    expect(inboundParameters({ ...INBOUND, parameters })).toEqual(inboundParameters(INBOUND));
  });

  it("leaves out media and a keyword that are the provider's alone", () => {
    const parameters = { MediaUrl0: "https://other.example", MediaContentType0: "a/b", OptOutType: "STOP" };
    expect(inboundParameters({ ...INBOUND, parameters })).toEqual(inboundParameters(INBOUND));
  });

  it("names the keyword", () => {
    expect(inboundParameters({ ...INBOUND, optOutType: "STOP" }).OptOutType).toBe("STOP");
  });

  it("counts one segment outside SMS and reads the country behind the channel", () => {
    const message: InboundMessage = {
      ...INBOUND,
      from: "whatsapp:+5215512345678",
      to: "whatsapp:+14155550101",
      channel: "whatsapp",
    };
    expect(inboundParameters(message)).toMatchObject({
      NumSegments: "1",
      FromCountry: "MX",
      ToCountry: "US",
    });
  });

  it("knows no country of a short code or an agent", () => {
    const parameters = inboundParameters({ ...INBOUND, to: "12345", from: "rcs:acme_agent" });
    expect(parameters).not.toHaveProperty("ToCountry");
    expect(parameters).not.toHaveProperty("FromCountry");
  });

  it("names no service where it is anonymous, nor the provider's", () => {
    const parameters = { MessagingServiceSid: "MGother" };
    expect(inboundParameters({ ...INBOUND, parameters }, { anonymous: true })).not.toHaveProperty(
      "MessagingServiceSid",
    );
    expect(statusParameters(OUTBOUND, { anonymous: true })).not.toHaveProperty("MessagingServiceSid");
  });
});

describe("statusParameters", () => {
  it("names what Twilio names", () => {
    expect(statusParameters(OUTBOUND)).toEqual({
      MessageSid: "SM2",
      MessageStatus: "sent",
      SmsSid: "SM2",
      SmsStatus: "sent",
      AccountSid: "AC1",
      MessagingServiceSid: "MG1",
      From: "+14155550100",
      To: "+14155550123",
      ApiVersion: "2010-04-01",
    });
  });

  it.each<MessageStatus>(["failed", "undelivered"])("gives the error of a message that %s", (status) => {
    expect(statusParameters({ ...OUTBOUND, status, errorCode: 30003 }).ErrorCode).toBe("30003");
  });

  it("gives no error with any other status", () => {
    expect(statusParameters({ ...OUTBOUND, errorCode: 30003 })).not.toHaveProperty("ErrorCode");
    expect(statusParameters({ ...OUTBOUND, status: "failed" })).not.toHaveProperty("ErrorCode");
  });

  it("leaves From out until a sender is chosen", () => {
    expect(statusParameters({ ...OUTBOUND, from: null })).not.toHaveProperty("From");
  });

  it("hands on the carrier's date", () => {
    expect(statusParameters(OUTBOUND, { rawDlrDoneDate: "2601051200" }).RawDlrDoneDate).toBe("2601051200");
  });

  it("adds sequence and time only where asked", () => {
    const details = { sequenceNumber: 3, timestamp: new Date(Date.UTC(2026, 0, 5, 12)) };
    expect(statusParameters(OUTBOUND, details)).toEqual(statusParameters(OUTBOUND));
    expect(statusParameters(OUTBOUND, { ...details, includeSequence: true })).toMatchObject({
      SequenceNumber: "3",
      Timestamp: "2026-01-05T12:00:00.000Z",
    });
  });

  it("describes the channel beyond SMS and MMS", () => {
    const message: Message = { ...OUTBOUND, kind: "WHATSAPP", status: "read" };
    expect(statusParameters(message)).toMatchObject({ ChannelPrefix: "whatsapp", EventType: "READ" });
    expect(
      statusParameters({ ...message, kind: "RCS", status: "undelivered", errorMessage: "Not reachable." }),
    ).toMatchObject({
      ChannelPrefix: "rcs",
      EventType: "UNDELIVERED",
      ChannelStatusMessage: "Not reachable.",
    });
  });
});
