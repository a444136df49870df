import { createCarrier } from "@messaging-service/simulator";
import supertest from "supertest";
import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort, type RedisServer, startRedis } from "../../../test/support/redis.ts";
import { buildApp } from "../src/app.ts";

const SENDER = "+14155550100";
let redis: RedisServer;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  redis = await startRedis({ persistent: true });
});
afterAll(async () => {
  for (const close of closing.reverse()) await close();
  await redis.stop();
});

/** One process of the app, called over HTTP by a carrier. */
async function start() {
  const carrier = createCarrier();
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const app = buildApp({
    provider: carrier.provider,
    redisUrl: redis.url,
    publicUrl,
    senders: [SENDER, "+12125550100"],
  });
  await app.messaging.service.ready();
  const server = app.listen(port, "127.0.0.1");
  closing.push(
    () => carrier.close(),
    () => app.close(),
    () => new Promise((resolve) => server.close(resolve)),
  );
  carrier.setInboundWebhook(`${publicUrl}/messaging/inbound`);
  return { carrier, app, server };
}

it("explains its choice over HTTP", async () => {
  const { server } = await start();
  const { body } = await supertest(server).get("/explain/+12125550123").expect(200);
  expect(body).toMatchObject({ decision: { sender: { id: "+12125550100" } } });
});

it("answers a text over HTTP by its own route", async () => {
  const { carrier } = await start();
  const phone = carrier.handset("+14155550123");
  expect(await phone.text(SENDER, "When do you open?")).toMatchObject({ status: 200 });
  expect(phone.inbox.at(-1)?.body).toBe("We open at nine.");
});

it("leaves alone what is none of the service's", async () => {
  const { carrier, server } = await start();
  expect(await carrier.handset("+14155550123").text("+13125550100", "hi")).toMatchObject({ status: 404 });
  await supertest(server).get("/messaging/elsewhere").expect(404);
});

it("keeps opt-outs in Redis, where another process finds them", async () => {
  const first = await start();
  const phone = first.carrier.handset("+12125550123");
  await phone.text(SENDER, "STOP");
  expect(phone.inbox.at(-1)?.body).toMatch(/unsubscribed/);
  const second = await start();
  const sending = second.app.messaging.send({ to: phone.number, body: "We open at nine." });
  await expect(sending).rejects.toMatchObject({ code: "OPTED_OUT" });
});

it("lets go of Redis when it closes, so that its process can end", async () => {
  const { app } = await start();
  const connected = async (): Promise<number> => (await redis.command("CLIENT", "LIST")).split("id=").length;
  const before = await connected();
  await app.close();
  await expect.poll(connected).toBe(before - 1);
});
