import { signTwilioRequest } from "@messaging-service/core";
import { createCarrier } from "@messaging-service/simulator";
import { beforeAll, expect, onTestFinished } from "vitest";
import { buildPackages } from "../support/build.ts";
import { startRedis } from "../support/redis.ts";
import { phones, type Trial, trial, within } from "../support/trial.ts";
import { startWorker, type Worker, type WorkerEvent, type WorkerOptions } from "../support/worker.ts";

beforeAll(buildPackages);

const SENDERS = phones(3, 9);

async function open(): Promise<WorkerOptions> {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  return {
    store: { redis: redis.url },
    service: {
      senders: SENDERS.map((phoneNumber) => ({ phoneNumber, throughput: 1_000 })),
      heartbeatMs: 200,
    },
  };
}

/** Counts what left, by our SID. */
function count(): { readonly handed: Map<string, number>; readonly listen: (event: WorkerEvent) => void } {
  const handed = new Map<string, number>();
  return {
    handed,
    listen(event) {
      if (event.event === "handed") handed.set(event.sid, (handed.get(event.sid) ?? 0) + 1);
    },
  };
}

trial(
  "one idempotency key is one message, whoever uses it how often at once",
  { full: 120, short: 60 },
  async ({ sized }) => {
    const options = await open();
    const { handed, listen } = count();
    const workers = [await startWorker(options, listen), await startWorker(options, listen)];
    for (let key = 0; key < sized(1_000, 50); key += 1) {
      const request = { to: phones(100, 2)[key % 100] ?? "", body: "Once", idempotencyKey: `key ${key}` };
      const answers = await Promise.all(
        workers.map((worker) =>
          worker.order(
            "send",
            Array.from({ length: 5 }, () => request),
          ),
        ),
      );
      expect(new Set(answers.flat().map((answer) => answer.sid ?? answer.refused)).size).toBe(1);
    }
    const all = await within(20_000, () => handed.size === sized(1_000, 50));
    expect(all, "each was handed over").toBe(true);
    expect([...handed.values()].filter((times) => times !== 1)).toEqual([]);
  },
);

for (const dieAt of ["before-record", "after-record"] as const) {
  trial(
    `a crash ${dieAt.replace("-", " the ")} leaves an idempotency key that is one message`,
    { full: 300, short: 60 },
    async ({ sized }) => {
      for (let round = 0; round < sized(20, 1); round += 1) {
        const options = await open();
        const { handed, listen } = count();
        const request = { to: phones(1, 2)[0] ?? "", body: "Once", idempotencyKey: "key" };
        const doomed = await startWorker({ ...options, dieAt }, listen);
        await expect(doomed.order("send", [request])).rejects.toThrow("SIGKILL");
        const workers = [await startWorker(options, listen), await startWorker(options, listen)];
        const answers = await Promise.all(
          workers.map((worker) => worker.order("send", [request, request, request])),
        );
        const sids = new Set(answers.flat().map((answer) => answer.sid ?? answer.refused));
        expect(sids.size).toBe(1);
        expect(await within(10_000, () => handed.size > 0), "it was handed over").toBe(true);
        expect([...handed]).toEqual([[[...sids][0], 1]]);
        await Promise.all(workers.map((worker) => worker.kill()));
      }
    },
  );
}

for (const processes of [1, 2]) {
  trial(
    `twenty deliveries of one webhook at once, to ${processes} processes, are one message`,
    { full: 120, short: 60 },
    async ({ sized }: Trial) => {
      const carrier = createCarrier();
      onTestFinished(() => carrier.close());
      const { url: baseUrl } = await carrier.listen();
      const { accountSid, authToken } = carrier;
      const options = { ...(await open()), carrier: { baseUrl, accountSid, authToken } };
      const heard: string[] = [];
      const workers: Worker[] = [];
      for (let index = 0; index < processes; index += 1) {
        const worker = await startWorker(options, (event) => {
          if (event.event === "webhook") heard.push(event.sid);
        });
        workers.push(worker);
      }

      /** Posts one text twenty times at once; resolves to the answers. */
      async function deliver(sid: string, from: string, body: string): Promise<string[]> {
        const to = SENDERS[0] ?? "";
        const parameters = {
          MessageSid: sid,
          AccountSid: accountSid,
          From: from,
          To: to,
          Body: body,
          NumMedia: "0",
        };
        const answers = Array.from({ length: 20 }, async (_, at) => {
          const url = `http://127.0.0.1:${workers[at % processes]?.port}/messaging/inbound/twilio`;
          const answer = await fetch(url, {
            method: "POST",
            headers: { "x-twilio-signature": signTwilioRequest({ authToken, url, parameters }) },
            body: new URLSearchParams(parameters),
          });
          // The callback for the reply names the process that answered first; the rest must be equal.
          return `${answer.status} ${answer.headers.get("content-type")} ${await answer.text()}`;
        });
        return Promise.all(answers);
      }

      const [first] = workers;
      const numbers = phones(sized(200, 10), 3);
      for (const [at, from] of numbers.entries()) {
        const sid = `SM${String(at).padStart(32, "0")}`;
        const answers = await deliver(sid, from, "Hello");
        expect(new Set(answers).size).toBe(1);
        expect(answers[0]).toContain("200 text/xml; charset=utf-8");
        expect(answers[0]).toContain("You said Hello.");
        expect(heard.splice(0)).toEqual([sid]);

        const stop = `SM${String(at).padStart(32, "a")}`;
        const confirmations = await deliver(stop, from, "STOP");
        expect(new Set(confirmations).size).toBe(1);
        expect(confirmations[0]).toContain("<Message");
        expect(await first?.order("history", from)).toHaveLength(1);
        await within(1_000, () => heard.length > 0);
        expect(heard.splice(0)).toEqual([stop]);
      }
    },
  );
}
