import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import type { HttpHandler } from "../src/messaging-service.ts";
import { serveNode } from "../src/node-adapter.ts";
import { type NodeRequest, writeNodeResponse } from "../src/node-http.ts";

/** Serves every request by the handler's answer; what is rejected is answered 418. */
function listener(handler: HttpHandler) {
  return (request: NodeRequest, response: ServerResponse): void => {
    serveNode(
      handler,
      { endpoint: "inbound", rest: undefined },
      {
        request,
        response,
        url: request.url ?? "/",
        parsed: request,
        leave() {},
        respond: (answer) => writeNodeResponse(response, answer),
        next() {},
      },
    ).catch((error: Error) => response.writeHead(418).end(error.message));
  };
}

it("serveNode rejects for an answer that no header can hold", async () => {
  const handler: HttpHandler = {
    locate: () => undefined,
    handle: async () => ({ status: 200, headers: { "x-reply": "two\nlines" }, body: "" }),
    limits: { maxBodyBytes: 1_000, bodyTimeoutMs: 1_000 },
  };
  const server = createServer(listener(handler)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "a=b" });
  expect([answer.status, await answer.text()]).toEqual([
    418,
    'Invalid character in header content ["x-reply"]',
  ]);
  server.closeAllConnections();
  server.close();
});
