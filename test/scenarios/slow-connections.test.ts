import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import {
  createMessagingService,
  type MessagingService,
  type MessagingServiceOptions,
  silentLogger,
  systemClock,
} from "@messaging-service/core";
import { messagingService as onExpress } from "@messaging-service/express";
import { messagingService as onKoa } from "@messaging-service/koa";
import { createCarrier, type VirtualClock } from "@messaging-service/simulator";
import express from "express";
import Koa from "koa";
import { describe, expect, it, onTestFinished } from "vitest";
import { createWorld, PHONE, SENDER } from "../support/world.ts";

/** Real sockets take real time: here both run on the machine's clock. */
const real = { ...systemClock, advance: async () => undefined } as unknown as VirtualClock;
const SLOW = 60;

interface Front {
  readonly server: Server;
  readonly port: number;
  /** Connections that are open. */
  connections(): Promise<number>;
}

async function listen(
  build: (service: MessagingService) => RequestListener,
  options: Partial<MessagingServiceOptions> = {},
): Promise<Front> {
  const service = createMessagingService({
    provider: createCarrier().provider,
    senders: [SENDER],
    publicUrl: "https://app.example",
    logger: silentLogger,
    bodyTimeoutMs: 200,
    ...options,
  });
  const server = createServer(build(service));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await service.close({ timeoutMs: 0 });
  });
  return {
    server,
    port: (server.address() as AddressInfo).port,
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
      ),
  };
}

/** A connection that has promised a body and sends a byte of it now and then, until it is cut off; what it was answered. */
function drip(port: number): { readonly answer: Promise<string>; readonly socket: Socket } {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket
    .on("error", () => {})
    .on("data", (data) => {
      text += data;
    });
  socket.write(
    "POST /messaging/inbound HTTP/1.1\r\nHost: app.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n",
  );
  const timer = setInterval(() => socket.write("a"), 20);
  const answer = once(socket, "close").then(() => {
    clearInterval(timer);
    return text;
  });
  return { answer, socket };
}

const fronts: readonly [string, (service: MessagingService) => RequestListener][] = [
  ["Express", (service) => express().use(onExpress(service)) as RequestListener],
  [
    "Koa",
    (service) => {
      const app = new Koa();
      // It prints every lost connection.
      app.silent = true;
      return app.use(onKoa(service)).callback();
    },
  ],
];

describe.each(fronts)("bodies that arrive a byte at a time, on %s", (_, build) => {
  it("are answered 408 after bodyTimeoutMs, and their connections freed", async () => {
    const { port, connections } = await listen(build);
    const started = performance.now();
    const answers = await Promise.all(Array.from({ length: SLOW }, () => drip(port).answer));
    expect(performance.now() - started).toBeLessThan(5_000);
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(answer.toLowerCase()).toContain("connection: close");
    }
    await expect.poll(connections).toBe(0);
  });

  it("keep nobody else waiting", async () => {
    const { port } = await listen(build, { bodyTimeoutMs: 60_000 });
    const slow = Array.from({ length: SLOW }, () => drip(port));
    const response = await fetch(`http://127.0.0.1:${port}/messaging/inbound`, { method: "POST" });
    expect(response.status).toBe(400);
    for (const { socket } of slow) socket.destroy();
    await Promise.all(slow.map(({ answer }) => answer));
  });

  it("that end midway leave nothing behind", async () => {
    const { port, connections } = await listen(build, { bodyTimeoutMs: 60_000 });
    const slow = Array.from({ length: SLOW }, () => drip(port));
    await expect.poll(connections).toBe(SLOW);
    for (const { socket } of slow) socket.destroy();
    await Promise.all(slow.map(({ answer }) => answer));
    await expect.poll(connections).toBe(0);
    expect((await fetch(`http://127.0.0.1:${port}/messaging/inbound`, { method: "POST" })).status).toBe(400);
  });
});

describe("webhooks that stall", () => {
  const head = "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\n";
  it.each<[string, (socket: Socket) => void]>([
    ["never answer", () => {}],
    ["stop in the head", (socket) => socket.write("HTTP/1.1 200 O")],
    ["stop in the body", (socket) => socket.write(`${head}content-length: 1000\r\n\r\n<Response>`)],
    [
      "drip",
      (socket) => {
        socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
        const timer = setInterval(() => socket.write("1\r\na\r\n"), 20);
        socket.once("close", () => clearInterval(timer));
      },
    ],
    ["answer without end", (socket) => void pour(socket, `${head}\r\n`)],
  ])("and %s have their connections freed, and the provider is answered", async (_, behave) => {
    const open = new Set<Socket>();
    let calls = 0;
    const server = createTcpServer((socket) => {
      open.add(socket);
      socket.on("error", () => {}).on("close", () => open.delete(socket));
      socket.once("data", () => {
        calls++;
        behave(socket);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      for (const socket of open) socket.destroy();
      server.close();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sms#tt=300&rc=0`;
    const { service, carrier } = createWorld({ clock: real, webhook: { url } });
    const started = performance.now();
    const texts = Array.from({ length: SLOW }, (__, n) =>
      carrier.handset(`+141555530${10 + n}`).text(SENDER, "hi"),
    );
    expect((await Promise.all(texts)).map(({ status }) => status)).toEqual(Array(SLOW).fill(200));
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(calls).toBe(SLOW);
    await expect.poll(() => open.size).toBe(0);
    const alerts = await service.alerts.list({ code: "WEBHOOK_FAILED" });
    expect(alerts.reduce((sum, { count }) => sum + count, 0)).toBe(SLOW);
  });

  it("are cut off when the service closes", async () => {
    const open = new Set<Socket>();
    const server = createTcpServer((socket) => {
      open.add(socket);
      socket.on("error", () => {}).on("close", () => open.delete(socket));
      socket.resume();
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sms`;
    const { service, carrier } = createWorld({ clock: real, respondWithin: 20, webhook: { url } });
    await carrier.handset(PHONE).text(SENDER, "hi");
    await expect.poll(() => open.size).toBe(1);
    await service.close({ timeoutMs: 0 });
    await expect.poll(() => open.size).toBe(0);
  });
});

/** Writes for as long as somebody reads. */
async function pour(socket: Socket, head: string): Promise<void> {
  socket.write(head);
  while (!socket.destroyed) {
    if (!socket.write("x".repeat(16_384)))
      await Promise.race([once(socket, "drain"), once(socket, "close")]).catch(() => {});
    await new Promise((resolve) => setImmediate(resolve));
  }
}
