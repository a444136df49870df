import { afterEach, describe, expect, it } from "vitest";
import { type FetchNext, toFetchHandler } from "../src/fetch.ts";
import { silentLogger } from "../src/logger.ts";
import type { MessagingService } from "../src/messaging-service.ts";
import type { MessagingServiceOptions } from "../src/options.ts";
import type { Provider } from "../src/provider.ts";
import { createMessagingService } from "../src/service.ts";

const SENDER = "+14155550100";
const URL_INBOUND = "https://app.example/messaging/inbound";
const open: MessagingService[] = [];
afterEach(() => Promise.all(open.splice(0).map((service) => service.close())));

/** A carrier that signs nothing and speaks JSON of `{ id, to, body }`. */
const provider: Provider = {
  name: "plain",
  simulated: true,
  send: async () => ({ outcome: "accepted", providerSid: "P1" }),
  webhook: {
    verify: ({ body }) => (body === undefined ? { ok: false, code: "BODY_CONSUMED" } : { ok: true }),
    parseInbound({ json }) {
      const { id, to, body } = json as { id: string; to: string; body: string };
      return [{ providerSid: id, from: "+14155550123", to, body, media: [], parameters: {} }];
    },
    parseReceipts: () => [],
    renderReply: (replies) => ({
      status: 200,
      headers: { "content-type": "text/plain" },
      body: replies.map(({ body }) => body).join(),
    }),
  },
};

function createHandler(next?: FetchNext, options: Partial<MessagingServiceOptions> = {}) {
  const service = createMessagingService({ provider, senders: [SENDER], logger: silentLogger, ...options });
  open.push(service);
  return toFetchHandler(service, { next });
}

let count = 0;
function inbound(to = SENDER, more: RequestInit = {}): Request {
  return new Request(URL_INBOUND, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id: `id-${++count}`, to, body: "hi" }),
    ...more,
  });
}

describe("toFetchHandler", () => {
  it("carries the service and its send", () => {
    const handler = createHandler();
    expect(handler.send).toBe(handler.service.send);
  });

  it("answers 404 outside its path, and acknowledges a message, where there is nothing next", async () => {
    const handler = createHandler();
    expect((await handler(new Request("https://app.example/elsewhere"))).status).toBe(404);
    expect((await handler(inbound())).status).toBe(200);
    expect((await handler(inbound("+12125550199"))).status).toBe(200);
  });

  it("prefers the call's next to the option's", async () => {
    const handler = createHandler(() => new Response("option"));
    const elsewhere = new Request("https://app.example/elsewhere");
    expect(await (await handler(elsewhere)).text()).toBe("option");
    expect(await (await handler(elsewhere, () => new Response("call"))).text()).toBe("call");
  });

  it("hands a request on unread", async () => {
    const handler = createHandler(async (request) => new Response(await request.text()));
    const body = JSON.stringify({ id: "stranger", to: "+12125550199", body: "é" });
    expect(await (await handler(inbound("", { body }))).text()).toBe(body);
  });

  it("answers with the reply instead of what the route returned", async () => {
    const handler = createHandler(async (_, messaging) => {
      await messaging?.reply("reply ✓");
      return new Response("route", { status: 201 });
    });
    const answer = await handler(inbound());
    expect([answer.status, await answer.text()]).toEqual([200, "reply ✓"]);
  });

  it("rejects with what the route throws, and gives the route its turn again", async () => {
    let runs = 0;
    const handler = createHandler(() => {
      runs++;
      if (runs === 1) throw new Error("broken route");
      return new Response("second time");
    });
    const body = JSON.stringify({ id: "again", to: SENDER, body: "hi" });
    await expect(handler(inbound("", { body }))).rejects.toThrow("broken route");
    await expect.poll(async () => (await handler(inbound("", { body }))).text()).toBe("second time");
  });

  it("rejects for an answer of a provider that no header can hold", async () => {
    const renderReply = ([reply]: readonly { body: string }[]) => ({
      status: 200,
      headers: { "x-reply": reply?.body ?? "" },
      body: "",
    });
    const service = createMessagingService({
      provider: { ...provider, webhook: { ...provider.webhook, renderReply } },
      senders: [SENDER],
      logger: silentLogger,
      webhook: (_, { reply }) => reply("two\nlines"),
    });
    open.push(service);
    await expect(toFetchHandler(service)(inbound())).rejects.toThrow("invalid header value");
  });

  it("says that the body is consumed when somebody read it", async () => {
    const request = inbound();
    await request.text();
    const answer = await createHandler(() => undefined)(request);
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: "BODY_CONSUMED" }]);
  });

  it("refuses a body over the limit, declared or not, and one that does not come", async () => {
    const handler = createHandler(undefined, { maxBodyBytes: 100, bodyTimeoutMs: 20 });
    expect((await handler(inbound(SENDER, { body: "x".repeat(101) }))).status).toBe(413);
    const declared = inbound(SENDER, { headers: { "content-length": "101" } });
    expect((await handler(declared)).status).toBe(413);
    const silent = new ReadableStream({ start() {} });
    const slow = inbound(SENDER, { body: silent, duplex: "half" } as RequestInit);
    expect((await handler(slow)).status).toBe(408);
    const cut = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) });
    expect((await handler(inbound(SENDER, { body: cut, duplex: "half" } as RequestInit))).status).toBe(400);
  });

  it("serves the webhooks as handlers of other routes", async () => {
    const handler = createHandler(undefined, { webhook: (_, { reply }) => reply("webhook") });
    const { headers } = inbound();
    const body = JSON.stringify({ id: "sms", to: SENDER, body: "hi" });
    const post = { method: "POST", headers, body };
    const answer = await handler.inbound(new Request("https://app.example/sms", post));
    expect(await answer.text()).toBe("webhook");
    expect((await handler.status(new Request("https://app.example/receipts", post))).status).toBe(200);
  });
});

describe("toFetchHandler", () => {
  it("refuses what is no handler, and options it has none of", () => {
    const wrong = (value: unknown): never => value as never;
    expect(() => toFetchHandler(wrong(undefined))).toThrow(/takes a messaging service/);
    const service = createMessagingService({ provider, senders: [SENDER], logger: silentLogger });
    open.push(service);
    expect(() => toFetchHandler(service, wrong({ remoteAdress: () => "192.0.2.1" }))).toThrow(
      /did you mean "remoteAddress"/,
    );
  });
});
