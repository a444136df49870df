import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type ClientHttp2Stream, connect, constants, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Route } from "../src/flows/arrival.ts";
import type { HttpHandler } from "../src/messaging-service.ts";
import { serveNode } from "../src/node-adapter.ts";
import { captureNodeResponse } from "../src/node-capture.ts";
import { fromNodeRequest, type NodeRequest, writeNodeResponse } from "../src/node-http.ts";
import type { HttpResponse } from "../src/provider.ts";

const LIMITS = { maxBodyBytes: 1_000, bodyTimeoutMs: 1_000 };

/** A POST over HTTP/2, its body not yet written. */
async function post(
  serve: (req: NodeRequest, res: ServerResponse) => unknown,
): Promise<{ readonly call: ClientHttp2Stream; readonly text: () => string }> {
  const server = createServer(
    (req, res) => void serve(req as unknown as NodeRequest, res as unknown as ServerResponse),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    session.destroy();
    server.close();
  });
  const call = session.request({ ":method": "POST", ":path": "/a" });
  let text = "";
  call.setEncoding("utf8").on("data", (chunk) => {
    text += chunk;
  });
  return { call, text: () => text };
}

describe("over HTTP/2", () => {
  it.each([
    ["too slow", "a", "REQUEST_TIMEOUT"],
    ["too large", "a".repeat(1_001), "BODY_TOO_LARGE"],
  ])(
    "the stream of a body that is %s ends once it is answered",
    async (_, sent, refusal) => {
      const { call, text } = await post(async (req, res) => {
        const limits = { ...LIMITS, bodyTimeoutMs: 20 };
        const error = await fromNodeRequest(req, limits).catch((cause) => cause);
        res.end(error.code);
      });
      call.write(sent);
      await once(call, "close");
      expect(text()).toBe(refusal);
      expect(call.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
    },
    5_000,
  );

  it("what a route answers is captured once", async () => {
    let captured: Promise<HttpResponse | undefined> | undefined;
    const { call, text } = await post((_, res) => {
      captured = captureNodeResponse(res);
      res.write("<a>");
      res.end("</a>");
    });
    call.end();
    await once(call, "close");
    expect(text()).toBe("<a></a>");
    expect(await captured).toMatchObject({ status: 200, body: "<a></a>" });
  });

  it("nothing is captured of a route whose client hung up before", async () => {
    let captured: Promise<HttpResponse | undefined> | undefined;
    const { call } = await post((_, res) => {
      captured = captureNodeResponse(res);
      call.close(constants.NGHTTP2_CANCEL);
    });
    call.end();
    await once(call, "close");
    expect(await captured).toBeUndefined();
  });

  it("a route whose client hung up has nobody to answer", async () => {
    let seen: Route | undefined;
    const handler: HttpHandler = {
      locate: () => undefined,
      handle: async (_, __, options) => {
        seen = options?.route;
        return undefined;
      },
      limits: LIMITS,
    };
    const { call } = await post(async (request, response) => {
      await serveNode(
        handler,
        { endpoint: "inbound", rest: undefined },
        {
          request,
          response,
          url: "/",
          parsed: {},
          leave() {},
          respond: (answer) => writeNodeResponse(response, answer),
          next() {},
        },
      );
    });
    call.end("a=b");
    await expect.poll(() => seen?.isOpen?.()).toBe(true);
    call.close(constants.NGHTTP2_CANCEL);
    await expect.poll(() => seen?.isOpen?.()).toBe(false);
  });
});
