import { createServer } from "node:http";
import KeyvRedis from "@keyv/redis";
import {
  createMessagingService,
  type LinkClick,
  type MessagingService,
  memoryStore,
  silentLogger,
} from "@messaging-service/core";
import { messagingService as onExpress } from "@messaging-service/express";
import { messagingService as onKoa } from "@messaging-service/koa";
import { createCarrier } from "@messaging-service/simulator";
import express from "express";
import Keyv from "keyv";
import Koa from "koa";
import supertest from "supertest";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFaultyStore } from "../../support/faulty-store.ts";
import { startRedis } from "../../support/redis.ts";
import { createWorld } from "../../support/world.ts";

const BRITISH = "+447911123456";
const BRITON = "+447911123457";
const PICTURE = "https://media.example/cat.png";
const MESSAGE = { to: BRITON, body: "Look:", mediaUrl: PICTURE };

function codeOf(body: string): string {
  return body.split("/").at(-1) ?? "";
}

/** A store that lists the link codes which were written. */
function createLinkStore() {
  const inner = memoryStore();
  const written: string[] = [];
  return {
    written,
    store: {
      ...inner,
      setIfAbsent(key: string, value: string, ttlMs: number) {
        if (key.includes(":link:")) written.push(key);
        return inner.setIfAbsent(key, value, ttlMs);
      },
    },
  };
}

describe("a link", () => {
  it("is created by send, never by explain, which shows the very one", async () => {
    const { store, written } = createLinkStore();
    const { service } = createWorld({ senders: [BRITISH], store });
    for (let n = 0; n < 3; n++) {
      const plan = await service.explain(MESSAGE);
      expect(await service.explain(MESSAGE)).toEqual(plan);
      expect(written).toHaveLength(n);
      expect((await service.send(MESSAGE)).body).toBe(plan.body);
      expect(written).toHaveLength(n + 1);
    }
  });

  it("is none of a message that leaves as MMS, as text, or not at all", async () => {
    const { store, written } = createLinkStore();
    const { service } = createWorld({ store });
    await service.send({ to: "+14155550123", body: "x", mediaUrl: PICTURE });
    await service.send({ to: BRITON, body: "x" });
    await expect(service.send({ ...MESSAGE, to: "+8613800138000" })).rejects.toThrow();
    expect(written).toEqual([]);
  });

  it("of a scheduled message is made when it falls due", async () => {
    const { store, written } = createLinkStore();
    const { service, clock, carrier } = createWorld({ senders: [BRITISH], store });
    await service.ready();
    await service.send({ ...MESSAGE, sendAt: new Date(clock.now() + 600_000) });
    expect(written).toEqual([]);
    await clock.advance(601_000);
    expect(written).toHaveLength(1);
    expect(carrier.handset(BRITON).inbox[0]?.body).toContain(`/messaging/m/${written[0]?.split(":").at(-1)}`);
  });

  it("of a message that a sender refused goes on with the next sender", async () => {
    const { store, written } = createLinkStore();
    const { service, clock, carrier, message } = createWorld({
      senders: [BRITISH, "+447911123458"],
      store,
    });
    carrier.outcome({ refuse: 21606, times: 1 });
    const first = await service.send(MESSAGE);
    await clock.advance(5_000);
    const last = await message(first.sid);
    expect(last).toMatchObject({ status: "delivered", body: first.body });
    expect(last.from).not.toBe(first.from);
    expect(new Set(written).size).toBe(1);
    const clicks: LinkClick[] = [];
    service.on("click", (click) => clicks.push(click));
    const url = `/messaging/m/${codeOf(last.body)}`;
    await service.handle("media", { method: "GET", url, headers: {}, body: undefined });
    await new Promise((resolve) => setImmediate(resolve));
    expect(clicks).toMatchObject([{ sid: last.sid, from: last.from }]);
  });

  it("stands in the message that the same idempotency key names, once", async () => {
    const { store, written } = createLinkStore();
    const { service, clock } = createWorld({ senders: [BRITISH], store });
    const request = { ...MESSAGE, idempotencyKey: "k" };
    const sending = Promise.all([service.send(request), service.send(request)]);
    await clock.advance(1_000);
    const [one, two] = await sending;
    expect(two).toMatchObject({ sid: one.sid, body: one.body });
    expect(new Set(written).size).toBe(1);
  });

  it("is stored before its message leaves: without it, nothing does", async () => {
    const store = createFaultyStore();
    const { service, carrier, clock } = createWorld({ senders: [BRITISH], store });
    store.break((call, key) => call === "setIfAbsent" && key.includes(":link:"));
    await expect(service.send(MESSAGE)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    store.heal();
    await clock.advance(10_000);
    expect(carrier.messages).toHaveLength(0);
  });

  it("is answered 503 while the store is down, and goes on when it is back", async () => {
    const store = createFaultyStore();
    const { service } = createWorld({ senders: [BRITISH], store });
    const { body } = await service.send(MESSAGE);
    const url = `/messaging/m/${codeOf(body)}`;
    const open = () => service.handle("media", { method: "GET", url, headers: {}, body: undefined });
    store.break((call) => call === "get");
    expect(await open()).toMatchObject({ status: 503, headers: { "retry-after": expect.any(String) } });
    store.heal();
    expect(await open()).toMatchObject({ status: 302 });
  });

  it("is served where nobody knows who calls, while unknown ones are refused", async () => {
    const { service } = createWorld({ senders: [BRITISH] });
    const { body } = await service.send(MESSAGE);
    const open = (code: string) =>
      service.handle("media", { method: "GET", url: `/messaging/m/${code}`, headers: {}, body: undefined });
    for (let n = 0; n < 20; n++) expect((await open("0000000"))?.status).toBe(404);
    expect(await open("0000000")).toMatchObject({ status: 429, headers: { "retry-after": "3" } });
    expect((await open(codeOf(body)))?.status).toBe(302);
  });

  it("does not wait for who listens to clicks", async () => {
    const { service, clock } = createWorld({ senders: [BRITISH] });
    const order: string[] = [];
    service.on("click", ({ type, at }: LinkClick) => {
      expect(at.getTime()).toBe(clock.now());
      order.push(type);
    });
    const { body } = await service.send(MESSAGE);
    const url = `/messaging/m/${codeOf(body)}`;
    const headers = { "user-agent": "Mozilla/5.0 (Android 15; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0" };
    await service.handle("media", { method: "GET", url, headers, body: undefined });
    order.push("answered");
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual(["answered", "click"]);
  });
});

describe("collisions", () => {
  it("do not happen between processes that send one picture to one person at once", async () => {
    const redis = await startRedis();
    const carrier = createCarrier();
    const services = Array.from({ length: 2 }, () =>
      createMessagingService({
        provider: carrier.provider,
        senders: [BRITISH],
        publicUrl: "https://app.example",
        logger: silentLogger,
        optOut: { brand: "Acme" },
        store: new Keyv({ store: new KeyvRedis(redis.url), throwOnErrors: true }),
      }),
    );
    onTestFinished(async () => {
      await Promise.all(services.map((service) => service.close({ timeoutMs: 0 })));
      await carrier.close();
      await redis.stop();
    });
    const sent = await Promise.all(
      services.flatMap((service) => Array.from({ length: 10 }, () => service.send(MESSAGE))),
    );
    const codes = sent.map(({ body }) => codeOf(body));
    expect(new Set(codes).size).toBe(20);
    const [first] = services;
    const clicks: LinkClick[] = [];
    first?.on("click", (click) => clicks.push(click));
    for (const code of codes) {
      const request = { method: "GET", url: `/messaging/m/${code}`, headers: {}, body: undefined };
      expect(await first?.handle("media", request)).toMatchObject({
        status: 302,
        headers: { location: PICTURE },
      });
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect(clicks.map(({ sid }) => sid)).toEqual(sent.map(({ sid }) => sid));
  });
});

describe("behind a proxy that the application trusts", () => {
  const apps = {
    Express(service: MessagingService) {
      const app = express().set("trust proxy", true);
      return createServer(app.use(onExpress(service)));
    },
    Koa(service: MessagingService) {
      const app = new Koa({ proxy: true });
      return createServer(app.use(onKoa(service)).callback());
    },
  };

  it.each(Object.entries(apps))("%s tells the service who was asked, and by whom", async (_, build) => {
    const { service } = createWorld({ senders: [BRITISH], linkUrl: "https://go.example.com" });
    const code = codeOf((await service.send(MESSAGE)).body);
    const server = build(service);
    const open = (path: string, address: string) =>
      supertest(server)
        .get(path)
        .redirects(0)
        .set({ "x-forwarded-host": "go.example.com", "x-forwarded-for": address, host: "10.0.0.1:3000" });
    await open(`/${code}`, "192.0.2.1").expect(302);
    for (let n = 0; n < 20; n++) await open("/0000000", "192.0.2.1").expect(404);
    await open(`/${code}`, "192.0.2.1").expect(429);
    await open(`/${code}`, "192.0.2.2").expect(302);
  });
});

describe("linkUrl", () => {
  it.each([
    ["no URL", "go.example.com"],
    ["a URL with a path", "https://go.example.com/m"],
    ["publicUrl's own host, whose short paths are the application's", "https://app.example"],
    ["that host on another port", "https://app.example:8443"],
  ])("is refused when it is %s", (_, linkUrl) => {
    expect(() => createWorld({ linkUrl })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining('"linkUrl"') }),
    );
  });

  it("tells its links from other paths by the host alone", () => {
    const { service } = createWorld({ linkUrl: "https://go.example.com" });
    const place = { endpoint: "media", rest: "abc1234" };
    expect(service.locate("/abc1234", "go.example.com")).toEqual(place);
    expect(service.locate("/abc1234?x", "GO.EXAMPLE.COM:8080")).toEqual(place);
    expect(service.locate("/abc1234", "example.com")).toBeUndefined();
    expect(service.locate("/abc1234")).toBeUndefined();
    expect(service.locate("/abc12345", "go.example.com")).toBeUndefined();
    expect(service.locate("/abc1234/", "go.example.com")).toBeUndefined();
    expect(service.locate("/ABC1234", "go.example.com")).toBeUndefined();
    expect(service.locate("/messaging/inbound", "go.example.com")).toMatchObject({ endpoint: "inbound" });
  });
});
