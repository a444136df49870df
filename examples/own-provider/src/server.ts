import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buildApp } from "./app.ts";
import { type Submission, startCarrier } from "./carrier.ts";

const SENDER = "+14155550100";
const PHONE = "+14155550123";

const carrier = await startCarrier();
carrier.phones.on("text", ({ from, to, text }: Submission) =>
  console.log(`${to} got "${text}" from ${from}`),
);

// It listens first, because the app's own URL is one of its options.
const server = createServer();
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const { app, service } = buildApp({ pigeon: carrier, senders: [SENDER], store: "memory", publicUrl });
server.on("request", app);

const delivered = once(carrier.phones, "text");
const { sid } = await service.send({ to: PHONE, body: "Your table is booked." });
await delivered;
console.log(`${sid} is ${(await service.message(sid))?.status}`);

const answered = once(carrier.phones, "text");
await carrier.text(`${publicUrl}${service.path}/inbound/pigeon`, PHONE, SENDER, "Thanks!");
await answered;

await service.close();
carrier.close();
server.close();
