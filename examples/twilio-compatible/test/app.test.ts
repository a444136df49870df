import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { silentLogger } from "@messaging-service/core";
import { createCarrier } from "@messaging-service/simulator";
import { expect, it, onTestFinished } from "vitest";
import { buildApp, buildClient } from "../src/app.ts";
import { playStory } from "../src/story.ts";

const ACCOUNT = `AC${"1".repeat(32)}`;
const TOKEN = "0123456789abcdef0123456789abcdef";

it("a service made over REST sends, hears STOP by webhook, refuses with 21610, and ends", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const carrier = createCarrier({ webhookUrl: `${publicUrl}/messaging/inbound` });
  const { app, api } = buildApp({
    accountSid: ACCOUNT,
    authToken: TOKEN,
    provider: carrier.provider,
    store: "memory",
    inventory: ["+14155550100", "+12125550100"],
    publicUrl,
    serviceOptions: {
      logger: silentLogger,
      allowPrivateHosts: ["127.0.0.1"],
      optOut: { brand: "Acme", stopWinsMs: 0 },
    },
  });
  server.on("request", app);
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await api.close({ timeoutMs: 100 });
    await carrier.close();
  });
  await api.ready();
  const lines: string[] = [];
  const client = buildClient(ACCOUNT, TOKEN, publicUrl);
  const wrong = await playStory({ client, carrier, publicUrl, print: (line) => lines.push(line) });
  expect([wrong, lines.at(-1)]).toEqual([[], "All as expected."]);
  expect(lines).toContain("  From alone → HTTP 400, 21610");
});
