import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import KeyvRedis from "@keyv/redis";
import {
  createMessagingService,
  type MessageStatus,
  type MessagingService,
  type Provider,
  silentLogger,
} from "@messaging-service/core";
import { createCarrier } from "@messaging-service/simulator";
import { Keyv } from "keyv";
import { bullmq } from "./delivery/bullmq.ts";
import { bareClient, serviceOverHttp } from "./delivery/http.ts";
import { BODY, instantCarrier, ORIGIN, phone, senders } from "./delivery/load.ts";
import { best, countdown, type Rate, timed, WIDTH } from "./delivery/rate.ts";
import { startRedis } from "./delivery/redis.ts";

const MESSAGES = 10_000;
/** The simulator signs, times and calls back for each message, and Redis costs round trips. */
const SLOWER = 5_000;
const OVER_HTTP = 3_000;
const WAITING = 10_000;

/**
 * Delivery: `send` alone, the way to the carrier, and the way to "delivered" on a simulated one; against one BullMQ job
 * per message on the same Redis; over HTTP against a bare loop over the official client; and what a message that waits takes.
 */
export async function run(report: (line: string) => void): Promise<void> {
  const redis = await startRedis();
  try {
    report(`${WIDTH} calls at a time; messages per second, and CPU of this process per message`);
    const line = (name: string, { accepted, done, cpu }: Rate): void =>
      report(
        `  ${name.padEnd(40)}${perSecond(accepted)} accepted ${perSecond(done)} done ${cpu.toFixed(0).padStart(5)} µs`,
      );

    report("send alone: every lane waits");
    const alone = await best({
      memory: () => waiting("memory", MESSAGES),
      redis: () => waiting(redis.url, SLOWER),
    });
    line("service, memory store", alone.memory);
    line("service, Redis", alone.redis);

    report("to a carrier that answers at once (done: it has it, and that is on record)");
    const instant = await best({
      memory: () => ours("memory", instantCarrier(), "sent", MESSAGES),
      redis: () => ours(redis.url, instantCarrier(), "sent", SLOWER),
      bull: () => bullmq(redis.port, instantCarrier(), MESSAGES),
    });
    line("service, memory store", instant.memory);
    line("service, Redis", instant.redis);
    line("BullMQ, a job per message, Redis", instant.bull);
    report(
      `  memory store against BullMQ: ${ratio(instant.memory, instant.bull)}; Redis against BullMQ: ${ratio(instant.redis, instant.bull)}`,
    );

    report("to the simulated carrier and back (done: delivered)");
    const delivered = await best({
      memory: () => simulated("memory"),
      bull: () => simulatedBullmq(redis.port),
    });
    line("service, memory store", delivered.memory);
    line("BullMQ, its receipts verified", delivered.bull);
    report(`  memory store against BullMQ: ${ratio(delivered.memory, delivered.bull)}`);

    report("over HTTP to that carrier on loopback (done: it has it)");
    const overHttp = await best({
      service: () => serviceOverHttp(OVER_HTTP),
      loop: () => bareClient(OVER_HTTP),
    });
    line("service, Twilio provider", overHttp.service);
    line("a loop over the twilio client", overHttp.loop);
    report(`  service against the loop: ${ratio(overHttp.service, overHttp.loop)}`);

    report("heap per message that waits");
    report(`  memory store, its record included: ${await bytesPerMessage("memory")} bytes`);
    report(`  records in Redis: ${await bytesPerMessage(redis.url)} bytes`);
  } finally {
    await redis.stop();
  }
}

function createService(provider: Provider, store: string, throughput: number): MessagingService {
  return createMessagingService({
    provider,
    senders: senders(throughput),
    store:
      store === "memory" ? store : new Keyv(new KeyvRedis(store), { namespace: `bench${Math.random()}` }),
    publicUrl: ORIGIN,
    logger: silentLogger,
  });
}

/** From `send` to the status. Rates hold nobody up: what is measured is the work per message. */
async function ours(
  store: string,
  provider: Provider,
  status: MessageStatus,
  messages: number,
  onService: (service: MessagingService) => void = () => {},
): Promise<Rate> {
  const service = createService(provider, store, 1e6);
  onService(service);
  await service.ready();
  const reached = countdown(messages);
  service.on("status", (message) => {
    if (message.status === status) reached.tick();
  });
  const rate = await timed(messages, (n) => service.send({ to: phone(n), body: BODY }), reached.end);
  await service.close();
  return rate;
}

async function simulated(store: string): Promise<Rate> {
  const carrier = createCarrier({ sentDelayMs: 0, deliveryDelayMs: 0 });
  const rate = await ours(store, carrier.provider, "delivered", SLOWER, (service) =>
    carrier.connect(service, { origin: ORIGIN }),
  );
  await carrier.close();
  return rate;
}

async function simulatedBullmq(port: number): Promise<Rate> {
  const carrier = createCarrier({ sentDelayMs: 0, deliveryDelayMs: 0 });
  const delivered = countdown(SLOWER);
  // Receipts come as they come to a service. Whoever has only a queue makes sure that they are the carrier's, as every
  // receiver must, and does nothing with them here but count.
  const { webhook } = carrier.provider;
  const peer: Parameters<typeof carrier.connect>[0] = {
    async handle(_endpoint, request) {
      const form = new URLSearchParams(new TextDecoder().decode(request.body));
      const absoluteUrl = `${ORIGIN}${request.url}`;
      const received = { ...request, absoluteUrl, parameters: Object.fromEntries(form) };
      if (!webhook.verify(received, Date.now()).ok) return { status: 403, headers: {}, body: "" };
      const [receipt] = webhook.parseReceipts(received);
      if (receipt?.status === "delivered") delivered.tick();
      return { status: 200, headers: {}, body: "" };
    },
  };
  carrier.connect(peer, { origin: ORIGIN });
  const rate = await bullmq(port, carrier.provider, SLOWER, delivered.end);
  await carrier.close();
  return rate;
}

/** `send` to lanes that are busy for the next hour. */
async function waiting(store: string, messages: number): Promise<Rate> {
  const service = createService(instantCarrier(), store, 0.1);
  await service.ready();
  for (let n = 0; n < 50; n++) await service.send({ to: phone(n), body: BODY });
  const call = (n: number): Promise<unknown> => service.send({ to: phone(n + 1_000), body: BODY });
  const rate = await timed(messages, call, Promise.resolve());
  await service.close({ timeoutMs: 0 });
  return rate;
}

/** Heap per message that waits on a lane, of a service with nothing else to do. */
async function bytesPerMessage(store: string): Promise<number> {
  const service = createService(instantCarrier(), store, 0.1);
  await service.ready();
  for (let n = 0; n < 50; n++) await service.send({ to: phone(n), body: BODY });
  await sleep(200);
  const before = heap();
  await timed(WAITING, (n) => service.send({ to: phone(n + 1_000), body: BODY }), Promise.resolve());
  await sleep(100);
  const bytes = Math.round((heap() - before) / WAITING);
  await service.close({ timeoutMs: 0 });
  return bytes;
}

function heap(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

function perSecond(rate: number): string {
  return Math.round(rate).toLocaleString("en").padStart(8);
}

function ratio(ours: Rate, theirs: Rate): string {
  return `${(ours.done / theirs.done).toFixed(1)} ×`;
}
