import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Exchange } from "../exchange.ts";
import { answerRest } from "./rest.ts";

const MAX_BODY_BYTES = 1_000_000;

/** A carrier's API that listens. */
export interface RestServer {
  readonly url: string;
  readonly port: number;
  /** Breaks every connection and stops. */
  close(): Promise<void>;
}

/** Serves the carrier's REST API on the loopback address. Port 0 takes a free one. */
export async function startServer(exchange: Exchange, port: number): Promise<RestServer> {
  const server = createServer((request, response) => {
    void exchange.life.track(serve(exchange, request, response));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  return Object.freeze({ url: `http://127.0.0.1:${bound}`, port: bound, close: () => stop(server) });
}

async function serve(exchange: Exchange, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) {
    request.socket.destroy();
    return;
  }
  const answer = await answerRest(exchange, {
    method: request.method ?? "GET",
    url: request.url ?? "/",
    authorization: request.headers.authorization,
    body,
  });
  if (answer === "hang") return;
  if (answer === "reset" || exchange.life.closed) {
    request.socket.resetAndDestroy();
    return;
  }
  response.writeHead(answer.status, answer.headers).end(answer.body);
}

/** `undefined` when it is too large or breaks off. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
