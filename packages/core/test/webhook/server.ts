import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A request as a webhook's server saw it. */
export interface SeenRequest {
  readonly method: string | undefined;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A webhook's server on loopback. */
export interface WebhookServer {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly requests: readonly SeenRequest[];
  /** Connections made to it. */
  readonly connections: number;
  /** Connections that are open. */
  readonly open: number;
  /** Resolves when every connection is gone. */
  drained(): Promise<void>;
}

export type Answer = (request: SeenRequest, response: ServerResponse, count: number) => void;

/** Starts a server for the length of a test. `answer` gets each request once its body is read, and how many came before. */
export async function startServer(answer: Answer): Promise<WebhookServer> {
  const requests: SeenRequest[] = [];
  let connections = 0;
  let open = 0;
  let onDrained = (): void => {};
  const server = createServer(async (incoming: IncomingMessage, response) => {
    let body = "";
    for await (const chunk of incoming.setEncoding("utf8")) body += chunk;
    const { method, url = "", headers } = incoming;
    const request = { method, url, headers, body };
    requests.push(request);
    answer(request, response, requests.length - 1);
  });
  server.on("connection", (socket) => {
    connections++;
    open++;
    socket.on("close", () => {
      if (--open === 0) onDrained();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get connections() {
      return connections;
    },
    get open() {
      return open;
    },
    drained: () =>
      open === 0
        ? Promise.resolve()
        : new Promise((resolve) => {
            onDrained = resolve;
          }),
  };
}

/** Answers TwiML at once. */
export const answerTwiml: Answer = (_request, response) =>
  void response.writeHead(200, { "Content-Type": "text/xml" }).end("<Response/>");

/** Answers a status and nothing else. */
export function answerStatus(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return (_request, response) => void response.writeHead(status, headers).end();
}

/** Leaves the request waiting. */
export const hang: Answer = () => {};
