import { systemClock, verifyTwilioSignature } from "@messaging-service/core";
import type { VirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { startSite, twiml } from "../support/webhook-site.ts";
import { createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

/** Real sockets take real time: here both run on the machine's clock. */
const real = { ...systemClock, advance: async () => undefined } as unknown as VirtualClock;

describe("a webhook URL", () => {
  it("is called as Twilio calls it, and its TwiML is the answer", async () => {
    const site = await startSite({ "/sms": twiml("one", "two") });
    const { service, carrier } = createWorld({
      clock: real,
      authToken: "secret",
      webhook: { url: `${site.origin}/sms` },
    });
    const result = await carrier.handset(PHONE).text(SENDER, "hi & bye");
    expect(result.replies.map(({ body }) => body)).toEqual(["one", "two"]);
    const [request] = site.requests;
    expect(request?.parameters).toMatchObject({
      Body: "hi & bye",
      From: PHONE,
      To: SENDER,
      MessageSid: result.sid,
      SmsSid: result.sid,
      AccountSid: service.accountSid,
      MessagingServiceSid: service.sid,
      NumMedia: "0",
      NumSegments: "1",
    });
    expect(
      verifyTwilioSignature({
        authToken: "secret",
        signature: String(request?.headers["x-twilio-signature"]),
        url: `${site.origin}/sms`,
        parameters: request?.parameters ?? {},
      }),
    ).toBe(true);
  });

  it("may be called with GET", async () => {
    const site = await startSite({ "/sms": twiml("hi") });
    const { carrier } = createWorld({ clock: real, webhook: { url: `${site.origin}/sms`, method: "GET" } });
    const result = await carrier.handset(PHONE).text(SENDER, "hello");
    expect(result.replies.map(({ body }) => body)).toEqual(["hi"]);
    expect(site.requests[0]).toMatchObject({ method: "GET", parameters: { Body: "hello" } });
  });

  it("may answer in plain text, or with nothing", async () => {
    const site = await startSite({
      "/plain": { type: "text/plain", body: "plain" },
      "/empty": { status: 204, body: "" },
    });
    const { service, carrier } = createWorld({
      clock: real,
      senders: [
        { phoneNumber: SENDER, webhook: { url: `${site.origin}/plain` } },
        { phoneNumber: SECOND, webhook: { url: `${site.origin}/empty` } },
      ],
    });
    const phone = carrier.handset(PHONE);
    expect((await phone.text(SENDER, "x")).replies.map(({ body }) => body)).toEqual(["plain"]);
    expect((await phone.text(SECOND, "x")).replies).toEqual([]);
    expect(await service.alerts.list()).toEqual([]);
  });

  it("may redirect by TwiML, and what both say is sent", async () => {
    const site = await startSite({
      "/sms": {
        body: '<Response><Message>one</Message><Redirect method="GET">/more?x=1</Redirect></Response>',
      },
      "/more": twiml("two"),
    });
    const { carrier } = createWorld({
      clock: real,
      webhook: { url: `${site.origin}/sms` },
      allowPrivateHosts: ["127.0.0.1"],
    });
    const result = await carrier.handset(PHONE).text(SENDER, "hi");
    expect(result.replies.map(({ body }) => body)).toEqual(["one", "two"]);
    expect(site.requests.map(({ method, url }) => `${method} ${url.split("?")[0]}`)).toEqual([
      "POST /sms",
      "GET /more",
    ]);
  });

  it("that redirects for ever is cut, with an alert", async () => {
    const site = await startSite({ "/sms": { body: "<Response><Redirect>/sms</Redirect></Response>" } });
    const { service, carrier } = createWorld({
      clock: real,
      webhook: { url: `${site.origin}/sms` },
      allowPrivateHosts: ["127.0.0.1"],
    });
    expect(await carrier.handset(PHONE).text(SENDER, "hi")).toMatchObject({ status: 200, replies: [] });
    expect((await service.alerts.list()).map(({ code }) => code)).toEqual(["WEBHOOK_FAILED"]);
    expect(site.requests.length).toBeLessThanOrEqual(10);
  });

  it("may not redirect to a private address", async () => {
    const site = await startSite({
      "/sms": { body: "<Response><Redirect>http://169.254.169.254/latest</Redirect></Response>" },
    });
    const { service, carrier } = createWorld({ clock: real, webhook: { url: `${site.origin}/sms` } });
    expect(await carrier.handset(PHONE).text(SENDER, "hi")).toMatchObject({ status: 200, replies: [] });
    expect((await service.alerts.list()).map(({ code }) => code)).toEqual(["WEBHOOK_FAILED"]);
  });

  it("that fails is replaced by its fallback, which is told why", async () => {
    const site = await startSite({ "/sms": { status: 500, body: "broken" }, "/fallback": twiml("sorry") });
    const { carrier } = createWorld({
      clock: real,
      webhook: { url: `${site.origin}/sms`, fallbackUrl: `${site.origin}/fallback` },
    });
    const result = await carrier.handset(PHONE).text(SENDER, "hi");
    expect(result.replies.map(({ body }) => body)).toEqual(["sorry"]);
    expect(site.requests.at(-1)?.parameters).toMatchObject({
      ErrorCode: "11200",
      ErrorUrl: `${site.origin}/sms`,
      Body: "hi",
    });
  });

  it("that answers no TwiML is replaced by its fallback too", async () => {
    const site = await startSite({ "/sms": { body: "<Oops" }, "/fallback": twiml("sorry") });
    const { carrier } = createWorld({
      clock: real,
      webhook: { url: `${site.origin}/sms`, fallbackUrl: `${site.origin}/fallback` },
    });
    const result = await carrier.handset(PHONE).text(SENDER, "hi");
    expect(result.replies.map(({ body }) => body)).toEqual(["sorry"]);
    expect(site.requests.at(-1)?.parameters).toMatchObject({ ErrorCode: "12100" });
  });

  it("that fails without a fallback is an alert, and the provider is answered", async () => {
    const site = await startSite({ "/sms": { status: 500 } });
    const { service, carrier } = createWorld({ clock: real, webhook: { url: `${site.origin}/sms` } });
    expect(await carrier.handset(PHONE).text(SENDER, "hi")).toMatchObject({ status: 200, replies: [] });
    expect((await service.alerts.list()).map(({ code }) => code)).toEqual(["WEBHOOK_FAILED"]);
  });

  it("may name its media and callback relative to itself", async () => {
    const site = await startSite({
      "/app/sms": {
        body: '<Response><Message action="done"><Body>look</Body><Media>/pic.png</Media></Message></Response>',
      },
      "/app/done": { status: 200 },
    });
    const { carrier } = createWorld({ clock: real, webhook: { url: `${site.origin}/app/sms` } });
    const result = await carrier.handset(PHONE).text(SENDER, "hi");
    expect(result.replies.map(({ mediaUrl }) => mediaUrl)).toEqual([[`${site.origin}/pic.png`]]);
    await expect
      .poll(() => site.requests.findLast(({ url }) => url === "/app/done")?.parameters.MessageStatus)
      .toBe("delivered");
  });

  it("is told of a keyword with OptOutType, and what it answers is not sent", async () => {
    const site = await startSite({ "/sms": twiml("from the webhook") });
    const { carrier } = createWorld({ clock: real, webhook: { url: `${site.origin}/sms` } });
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "STOP");
    await expect.poll(() => site.requests.map(({ parameters }) => parameters.OptOutType)).toEqual(["STOP"]);
    expect(phone.inbox.map(({ body }) => body)).not.toContain("from the webhook");
  });

  it("that is told of a keyword and answers TwiML is no failure", async () => {
    const site = await startSite({ "/sms": twiml("from the webhook") });
    const { service, carrier } = createWorld({ clock: real, webhook: { url: `${site.origin}/sms` } });
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await expect.poll(() => site.requests.length).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await service.alerts.list()).toEqual([]);
  });
});

describe("a status callback URL", () => {
  it("hears every change in order, as Twilio tells it", async () => {
    const site = await startSite({ "/status": { status: 204 } });
    const { service, carrier } = createWorld({ clock: real, statusCallback: `${site.origin}/status` });
    carrier.outcome({ match: { body: "lost" }, undelivered: 30003 });
    const { sid } = await service.send({ to: PHONE, body: "lost" });
    await expect.poll(() => site.requests.length, { timeout: 5_000 }).toBe(2);
    expect(site.requests.map(({ parameters }) => parameters.MessageStatus)).toEqual(["sent", "undelivered"]);
    expect(site.requests[1]?.parameters).toMatchObject({
      MessageSid: sid,
      SmsSid: sid,
      SmsStatus: "undelivered",
      From: SENDER,
      To: PHONE,
      AccountSid: service.accountSid,
      ErrorCode: "30003",
    });
  });

  it("of the message goes before the service's", async () => {
    const site = await startSite({ "/own": { status: 204 }, "/service": { status: 204 } });
    const { service } = createWorld({ clock: real, statusCallback: `${site.origin}/service` });
    await service.send({ to: PHONE, body: "x", statusCallback: `${site.origin}/own` });
    await expect
      .poll(() => site.requests.map(({ url }) => url), { timeout: 5_000 })
      .toEqual(["/own", "/own"]);
  });
});
