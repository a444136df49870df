import { beforeAll, expect, onTestFinished } from "vitest";
import { buildPackages } from "../support/build.ts";
import { startRedis } from "../support/redis.ts";
import { phones, trial, within } from "../support/trial.ts";
import { startWorker } from "../support/worker.ts";

beforeAll(buildPackages);

const PROCESSES = 4;

trial(
  "four processes that text everyone for the first time at once agree on every sender",
  { full: 900, short: 90 },
  async ({ sized, figure }) => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const recipients = phones(sized(10_000, 500), 2);
    const senders = new Map<string, Set<string>>(recipients.map((to) => [to, new Set()]));
    const handed = new Map<string, number>();
    const options = {
      store: { redis: redis.url, timeoutMs: 30_000 },
      service: { senders: phones(20, 9).map((phoneNumber) => ({ phoneNumber, throughput: 10_000 })) },
    };
    const workers = await Promise.all(
      Array.from({ length: PROCESSES }, () =>
        startWorker(options, (event) => {
          if (event.event !== "handed") return;
          senders.get(event.to)?.add(event.from);
          handed.set(event.to, (handed.get(event.to) ?? 0) + 1);
        }),
      ),
    );
    const begin = performance.now();
    await Promise.all(workers.map((worker) => worker.order("tour", { width: 25, recipients })));
    const seconds = (performance.now() - begin) / 1_000;
    const all = await within(60_000, () => recipients.every((to) => handed.get(to) === PROCESSES));
    expect(all, "every message reached the carrier").toBe(true);
    expect([...senders].filter(([, from]) => from.size !== 1)).toEqual([]);
    const sticky = await workers[0]?.order("sticky", recipients);
    expect(sticky).toEqual(recipients.map((to) => [...(senders.get(to) ?? [])][0]));
    expect(new Set(sticky).size, "and the work is spread").toBe(20);
    figure("recipients", recipients.length);
    figure("sends a second, all processes", Math.round((recipients.length * PROCESSES) / seconds));
  },
);
