import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { type LogFields, silentLogger } from "@messaging-service/core";
import { messagingService } from "@messaging-service/express";
import { restApi } from "@messaging-service/rest-api";
import express from "express";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFaultyStore } from "../../../test/support/faulty-store.ts";
import { ACCOUNT, ask, basic, createRestWorld, PHONE, SENDER, TOKEN } from "./support/api.ts";
import { listen, SERVERS } from "./support/servers.ts";

const LIST = `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`;
const FORM = { To: PHONE, From: SENDER, Body: "x" };
const URL = `/2010-04-01/Accounts/${ACCOUNT}/Nothing.json`;

describe("a request for the API", () => {
  it.each([
    ["no credentials", ""],
    ["a wrong token", basic(ACCOUNT, "x")],
    ["a wrong account", basic(`AC${"2".repeat(32)}`)],
    ["another scheme", "Bearer abc"],
    ["no text", "Basic %%%"],
  ])("with %s is answered 401", async (_, authorization) => {
    const { api } = createRestWorld();
    const { status, headers, json } = await ask(api, "GET", URL, undefined, { authorization });
    expect(status).toBe(401);
    expect(headers["www-authenticate"]).toMatch(/^Basic realm=/);
    expect(headers["twilio-request-id"]).toMatch(/^RQ[0-9a-f]{32}$/);
    expect(json).toEqual({
      code: 20003,
      message: expect.any(String),
      more_info: "https://www.twilio.com/docs/errors/20003",
      status: 401,
    });
  });

  it("of an unknown resource is answered 404", async () => {
    const { api } = createRestWorld();
    expect(await ask(api, "GET", URL)).toMatchObject({ status: 404, json: { code: 20404 } });
  });

  it("may use an API key", async () => {
    const sid = `SK${"3".repeat(32)}`;
    const { api } = createRestWorld({ apiKeys: [{ sid, secret: "s:1" }] });
    expect(await ask(api, "GET", URL, undefined, { authorization: basic(sid, "s:1") })).toMatchObject({
      status: 404,
    });
    expect(await ask(api, "GET", URL, undefined, { authorization: basic(sid, "s") })).toMatchObject({
      status: 401,
    });
  });

  it("may have the longest secret there is, in any script", async () => {
    const [sid, longest] = [`SK${"3".repeat(32)}`, "€".repeat(256)];
    const { api } = createRestWorld({ authToken: longest, apiKeys: [{ sid, secret: longest }] });
    for (const user of [ACCOUNT, sid])
      expect(await ask(api, "GET", URL, undefined, { authorization: basic(user, longest) })).toMatchObject({
        status: 404,
      });
  });

  it("of another account is answered 404, whatever the credential", async () => {
    const { api } = createRestWorld();
    const other = LIST.replace(ACCOUNT, `AC${"2".repeat(32)}`);
    expect(await ask(api, "GET", other)).toMatchObject({ status: 404, json: { code: 20404 } });
  });

  it("by a method that the resource does not take is answered 405, with those it takes", async () => {
    const { api } = createRestWorld();
    for (const method of ["PUT", "DELETE", "HEAD", "get", "toString"]) {
      const answered = await ask(api, method, LIST);
      expect(answered).toMatchObject({ status: 405, headers: { allow: "POST, GET" }, json: { code: 20004 } });
    }
  });

  it.each([
    ["by its suffix", LIST.replace(".json", ".xml"), {}],
    ["by Accept", LIST, { accept: "application/xml" }],
  ])("for XML, %s, is answered 406", async (_, url, headers) => {
    const { api } = createRestWorld();
    expect(await ask(api, "GET", url, undefined, headers)).toMatchObject({ status: 406 });
  });

  it("with a body that is no form is refused, not read as an empty form", async () => {
    const { api } = createRestWorld();
    const json = await ask(api, "POST", LIST, JSON.stringify(FORM), { "content-type": "application/json" });
    expect(json).toMatchObject({ status: 415, json: { code: 20422 } });
    expect(await ask(api, "POST", LIST, "To=%FF")).toMatchObject({ status: 400, json: { code: 20422 } });
  });

  it("takes the first of a repeated parameter, and no harm from odd names", async () => {
    const { api } = createRestWorld();
    const { json, status } = await ask(api, "POST", LIST, {
      ...FORM,
      Body: ["first", "second"],
      ["__proto__"]: "x",
      constructor: "x",
      "To[a]": "x",
    });
    expect([status, json.body]).toEqual([201, "first"]);
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it("beyond the rate of its credential is answered 429, and says when to come again", async () => {
    const sid = `SK${"3".repeat(32)}`;
    const { api, clock } = createRestWorld({
      rateLimit: { perSecond: 0.5, burst: 2 },
      apiKeys: [{ sid, secret: "s" }],
    });
    const statuses = [];
    for (let count = 0; count < 3; count++) statuses.push((await ask(api, "GET", LIST)).status);
    expect(statuses).toEqual([200, 200, 429]);
    const refused = await ask(api, "GET", LIST);
    expect(refused).toMatchObject({ headers: { "retry-after": "2" }, json: { code: 20429, status: 429 } });
    const other = await ask(api, "GET", LIST, undefined, { authorization: basic(sid, "s") });
    expect(other.status).toBe(200);
    await clock.advance(2_000);
    expect((await ask(api, "GET", LIST)).status).toBe(200);
  });

  it("is answered 503 while the store is gone, in words that say nothing of it", async () => {
    const store = createFaultyStore();
    const logged: (LogFields | undefined)[] = [];
    const { api } = createRestWorld({
      store,
      logger: { ...silentLogger, error: (_, fields) => logged.push(fields) },
    });
    await api.ready();
    store.break(() => true);
    for (const answered of [
      await ask(api, "GET", LIST),
      await ask(api, "POST", LIST, FORM),
      await ask(api, "GET", `${LIST.slice(0, -5)}/SM${"a".repeat(32)}`),
    ]) {
      expect(answered).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
      expect(JSON.stringify(answered.json)).not.toMatch(/broken|faulty|store/);
      expect(logged.map((fields) => fields?.requestId)).toContain(answered.headers["twilio-request-id"]);
    }
    store.heal();
    expect((await ask(api, "POST", LIST, FORM)).status).toBe(201);
  });
});

describe("links", () => {
  it.each(SERVERS)("can be followed on $name", async (server) => {
    const { api } = createRestWorld({ publicUrl: undefined });
    for (let count = 0; count < 3; count++)
      await ask(api, "POST", "/v1/Services", { FriendlyName: `S${count}` });
    const base = await listen(api, server);
    const headers = { authorization: basic() };
    const first = await (await fetch(`${base}/v1/Services?PageSize=2`, { headers })).json();
    const { meta } = first as { readonly meta: { readonly next_page_url: string } };
    expect(meta.next_page_url).toContain(`${base}/v1/Services?PageSize=2&Page=1&PageToken=`);
    const next = (await (await fetch(meta.next_page_url, { headers })).json()) as {
      readonly services: unknown[];
    };
    expect(next.services).toHaveLength(1);
  });

  it("name the public origin behind a proxy, and the prefix that `path` is", async () => {
    const { api } = createRestWorld({ path: "/twilio" });
    const { json } = await ask(api, "GET", "/twilio/v1/Services");
    expect(json.meta.url).toBe("https://app.example/twilio/v1/Services?PageSize=50&Page=0");
    const legacy = await ask(api, "GET", `/twilio${LIST}`);
    expect(legacy.json.uri).toBe(`${LIST}?PageSize=50&Page=0`);
    expect(await ask(api, "GET", LIST)).toMatchObject({ status: 404 });
  });

  it.each([
    ["takes off", ""],
    ["leaves on", "/api"],
  ])("name the path of a proxy that %s", async (_what, path) => {
    const { api } = createRestWorld({ path, publicUrl: "https://app.example/api" });
    const { json } = await ask(api, "GET", `${path}/v1/Services`);
    expect(json.meta.url).toBe("https://app.example/api/v1/Services?PageSize=50&Page=0");
  });
});

describe("beside an application's own routes", () => {
  it("the API answers its own paths, and leaves the others alone", async () => {
    const { api } = createRestWorld();
    const app = express().use(messagingService(api));
    app.get("/v1/books", (_, res) => void res.send("books"));
    const [server] = SERVERS;
    if (server === undefined) throw new Error("There is no server.");
    const base = await listen(api, { ...server, listener: () => app as never });
    expect(await (await fetch(`${base}/v1/books`)).text()).toBe("books");
    expect((await fetch(`${base}/v1/Services`)).status).toBe(401);
    expect((await fetch(`${base}/2010-04-01/anything`)).status).toBe(401);
  });

  it.each(["/twilio-old/v1/Services", "/twilios/2010-04-01/Accounts", "/twilio.v1/2010-04-01/Accounts"])(
    "a path that only begins like `path` is not the API's: %s",
    (url) => {
      const { api } = createRestWorld({ path: "/twilio" });
      expect(api.locate(url)).toBeUndefined();
      expect(api.locate("/twilio/v1/Services")).toEqual({ endpoint: "rest", rest: "/v1/Services" });
    },
  );
});

describe("a body over HTTP", () => {
  it("that is too large is answered 413 in the API's own shape", async () => {
    const { api } = createRestWorld({ maxBodyBytes: 1_000 });
    for (const server of SERVERS.filter(({ name }) => !name.includes("urlencoded"))) {
      const base = await listen(api, server);
      const response = await fetch(`${base}${LIST}`, {
        method: "POST",
        headers: { authorization: basic(), "content-type": "application/x-www-form-urlencoded" },
        body: `Body=${"x".repeat(2_000)}`,
      });
      expect(response.status, server.name).toBe(413);
      expect(response.headers.get("twilio-request-id")).toMatch(/^RQ/);
      expect(await response.json()).toMatchObject({ code: 20422, status: 413, message: expect.any(String) });
    }
  });

  it("that does not arrive is answered 408", async () => {
    const { api } = createRestWorld({ bodyTimeoutMs: 50 });
    const server = createServer(express().use(messagingService(api)) as never).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => server.closeAllConnections());
    onTestFinished(() => void server.close());
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.write(
      `POST ${LIST} HTTP/1.1\r\nHost: a\r\nAuthorization: ${basic()}\r\nContent-Length: 9\r\n\r\nTo`,
    );
    const [data] = (await once(socket, "data")) as [Buffer];
    expect(String(data)).toMatch(/^HTTP\/1.1 408 /);
    expect(String(data)).toContain('"more_info"');
  });
});

describe("options that are wrong", () => {
  const good = {
    accountSid: ACCOUNT,
    authToken: TOKEN,
    store: "memory",
    provider: undefined,
  } as never as Parameters<typeof restApi>[0];
  it.each([
    ["accountSid", { accountSid: "AC1" }],
    ["authToken", { authToken: "" }],
    ["apiKeys", { apiKeys: [{ sid: "SK1", secret: "x" }] }],
    ["apiKeys", { apiKeys: [{ sid: `SK${"3".repeat(32)}`, secret: "x".repeat(257) }] }],
    ["store", { store: undefined }],
    ["path", { path: "twilio/" }],
    ["publicUrl", { publicUrl: "https://example.com/path?query" }],
    ["rateLimit", { rateLimit: { perSecond: 0 } }],
    ["maxBodyBytes", { maxBodyBytes: 0.5 }],
    ["acountSid", { acountSid: ACCOUNT }],
  ])("are refused by name: %s", (name, wrong) => {
    const make = (): unknown => restApi({ ...good, ...(wrong as object) });
    expect(make).toThrow(
      expect.objectContaining({
        code: expect.stringMatching(/_OPTION$/),
        message: expect.stringContaining(`"${name}"`),
      }),
    );
    expect(make).not.toThrow(TOKEN);
  });
});
