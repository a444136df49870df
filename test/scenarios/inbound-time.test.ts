import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createMessagingService,
  type MessagingService,
  type MessagingServiceOptions,
  type RouteMessaging,
  silentLogger,
  systemClock,
  toFetchHandler,
} from "@messaging-service/core";
import { messagingService as onExpress } from "@messaging-service/express";
import { messagingService as onKoa } from "@messaging-service/koa";
import { type Carrier, createCarrier, type VirtualClock } from "@messaging-service/simulator";
import express from "express";
import express4 from "express-v4";
import Koa from "koa";
import { describe, expect, it, onTestFinished } from "vitest";
import { startSite, twiml } from "../support/webhook-site.ts";
import { createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

/** Real sockets take real time: here both run on the machine's clock. */
const real = { ...systemClock, advance: async () => undefined } as unknown as VirtualClock;
const EMPTY = /<Response\s*\/>|<Response><\/Response>/;

interface Served {
  readonly service: MessagingService;
  readonly carrier: Carrier;
}

/** A service behind a real server, which the carrier calls over HTTP. */
async function serve(
  build: (service: MessagingService) => RequestListener,
  options: Partial<MessagingServiceOptions> = {},
): Promise<Served> {
  const carrier = createCarrier();
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const service = createMessagingService({
    provider: carrier.provider,
    senders: [SENDER, SECOND],
    publicUrl: origin,
    logger: silentLogger,
    respondWithin: 50,
    ...options,
  });
  server.on("request", build(service));
  carrier.setInboundWebhook(`${origin}/messaging/inbound`);
  onTestFinished(async () => {
    await carrier.close();
    server.closeAllConnections();
    server.close();
    await service.close({ timeoutMs: 0 });
  });
  return { service, carrier };
}

/** A promise to settle by hand. */
function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

/** A route that waits for the gate, then does everything that a route may do. */
interface SlowRoute {
  readonly wait: Promise<void>;
  readonly done: () => void;
}

const frameworks: readonly [string, (service: MessagingService, route: SlowRoute) => RequestListener][] = [
  ...(
    [
      ["Express 5", express],
      ["Express 4", express4],
    ] as const
  ).map(([name, framework]): (typeof frameworks)[number] => [
    name,
    (service, { wait, done }) => {
      const app = (framework as typeof express)();
      app.use(onExpress(service));
      app.post("/messaging/inbound", async (req, res) => {
        await wait;
        await req.messaging?.reply("late");
        res.status(201).set("x-late", "1").type("text/plain").send("too late");
        res.json({});
        done();
      });
      return app as RequestListener;
    },
  ]),
  [
    "Koa",
    (service, { wait, done }) => {
      const app = new Koa();
      app.use(onKoa(service));
      app.use(async (ctx) => {
        await wait;
        await (ctx.messaging as RouteMessaging).reply("late");
        ctx.status = 201;
        ctx.body = "too late";
        done();
      });
      return app.callback();
    },
  ],
];

describe("the provider is answered within respondWithin", () => {
  it.each(frameworks)("where a route of %s hangs; what it still does breaks nothing", async (_, build) => {
    const late = gate();
    const finished = gate();
    const { service, carrier } = await serve((built) =>
      build(built, { wait: late.passed, done: finished.open }),
    );
    const phone = carrier.handset(PHONE);
    const started = performance.now();
    const result = await phone.text(SENDER, "hi", { duplicates: 1 });
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(result.answers.map(({ status }) => status)).toEqual([200, 200]);
    for (const { body } of result.answers) expect(body).toMatch(EMPTY);
    late.open();
    await finished.passed;
    expect(await phone.waitFor(1)).toMatchObject({ body: "late", from: SENDER });
    await carrier.settled();
    expect(phone.inbox).toHaveLength(1);
    expect(await service.messages({ direction: "outbound-reply" })).toHaveLength(1);
    // The next message is served as if nothing had been.
    expect((await phone.text(SENDER, "STOP")).replies).toHaveLength(1);
  });

  it("where a route on fetch hangs, and what it answers at last is thrown away", async () => {
    const late = gate();
    const { service, carrier } = createWorld({ clock: real, respondWithin: 50 });
    const handler = toFetchHandler(service, {
      async next(_, messaging) {
        await late.passed;
        await messaging?.reply("late");
        return new Response("too late", { status: 201 });
      },
    });
    carrier.connect(
      {
        async handle(_, { method, url, headers, body }) {
          const init = { method, headers: headers as Record<string, string>, body: Buffer.from(body ?? []) };
          const response = await handler(new Request(`https://app.example${url}`, init));
          return {
            status: response.status,
            headers: Object.fromEntries(response.headers),
            body: await response.text(),
          };
        },
      },
      { origin: "https://app.example" },
    );
    const phone = carrier.handset(PHONE);
    expect(await phone.text(SENDER, "hi")).toMatchObject({ status: 200, replies: [], errorCode: null });
    late.open();
    expect((await phone.waitFor(1)).body).toBe("late");
  });

  it("and a route that is writing its answer finishes it", async () => {
    const { carrier } = await serve((service) => {
      const app = express();
      app.use(onExpress(service));
      app.post("/messaging/inbound", async (_req, res) => {
        res.type("text/plain").write("slow ");
        await new Promise((resolve) => setTimeout(resolve, 150));
        res.end("but there");
      });
      return app;
    });
    const { body } = await carrier.handset(PHONE).text(SENDER, "hi");
    expect(body).toBe("slow but there");
  });

  it("where a webhook URL is slow; its reply leaves as a message, once", async () => {
    const late = gate();
    const site = await startSite({ "/sms": () => late.passed.then(() => twiml("late")) });
    const { service, carrier } = createWorld({
      clock: real,
      respondWithin: 50,
      webhook: { url: `${site.origin}/sms` },
    });
    const phone = carrier.handset(PHONE);
    const { answers, replies } = await phone.text(SENDER, "hi", { duplicates: 2 });
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(replies).toEqual([]);
    late.open();
    expect(await phone.waitFor(1)).toMatchObject({ body: "late" });
    await carrier.settled();
    expect(phone.inbox).toHaveLength(1);
    expect(site.requests).toHaveLength(1);
    expect(await service.messages({ direction: "outbound-reply" })).toHaveLength(1);
  });

  it("where a webhook function never ends, throws late, or rejects at once", async () => {
    const late = gate();
    const { service, carrier } = createWorld({
      clock: real,
      respondWithin: 50,
      webhook: async ({ body }) => {
        if (body === "for ever") return new Promise(() => undefined);
        if (body === "late") await late.passed;
        throw new Error(`broken ${body}`);
      },
    });
    const phone = carrier.handset(PHONE);
    for (const body of ["for ever", "late", "at once"])
      expect(await phone.text(SENDER, body)).toMatchObject({ status: 200, replies: [], errorCode: null });
    const alerts = () => service.alerts.list({ code: "WEBHOOK_FAILED" });
    expect(await alerts()).toMatchObject([{ count: 1, message: expect.stringContaining("broken at once") }]);
    late.open();
    await expect
      .poll(alerts)
      .toMatchObject([{ count: 2, message: expect.stringContaining("broken late"), errorCode: null }]);
  });
});
