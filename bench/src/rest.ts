import { fork } from "node:child_process";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { fileURLToPath } from "node:url";
import { createMessagingService, memoryStore, type Provider, silentLogger } from "@messaging-service/core";
import { messagingService } from "@messaging-service/express";
import { restApi } from "@messaging-service/rest-api";
import express from "express";

const ACCOUNT = `AC${"1".repeat(32)}`;
const TOKEN = "12345678901234567890123456789012";
const SERVICE = `MG${"9".repeat(32)}`;
const PATH = `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`;
const CONNECTIONS = 64;
const WARM_UP = 4;
const ROUNDS = 9;
const ROUND_MS = 1_000;
/** As many as there are people that a business texts in a while. */
const PEOPLE = 10_000;

/** What a load generator is told, and what it tells: requests answered 201 within the round. */
interface Round {
  readonly port: number;
  readonly ms: number;
}

interface App {
  readonly listener: RequestListener;
  readonly close?: () => Promise<void>;
}

/**
 * `POST Messages` with a service per second beside a route of Express's own that parses the same form and answers a constant of
 * the same size. Ours also authenticates, checks, plans and keeps the record in memory. First at the senders' own rates, so that messages
 * wait as they do where more come in than may go out; then with senders that are never busy, so that the same process hands every
 * message over and writes down what came of it besides. Interleaved rounds in this process; the load comes from another one.
 */
export async function run(report: (line: string) => void): Promise<void> {
  const load = fork(fileURLToPath(import.meta.url), ["load"], { execArgv: process.execArgv });
  report(`messages per second over REST, ${CONNECTIONS} connections, median of ${ROUNDS} rounds`);
  try {
    report(`accepted, waiting for their lanes   ${await compare(load, undefined)} (wanted: at least 0.70)`);
    report(`accepted and handed over            ${await compare(load, NEVER_BUSY)}`);
  } finally {
    load.kill();
  }
}

/** Messages per second that one sender may hand over. */
const NEVER_BUSY = 1_000;

async function compare(load: ReturnType<typeof fork>, throughput: number | undefined): Promise<string> {
  const mine = ours(throughput);
  const size = await answerSize(mine, load);
  const apps = [mine, bare(size)];
  const samples: [number[], number[]] = [[], []];
  // The first rounds compile and do not count. Each app lives through all of them, as a server does.
  for (let round = -WARM_UP; round < ROUNDS; round++)
    for (const [index, { listener }] of apps.entries()) {
      const rate = await measure(createServer(listener), load);
      if (round >= 0) samples[index]?.push(rate);
    }
  for (const { close } of apps) await close?.();
  const [own = 0, plain = 1] = samples.map((values) => values.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0);
  return `ours ${Math.round(own)}  bare urlencoded route ${Math.round(plain)}  ratio ${(own / plain).toFixed(2)}`;
}

function ours(throughput: number | undefined): App {
  const store = memoryStore({ maxEntries: 20_000_000 });
  const provider: Provider = {
    name: "sink",
    send: async ({ sid }) => ({ outcome: "accepted", providerSid: sid }),
    webhook: { verify: () => ({ ok: true }), parseInbound: () => [], parseReceipts: () => [] },
  };
  const options = { provider, store, logger: silentLogger, maxBacklog: 100_000_000 };
  const service = createMessagingService({
    ...options,
    name: "bench",
    sid: SERVICE,
    accountSid: ACCOUNT,
    accountLog: true,
    publicUrl: "https://app.example",
    senders: Array.from({ length: 10 }, (_, index) => ({ phoneNumber: `+1415555010${index}`, throughput })),
  });
  const api = restApi({
    accountSid: ACCOUNT,
    authToken: TOKEN,
    provider,
    store,
    services: [service],
    serviceOptions: { logger: silentLogger },
  });
  return {
    listener: express().use(messagingService(api)) as RequestListener,
    async close() {
      await service.close({ timeoutMs: 0 });
      await api.close({ timeoutMs: 0 });
    },
  };
}

function bare(size: number): App {
  const app = express();
  const answer = JSON.stringify({ body: "x".repeat(size - '{"body":""}'.length) });
  app.post(PATH, express.urlencoded({ extended: false }), (_, res) => {
    res.status(201).type("json").send(answer);
  });
  return { listener: app };
}

/** Bytes of one of our answers' bodies. */
async function answerSize({ listener }: App, load: ReturnType<typeof fork>): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}${PATH}`, {
    method: "POST",
    headers: { authorization: AUTHORIZATION, "content-type": "application/x-www-form-urlencoded" },
    body: formOf(0),
  });
  const { length } = await response.text();
  if (response.status !== 201 || !load.connected)
    throw new Error(`The first message was answered ${response.status}.`);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return length;
}

async function measure(server: Server, load: ReturnType<typeof fork>): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  load.send({ port, ms: ROUND_MS } satisfies Round);
  const [answered] = (await once(load, "message")) as [number];
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return (answered * 1_000) / ROUND_MS;
}

const AUTHORIZATION = `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString("base64")}`;

function formOf(index: number): string {
  return new URLSearchParams({
    To: `+1212555${String(index % PEOPLE).padStart(4, "0")}`,
    MessagingServiceSid: SERVICE,
    Body: "Your table by the window is ready tonight at eight. Reply C to cancel.",
  }).toString();
}

/** The other process: keep-alive connections, each with one request under way, written in one piece. */
async function generate(): Promise<void> {
  let count = 0;
  process.on("message", ({ port, ms }: Round) => {
    let answered = 0;
    const until = performance.now() + ms;
    const sockets = Array.from({ length: CONNECTIONS }, () => {
      const socket = connect(port, "127.0.0.1").setNoDelay(true);
      const next = (): unknown =>
        performance.now() < until ? socket.write(requestOf(count++)) : socket.end();
      socket.on("connect", next).on("data", (data) => {
        // Answers are small: each comes in one piece.
        if (data.includes("HTTP/1.1 201")) answered++;
        next();
      });
      return once(socket, "close");
    });
    Promise.all(sockets).then(() => process.send?.(answered));
  });
}

/** As the official client writes it. */
function requestOf(index: number): string {
  const body = formOf(index);
  return [
    `POST ${PATH} HTTP/1.1`,
    "Host: app.example",
    "Accept: application/json",
    "Accept-Charset: utf-8",
    "User-Agent: twilio-node/6.2.0 (linux x64) node/v20.20.2",
    "Content-Type: application/x-www-form-urlencoded",
    `Content-Length: ${body.length}`,
    `Authorization: ${AUTHORIZATION}`,
    "",
    body,
  ].join("\r\n");
}

if (process.argv[2] === "load" && process.send !== undefined) await generate();
