import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Provider } from "@messaging-service/core";
import { systemClock } from "@messaging-service/core";
import type { VirtualClock } from "@messaging-service/simulator";
import express from "express";
import twilioSdk from "twilio";
import { describe, expect, it, onTestFinished } from "vitest";
import { startSite, twiml } from "../support/webhook-site.ts";
import { createWorld, PHONE, SENDER } from "../support/world.ts";

/** Real sockets take real time: here both run on the machine's clock. */
const real = { ...systemClock, advance: async () => undefined } as unknown as VirtualClock;

/** Every parameter of Twilio's guide that a provider may know and we do not make up ourselves. */
const PASSED_ON: Readonly<Record<string, string>> = {
  ...{ FromCity: "OAKLAND", FromState: "CA", FromZip: "94601" },
  ...{ ToCity: "SAN FRANCISCO", ToState: "CA", ToZip: "94103" },
  ...{ ProfileName: "Ana", WaId: "14155550123", Forwarded: "true", FrequentlyForwarded: "false" },
  ...{ ButtonPayload: "yes-1", ButtonText: "Yes", ButtonType: "REPLY" },
  ...{ InteractiveData: '{"a":1}', FlowData: '{"b":2}', ChannelMetadata: '{"type":"whatsapp"}' },
  ...{ Latitude: "37.78", Longitude: "-122.41", Address: "1 Market St", Label: "Office" },
  ...{ ReferralBody: "Ad", ReferralHeadline: "Head", ReferralSourceId: "1", ReferralSourceType: "ad" },
  ...{ ReferralSourceUrl: "https://fb.example", ReferralMediaId: "2", ReferralMediaContentType: "image/png" },
  ...{ ReferralMediaUrl: "https://fb.example/a.png", ReferralNumMedia: "1", ReferralCtwaClid: "clid" },
  ...{ OriginalRepliedMessageSender: SENDER, OriginalRepliedMessageSid: `SM${"a".repeat(32)}` },
  ...{ MessageType: "text", AddOns: "{}", SomethingNew: "2027" },
};

/** An Express app on loopback that lets nothing in but what Twilio's own middleware accepts. */
async function startTwilioApp(
  authToken: string,
  parser: express.RequestHandler = express.urlencoded({ extended: false }),
): Promise<{ readonly url: string; readonly seen: Readonly<Record<string, unknown>>[] }> {
  const seen: Readonly<Record<string, unknown>>[] = [];
  const app = express();
  app.use("/sms", parser, twilioSdk.webhook(authToken), (req, res) => {
    seen.push({ ...req.query, ...(req.body as object) });
    res.type("text/xml").send("<Response><Message>accepted</Message></Response>");
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/sms`, seen };
}

/** The same carrier under another name, with message IDs that are not Twilio's. */
function pigeon(provider: Provider): Provider {
  return {
    ...provider,
    name: "pigeon",
    webhook: {
      ...provider.webhook,
      parseInbound: (request) =>
        provider.webhook
          .parseInbound(request)
          .map((event) => ({ ...event, providerSid: `pigeon/${event.providerSid}` })),
    },
  };
}

describe("a webhook written for Twilio", () => {
  it("gets every parameter of Twilio's guide, whatever the provider", async () => {
    const site = await startSite({ "/sms": twiml("hi") });
    const { service, carrier } = createWorld({
      clock: real,
      wrap: pigeon,
      webhook: { url: `${site.origin}/sms` },
    });
    carrier.connect(
      { handle: (kind, request) => service.handle(kind, request) as Promise<never> },
      { origin: "https://app.example" },
    );
    await carrier.handset(PHONE).text(SENDER, "hello", {
      mediaUrl: ["https://example.com/a.png", "https://example.com/b.pdf"],
      parameters: PASSED_ON,
    });
    const [inbound] = await service.messages({ direction: "inbound" });
    expect(inbound?.provider).toBe("pigeon");
    expect(site.requests[0]?.parameters).toEqual({
      ...PASSED_ON,
      ...{ MessageSid: inbound?.sid, SmsSid: inbound?.sid, SmsMessageSid: inbound?.sid },
      ...{ AccountSid: service.accountSid, MessagingServiceSid: service.sid },
      ...{ From: PHONE, To: SENDER, Body: "hello", FromCountry: "US", ToCountry: "US" },
      ...{ NumMedia: "2", MediaUrl0: "https://example.com/a.png", MediaContentType0: "image/png" },
      ...{ MediaUrl1: "https://example.com/b.pdf", MediaContentType1: "application/pdf" },
      ...{ NumSegments: "1", SmsStatus: "received", ApiVersion: "2010-04-01" },
    });
    expect(inbound?.sid).toMatch(/^MM[0-9a-f]{32}$/);
  });

  it("verifies with the provider's own token unless the service has another", async () => {
    const { carrier } = createWorld({ clock: real });
    const ofProvider = await startTwilioApp(carrier.authToken);
    const ofService = await startTwilioApp("a token of the service");
    const first = createWorld({ clock: real, webhook: { url: ofProvider.url } });
    expect((await first.carrier.handset(PHONE).text(SENDER, "hi")).replies).toHaveLength(1);
    const second = createWorld({
      clock: real,
      authToken: "a token of the service",
      webhook: { url: ofService.url },
    });
    expect((await second.carrier.handset(PHONE).text(SENDER, "hi")).replies).toHaveLength(1);
  });

  it.each([" It's 100% & + more 👋\n", "", "ünï=cödé;&a=b", "x".repeat(1_600)])(
    "verifies a form with the text %j",
    async (body) => {
      const app = await startTwilioApp("t0ken");
      const { carrier } = createWorld({
        clock: real,
        authToken: "t0ken",
        webhook: { url: `${app.url}?a=1#rc=1` },
      });
      expect((await carrier.handset(PHONE).text(SENDER, body)).replies).toHaveLength(1);
      expect(app.seen[0]).toMatchObject({ Body: body, a: "1" });
    },
  );

  it("verifies a GET", async () => {
    const app = await startTwilioApp("t0ken");
    const webhook = { url: `${app.url}?a=it's`, method: "GET" } as const;
    const { carrier } = createWorld({ clock: real, authToken: "t0ken", webhook });
    expect((await carrier.handset(PHONE).text(SENDER, "It's & on? #1")).replies).toHaveLength(1);
    expect(app.seen[0]).toMatchObject({ Body: "It's & on? #1", a: "it's" });
  });

  it("verifies a URL with an empty query", async () => {
    const app = await startTwilioApp("t0ken");
    const { carrier } = createWorld({
      clock: real,
      authToken: "t0ken",
      webhook: { url: `${app.url}?#rc=2` },
    });
    expect((await carrier.handset(PHONE).text(SENDER, "hi")).replies).toHaveLength(1);
  });

  it("verifies JSON by bodySHA256", async () => {
    const seen: unknown[] = [];
    const app = express();
    app.use(express.text({ type: "application/json" }), (req, res) => {
      const url = `http://${req.get("host")}${req.originalUrl}`;
      const signature = req.get("x-twilio-signature") ?? "";
      const valid = twilioSdk.validateRequestWithBody("t0ken", signature, url, req.body as string);
      seen.push({ valid, ...(JSON.parse(req.body as string) as object) });
      res.type("text/plain").send("ok");
    });
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/json`;
    const { carrier } = createWorld({ clock: real, authToken: "t0ken", webhook: { url, format: "json" } });
    expect((await carrier.handset(PHONE).text(SENDER, "hi")).replies).toHaveLength(1);
    expect(seen).toMatchObject([{ valid: true, Body: "hi", From: PHONE }]);
  });

  it("is told of a keyword by OptOutType, verified too", async () => {
    const app = await startTwilioApp("t0ken");
    const { carrier } = createWorld({ clock: real, authToken: "t0ken", webhook: { url: app.url } });
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await expect.poll(() => app.seen.at(-1)).toMatchObject({ OptOutType: "STOP", Body: "STOP", From: PHONE });
    await carrier.handset("+14155550124").text(SENDER, "help");
    await expect.poll(() => app.seen.at(-1)).toMatchObject({ OptOutType: "HELP", Body: "help" });
  });
});

describe("a webhook that fails", () => {
  it("gets one idempotency token on every retry and at the fallback, another with the next message", async () => {
    const site = await startSite({ "/sms": { status: 500 }, "/fallback": twiml("sorry") });
    const { carrier } = createWorld({
      clock: real,
      webhook: { url: `${site.origin}/sms#rc=2&rp=5xx`, fallbackUrl: `${site.origin}/fallback` },
    });
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "1");
    await phone.text(SENDER, "2");
    expect(site.requests.map(({ url }) => url)).toEqual(
      [1, 2].flatMap(() => ["/sms", "/sms", "/sms", "/fallback"]),
    );
    const tokens = site.requests.map(({ headers }) => headers["i-twilio-idempotency-token"]);
    expect(new Set(tokens.slice(0, 4)).size).toBe(1);
    expect(new Set(tokens).size).toBe(2);
  });

  it("by its URL's own limits: nothing waits longer than rt and tt", async () => {
    const site = await startSite({ "/sms": () => new Promise(() => undefined), "/fallback": twiml("sorry") });
    const { carrier } = createWorld({
      clock: real,
      webhook: { url: `${site.origin}/sms#rt=100&rc=3&rp=rt&tt=250`, fallbackUrl: `${site.origin}/fallback` },
    });
    const started = performance.now();
    const { replies } = await carrier.handset(PHONE).text(SENDER, "hi");
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(replies.map(({ body }) => body)).toEqual(["sorry"]);
    expect(site.requests.at(-1)?.parameters).toMatchObject({
      ErrorCode: "11203",
      ErrorUrl: `${site.origin}/sms`,
    });
    const attempts = site.requests.filter(({ url }) => url === "/sms");
    expect(attempts.length).toBeGreaterThan(1);
    expect(attempts.length).toBeLessThan(4);
  });

  it.each([
    ["its status", { status: 404 }, "11200"],
    ["another root", { body: "<html/>" }, "12102"],
    ["blanks before the header", { body: ' <?xml version="1.0"?><Response/>' }, "12100"],
    [
      "an entity of its own",
      { body: "<!DOCTYPE a [<!ENTITY b 'c'>]><Response><Message>&b;</Message></Response>" },
      "12100",
    ],
    ["more than 64 kB", { body: `<Response><!--${"x".repeat(65_536)}--></Response>` }, "11750"],
    ["its content type", { type: "application/json", body: "{}" }, "12300"],
  ])("by %s is replaced by its fallback, which is told the number", async (_, page, code) => {
    const site = await startSite({ "/sms": page, "/fallback": twiml("sorry") });
    const { carrier } = createWorld({
      clock: real,
      webhook: { url: `${site.origin}/sms`, fallbackUrl: `${site.origin}/fallback`, fallbackMethod: "GET" },
    });
    expect((await carrier.handset(PHONE).text(SENDER, "hi")).replies.map(({ body }) => body)).toEqual([
      "sorry",
    ]);
    expect(site.requests.at(-1)).toMatchObject({
      method: "GET",
      parameters: { ErrorCode: code, Body: "hi" },
    });
  });

  it("again after its fallback is an alert for each, and the provider has its answer", async () => {
    const site = await startSite({ "/sms": { status: 500 }, "/fallback": { body: "<Nope/>" } });
    const { service, carrier } = createWorld({
      clock: real,
      webhook: { url: `${site.origin}/sms`, fallbackUrl: `${site.origin}/fallback` },
    });
    expect(await carrier.handset(PHONE).text(SENDER, "hi")).toMatchObject({ status: 200, replies: [] });
    const alerts = await service.alerts.list();
    expect(alerts.map(({ code, errorCode }) => `${code} ${errorCode}`).toSorted()).toEqual([
      "WEBHOOK_FAILED 11200",
      "WEBHOOK_FALLBACK_FAILED 12102",
    ]);
    const first = alerts.find(({ code }) => code === "WEBHOOK_FAILED");
    expect(first?.message).toMatch(/answered 500 \(11200\).*fallback.*12102/s);
  });
});
