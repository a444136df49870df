import { fork } from "node:child_process";
import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { fileURLToPath } from "node:url";
import { bodyParser } from "@koa/bodyparser";
import { Router } from "@koa/router";
import { createMessagingService, type MessagingService, silentLogger } from "@messaging-service/core";
import { messagingService as onExpress } from "@messaging-service/express";
import { messagingService as onKoa } from "@messaging-service/koa";
import { twilio } from "@messaging-service/providers/twilio";
import express from "express";
import Koa from "koa";
import twilioSdk from "twilio";

const AUTH_TOKEN = "12345678901234567890123456789012";
const ORIGIN = "https://app.example";
const PATH = "/messaging/inbound";
const EMPTY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>';
const CONNECTIONS = 64;
const WARM_UP = 4;
const ROUNDS = 9;
const ROUND_MS = 1_000;

/** What a load generator is told, and what it tells: requests answered 200 within the round. */
interface Round {
  readonly port: number;
  readonly ms: number;
}

/**
 * Inbound messages per second beside what one would write by hand: the same webhook, verified and answered with empty
 * TwiML. Ours also claims the message, looks for a keyword, remembers the sender, hands the message to a function and
 * keeps the record, in memory. Interleaved rounds in this process; the load comes from another one.
 */
export async function run(report: (line: string) => void): Promise<void> {
  const load = fork(fileURLToPath(import.meta.url), ["load"], { execArgv: process.execArgv });
  report(`inbound messages per second, ${CONNECTIONS} connections, median of ${ROUNDS} rounds`);
  try {
    await compare("Express", load, expressOurs, expressPeer, report);
    await compare("Koa", load, koaOurs, koaPeer, report);
  } finally {
    load.kill();
  }
}

type Build = () => { readonly listener: RequestListener; readonly service?: MessagingService };

async function compare(
  name: string,
  load: ReturnType<typeof fork>,
  ours: Build,
  peer: Build,
  report: (line: string) => void,
): Promise<void> {
  const apps = [ours(), peer()];
  const samples: [number[], number[]] = [[], []];
  // The first rounds compile and do not count. Each app lives through all of them, as a server does.
  for (let round = -WARM_UP; round < ROUNDS; round++)
    for (const [index, { listener }] of apps.entries()) {
      const rate = await measure(createServer(listener), load);
      if (round >= 0) samples[index]?.push(rate);
    }
  for (const { service } of apps) await service?.close({ timeoutMs: 0 });
  const [mine, theirs] = samples.map((values) => values.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0);
  const ratio = ((mine ?? 0) / (theirs ?? 1)).toFixed(2);
  report(
    `${name.padEnd(10)} ours ${Math.round(mine ?? 0)}  by hand ${Math.round(theirs ?? 0)}  ratio ${ratio}`,
  );
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

function createService(): MessagingService {
  return createMessagingService({
    provider: twilio({ accountSid: `AC${"1".repeat(32)}`, authToken: AUTH_TOKEN, optOutHandling: "off" }),
    senders: ["+14155550100"],
    store: "memory",
    publicUrl: ORIGIN,
    logger: silentLogger,
    webhook: () => {},
  });
}

function expressOurs(): ReturnType<Build> {
  const service = createService();
  return { listener: express().use(onExpress(service)), service };
}

function expressPeer(): ReturnType<Build> {
  const app = express();
  const validate = twilioSdk.webhook(AUTH_TOKEN, { host: "app.example", protocol: "https" });
  app.post(PATH, express.urlencoded({ extended: false }), validate, (_, res) => {
    res.type("text/xml").send(EMPTY);
  });
  return { listener: app };
}

function koaOurs(): ReturnType<Build> {
  const service = createService();
  return { listener: new Koa().use(onKoa(service)).callback(), service };
}

function koaPeer(): ReturnType<Build> {
  const router = new Router();
  router.post(PATH, bodyParser(), (ctx) => {
    const form = ctx.request.body as Record<string, string>;
    const text = Object.keys(form)
      .sort()
      .reduce((joined, name) => joined + name + form[name], ORIGIN + ctx.originalUrl);
    const expected = createHmac("sha1", AUTH_TOKEN).update(text, "utf8").digest();
    const given = Buffer.from(ctx.get("x-twilio-signature"), "base64");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) ctx.throw(403);
    ctx.type = "text/xml";
    ctx.body = EMPTY;
  });
  return { listener: new Koa().use(router.routes()).callback() };
}

/** The other process: keep-alive connections, each with one request under way, written in one piece. */
async function generate(): Promise<void> {
  let count = 0;
  process.on("message", ({ port, ms }: Round) => {
    let answered = 0;
    const until = performance.now() + ms;
    const sockets = Array.from({ length: CONNECTIONS }, () => {
      const socket = connect(port, "127.0.0.1").setNoDelay(true);
      const next = (): unknown => (performance.now() < until ? socket.write(signed(count++)) : socket.end());
      socket.on("connect", next).on("data", (data) => {
        // Answers are small: each comes in one piece.
        if (data.includes("HTTP/1.1 200")) answered++;
        next();
      });
      return once(socket, "close");
    });
    Promise.all(sockets).then(() => process.send?.(answered));
  });
}

function signed(index: number): string {
  const MessageSid = `SM${index.toString(16).padStart(32, "0")}`;
  const form = {
    ToCountry: "US",
    ToState: "CA",
    SmsMessageSid: MessageSid,
    NumMedia: "0",
    ToCity: "SAN FRANCISCO",
    FromZip: "10001",
    SmsSid: MessageSid,
    FromState: "NY",
    SmsStatus: "received",
    FromCity: "NEW YORK",
    Body: "Is the table by the window still free tonight?",
    FromCountry: "US",
    To: "+14155550100",
    ToZip: "94103",
    NumSegments: "1",
    MessageSid,
    AccountSid: `AC${"1".repeat(32)}`,
    From: `+1212555${String(index % 10_000).padStart(4, "0")}`,
    ApiVersion: "2010-04-01",
  };
  const body = new URLSearchParams(form).toString();
  const text = Object.entries(form)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .reduce((joined, [name, value]) => joined + name + value, ORIGIN + PATH);
  // Cheap, for the load must not be what is measured.
  const signature = createHmac("sha1", AUTH_TOKEN).update(text).digest("base64");
  return [
    `POST ${PATH} HTTP/1.1`,
    "Host: app.example",
    "Accept: */*",
    "User-Agent: TwilioProxy/1.1",
    "Content-Type: application/x-www-form-urlencoded; charset=UTF-8",
    `Content-Length: ${body.length}`,
    `X-Twilio-Signature: ${signature}`,
    "I-Twilio-Idempotency-Token: 5c1a1e3c-0000-4000-8000-000000000000",
    "",
    body,
  ].join("\r\n");
}

if (process.argv[2] === "load" && process.send !== undefined) await generate();
