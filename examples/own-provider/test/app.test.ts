import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { silentLogger } from "@messaging-service/core";
import { expect, it, onTestFinished } from "vitest";
import { buildApp } from "../src/app.ts";
import { startCarrier } from "../src/carrier.ts";

const SENDER = "+14155550100";
const PHONE = "+14155550123";

async function start() {
  const carrier = await startCarrier();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { app, service } = buildApp({
    pigeon: carrier,
    senders: [SENDER],
    store: "memory",
    publicUrl,
    logger: silentLogger,
    optOut: { brand: "Acme" },
  });
  server.on("request", app);
  onTestFinished(async () => {
    await service.close();
    carrier.close();
    server.close();
  });
  return { carrier, service, inbound: `${publicUrl}/messaging/inbound/pigeon` };
}

it("delivers a message and learns that it was", async () => {
  const { carrier, service } = await start();
  const landed = once(carrier.phones, "text");
  const { sid } = await service.send({ to: PHONE, body: "Hello" });
  expect(await landed).toMatchObject([{ from: SENDER, to: PHONE, text: "Hello" }]);
  expect(await service.message(sid)).toMatchObject({ status: "delivered", provider: "pigeon" });
});

it("answers a text by sending, because a webhook of Pigeon's carries no answer", async () => {
  const { carrier, inbound } = await start();
  const landed = once(carrier.phones, "text");
  expect(await carrier.text(inbound, PHONE, SENDER, "Coo?")).toBe(200);
  expect(await landed).toMatchObject([{ from: SENDER, to: PHONE, text: "You wrote: Coo?" }]);
});

it("keeps a STOP that came by Pigeon", async () => {
  const { carrier, service, inbound } = await start();
  const landed = once(carrier.phones, "text");
  await carrier.text(inbound, PHONE, SENDER, "STOP");
  expect(await landed).toMatchObject([{ from: SENDER, to: PHONE, text: expect.stringContaining("Acme") }]);
  await expect(service.send({ to: PHONE, body: "Hello" })).rejects.toMatchObject({ code: "OPTED_OUT" });
});
