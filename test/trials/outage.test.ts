import { createCarrier } from "@messaging-service/simulator";
import { beforeAll, expect, onTestFinished } from "vitest";
import { buildPackages } from "../support/build.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { few, pass, phones, type Trial, trial, within } from "../support/trial.ts";
import { startWorker, type Worker, type WorkerEvent, type WorkerMessage } from "../support/worker.ts";

beforeAll(buildPackages);

const SENDERS = phones(10, 9);
const RECIPIENTS = phones(300, 2);

/** Two processes under load and a Redis that is gone for a while, however it goes. */
async function survive(
  { sized, figure }: Trial,
  leave: (redis: RedisServer) => Promise<void>,
  comeBack: (redis: RedisServer) => Promise<void>,
): Promise<void> {
  const redis = await startRedis({ persistent: true, args: ["--appendfsync", "everysec"] });
  onTestFinished(() => redis.stop());
  const carrier = createCarrier({ latencyMs: 15, deliveryDelayMs: 40 });
  onTestFinished(() => carrier.close());
  const { url: baseUrl } = await carrier.listen();
  const { accountSid, authToken } = carrier;
  const accepted = new Set<string>();
  const refusals: string[] = [];
  const listen = (event: WorkerEvent): void => {
    if (event.event === "accepted") accepted.add(event.sid);
    if (event.event === "refused") refusals.push(event.code);
  };
  const outageMs = sized(5_000, 2_000);
  const timeoutMs = sized(2_000, 500);
  const options = {
    store: { redis: redis.url, timeoutMs },
    carrier: { baseUrl, accountSid, authToken },
    service: {
      senders: SENDERS.map((phoneNumber) => ({ phoneNumber, throughput: 100 })),
      // Three beats are less than the outage, and more than a call that waits for its time limit.
      heartbeatMs: sized(1_000, 500),
      refreshMs: 500,
    },
  };
  const workers = [await startWorker(options, listen), await startWorker(options, listen)];
  const everyone = <T>(task: (worker: Worker) => Promise<T>): Promise<T[]> => Promise.all(workers.map(task));
  const [first] = workers;
  if (first === undefined) throw new Error("no worker");
  carrier.setInboundWebhook(`http://127.0.0.1:${first.port}/messaging/inbound/twilio`);

  await everyone((worker) => worker.order("load", { width: 8, recipients: RECIPIENTS, pauseMs: 5 }));
  await within(20_000, () => accepted.size > 100);
  const before = accepted.size;
  await leave(redis);
  const [, stopped] = phones(2, 4);
  const stop = carrier.handset(stopped ?? "").text(SENDERS[0] ?? "", "STOP");
  await pass(outageMs);
  const during = refusals.length;
  await comeBack(redis);
  await within(20_000, () => accepted.size > before + 200);
  await everyone((worker) => worker.order("rest"));
  await pass(timeoutMs);

  expect(before, "accepted before the outage").toBeGreaterThan(50);
  expect(during, "refused in the outage").toBeGreaterThan(0);
  expect(new Set(refusals)).toEqual(new Set(["STORE_UNAVAILABLE"]));
  expect(accepted.size, "accepted again afterwards").toBeGreaterThan(before + 50);
  expect(
    workers.map(({ alive }) => alive),
    "the processes live",
  ).toEqual([true, true]);

  const sids = [...accepted];
  const sent = new Map<string, WorkerMessage>();
  const waiting = (): string[] => sids.filter((sid) => !sent.has(sid));
  await within(30_000, async () => {
    const asked = waiting().slice(0, 500);
    const messages = await first.order("messages", asked);
    for (const [at, sid] of asked.entries()) {
      const message = messages[at] ?? undefined;
      if (message !== undefined && ["sent", "delivered"].includes(message.status)) sent.set(sid, message);
    }
    return waiting().length === 0;
  });
  const left = await first.order("messages", waiting().slice(0, 5));
  expect(few(waiting()), `accepted and not sent: ${JSON.stringify(left)}`).toBe("none");
  const handed = new Map<string, number>();
  for (const { statusCallback, to } of carrier.messages) {
    // The late confirmation of the STOP below is nobody's send.
    if (to === stopped) continue;
    const sid = new URL(statusCallback ?? "").searchParams.get("sid") ?? "";
    handed.set(sid, (handed.get(sid) ?? 0) + 1);
  }
  expect(
    [...handed].filter(([, times]) => times > 1),
    "handed over twice",
  ).toEqual([]);
  expect(
    sids.filter((sid) => !handed.has(sid)),
    "called sent and never handed over",
  ).toEqual([]);

  // The STOP said during the outage was answered 503, and binds all the same.
  const { status } = await stop;
  expect(status).toBe(503);
  const [consent] = await first.order("consent", [stopped ?? ""]);
  expect(consent).toBe("opted-out");
  const history = await within(
    10_000,
    async () => (await first.order("history", stopped ?? "")).length === 1,
  );
  expect(history, "the STOP is on record once").toBe(true);

  figure("accepted", accepted.size);
  figure("refused with STORE_UNAVAILABLE", refusals.length);
  figure("handed over although refused", handed.size - sids.length);
}

trial(
  "a Redis that hangs refuses sends, and loses and doubles none",
  { full: 120, short: 90 },
  async (given) => {
    await survive(
      given,
      async (redis) => redis.pause(),
      async (redis) => redis.resume(),
    );
  },
);

trial(
  "a Redis that dies and comes back refuses sends, and loses and doubles none",
  { full: 120, short: 90 },
  async (given) => {
    await survive(
      given,
      (redis) => redis.kill(),
      (redis) => redis.restart(),
    );
  },
);
