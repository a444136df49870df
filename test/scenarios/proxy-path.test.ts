import { createServer, type RequestListener, request } from "node:http";
import type { AddressInfo } from "node:net";
import { createMessagingService, silentLogger } from "@messaging-service/core";
import { messagingService } from "@messaging-service/express";
import { twilio } from "@messaging-service/providers/twilio";
import express from "express";
import twilioSdk from "twilio";
import { expect, it, onTestFinished } from "vitest";

const AUTH_TOKEN = "12345678901234567890123456789012";
const ACCOUNT = `AC${"1".repeat(32)}`;
const BASE = "/api/v2";

/** A server on loopback; resolves its origin. */
async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A reverse proxy that has the target under {@link BASE}, and hands on what `rewrite` makes of the URL. */
function proxy(target: () => string, rewrite: (url: string) => string): RequestListener {
  return (incoming, outgoing) => {
    const { method, headers, url = "" } = incoming;
    if (!url.startsWith(`${BASE}/`)) {
      outgoing.writeHead(404).end("no such upstream");
      return;
    }
    const onward = request(`${target()}${rewrite(url)}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  };
}

/** Posts a form as Twilio does, signed for the URL that it calls. */
async function post(url: string, form: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "x-twilio-signature": twilioSdk.getExpectedTwilioSignature(AUTH_TOKEN, url, form) },
    body: new URLSearchParams(form),
  });
}

const strips = (url: string): string => url.slice(BASE.length);
const keeps = (url: string): string => url;

it.each([
  { name: "takes the path off", rewrite: strips, mount: "/" },
  { name: "leaves the path on", rewrite: keeps, mount: "/" },
  { name: "leaves the path on, where the application mounts the service", rewrite: keeps, mount: BASE },
])(
  "behind a proxy that $name, webhooks are believed and receipts find their way",
  async ({ rewrite, mount }) => {
    let app = "";
    const origin = await listen(proxy(() => app, rewrite));
    const sent: string[] = [];
    const api = await listen((incoming, outgoing) => {
      let text = "";
      incoming.on("data", (data) => {
        text += data;
      });
      incoming.on("end", () => {
        sent.push(new URLSearchParams(text).get("StatusCallback") ?? "");
        outgoing.writeHead(201, { "content-type": "application/json" });
        outgoing.end(JSON.stringify({ sid: `SM${"a".repeat(32)}`, status: "queued" }));
      });
    });
    const heard: string[] = [];
    const service = createMessagingService({
      provider: twilio({ accountSid: ACCOUNT, authToken: AUTH_TOKEN, baseUrl: api, optOutHandling: "off" }),
      senders: ["+14155550100"],
      store: "memory",
      publicUrl: `${origin}${BASE}/`,
      logger: silentLogger,
      webhook: (message, { reply }) => {
        heard.push(message.body);
        void reply("Thanks");
      },
    });
    onTestFinished(() => service.close({ timeoutMs: 0 }));
    app = await listen(express().use(mount, messagingService(service)));

    const inbound = {
      From: "+12125550123",
      To: "+14155550100",
      Body: "Hi",
      MessageSid: `SM${"b".repeat(32)}`,
    };
    const answer = await post(`${origin}${BASE}/messaging/inbound`, inbound);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain("Thanks");
    expect(heard).toEqual(["Hi"]);

    const delivered = new Promise((resolve) =>
      service.on("status", ({ status }) => {
        if (status === "delivered") resolve(status);
      }),
    );
    await service.send({ to: "+12125550123", body: "Your table is ready." });
    await expect.poll(() => sent.length).toBe(1);
    const [callback = ""] = sent;
    expect(callback).toMatch(`${origin}${BASE}/messaging/status/twilio?sid=SM`);
    const receipt = { MessageSid: `SM${"a".repeat(32)}`, MessageStatus: "delivered" };
    expect((await post(callback, receipt)).status).toBe(200);
    expect(await delivered).toBe("delivered");

    const forged = await fetch(`${origin}${BASE}/messaging/inbound`, {
      method: "POST",
      headers: {
        "x-twilio-signature": twilioSdk.getExpectedTwilioSignature(
          AUTH_TOKEN,
          `${origin}/messaging/inbound`,
          inbound,
        ),
      },
      body: new URLSearchParams(inbound),
    });
    expect(forged.status).toBe(403);
  },
);
