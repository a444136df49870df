import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../../src/clock.ts";
import { createGuard } from "../../src/webhook/guard.ts";
import { parseForm } from "../../src/wire/form.ts";
import { verifyTwilioSignature } from "../../src/wire/signature.ts";
import { parseTwiml } from "../../src/wire/twiml-parse.ts";
import { AUTH_TOKEN, callOf, failureOf, startCaller } from "./caller.ts";
import { answerStatus, answerTwiml, hang, startServer } from "./server.ts";

/** A port that refuses connections. */
async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/hook`;
}

describe("a call", () => {
  it("resolves with what the webhook answered", async () => {
    const server = await startServer(answerTwiml);
    const url = `${server.origin}/hook`;
    await expect(startCaller().call(callOf(`${url}#rc=2`))).resolves.toEqual({
      status: 200,
      contentType: "text/xml",
      body: "<Response/>",
      url,
      trusted: true,
    });
  });

  it.each([200, 201, 204])("takes %i for an answer", async (status) => {
    const server = await startServer(answerStatus(status));
    await expect(startCaller().call(callOf(server.origin))).resolves.toMatchObject({
      status,
      contentType: undefined,
    });
  });

  it("is signed over the URL and the form as they arrive", async () => {
    const server = await startServer(answerTwiml);
    await startCaller().call(
      callOf(`${server.origin}/hook?a=1 2#rc=2`, { parameters: { From: "+1", Body: " é\n" } }),
    );
    const [request] = server.requests;
    expect(request?.method).toBe("POST");
    expect(request?.headers["i-twilio-idempotency-token"]).toBe("token-1");
    const verified = verifyTwilioSignature({
      authToken: AUTH_TOKEN,
      signature: String(request?.headers["x-twilio-signature"]),
      url: `http://${request?.headers.host}${request?.url}`,
      parameters: parseForm(request?.body ?? ""),
    });
    expect(verified).toBe(true);
  });

  it("answers in the charset the webhook names", async () => {
    const server = await startServer((_request, response) =>
      response
        .writeHead(200, { "Content-Type": "text/plain; charset=iso-8859-1" })
        .end(Buffer.from([0x41, 0xe9])),
    );
    await expect(startCaller().call(callOf(server.origin))).resolves.toMatchObject({ body: "Aé" });
  });

  it.each([
    ["text/xml", "ISO-8859-1", "latin1", "é"],
    ["text/xml; charset=utf-8", "ISO-8859-1", "utf8", "é"],
    ["text/xml", "UTF-8", "utf8", "é"],
    ["text/xml", "utf-16", "utf8", "é"],
    ["text/xml", "klingon", "utf8", "é"],
  ] as const)("answers, as %s, XML that says it is in %s and is in %s", async (type, says, is, text) => {
    const body = `<?xml version="1.0" encoding="${says}"?><Response>${text}</Response>`;
    const server = await startServer((_request, response) =>
      response.writeHead(200, { "Content-Type": type }).end(Buffer.from(body, is)),
    );
    await expect(startCaller().call(callOf(server.origin))).resolves.toMatchObject({ body });
  });

  it("reads an unknown charset as UTF-8", async () => {
    const server = await startServer((_request, response) =>
      response.writeHead(200, { "Content-Type": "text/plain; charset=klingon" }).end("é"),
    );
    await expect(startCaller().call(callOf(server.origin))).resolves.toMatchObject({ body: "é" });
  });

  it("uses one connection for one call after another", async () => {
    const server = await startServer(answerTwiml);
    const caller = startCaller();
    for (let index = 0; index < 5; index++) await caller.call(callOf(server.origin));
    expect(server.connections).toBe(1);
    expect(server.requests).toHaveLength(5);
  });

  it("goes once more when a kept connection turns out to be closed", async () => {
    const server = await startServer((request, response, count) => {
      if (count === 1) response.destroy();
      else answerTwiml(request, response, count);
    });
    const caller = startCaller();
    await caller.call(callOf(server.origin));
    await expect(caller.call(callOf(`${server.origin}/#rc=0`))).resolves.toMatchObject({ status: 200 });
    expect(server.requests.map(({ headers }) => headers["i-twilio-idempotency-token"])).toEqual(
      Array(3).fill("token-1"),
    );
  });

  it("does so on a connection that was not kept", async () => {
    const used = new WeakSet<object>();
    const together: (() => void)[] = [];
    const server = await startServer((request, response, count) => {
      const socket = response.socket ?? {};
      if (used.has(socket)) return response.destroy();
      used.add(socket);
      together.push(() => answerTwiml(request, response, count));
      // The first two wait for each other, so that two connections are kept.
      if (together.length >= 2) for (const answer of together.splice(0)) answer();
      if (count > 1) for (const answer of together.splice(0)) answer();
    });
    const caller = startCaller();
    await Promise.all([caller.call(callOf(server.origin)), caller.call(callOf(server.origin))]);
    await expect(caller.call(callOf(`${server.origin}/#rc=0`))).resolves.toMatchObject({ status: 200 });
    expect(server.connections).toBe(3);
  });

  it("waits for an answer on a kept connection as on a new one", async () => {
    const server = await startServer((request, response, count) => {
      if (count === 0) answerTwiml(request, response, count);
    });
    const caller = startCaller();
    await caller.call(callOf(server.origin));
    const error = await failureOf(caller.call(callOf(`${server.origin}/#rt=100&ct=200`)));
    expect(error.details.errorCode).toBe(11203);
    expect(server.connections).toBe(1);
  });

  it("leaves no timer behind, however it ends", async () => {
    let pending = 0;
    const clock: Clock = {
      now: () => systemClock.now(),
      schedule(callback, delayMs) {
        pending++;
        let over = false;
        const end = (): void => {
          if (!over) pending--;
          over = true;
        };
        const timer = systemClock.schedule(() => {
          end();
          callback();
        }, delayMs);
        return {
          cancel: () => {
            end();
            timer.cancel();
          },
        };
      },
    };
    const server = await startServer(
      ({ url }, response) => void response.writeHead(Number(url.slice(1))).end("x"),
    );
    const caller = startCaller({ clock, maxBodyBytes: 1 });
    await caller.call(callOf(`${server.origin}/200`));
    for (const url of [`${server.origin}/500`, await closedPort()]) await failureOf(caller.call(callOf(url)));
    expect(pending).toBe(0);
  });

  it("sends its credentials in a header, and names none in an error", async () => {
    const server = await startServer(answerStatus(500));
    const url = server.origin.replace("http://", "http://user:secret@");
    const error = await failureOf(startCaller().call(callOf(url)));
    expect(server.requests[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from("user:secret").toString("base64")}`,
    );
    expect(`${error.message} ${JSON.stringify(error.details)}`).not.toContain("secret");
  });
});

describe("a call that fails", () => {
  it("says which URL, how often and why", async () => {
    const server = await startServer(answerStatus(404));
    const error = await failureOf(startCaller().call(callOf(`${server.origin}/hook#rc=3`)));
    expect(error).toMatchObject({
      code: "WEBHOOK_FAILED",
      details: {
        url: `${server.origin}/hook`,
        attempts: 1,
        errorCode: 11200,
        status: 404,
        reason: "answered 404",
      },
    });
    expect(error.message).toContain(`${server.origin}/hook answered 404 (11200).`);
  });

  it.each(["ftp://example.com/", "/relative", "", "http://"])(
    "names no http(s) URL as such: %j",
    async (url) => {
      const error = await failureOf(startCaller().call(callOf(url)));
      expect(error).toMatchObject({ code: "WEBHOOK_FAILED", details: { errorCode: 11100, attempts: 0 } });
    },
  );

  it("is 11202, tried twice, when the connection is refused", async () => {
    const error = await failureOf(startCaller().call(callOf(await closedPort())));
    expect(error.details).toMatchObject({ errorCode: 11202, attempts: 2 });
  });

  it("is 11210 when the host has no address", async () => {
    const guard = createGuard({ resolve: async () => [] });
    const call = callOf("http://nowhere.example/", { trusted: false });
    const error = await failureOf(startCaller({ guard }).call(call));
    expect(error).toMatchObject({ code: "WEBHOOK_FAILED", details: { errorCode: 11210, attempts: 2 } });
  });

  it("is 11201 when no connection comes about in time", async () => {
    // The resolver never answers, so nothing is connected.
    const guard = createGuard({ resolve: () => new Promise(() => {}) });
    const call = callOf("http://slow.example/#ct=100&rc=0", { trusted: false });
    const error = await failureOf(startCaller({ guard }).call(call));
    expect(error.details).toMatchObject({ errorCode: 11201, attempts: 1 });
  });

  it("is 11203 when no answer comes in time, and is not retried by default", async () => {
    const server = await startServer(hang);
    const error = await failureOf(startCaller().call(callOf(`${server.origin}/#rt=100`)));
    expect(error.details).toMatchObject({ errorCode: 11203, attempts: 1, reason: "sent nothing for 100 ms" });
    await server.drained();
  });

  it("is 11203 when the answer stops midway", async () => {
    const server = await startServer((_request, response) => response.writeHead(200).write("<Resp"));
    const error = await failureOf(startCaller().call(callOf(`${server.origin}/#rt=100`)));
    expect(error.details).toMatchObject({ errorCode: 11203, reason: "sent nothing for 100 ms" });
  });

  it("is 11203 when the answer drips beyond the total time", async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write("."), 20);
      response.on("close", () => clearInterval(drip));
    });
    const error = await failureOf(startCaller().call(callOf(`${server.origin}/#tt=120&rt=100&rc=5&rp=all`)));
    expect(error.details).toMatchObject({
      errorCode: 11203,
      attempts: 1,
      reason: "took longer than 120 ms in all",
    });
    await server.drained();
  });

  it("takes retries out of the total time", async () => {
    const server = await startServer(hang);
    const error = await failureOf(startCaller().call(callOf(`${server.origin}/#tt=150&rt=100&rc=5&rp=all`)));
    expect(error.details).toMatchObject({ errorCode: 11203, attempts: 2 });
  });

  it("is 11205 when the connection is lost", async () => {
    const server = await startServer((_request, response) => response.destroy());
    const error = await failureOf(startCaller().call(callOf(server.origin)));
    expect(error.details).toMatchObject({ errorCode: 11205, attempts: 1 });
  });

  it("is 11205 when the answer is cut short", async () => {
    const server = await startServer((_request, response) => {
      response.writeHead(200, { "Content-Length": "100" });
      response.write("short", () => response.destroy());
    });
    const error = await failureOf(startCaller().call(callOf(server.origin)));
    expect(error.details).toMatchObject({ errorCode: 11205 });
  });

  it("is 11205 when the server wants another protocol", async () => {
    const server = await startServer((_request, response) =>
      response.socket?.end("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
    );
    const error = await failureOf(startCaller().call(callOf(server.origin)));
    expect(error.details.errorCode).toBe(11205);
  });

  it("is 11206 when the answer is no HTTP", async () => {
    const server = await startServer((_request, response) => response.socket?.end("SSH-2.0-x\r\n"));
    const error = await failureOf(startCaller().call(callOf(`${server.origin}/#rp=all`)));
    expect(error.details).toMatchObject({ errorCode: 11206, attempts: 1 });
  });

  it("is 11206 when the answer is compressed", async () => {
    const server = await startServer((_request, response) =>
      response.writeHead(200, { "Content-Encoding": "gzip" }).end("x"),
    );
    const error = await failureOf(startCaller().call(callOf(server.origin)));
    expect(error.details.errorCode).toBe(11206);
  });

  it("is none for a content encoding that is a mistake", async () => {
    const server = await startServer((_request, response) =>
      response.writeHead(200, { "Content-Encoding": "UTF-8" }).end("x"),
    );
    await expect(startCaller().call(callOf(server.origin))).resolves.toMatchObject({ body: "x" });
  });

  it.each([
    ["announces", (size: number) => ({ "Content-Length": String(size) })],
    ["does not announce", () => ({})],
  ])("is 11750 when the webhook answers 70 kB and %s it", async (_name, headers) => {
    const server = await startServer((_request, response) => {
      response.writeHead(200, headers(70_000)).end(Buffer.alloc(70_000, "a"));
    });
    const error = await failureOf(startCaller().call(callOf(`${server.origin}/#rp=all`)));
    expect(error.details).toMatchObject({ errorCode: 11750, attempts: 1 });
    await server.drained();
  });

  it("takes 64 kB for an answer", async () => {
    const server = await startServer((_request, response) => response.end(Buffer.alloc(65_536, "a")));
    const answer = await startCaller().call(callOf(server.origin));
    expect(answer.body).toHaveLength(65_536);
  });
});

describe("a retry", () => {
  it("follows a 500 where the URL asks for it, with the same token", async () => {
    const server = await startServer((request, response, count) =>
      count < 2 ? answerStatus(500)(request, response, count) : answerTwiml(request, response, count),
    );
    const answer = await startCaller().call(callOf(`${server.origin}/#rc=2&rp=all`));
    expect(answer.status).toBe(200);
    expect(server.requests.map(({ headers }) => headers["i-twilio-idempotency-token"])).toEqual(
      Array(3).fill("token-1"),
    );
  });

  it.each([
    [503, "5xx", 3],
    [503, "4xx", 1],
    [429, "4xx", 3],
    [429, "5xx,ct,rt", 1],
    [503, "ct", 1],
  ])("after %i with rp=%s makes %i attempts of rc=2", async (status, policy, attempts) => {
    const server = await startServer(answerStatus(status));
    const error = await failureOf(startCaller().call(callOf(`${server.origin}/#rc=2&rp=${policy}`)));
    expect(error.details.attempts).toBe(attempts);
    expect(server.requests).toHaveLength(attempts);
  });

  it("follows a lost connection with rp=rt", async () => {
    const server = await startServer((request, response, count) =>
      count === 0 ? response.destroy() : answerTwiml(request, response, count),
    );
    await expect(startCaller().call(callOf(`${server.origin}/#rp=rt`))).resolves.toMatchObject({
      status: 200,
    });
  });
});

describe("the fallback", () => {
  it("is called with ErrorCode and ErrorUrl once the URL has failed", async () => {
    const primary = await startServer(answerStatus(404));
    const fallback = await startServer(answerTwiml);
    const url = primary.origin.replace("http://", "http://user:secret@");
    const answer = await startCaller().call(
      callOf(`${url}/a?b=1#rc=2`, { fallbackUrl: `${fallback.origin}/f`, token: "same" }),
    );
    expect(answer.url).toBe(`${fallback.origin}/f`);
    expect(primary.requests).toHaveLength(1);
    expect(fallback.requests[0]?.method).toBe("POST");
    expect(fallback.requests[0]?.headers["i-twilio-idempotency-token"]).toBe("same");
    expect(parseForm(fallback.requests[0]?.body ?? "")).toEqual({
      Body: "hi",
      ErrorCode: "11200",
      ErrorUrl: `${primary.origin}/a?b=1`,
    });
  });

  it("is called by the method that is its own", async () => {
    const primary = await startServer(answerStatus(500));
    const fallback = await startServer(answerTwiml);
    await startCaller().call(callOf(primary.origin, { fallbackUrl: fallback.origin, fallbackMethod: "GET" }));
    expect(fallback.requests[0]?.method).toBe("GET");
    expect(fallback.requests[0]?.url).toContain("ErrorCode=11200");
  });

  it("is called when the answer is of no use", async () => {
    const primary = await startServer((_request, response) =>
      response.writeHead(200, { "Content-Type": "text/xml" }).end("<Nope/>"),
    );
    const fallback = await startServer(answerTwiml);
    const answer = await startCaller().call(
      callOf(`${primary.origin}/#rp=all`, {
        fallbackUrl: fallback.origin,
        check: ({ body, contentType }) => parseTwiml(body, contentType),
      }),
    );
    expect(answer.body).toBe("<Response/>");
    expect(primary.requests).toHaveLength(1);
    expect(parseForm(fallback.requests[0]?.body ?? "").ErrorCode).toBe("12102");
  });

  it("is not called when the URL answers", async () => {
    const primary = await startServer(answerTwiml);
    const fallback = await startServer(answerTwiml);
    await startCaller().call(callOf(primary.origin, { fallbackUrl: fallback.origin }));
    expect(fallback.requests).toHaveLength(0);
  });

  it("has its own overrides, and its failure is told along with the first", async () => {
    const primary = await startServer(answerStatus(500));
    const fallback = await startServer(answerStatus(503));
    const error = await failureOf(
      startCaller().call(callOf(primary.origin, { fallbackUrl: `${fallback.origin}/#rc=2&rp=5xx` })),
    );
    expect(error.details).toMatchObject({
      errorCode: 11200,
      status: 500,
      attempts: 1,
      fallback: { status: 503, attempts: 3 },
    });
  });
});

describe("a redirect", () => {
  it("of 302 is followed by a GET without parameters, signed for its URL", async () => {
    const server = await startServer((request, response, count) =>
      request.url === "/a"
        ? response.writeHead(302, { Location: "/b?c=1" }).end()
        : answerTwiml(request, response, count),
    );
    const answer = await startCaller().call(callOf(`${server.origin}/a`));
    expect(answer.url).toBe(`${server.origin}/b?c=1`);
    const [, second] = server.requests;
    expect(second).toMatchObject({ method: "GET", url: "/b?c=1", body: "" });
    const signature = String(second?.headers["x-twilio-signature"]);
    expect(verifyTwilioSignature({ authToken: AUTH_TOKEN, signature, url: answer.url })).toBe(true);
  });

  it.each([307, 308])("of %i is followed by the same POST", async (status) => {
    const server = await startServer((request, response, count) =>
      request.url === "/a"
        ? response.writeHead(status, { Location: "b" }).end()
        : answerTwiml(request, response, count),
    );
    await startCaller().call(callOf(`${server.origin}/a`));
    expect(server.requests[1]).toMatchObject({ method: "POST", url: "/b", body: "Body=hi" });
  });

  it("is followed five times, a sixth is 11215", async () => {
    const server = await startServer((request, response) =>
      response.writeHead(302, { Location: `${request.url}x` }).end(),
    );
    const error = await failureOf(startCaller().call(callOf(`${server.origin}/#rp=all`)));
    expect(error.details).toMatchObject({ errorCode: 11215, attempts: 1 });
    expect(server.requests).toHaveLength(6);
  });

  it("from a trusted URL to another origin is guarded", async () => {
    const inside = await startServer(answerTwiml);
    const server = await startServer(answerStatus(302, { Location: inside.origin }));
    const error = await failureOf(startCaller().call(callOf(server.origin)));
    expect(error).toMatchObject({ code: "WEBHOOK_BLOCKED", details: { errorCode: 11210 } });
    expect(inside.requests).toHaveLength(0);
  });

  it("to another origin says that its answer is not of a trusted URL", async () => {
    const other = await startServer(answerTwiml);
    const server = await startServer((_, response) =>
      response.writeHead(302, { location: other.origin }).end(),
    );
    const caller = startCaller({ guard: createGuard({ allow: ["127.0.0.1"] }) });
    const answer = await caller.call(callOf(server.origin));
    expect(answer).toMatchObject({ url: `${other.origin}/`, trusted: false });
  });

  it.each(["ftp://example.com/", "http://[", "data:text/plain,x"])("to %s is refused", async (location) => {
    const server = await startServer(answerStatus(302, { Location: location }));
    const error = await failureOf(startCaller().call(callOf(server.origin)));
    expect(error.details.errorCode).toBe(11100);
  });

  it("without a Location is a failure", async () => {
    const server = await startServer(answerStatus(302));
    const error = await failureOf(startCaller().call(callOf(server.origin)));
    expect(error.details).toMatchObject({ errorCode: 11200, status: 302 });
  });
});

describe("a URL that is not trusted", () => {
  it("is refused before anything is connected when its address is private", async () => {
    const server = await startServer(answerTwiml);
    const error = await failureOf(startCaller().call(callOf(server.origin, { trusted: false })));
    expect(error).toMatchObject({ code: "WEBHOOK_BLOCKED", details: { errorCode: 11210, attempts: 1 } });
    expect(server.connections).toBe(0);
  });

  it("is refused by the address of its name", async () => {
    const server = await startServer(answerTwiml);
    const url = server.origin.replace("127.0.0.1", "localhost");
    const error = await failureOf(startCaller().call(callOf(url, { trusted: false })));
    expect(error.code).toBe("WEBHOOK_BLOCKED");
    expect(server.connections).toBe(0);
  });

  it("gets no connection that was kept from a trusted call", async () => {
    const server = await startServer(answerTwiml);
    const caller = startCaller();
    const url = server.origin.replace("127.0.0.1", "localhost");
    await caller.call(callOf(url));
    const error = await failureOf(caller.call(callOf(url, { trusted: false })));
    expect(error.code).toBe("WEBHOOK_BLOCKED");
    expect(server.requests).toHaveLength(1);
  });

  it("is refused as the target of its own redirect to loopback", async () => {
    const inside = await startServer(answerTwiml);
    const server = await startServer(answerStatus(307, { Location: inside.origin }));
    const port = new URL(server.origin).port;
    const guard = createGuard({
      allow: ["hooks.example"],
      resolve: async () => [{ address: "127.0.0.1", family: 4 }],
    });
    const call = callOf(`http://hooks.example:${port}/`, { trusted: false });
    const error = await failureOf(startCaller({ guard }).call(call));
    expect(error.code).toBe("WEBHOOK_BLOCKED");
    expect(server.requests).toHaveLength(1);
    expect(inside.connections).toBe(0);
  });

  it("is called where it is allowed, at the address that was judged", async () => {
    const server = await startServer(answerTwiml);
    let resolved = 0;
    const guard = createGuard({
      allow: ["hooks.example"],
      resolve: async () => [{ address: resolved++ === 0 ? "127.0.0.1" : "127.0.0.2", family: 4 }],
    });
    const call = callOf(`http://hooks.example:${new URL(server.origin).port}/`, { trusted: false });
    await expect(startCaller({ guard }).call(call)).resolves.toMatchObject({ status: 200 });
    expect(resolved).toBe(1);
    expect(server.requests[0]?.headers.host).toBe(new URL(call.url).host);
  });

  it("falls back like any other", async () => {
    const guard = createGuard({ allow: ["localhost"] });
    const fallback = await startServer(answerTwiml);
    const answer = await startCaller({ guard }).call(
      callOf("http://169.254.169.254/latest/meta-data", {
        trusted: false,
        fallbackUrl: fallback.origin.replace("127.0.0.1", "localhost"),
      }),
    );
    expect(answer.status).toBe(200);
    expect(parseForm(fallback.requests[0]?.body ?? "").ErrorCode).toBe("11210");
  });
});

describe("many calls", () => {
  it("to a host that hangs leave room for another host", async () => {
    const slow = await startServer(hang);
    const quick = await startServer(answerTwiml);
    const caller = startCaller({ maxConcurrent: 4, maxPerLane: 4 });
    const stuck = Array.from({ length: 10 }, () => failureOf(caller.call(callOf(slow.origin))));
    await expect(caller.call(callOf(quick.origin))).resolves.toMatchObject({ status: 200 });
    expect(caller.active).toBe(10);
    await caller.close();
    expect((await Promise.all(stuck)).map(({ code }) => code)).toEqual(Array(10).fill("SERVICE_CLOSED"));
    expect(slow.connections).toBeLessThanOrEqual(2);
  });

  it("beyond those that may wait fail and say so", async () => {
    const slow = await startServer(hang);
    const caller = startCaller({ maxConcurrent: 2, maxPerLane: 1, maxWaiting: 1 });
    const stuck = [1, 2].map(() => failureOf(caller.call(callOf(slow.origin))));
    const error = await failureOf(caller.call(callOf(slow.origin)));
    expect(error).toMatchObject({ code: "WEBHOOK_FAILED", details: { attempts: 0, errorCode: 11200 } });
    expect(error.message).toContain("too many calls wait already");
    await caller.close();
    await Promise.all(stuck);
  });

  it("on a lane that hangs leave room for another lane of the same host", async () => {
    const server = await startServer((request, response, count) =>
      (request.url === "/slow" ? hang : answerTwiml)(request, response, count),
    );
    const caller = startCaller({ maxConcurrent: 4, maxPerLane: 1, maxWaiting: 8 });
    const slow = { ...callOf(`${server.origin}/slow`), lane: "slow" };
    const stuck = Array.from({ length: 10 }, () => failureOf(caller.call(slow)));
    await expect(caller.call({ ...callOf(server.origin), lane: "quick" })).resolves.toMatchObject({
      status: 200,
    });
    await caller.close();
    await Promise.all(stuck);
  });

  it("to one host all arrive", async () => {
    const server = await startServer(answerTwiml);
    const caller = startCaller({ maxConcurrent: 8, maxPerLane: 3 });
    await Promise.all(Array.from({ length: 100 }, () => caller.call(callOf(server.origin))));
    expect(server.requests).toHaveLength(100);
    expect(server.connections).toBeLessThanOrEqual(3);
    expect(caller.active).toBe(0);
  });
});

describe("close", () => {
  it("frees every connection in use at once", async () => {
    const server = await startServer((request, response, count) =>
      count === 0 ? answerTwiml(request, response, count) : hang(request, response, count),
    );
    const caller = startCaller();
    await caller.call(callOf(server.origin));
    const stuck = [1, 2, 3].map(() =>
      failureOf(caller.call(callOf(server.origin, { fallbackUrl: server.origin }))),
    );
    while (server.requests.length < 4) await new Promise((resolve) => setImmediate(resolve));
    expect(server.open).toBe(3);
    await caller.close();
    await server.drained();
    for (const error of await Promise.all(stuck)) expect(error.code).toBe("SERVICE_CLOSED");
    expect(server.requests).toHaveLength(4);
  });

  it("frees a connection that is kept", async () => {
    const server = await startServer(answerTwiml);
    const caller = startCaller();
    await caller.call(callOf(server.origin));
    expect(server.open).toBe(1);
    await caller.close();
    await server.drained();
    expect(server.open).toBe(0);
  });

  it("refuses later calls", async () => {
    const caller = startCaller();
    await caller.close();
    await expect(caller.call(callOf("http://127.0.0.1/"))).rejects.toMatchObject({ code: "SERVICE_CLOSED" });
  });
});

describe("createWebhookCaller", () => {
  it.each([
    { authToken: "" },
    { maxConcurrent: 0 },
    { maxPerLane: Number.NaN },
    { maxBodyBytes: -1 },
    { maxWaiting: -1 },
  ])("refuses %j", (options) => {
    expect(() => startCaller(options)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", details: { option: Object.keys(options)[0] } }),
    );
  });

  it("calls itself by the package's version", async () => {
    const server = await startServer(answerTwiml);
    await startCaller().call(callOf(server.origin));
    const { default: manifest } = await import("../../package.json", { with: { type: "json" } });
    expect(
      `${manifest.version}.`.startsWith(`${server.requests[0]?.headers["user-agent"]?.split("/")[1]}.`),
    ).toBe(true);
  });
});
