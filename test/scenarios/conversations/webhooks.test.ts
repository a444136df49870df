import { systemClock } from "@messaging-service/core";
import type { VirtualClock } from "@messaging-service/simulator";
import twilio from "twilio";
import { describe, expect, it } from "vitest";
import { type SiteRequest, startSite, type WebhookSite } from "../../support/webhook-site.ts";
import { createWorld, PHONE, SENDER, type World, type WorldOptions } from "../../support/world.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
/** Real sockets take real time: here both run on the machine's clock. */
const real = { ...systemClock, advance: async () => undefined } as unknown as VirtualClock;
const patience = { timeout: 10_000 };

const createDesk = (conversations: WorldOptions["conversations"]): World =>
  createWorld({
    clock: real,
    authToken: TOKEN,
    senders: [{ phoneNumber: SENDER, throughput: 1_000 }],
    inboundHandling: "conversation",
    conversations,
  });

const events = (site: WebhookSite): string[] =>
  site.requests.map(({ parameters }) => parameters.EventType ?? "");

/** Whether the official library takes it for Twilio's. */
function isSigned(site: WebhookSite, { url, headers, parameters, method }: SiteRequest): boolean {
  const signature = String(headers["x-twilio-signature"]);
  return twilio.validateRequest(TOKEN, signature, site.origin + url, method === "GET" ? {} : parameters);
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe("a conversations webhook", () => {
  it("is called in the form of Twilio's, signed, in the order of the events", async () => {
    const site = await startSite({ "/conversations": { status: 200 } });
    const { service, carrier } = createDesk({ webhook: `${site.origin}/conversations` });
    await carrier.handset(PHONE).text(SENDER, "It's me 👋");
    const { sid = "" } = (await service.conversations.find({ address: PHONE })) ?? {};
    await service.conversations.send(sid, { body: "Yes", author: "Ann" });
    await service.conversations.close(sid);
    await expect.poll(() => site.requests.length, patience).toBe(5);
    const [first, reply] = (await service.conversations.messages(sid)).toReversed();
    const { participantSid } = (await service.conversations.get(sid)) ?? {};
    const common = {
      AccountSid: service.accountSid,
      MessagingServiceSid: service.sid,
      ConversationSid: sid,
      "MessagingBinding.Address": PHONE,
      "MessagingBinding.ProxyAddress": SENDER,
      "MessagingBinding.Type": "sms",
      RetryCount: "0",
    };
    const begun = {
      ...common,
      Attributes: "{}",
      DateCreated: expect.stringMatching(ISO) as string,
      Source: "SMS",
    };
    expect(site.requests.map(({ parameters }) => parameters)).toEqual([
      { ...begun, EventType: "onConversationAdded", State: "active" },
      { ...begun, EventType: "onParticipantAdded", ParticipantSid: participantSid },
      {
        ...begun,
        EventType: "onMessageAdded",
        MessageSid: first?.sid,
        Index: "0",
        Author: PHONE,
        ParticipantSid: participantSid,
        Body: "It's me 👋",
      },
      {
        ...begun,
        EventType: "onMessageAdded",
        MessageSid: reply?.sid,
        Index: "1",
        Author: "Ann",
        Body: "Yes",
        Source: "API",
      },
      {
        ...common,
        EventType: "onConversationStateUpdated",
        State: "closed",
        StateFrom: "active",
        StateTo: "closed",
        Reason: "API",
        StateUpdated: expect.stringMatching(ISO) as string,
      },
    ]);
    for (const request of site.requests) {
      expect(isSigned(site, request)).toBe(true);
      expect(isSigned(site, { ...request, parameters: { ...request.parameters, Body: "x" } })).toBe(false);
    }
    const tokens = site.requests.map(({ headers }) => headers["i-twilio-idempotency-token"]);
    expect(new Set(tokens).size).toBe(5);
  });

  it("is called for the events of its filters alone, by its method", async () => {
    const site = await startSite({ "/conversations": { status: 200 } });
    const { carrier } = createDesk({
      webhook: { url: `${site.origin}/conversations`, method: "GET", filters: ["onMessageAdded"] },
    });
    await carrier.handset(PHONE).text(SENDER, "1");
    await carrier.handset(PHONE).text(SENDER, "2");
    await expect.poll(() => events(site), patience).toEqual(["onMessageAdded", "onMessageAdded"]);
    expect(site.requests.map(({ method }) => method)).toEqual(["GET", "GET"]);
    expect(site.requests.every((request) => isSigned(site, request))).toBe(true);
  });

  it("is tried again as its fragment says, with one token and a count of the retries", async () => {
    let left = 2;
    const site = await startSite({ "/conversations": () => ({ status: left-- > 0 ? 503 : 200 }) });
    const { service, carrier } = createDesk({
      webhook: { url: `${site.origin}/conversations#rc=3&rp=5xx`, filters: ["onMessageAdded"] },
    });
    await carrier.handset(PHONE).text(SENDER, "Hello");
    await expect.poll(() => site.requests.length, patience).toBe(3);
    expect(site.requests.map(({ parameters }) => parameters.RetryCount)).toEqual(["0", "1", "2"]);
    expect(new Set(site.requests.map(({ headers }) => headers["i-twilio-idempotency-token"])).size).toBe(1);
    expect(site.requests.every((request) => isSigned(site, request))).toBe(true);
    expect(await service.alerts.list()).toEqual([]);
  });

  it("that fails is an alert, and what follows is told all the same", async () => {
    const site = await startSite({
      "/conversations": ({ parameters }) => ({
        status: parameters.EventType === "onMessageAdded" ? 200 : 500,
      }),
    });
    const { service, carrier } = createDesk({ webhook: `${site.origin}/conversations` });
    await carrier.handset(PHONE).text(SENDER, "Hello");
    await expect
      .poll(() => events(site), patience)
      .toEqual(["onConversationAdded", "onParticipantAdded", "onMessageAdded"]);
    await expect.poll(async () => (await service.alerts.list()).length, patience).toBe(2);
    expect((await service.alerts.list())[0]).toMatchObject({
      code: "CONVERSATION_HOOK_FAILED",
      message: expect.stringContaining("onParticipantAdded") as string,
    });
  });

  it("that hangs is given up after 5 s, however long its fragment would wait", async () => {
    const site = await startSite({ "/conversations": () => new Promise(() => {}) });
    const { service, carrier } = createDesk({
      webhook: { url: `${site.origin}/conversations#tt=15000&rt=15000`, filters: ["onMessageAdded"] },
    });
    const begin = performance.now();
    expect((await carrier.handset(PHONE).text(SENDER, "Hello")).status).toBe(200);
    expect(performance.now() - begin).toBeLessThan(4_000);
    await expect.poll(async () => (await service.alerts.list()).length, { timeout: 12_000 }).toBe(1);
    expect(performance.now() - begin).toBeGreaterThan(4_500);
    expect(performance.now() - begin).toBeLessThan(12_000);
  });
});

describe("a conversations pre-webhook", () => {
  it("is asked about the first message alone, in the form of Twilio's, signed", async () => {
    const site = await startSite({ "/pre": { status: 200 } });
    const { service, carrier } = createDesk({ preWebhook: `${site.origin}/pre` });
    await carrier.handset(PHONE).text(SENDER, "Hello");
    await carrier.handset(PHONE).text(SENDER, "Anybody?");
    expect(site.requests.map(({ parameters }) => parameters)).toEqual([
      {
        EventType: "onConversationAdd",
        AccountSid: service.accountSid,
        MessagingServiceSid: service.sid,
        "MessagingBinding.Address": PHONE,
        "MessagingBinding.ProxyAddress": SENDER,
        "MessagingBinding.Type": "sms",
        Author: PHONE,
        MessageBody: "Hello",
        Body: "Hello",
        Source: "SMS",
        RetryCount: "0",
      },
    ]);
    expect(site.requests.every((request) => isSigned(site, request))).toBe(true);
    expect((await service.conversations.list())[0]?.messageCount).toBe(2);
  });

  it.each([400, 403, 404, 500])("that answers %d drops the message", async (status) => {
    const site = await startSite({ "/pre": { status } });
    const { service, carrier } = createDesk({ preWebhook: `${site.origin}/pre` });
    const { sid } = await carrier.handset(PHONE).text(SENDER, "Buy now");
    expect(await service.message(sid)).toBeUndefined();
    expect(await service.conversations.list()).toHaveLength(0);
    expect(await service.alerts.list()).toEqual([]);
  });

  it("that cannot be reached is an alert, and the message is kept", async () => {
    const { service, carrier } = createDesk({ preWebhook: "http://127.0.0.1:9/pre" });
    await carrier.handset(PHONE).text(SENDER, "Hello");
    expect(await service.conversations.list()).toHaveLength(1);
    await expect
      .poll(async () => (await service.alerts.list()).map(({ code }) => code), patience)
      .toEqual(["CONVERSATION_HOOK_FAILED"]);
  });

  it("is not asked where the function has refused", async () => {
    const site = await startSite({ "/pre": { status: 200 } });
    const { carrier } = createDesk({ preWebhook: `${site.origin}/pre`, onConversationAdd: () => false });
    await carrier.handset(PHONE).text(SENDER, "Buy now");
    expect(site.requests).toHaveLength(0);
  });
});
