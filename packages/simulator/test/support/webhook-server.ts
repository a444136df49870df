import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";

export interface Hit {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly parameters: Readonly<Record<string, string>>;
}
export interface Reply {
  readonly status?: number;
  readonly type?: string;
  readonly body?: string;
}
export interface WebhookServer {
  readonly url: string;
  readonly hits: Hit[];
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A webhook on loopback. The responder's `undefined` leaves the request without an answer. Closed after the test. */
export async function webhookServer(
  respond: (hit: Hit, count: number) => Reply | undefined | Promise<Reply | undefined> = () => ({}),
): Promise<WebhookServer> {
  const hits: Hit[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const path = request.url ?? "";
    const form =
      request.method === "GET"
        ? new URL(path, "http://host").searchParams
        : new URLSearchParams(Buffer.concat(chunks).toString());
    const hit: Hit = {
      method: request.method ?? "",
      path,
      headers: request.headers,
      parameters: Object.fromEntries(form),
    };
    hits.push(hit);
    const reply = await respond(hit, hits.length);
    if (reply === undefined) return;
    response.writeHead(
      reply.status ?? 200,
      reply.type === "" ? {} : { "content-type": reply.type ?? "text/xml" },
    );
    response.end(reply.body ?? "<Response/>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, hits };
}
