import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createCarrier } from "@messaging-service/simulator";
import { buildApp, buildClient } from "./app.ts";
import { playStory } from "./story.ts";

const {
  PORT,
  ACCOUNT_SID = `AC${"1".repeat(32)}`,
  AUTH_TOKEN = "0123456789abcdef0123456789abcdef",
} = process.env;

const endsAfterStory = process.argv.includes("--once");
const unknown = process.argv.slice(2).find((argument) => argument !== "--once");
if (unknown !== undefined) {
  console.error(`There is no option ${unknown}; --once ends after the story.`);
  process.exit(1);
}

// The port is known first: it is part of the URL that signatures cover.
const server = createServer();
server.listen(Number(PORT ?? 3000), "127.0.0.1");
await once(server, "listening");
const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const carrier = createCarrier({ webhookUrl: `${publicUrl}/messaging/inbound` });
const { app, api } = buildApp({
  accountSid: ACCOUNT_SID,
  authToken: AUTH_TOKEN,
  // With a real carrier: twilio({ accountSid, authToken }) and a Redis or LMDB store.
  provider: carrier.provider,
  store: "memory",
  inventory: ["+14155550100", "+12125550100"],
  publicUrl,
  serviceOptions: {
    // Here the webhook is on this machine; a URL that comes over REST may otherwise not lead into your network.
    allowPrivateHosts: ["127.0.0.1"],
    // The story does not wait between STOP and START.
    optOut: { brand: "Acme", stopWinsMs: 0 },
  },
});
server.on("request", app);
await api.ready();

const client = buildClient(ACCOUNT_SID, AUTH_TOKEN, publicUrl);
const wrong = await playStory({ client, carrier, publicUrl, print: console.log });

if (endsAfterStory || wrong.length > 0) {
  process.exitCode = wrong.length;
  await stop();
} else {
  console.log(`\nServing ${publicUrl}: lead a client there, or`);
  console.log(`curl -u ${ACCOUNT_SID}:${AUTH_TOKEN} ${publicUrl}/v1/Services -d FriendlyName=Mine`);
  process.once("SIGINT", () => void stop());
  process.once("SIGTERM", () => void stop());
}

async function stop(): Promise<void> {
  server.close();
  server.closeAllConnections();
  // What is under way is finished; what waits is taken up by the next process.
  await api.close();
  await carrier.close();
}
