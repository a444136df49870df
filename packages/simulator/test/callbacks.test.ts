import twilio from "twilio";
import { describe, expect, it } from "vitest";
import { PERSON, post, realCarrier, SENDER, virtualCarrier } from "./support/carrier.ts";
import { twilioClient } from "./support/twilio-client.ts";
import { type Hit, webhookServer } from "./support/webhook-server.ts";

const statuses = (hits: readonly Hit[]): (string | undefined)[] =>
  hits.map(({ parameters }) => parameters.MessageStatus);

describe("status callbacks", () => {
  it("follow the message in order, with Twilio's parameters", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    const hook = await webhookServer();
    const { sid } = await twilioClient(url, carrier).messages.create({
      to: PERSON,
      from: SENDER,
      body: "hello",
      statusCallback: `${hook.url}/status?sid=1`,
    });
    await clock.advance(100);
    const common = {
      MessageSid: sid,
      SmsSid: sid,
      AccountSid: carrier.accountSid,
      From: SENDER,
      To: PERSON,
      ApiVersion: "2010-04-01",
    };
    expect(hook.hits.map(({ parameters }) => parameters)).toEqual([
      { ...common, MessageStatus: "sent", SmsStatus: "sent" },
      { ...common, MessageStatus: "delivered", SmsStatus: "delivered", RawDlrDoneDate: "2601011200" },
    ]);
    expect(hook.hits[0]).toMatchObject({ method: "POST", path: "/status?sid=1" });
    expect(hook.hits[0]?.headers["content-type"]).toMatch(/^application\/x-www-form-urlencoded/);
    expect(carrier.messages[0]?.callbacks).toMatchObject([
      { status: "sent", responseStatus: 200, attempts: 1 },
      { status: "delivered", responseStatus: 200, attempts: 1 },
    ]);
  });

  it("bear a signature that the official verifier accepts, over the URL as given without its fragment", async () => {
    const carrier = realCarrier();
    const { url } = await carrier.listen();
    const hook = await webhookServer();
    const callback = `${hook.url}/status?sid=SM1&name=a%20b`;
    await post(carrier, url, { To: PERSON, From: SENDER, Body: "x", StatusCallback: `${callback}#rc=2` });
    await carrier.settled();
    expect(hook.hits).toHaveLength(2);
    for (const { headers, parameters } of hook.hits) {
      const signature = String(headers["x-twilio-signature"]);
      expect(twilio.validateRequest(carrier.authToken, signature, callback, { ...parameters })).toBe(true);
      expect(twilio.validateRequest("another", signature, callback, { ...parameters })).toBe(false);
    }
  });

  it("begin with queued for a service's message, and name the service", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    const hook = await webhookServer();
    const service = `MG${"1".repeat(32)}`;
    await post(carrier, url, {
      To: PERSON,
      MessagingServiceSid: service,
      Body: "x",
      StatusCallback: hook.url,
    });
    await clock.advance(100);
    expect(statuses(hook.hits)).toEqual(["queued", "sent", "delivered"]);
    expect(hook.hits[0]?.parameters).toMatchObject({ MessagingServiceSid: service, From: "+15005550006" });
  });

  it("tell of a cancellation", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    const hook = await webhookServer();
    const client = twilioClient(url, carrier);
    const { sid } = await client.messages.create({
      to: PERSON,
      messagingServiceSid: `MG${"1".repeat(32)}`,
      body: "x",
      scheduleType: "fixed",
      sendAt: new Date(clock.now() + 600_000),
      statusCallback: hook.url,
    });
    await client.messages(sid).update({ status: "canceled" });
    await clock.advance(700_000);
    expect(statuses(hook.hits)).toEqual(["canceled"]);
  });

  it("say the channel for WhatsApp, and no RawDlrDoneDate", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    const hook = await webhookServer();
    await post(carrier, url, {
      To: `whatsapp:${PERSON}`,
      From: `whatsapp:${SENDER}`,
      Body: "x",
      StatusCallback: hook.url,
    });
    await clock.advance(100);
    const { parameters } = hook.hits[1] as Hit;
    expect(parameters).toMatchObject({ ChannelPrefix: "whatsapp", EventType: "DELIVERED" });
    expect(parameters).not.toHaveProperty("RawDlrDoneDate");
  });

  it("are not retried after a 5xx by default", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    const hook = await webhookServer(() => ({ status: 500 }));
    await post(carrier, url, { To: PERSON, From: SENDER, Body: "x", StatusCallback: hook.url });
    await clock.advance(100);
    expect(statuses(hook.hits)).toEqual(["sent", "delivered"]);
  });

  it("are retried as the fragment says, with one idempotency token", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    const hook = await webhookServer((_, count) => ({ status: count < 3 ? 503 : 200 }));
    const StatusCallback = `${hook.url}/#rc=5&rp=5xx`;
    await post(carrier, url, { To: PERSON, From: SENDER, Body: "x", StatusCallback });
    await clock.advance(100);
    expect(statuses(hook.hits)).toEqual(["sent", "sent", "sent", "delivered"]);
    const tokens = hook.hits.map(({ headers }) => headers["i-twilio-idempotency-token"]);
    expect(new Set(tokens.slice(0, 3)).size).toBe(1);
    expect(tokens[3]).not.toBe(tokens[0]);
    expect(carrier.messages[0]?.callbacks[0]).toMatchObject({ attempts: 3, responseStatus: 200 });
  });

  it("retries 4xx only where the policy names them", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    const hook = await webhookServer(() => ({ status: 404 }));
    for (const policy of ["5xx", "4xx", "all"])
      await post(carrier, url, {
        To: PERSON,
        From: SENDER,
        Body: policy,
        StatusCallback: `${hook.url}/${policy}#rc=1&rp=${policy}`,
      });
    await clock.advance(100);
    const attempts = carrier.messages.map(({ callbacks }) => callbacks.map((each) => each.attempts));
    expect(attempts).toEqual([
      [1, 1],
      [2, 2],
      [2, 2],
    ]);
  });

  it("are tried once more when nobody listens", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    await post(carrier, url, { To: PERSON, From: SENDER, Body: "x", StatusCallback: "http://127.0.0.1:1/" });
    await clock.advance(100);
    expect(carrier.messages[0]?.callbacks[0]).toMatchObject({ attempts: 2, responseStatus: 0 });
  });

  it("give up on a webhook that does not answer within the read timeout, by the carrier's clock", async () => {
    const { carrier, clock } = virtualCarrier();
    const { url } = await carrier.listen();
    const hook = await webhookServer(({ parameters }) =>
      parameters.MessageStatus === "sent" ? undefined : {},
    );
    await post(carrier, url, { To: PERSON, From: SENDER, Body: "x", StatusCallback: `${hook.url}#rt=2000` });
    await clock.advance(2_005);
    expect(statuses(hook.hits)).toEqual(["sent"]);
    await clock.advance(10);
    expect(statuses(hook.hits)).toEqual(["sent", "delivered"]);
    expect(carrier.messages[0]?.callbacks[0]).toMatchObject({ responseStatus: 0, attempts: 1 });
  });
});
