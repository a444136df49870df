import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { bodyParser } from "@koa/bodyparser";
import {
  createMessagingService,
  type MessagingService,
  renderForm,
  signTwilioRequest,
  silentLogger,
} from "@messaging-service/core";
import { messagingService as onExpress } from "@messaging-service/express";
import { messagingService as onKoa } from "@messaging-service/koa";
import { twilio } from "@messaging-service/providers/twilio";
import express from "express";
import Koa from "koa";
import { describe, expect, it, onTestFinished } from "vitest";
import { PHONE, SENDER } from "../support/world.ts";

const AUTH_TOKEN = "12345678901234567890123456789012";
const ORIGIN = "https://app.example";
const PATH = "/messaging/inbound";
const FORM = "application/x-www-form-urlencoded";

function koa(): Koa {
  const app = new Koa();
  app.silent = true;
  return app;
}

const fronts: readonly [string, (service: MessagingService) => RequestListener][] = [
  ["Express", (service) => express().use(onExpress(service)) as RequestListener],
  [
    "Express behind parsers",
    (service) =>
      express()
        .use(express.urlencoded({ extended: true }), express.json(), onExpress(service))
        .use(((error, _req, res, _next) =>
          res.status(error.status ?? 500).end()) as express.ErrorRequestHandler) as RequestListener,
  ],
  ["Koa", (service) => koa().use(onKoa(service)).callback()],
  ["Koa behind a parser", (service) => koa().use(bodyParser()).use(onKoa(service)).callback()],
];

/** A server around a service; posts to it. */
async function start(build: (service: MessagingService) => RequestListener) {
  const service = createMessagingService({
    provider: twilio({ accountSid: `AC${"1".repeat(32)}`, authToken: AUTH_TOKEN, optOutHandling: "off" }),
    senders: [SENDER],
    store: "memory",
    publicUrl: ORIGIN,
    logger: silentLogger,
    webhook: () => {},
  });
  const server = createServer(build(service));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await service.close({ timeoutMs: 0 });
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    service,
    async post(body: string | Uint8Array, type = FORM, parameters: Record<string, string> = {}) {
      const signature = signTwilioRequest({ authToken: AUTH_TOKEN, url: ORIGIN + PATH, parameters });
      const begin = performance.now();
      const response = await fetch(url + PATH, {
        method: "POST",
        headers: { "content-type": type, "x-twilio-signature": signature },
        body: typeof body === "string" ? body : Buffer.from(body),
      });
      return { status: response.status, text: await response.text(), ms: performance.now() - begin };
    },
  };
}

describe.each(fronts)("a hostile body on %s", (_, build) => {
  it.each<[string, string | Uint8Array, string]>([
    ["ten thousand parameters", Array.from({ length: 10_000 }, (__, n) => `p${n}=1`).join("&"), FORM],
    ["one parameter ten thousand times", "a=1&".repeat(10_000), FORM],
    ["names that nest", `a${"[b]".repeat(10_000)}=1`, FORM],
    ["bytes that are no UTF-8", Uint8Array.from([0x42, 0x3d, 0xc3, 0x28, 0xff]), FORM],
    ["escapes that are no UTF-8", "Body=%ff%fe%c3%28", FORM],
    ["JSON that nests", "[".repeat(40_000) + "]".repeat(40_000), "application/json"],
    ["JSON objects that nest", `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`, "application/json"],
    ["half of JSON", '{"a":', "application/json"],
    ["JSON in bytes that are no UTF-8", Uint8Array.from([0x22, 0xff, 0x22]), "application/json"],
    [
      "JSON with __proto__",
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      "application/json",
    ],
    ["a type that is none", "a=1", "multipart/form-data"],
  ])("%s: 4xx, soon", async (__, body, type) => {
    const { post } = await start(build);
    const { status, ms } = await post(body, type);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(ms).toBeLessThan(1_000);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe.each([fronts[0], fronts[2]] as typeof fronts)("a signed webhook on %s", (_, build) => {
  it("may have parameters called as what every object has", async () => {
    const { post, service } = await start(build);
    const parameters: Record<string, string> = Object.assign(Object.create(null), {
      MessageSid: `SM${"1".repeat(32)}`,
      From: PHONE,
      To: SENDER,
      Body: "hi",
      constructor: "a",
      toString: "b",
    });
    Object.defineProperty(parameters, "__proto__", { value: "c", enumerable: true });
    expect((await post(renderForm(parameters), FORM, parameters)).status).toBe(200);
    expect([...(await service.messages())]).toMatchObject([{ body: "hi" }]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it("is refused without the parts of a message, and says nothing of ours", async () => {
    const { post } = await start(build);
    const { status, text } = await post("Body=hi", FORM, { Body: "hi" });
    expect(status).toBe(400);
    expect(JSON.parse(text)).toEqual({ code: "MALFORMED_REQUEST", help: expect.any(String) });
    expect(text).not.toContain("MessageSid");
  });
});
