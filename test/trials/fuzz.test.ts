import { once } from "node:events";
import { Agent, createServer, maxHeaderSize, type RequestListener, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { bodyParser } from "@koa/bodyparser";
import {
  createMessagingService,
  type MessagingService,
  memoryStore,
  silentLogger,
} from "@messaging-service/core";
import { messagingService as onExpress } from "@messaging-service/express";
import { messagingService as onKoa } from "@messaging-service/koa";
import { twilio } from "@messaging-service/providers/twilio";
import express, { type NextFunction, type Request, type Response } from "express";
import Koa from "koa";
import { expect } from "vitest";
import { type Random, trial } from "../support/trial.ts";
import { intactWebhook, mutatedWebhook, type RawRequest, type Target } from "./webhook-mutations.ts";

const TARGET: Target = {
  authToken: "12345678901234567890123456789012",
  origin: "https://app.example",
  sender: "+14155550100",
};
const CONNECTIONS = 8;
/** Nothing that a webhook asks takes this long. */
const PATIENCE_MS = 5_000;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

trial(
  "no webhook, however mutated, is answered 5xx, crashes a server or stays in memory",
  { full: 1_800, short: 120 },
  async ({ random, sized, figure }) => {
    const count = sized(200_000, 10_000);
    const fronts = await Promise.all(FRONTS.map(([name, build]) => start(name, build)));
    const heaps: number[] = [];
    const statuses = new Map<number, number>();
    let slowest = 0;
    for (let tenth = 0; tenth < 10; tenth++) {
      const results = await fire(count / 10, random, fronts);
      for (const { status, ms } of results) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        slowest = Math.max(slowest, ms);
      }
      collectGarbage();
      heaps.push(process.memoryUsage().heapUsed / 2 ** 20);
    }
    figure("answers", JSON.stringify(Object.fromEntries([...statuses].sort(([a], [b]) => a - b))));
    figure("slowest answer, ms", slowest.toFixed(0));
    figure("heap after each tenth, MiB", heaps.map((heap) => heap.toFixed(1)).join(" "));
    for (const front of fronts) {
      // It still serves.
      expect((await exchange(front, intactWebhook(TARGET))).status, front.name).toBe(200);
      await front.close();
    }
    // All kinds of answers were seen, or the trial tried nothing.
    for (const status of [200, 400, 403, 404, 405]) expect(statuses.get(status) ?? 0).toBeGreaterThan(0);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(slowest).toBeLessThan(PATIENCE_MS);
    const [, , warm = 0, ...rest] = heaps;
    expect(Math.max(...rest), `heap in MiB after each tenth: ${heaps}`).toBeLessThan(warm + 12);
  },
);

interface Front {
  readonly name: string;
  readonly port: number;
  readonly agent: Agent;
  close(): Promise<void>;
}

const FRONTS: readonly [string, (service: MessagingService) => RequestListener][] = [
  ["Express", (service) => silenced(express().use(onExpress(service)))],
  [
    "Express behind parsers",
    (service) =>
      silenced(
        express()
          .use(
            express.urlencoded({ extended: true, limit: "300kb" }),
            express.json({ strict: false, limit: "300kb" }),
          )
          .use(onExpress(service)),
      ),
  ],
  ["Koa", (service) => koa().use(onKoa(service)).callback()],
  ["Koa behind a parser", (service) => koa().use(bodyParser()).use(onKoa(service)).callback()],
];

/** Express prints what reaches its last handler. */
function silenced(app: express.Express): RequestListener {
  app.use((error: { status?: number }, _req: Request, res: Response, _next: NextFunction) => {
    res.status(error.status ?? 500).end();
  });
  return app as RequestListener;
}

function koa(): Koa {
  const app = new Koa();
  app.silent = true;
  return app;
}

async function start(name: string, build: (service: MessagingService) => RequestListener): Promise<Front> {
  const service = createMessagingService({
    provider: twilio({
      accountSid: `AC${"1".repeat(32)}`,
      authToken: TARGET.authToken,
      optOutHandling: "off",
      fetch: async () => Response.json({ sid: `SM${"e".repeat(32)}`, status: "queued" }, { status: 201 }),
    }),
    senders: [TARGET.sender],
    store: memoryStore({ maxEntries: 1_000_000 }),
    publicUrl: TARGET.origin,
    logger: silentLogger,
    retention: 1,
    webhook: async ({ body }, { reply }) => {
      await reply(body === "" ? "nothing?" : body.slice(0, 1_000)).catch(() => {});
    },
  });
  const server: Server = createServer(build(service));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  return {
    name,
    port: (server.address() as AddressInfo).port,
    agent,
    async close() {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await service.close({ timeoutMs: 0 });
    },
  };
}

/** Sends that many, some at a time; fails at the first 5xx with the request that caused it. */
async function fire(count: number, random: Random, fronts: readonly Front[]): Promise<readonly Answered[]> {
  const results: Answered[] = [];
  let left = count;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (left-- > 0) {
        const front = random.pick(fronts);
        const sent = mutatedWebhook(random, TARGET);
        const answered = await exchange(front, sent);
        if (answered.status >= 500)
          throw new Error(`${front.name} answered ${answered.status} to ${show(sent)}`);
        results.push(answered);
      }
    }),
  );
  return results;
}

interface Answered {
  readonly status: number;
  readonly ms: number;
}

function exchange(front: Front, sent: RawRequest): Promise<Answered> {
  const { port, agent, name } = front;
  const { method, path, headers, body } = sent;
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const call = request(
      {
        host: "127.0.0.1",
        port,
        agent,
        method,
        path,
        headers: { ...headers, "content-length": body.length },
      },
      (answer) => {
        answer
          .resume()
          .on("end", () => resolve({ status: answer.statusCode ?? 0, ms: performance.now() - begin }));
      },
    );
    // All that a connection of its own has carried, less the body.
    const headBytes = (): number => (call.socket?.bytesWritten ?? 0) - body.length;
    call.setTimeout(PATIENCE_MS, () => call.destroy(new Error(`${name} did not answer ${show(sent)}`)));
    call
      .on("error", (error: NodeJS.ErrnoException) => {
        // The server closed a kept connection just as we wrote to it.
        if (error.code === "ECONNRESET" && call.reusedSocket) resolve(exchange(front, sent));
        // Node refuses so long a head by itself, and may close before its answer was read.
        else if (error.code === "ECONNRESET" && headBytes() > maxHeaderSize)
          resolve({ status: 431, ms: performance.now() - begin });
        else reject(error);
      })
      .end(body);
  });
}

function show({ method, path, headers, body }: RawRequest): string {
  const text =
    body.length > 600 ? `${body.subarray(0, 600).toString()}… (${body.length} bytes)` : body.toString();
  return `${method} ${path.slice(0, 600)} ${JSON.stringify(headers).slice(0, 600)} ${JSON.stringify(text)}`;
}
