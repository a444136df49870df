import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { silentLogger, systemClock } from "@messaging-service/core";
import express from "express";
import twilio from "twilio";
import { describe, expect, it, onTestFinished } from "vitest";
import { createWebhookCaller, type WebhookCall } from "../../packages/core/src/webhook/call.ts";

const AUTH_TOKEN = "12345678901234567890123456789012";
const PARAMETERS = {
  MessageSid: `SM${"0".repeat(32)}`,
  From: "+14155550123",
  Body: " It's amazing 👋 & 100% + more\n",
  Empty: "",
};

/** Calls a webhook on loopback and answers its body. */
async function call(app: express.Express, path: string, options: Partial<WebhookCall> = {}): Promise<string> {
  const server: Server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const caller = createWebhookCaller({ authToken: AUTH_TOKEN, clock: systemClock, logger: silentLogger });
  onTestFinished(async () => {
    await caller.close();
    server.close();
  });
  const { body } = await caller.call({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    method: "POST",
    parameters: PARAMETERS,
    trusted: true,
    token: "token-1",
    ...options,
  });
  return body;
}

describe("a webhook call is accepted by Twilio's own middleware", () => {
  it.each(["/sms", "/sms?a=1&b=x%20y", "/sms?b=it's", "/Sms/é?q=ü", "/sms#rc=2&rp=all", "/?a&b=", "?a=1"])(
    "as a form at %s",
    async (path) => {
      const app = express();
      app.use(express.urlencoded({ extended: false }), twilio.webhook(AUTH_TOKEN), (req, res) => {
        res.json(req.body);
      });
      expect(JSON.parse(await call(app, path))).toEqual(PARAMETERS);
    },
  );

  it.each(["/sms", "/sms?a=1", "/sms?b=it's", "/sms?"])("as a query at %s", async (path) => {
    const app = express();
    app.use(twilio.webhook(AUTH_TOKEN), (req, res) => {
      res.json(req.query);
    });
    expect(JSON.parse(await call(app, path, { method: "GET" }))).toMatchObject(PARAMETERS);
  });

  it("as JSON", async () => {
    const app = express();
    app.use(express.text({ type: "application/json" }), (req, res) => {
      const url = `http://${req.get("host")}${req.originalUrl}`;
      const signature = req.get("x-twilio-signature") ?? "";
      const valid = twilio.validateRequestWithBody(AUTH_TOKEN, signature, url, req.body);
      res.json({ valid, body: JSON.parse(req.body) });
    });
    expect(JSON.parse(await call(app, "/sms?a=1", { json: true }))).toEqual({
      valid: true,
      body: PARAMETERS,
    });
  });
});

describe("a webhook call is accepted by twilio.validateRequest", () => {
  it.each([
    ["as it was configured", (origin: string) => `${origin}/SMS?b=it's#rc=2`],
    ["with user information", (origin: string) => `${origin.replace("://", "://user:pa%20ss@")}/sms`],
    ["without a path", (origin: string) => origin],
  ])("given the URL %s", async (_name, urlAt) => {
    const app = express();
    let configured = "";
    app.use(express.urlencoded({ extended: false }), (req, res) => {
      const signature = req.get("x-twilio-signature") ?? "";
      const [sent = ""] = configured.split("#");
      res.json(twilio.validateRequest(AUTH_TOKEN, signature, sent, req.body));
    });
    const server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    configured = urlAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    onTestFinished(() => void server.close());
    expect(await call(app, "", { url: configured })).toBe("true");
  });
});
