import { expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { createBag } from "../../src/passing.ts";
import type { Connection } from "../../src/webhook/connections.ts";
import { exchange } from "../../src/webhook/exchange.ts";
import { heapUsed } from "../support/heap.ts";

type Handler = Parameters<Connection["dispatch"]>[1];

it("exchange holds little more than an answer's own bytes, however small the pieces it comes in", async () => {
  let handler: Handler = {};
  const connection: Connection = {
    origin: "https://app.example",
    served: 0,
    dispatch(_, given) {
      handler = given;
    },
    destroy() {},
  };
  const exchanged = exchange(
    { url: new URL("https://app.example/sms"), method: "GET", headers: {}, body: "" },
    {
      connectTimeoutMs: 10_000,
      readTimeoutMs: 10_000,
      deadline: systemClock.now() + 10_000,
      totalTimeoutMs: 10_000,
      maxBodyBytes: 65_536,
    },
    {
      clock: systemClock,
      underWay: createBag(),
      connections: { take: () => connection, keep() {}, close() {} },
      fresh: false,
    },
  );
  const controller = {} as Parameters<NonNullable<Handler["onResponseData"]>>[0];
  handler.onRequestStart?.(controller, {});
  handler.onResponseStart?.(controller, 200, { "content-type": "text/plain" });
  const before = heapUsed();
  for (let count = 0; count < 65_536; count++) handler.onResponseData?.(controller, Buffer.from("a"));
  expect(heapUsed() - before).toBeLessThan(2_000_000);
  handler.onResponseEnd?.(controller, {});
  expect(await exchanged).toMatchObject({ kind: "answer", status: 200, body: "a".repeat(65_536) });
});
