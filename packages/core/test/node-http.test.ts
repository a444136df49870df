import { once } from "node:events";
import { createServer, IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { connect, createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { captureNodeResponse } from "../src/node-capture.ts";
import {
  fromNodeRequest,
  isUnread,
  type NodeRequest,
  parseAsLeft,
  writeNodeResponse,
} from "../src/node-http.ts";
import type { HttpRequest, HttpResponse } from "../src/provider.ts";
import { heapUsed } from "./support/heap.ts";

const LIMITS = { maxBodyBytes: 1_000, bodyTimeoutMs: 1_000 };
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

/** Serves one request by `serve` and resolves to the client's answer. */
async function exchange(
  serve: (req: NodeRequest, res: ServerResponse) => unknown,
  { method = "POST", body = "a=b", headers = {} }: { method?: string; body?: string; headers?: object } = {},
): Promise<{ text: string; headers: IncomingMessage["headers"]; status: number | undefined }> {
  const server = createServer((req, res) => void serve(req, res));
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const call = request({ port, host: "127.0.0.1", method, path: "/a?b=c", headers: { ...headers } });
  call.end(method === "GET" ? undefined : body);
  const [answer] = (await once(call, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) text += chunk;
  return { text, headers: answer.headers, status: answer.statusCode };
}

/** What is read of a request that something was done to before. */
async function read(
  before: (req: NodeRequest) => unknown,
  hints?: Parameters<typeof fromNodeRequest>[2],
): Promise<HttpRequest> {
  let result: HttpRequest | undefined;
  await exchange(async (req, res) => {
    await before(req);
    result = await fromNodeRequest(req, LIMITS, hints);
    res.end();
  });
  if (result === undefined) throw new Error("nothing was read");
  return result;
}

const textOf = (body: Uint8Array | undefined): string | undefined =>
  body === undefined ? undefined : new TextDecoder().decode(body);

describe("fromNodeRequest", () => {
  it("reads method, URL, headers, bytes and origin", async () => {
    const given = await read(() => {});
    expect(given).toMatchObject({ method: "POST", url: "/a?b=c", parsed: undefined });
    expect(given.origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(textOf(given.body)).toBe("a=b");
  });

  it("reads the origin of an HTTP/2 request, which has no Host", async () => {
    const server = createHttp2Server();
    const read = once(server, "request").then(async ([req, res]) => {
      const { origin, body } = await fromNodeRequest(req as NodeRequest, LIMITS);
      (res as ServerResponse).end();
      return { origin, text: textOf(body) };
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const session = connect(url);
    const call = session.request({ ":method": "POST", ":path": "/a" });
    call.end("a=b").resume();
    expect(await read).toEqual({ origin: url, text: "a=b" });
    await once(call, "close");
    session.close();
    server.close();
  });

  it("prefers the URL from before mounting", async () => {
    expect((await read((req) => Object.assign(req, { originalUrl: "/api/a" }))).url).toBe("/api/a");
    expect((await read(() => {}, { url: "/given" })).url).toBe("/given");
  });

  it("takes kept bytes before a parsed body", async () => {
    const { body } = await read((req) => Object.assign(req, { rawBody: "x=y", body: { z: "1" } }));
    expect(textOf(body)).toBe("x=y");
  });

  it("takes what a parser made of the body, when the bytes are gone", async () => {
    const given = await read((req) => Object.assign(req, { body: { a: "b" }, _body: true }));
    expect(given).toMatchObject({ body: undefined, parsed: { a: "b" } });
  });

  it("reads on beside the empty object of a parser that read nothing", async () => {
    expect(textOf((await read((req) => Object.assign(req, { body: {} }))).body)).toBe("a=b");
  });

  it("passes nothing along when somebody read the bytes and left nothing", async () => {
    const given = await read(async (req) => {
      await once(req.resume(), "end");
      Object.assign(req, { body: {} });
    });
    expect(given).toMatchObject({ body: undefined, parsed: undefined });
  });

  it("looks where the framework's parsers leave a body", async () => {
    const given = await read(() => {}, { parsed: { body: { k: "v" } } });
    expect(given).toMatchObject({ body: undefined, parsed: { k: "v" } });
  });

  it("rejects a request that was lost before it was read", async () => {
    let error: unknown;
    const seen = exchange(async (req) => {
      req.destroy();
      error = await fromNodeRequest(req, LIMITS).catch((caught: unknown) => caught);
    });
    await expect(seen).rejects.toThrow();
    await expect.poll(() => error).toMatchObject({ code: "MALFORMED_REQUEST" });
  });

  it("holds little more than a body's own bytes, however small the pieces it comes in", async () => {
    const request = new IncomingMessage(new Socket());
    request.method = "POST";
    const read = fromNodeRequest(request, { ...LIMITS, maxBodyBytes: 300_000 });
    const before = heapUsed();
    for (let count = 0; count < 200_000; count++) request.emit("data", Buffer.from("a"));
    expect(heapUsed() - before).toBeLessThan(4_000_000);
    request.emit("end");
    expect(textOf((await read).body)).toBe("a".repeat(200_000));
  });

  it("knows a body that is still in the stream", async () => {
    const seen: boolean[] = [];
    await exchange(async (req, res) => {
      seen.push(isUnread(req));
      await once(req.resume(), "end");
      seen.push(isUnread(req));
      res.end();
    });
    expect(seen).toEqual([true, false]);
  });
});

describe("parseAsLeft", () => {
  it.each([
    ["application/x-www-form-urlencoded", "a=b&a=c", { a: ["b", "c"] }],
    [undefined, "a=b", { a: "b" }],
    ["application/json", '{"a":[1]}', { a: [1] }],
    ["application/json", "", {}],
    ["text/plain; charset=utf-8", "é", "é"],
    ["application/octet-stream", "x", Buffer.from("x")],
  ])("makes of %s what its parser would", (type, text, left) => {
    const given = { method: "POST", url: "/", headers: { "content-type": type }, body: Buffer.from(text) };
    expect(parseAsLeft(given)).toEqual(left);
  });
});

describe("writeNodeResponse", () => {
  it("counts bytes, not characters", async () => {
    const answer = await exchange((_, res) =>
      writeNodeResponse(res, { status: 201, headers: { "x-a": "b" }, body: "é👋" }),
    );
    expect(answer).toMatchObject({ status: 201, text: "é👋" });
    expect(answer.headers).toMatchObject({ "content-length": "6", "x-a": "b" });
  });

  it("leaves an answer that there is", async () => {
    const answer = await exchange((_, res) => {
      res.end("first");
      writeNodeResponse(res, { status: 200, headers: {}, body: "second" });
    });
    expect(answer.text).toBe("first");
  });
});

describe("captureNodeResponse", () => {
  async function capture(write: (res: ServerResponse) => unknown): Promise<HttpResponse | undefined> {
    let captured: Promise<HttpResponse | undefined> | undefined;
    await exchange((_, res) => {
      captured = captureNodeResponse(res);
      write(res);
    });
    return captured;
  }

  it("keeps status, type and text as they were written", async () => {
    const captured = await capture((res) => {
      res.writeHead(202, { "content-type": "text/xml" });
      res.write("<a>");
      res.write(Buffer.from("é"));
      res.write("PC9iPg==", "base64");
      res.end("</a>", "utf8", () => {});
    });
    expect(captured).toEqual({
      status: 202,
      headers: { "content-type": "text/xml" },
      body: "<a>é</b></a>",
    });
  });

  it("keeps nothing that is too large or no text", async () => {
    expect(await capture((res) => res.end("x".repeat(65_537)))).toBeUndefined();
    expect(await capture((res) => res.end(Buffer.from([0x1f, 0x8b, 0xff])))).toBeUndefined();
    expect(await capture((res) => res.end("x".repeat(65_536)))).toBeDefined();
  });

  it("knows that the client is gone already", async () => {
    let captured: HttpResponse | undefined | "waiting" = "waiting";
    const call = exchange(async (_, res) => {
      res.destroy();
      await once(res, "close");
      captured = await captureNodeResponse(res);
    });
    await expect(call).rejects.toThrow();
    await expect.poll(() => captured).toBeUndefined();
  });
});
