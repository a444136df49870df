import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, createServer, type RequestListener, request, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { fileURLToPath } from "node:url";
import {
  createMessagingService,
  locateNode,
  type MessagingService,
  serveNode,
  silentLogger,
  writeNodeResponse,
} from "@messaging-service/core";
import { twilio } from "@messaging-service/providers/twilio";
import twilioSdk from "twilio";

const AUTH_TOKEN = "12345678901234567890123456789012";
const ORIGIN = "https://app.example";
const PATH = "/messaging/inbound";
const CONNECTIONS = 64;
const WARM_UP = 4;
const ROUNDS = 9;
const ROUND_MS = 1_000;

/** What a load generator is told, and what it tells: requests answered 200 with the webhook's reply within the round. */
interface Round {
  readonly port: number;
  readonly connections: number;
  readonly ms: number;
}

/** Milliseconds that a webhook takes which does something, and how many messages are under way to it. */
const WORK_MS = 20;
const WORK_CONNECTIONS = 16;

/**
 * Inbound messages per second that are forwarded to a webhook on loopback, beside a bare relay: `node:http` that hands the
 * bytes on over kept connections and the answer back, and verifies nothing. Ours stands on `node:http` too, without a framework,
 * verifies, claims the message, looks for a
 * keyword, signs the call anew, reads the TwiML, keeps message and reply on record, and renders the answer, in memory.
 * Interleaved rounds in this process; load and webhook are processes of their own. First with a webhook that answers at once,
 * so that nothing counts but processor time, then with one that takes a moment.
 */
export async function run(report: (line: string) => void): Promise<void> {
  const script = fileURLToPath(import.meta.url);
  const load = fork(script, ["load"], { execArgv: process.execArgv });
  const webhook = fork(script, ["webhook"], { execArgv: process.execArgv });
  const [port] = (await once(webhook, "message")) as [number];
  report(`forwarded messages per second, median of ${ROUNDS} rounds`);
  try {
    const at = (path: string): string => `http://127.0.0.1:${port}${path}`;
    report(`answered at once   ${await compare(at("/sms"), load, CONNECTIONS)} (wanted: at least 0.60)`);
    report(`answered in ${WORK_MS} ms  ${await compare(at("/work"), load, WORK_CONNECTIONS)}`);
  } finally {
    load.kill();
    webhook.kill();
  }
}

async function compare(target: string, load: ReturnType<typeof fork>, connections: number): Promise<string> {
  const relays = [ours(target), bare(target)];
  const samples: [number[], number[]] = [[], []];
  // The first rounds compile and do not count.
  for (let round = -WARM_UP; round < ROUNDS; round++)
    for (const [index, { listener }] of relays.entries()) {
      const rate = await measure(createServer(listener), load, connections);
      if (round >= 0) samples[index]?.push(rate);
    }
  for (const { close } of relays) await close();
  const [mine = 0, theirs = 0] = samples.map((rates) => rates.sort((a, b) => a - b)[ROUNDS >> 1]);
  const ratio = (mine / theirs).toFixed(2);
  return `${connections} connections: ours ${Math.round(mine)}  bare relay ${Math.round(theirs)}  ratio ${ratio}`;
}

interface Relay {
  readonly listener: RequestListener;
  close(): Promise<void>;
}

function ours(url: string): Relay {
  const service: MessagingService = createMessagingService({
    provider: twilio({ accountSid: `AC${"1".repeat(32)}`, authToken: AUTH_TOKEN, optOutHandling: "off" }),
    senders: ["+14155550100"],
    store: "memory",
    publicUrl: ORIGIN,
    logger: silentLogger,
    webhook: { url },
  });
  const listener: RequestListener = (request, response) => {
    serveNode(service, locateNode(service, request), {
      request,
      response,
      url: request.url ?? "/",
      parsed: request,
      leave: (body, rawBody) => Object.assign(request, { body, rawBody, _body: true }),
      respond: (answer) => writeNodeResponse(response, answer),
      next: () => response.writeHead(404).end(),
    }).catch(() => response.destroy());
  };
  return { listener, close: () => service.close({ timeoutMs: 0 }) };
}

function bare(url: string): Relay {
  const agent = new Agent({ keepAlive: true });
  const listener: RequestListener = (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const body = Buffer.concat(chunks);
      const headers = { ...incoming.headers, host: "webhook", "content-length": body.length };
      const call = request(url, { method: "POST", agent, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("end", () => {
          const bytes = Buffer.concat(parts);
          outgoing.writeHead(answer.statusCode ?? 502, {
            "content-type": answer.headers["content-type"],
            "content-length": bytes.length,
          });
          outgoing.end(bytes);
        });
      });
      call.on("error", () => outgoing.writeHead(502).end());
      call.end(body);
    });
  };
  return { listener, close: async () => agent.destroy() };
}

async function measure(server: Server, load: ReturnType<typeof fork>, connections: number): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  load.send({ port, connections, ms: ROUND_MS } satisfies Round);
  const [answered] = (await once(load, "message")) as [number];
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return (answered * 1_000) / ROUND_MS;
}

/** The webhook's process: answers every message with a text. */
function answer(): void {
  const body = "<Response><Message>We will be right with you.</Message></Response>";
  const headers = { "content-type": "text/xml", "content-length": body.length };
  const server = createServer((incoming, outgoing) => {
    const respond = (): unknown => outgoing.writeHead(200, headers).end(body);
    incoming.resume().on("end", () => {
      if (incoming.url === "/work") setTimeout(respond, WORK_MS);
      else respond();
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
}

/** The load's process: keep-alive connections, each with one request under way, written in one piece. */
function generate(): void {
  let count = 0;
  process.on("message", ({ port, connections, ms }: Round) => {
    let answered = 0;
    const until = performance.now() + ms;
    const sockets = Array.from({ length: connections }, () => {
      const socket = connect(port, "127.0.0.1").setNoDelay(true);
      let text = "";
      const next = (): unknown => {
        text = "";
        return performance.now() < until ? socket.write(signed(count++)) : socket.end();
      };
      socket.on("connect", next).on("data", (data) => {
        text += data;
        if (!text.includes("</Response>")) return;
        if (text.includes("HTTP/1.1 200") && text.includes("right with you")) answered++;
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
    ...{ ToCountry: "US", ToState: "CA", ToCity: "SAN FRANCISCO", ToZip: "94103" },
    ...{ FromCountry: "US", FromState: "NY", FromCity: "NEW YORK", FromZip: "10001" },
    ...{ MessageSid, SmsSid: MessageSid, SmsMessageSid: MessageSid, AccountSid: `AC${"1".repeat(32)}` },
    ...{ NumMedia: "0", NumSegments: "1", SmsStatus: "received", ApiVersion: "2010-04-01" },
    Body: "Is the table by the window still free tonight?",
    To: "+14155550100",
    // So many people that nobody's exchange looks like a loop.
    From: `+1212${String(2_000_000 + (index % 7_000_000))}`,
  };
  const body = new URLSearchParams(form).toString();
  const signature = twilioSdk.getExpectedTwilioSignature(AUTH_TOKEN, ORIGIN + PATH, form);
  return [
    `POST ${PATH} HTTP/1.1`,
    "Host: app.example",
    "Accept: */*",
    "User-Agent: TwilioProxy/1.1",
    "Content-Type: application/x-www-form-urlencoded; charset=UTF-8",
    `Content-Length: ${body.length}`,
    `X-Twilio-Signature: ${signature}`,
    "",
    body,
  ].join("\r\n");
}

if (process.send !== undefined && process.argv[2] === "load") generate();
if (process.send !== undefined && process.argv[2] === "webhook") answer();
