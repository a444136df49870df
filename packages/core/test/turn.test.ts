import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, vi } from "vitest";
import {
  createMessagingService,
  locateNode,
  serveNode,
  silentLogger,
  writeNodeResponse,
} from "../src/index.ts";
import type { Provider } from "../src/provider.ts";
import { endOfTurn } from "../src/turn.ts";

afterEach(() => {
  vi.useRealTimers();
});

it("ends a turn of the event loop for all who wait, after what the turn still does", async () => {
  const order: string[] = [];
  const first = endOfTurn().then(() => order.push("first"));
  const second = Promise.resolve()
    .then(() => order.push("work"))
    .then(endOfTurn)
    .then(() => order.push("second"));
  await Promise.all([first, second]);
  expect(order).toEqual(["work", "first", "second"]);
});

it("gives who comes later a turn of their own", async () => {
  const first = endOfTurn();
  expect(endOfTurn()).toBe(first);
  await first;
  expect(endOfTurn()).not.toBe(first);
});

it("ends turns in a test that turns its timers by hand", async () => {
  vi.useFakeTimers();
  await endOfTurn();
});

const provider: Provider = {
  name: "plain",
  send: async () => ({ outcome: "accepted", providerSid: "1" }),
  webhook: {
    verify: () => ({ ok: true }),
    parseInbound: ({ parameters }) => [
      {
        providerSid: "in-1",
        from: "+12125550100",
        to: "+14155550100",
        body: "hi",
        media: [],
        parameters: flat(parameters),
      },
    ],
    parseReceipts: () => [],
    renderAck: () => ({ status: 200, headers: {}, body: "taken" }),
  },
};

function flat(parameters: Readonly<Record<string, string | readonly string[]>>): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)]));
}

it("has written what was answered when the service is closed", async () => {
  let begin = (): void => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let end = (): void => {};
  const service = createMessagingService({
    provider,
    senders: ["+14155550100"],
    store: "memory",
    logger: silentLogger,
    webhook: () =>
      new Promise<void>((resolve) => {
        end = resolve;
        begin();
      }),
  });
  let written = 0;
  const server = createServer((request, response) => {
    void serveNode(service, locateNode(service, request), {
      request,
      response,
      url: request.url ?? "/",
      parsed: request,
      leave() {},
      respond(answer) {
        written += 1;
        writeNodeResponse(response, answer);
      },
      next: async () => {
        response.writeHead(404).end();
      },
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const answer = fetch(`http://127.0.0.1:${port}/messaging/inbound`, {
    method: "POST",
    body: new URLSearchParams({ A: "1" }),
  });
  await begun;
  const closing = service.close();
  end();
  await closing;
  expect(written).toBe(1);
  expect(await (await answer).text()).toBe("taken");
  server.close();
});
