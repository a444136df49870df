import { fileURLToPath } from "node:url";
import {
  createMessagingService,
  isMessagingService,
  memoryStore,
  type Provider,
  type Store,
} from "@messaging-service/core";
import { createCarrier } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { buildPackage } from "../support/build.ts";
import { run } from "../support/run.ts";
import { collect, createWorld, PHONE, SENDER } from "../support/world.ts";

describe("closing", () => {
  it("ends sending and changing", async () => {
    const { service, clock } = createWorld();
    const closing = service.close();
    await clock.advance(10_000);
    await closing;
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({
      code: "SERVICE_CLOSED",
      status: 503,
    });
    await expect(service.update({ stickySender: false })).rejects.toMatchObject({ code: "SERVICE_CLOSED" });
  });

  it("twice is once", async () => {
    const { service, clock } = createWorld();
    const both = Promise.all([service.close(), service.close()]);
    await clock.advance(10_000);
    await expect(both).resolves.toEqual([undefined, undefined]);
  });

  it("lets a hand-over that is under way finish", async () => {
    const { service, carrier, clock, message } = createWorld();
    carrier.outcome({ latencyMs: 3_000, callbacks: false });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(1_000);
    const closing = service.close();
    await clock.advance(9_000);
    await closing;
    expect((await message(sid)).status).toBe("sent");
  });

  it.each(["hi", "STOP"])("lets a webhook finish that outlives its answer, for %j", async (body) => {
    let finish = (): void => {};
    const atWork = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { service, carrier, clock } = createWorld({ respondWithin: 1_000, webhook: () => atWork });
    const texted = carrier.handset(PHONE).text(SENDER, body);
    await clock.advance(1_500);
    expect((await texted).status).toBe(200);
    expect(service.unfinished).toBe(1);
    let closed = false;
    const closing = service.close().then(() => {
      closed = true;
    });
    await clock.advance(3_000);
    expect(closed).toBe(false);
    finish();
    await closing;
    expect(service.unfinished).toBe(0);
  });

  it("waits no longer than it is told to", async () => {
    const { service, carrier, clock } = createWorld();
    carrier.outcome({ hang: true });
    await service.send({ to: PHONE, body: "x" });
    await clock.advance(1_000);
    let closed = false;
    const closing = service.close({ timeoutMs: 2_000 }).then(() => {
      closed = true;
    });
    await clock.advance(2_500);
    expect(closed).toBe(true);
    await closing;
  });

  it("leaves the timers of nobody behind", async () => {
    const { service, carrier, clock } = createWorld();
    await service.send({ to: PHONE, body: "x" });
    await clock.advance(10_000);
    await carrier.close();
    const closing = service.close();
    await clock.advance(60_000);
    await closing;
    expect(clock.pending).toBe(0);
  });
});

describe("a store that would lose opt-outs", () => {
  it("is sent nothing from, and still writes down what people say", async () => {
    const message = "maxmemory-policy is allkeys-lru.";
    const store: Store = {
      ...memoryStore(),
      inspect: async () => [{ level: "refuse", code: "REDIS_EVICTION", message }],
    };
    const { service, carrier } = createWorld({ store });
    const refused = { code: "INVALID_OPTION", message: expect.stringContaining(message) as string };
    await expect(service.ready()).rejects.toMatchObject(refused);
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject(refused);
    await carrier.handset(PHONE).text(SENDER, "STOP");
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
    expect(await service.doctor()).toContainEqual({ level: "warn", code: "REDIS_EVICTION", message });
  });
});

describe("the feed", () => {
  it("is read in order, and on from a cursor", async () => {
    const { service, carrier, clock } = createWorld();
    await service.send({ to: PHONE, body: "1" });
    await clock.advance(1_000);
    await carrier.handset(PHONE).text(SENDER, "hi");
    const first = await collect(service.changes({ follow: false }));
    expect(first.map((change) => (change.type === "status" ? change.status : change.type))).toEqual([
      "sent",
      "delivered",
      "inbound",
    ]);
    await service.send({ to: PHONE, body: "2" });
    await clock.advance(1_000);
    const more = await collect(service.changes({ follow: false, after: first[1]?.cursor }));
    expect(more.map(({ cursor }) => cursor)[0]).toBe(first[2]?.cursor);
    expect(more).toHaveLength(3);
    expect(await collect(service.changes({ follow: false, after: more.at(-1)?.cursor }))).toEqual([]);
  });

  it("is followed from now on by whoever asks for its last change", async () => {
    const { service, clock } = createWorld();
    expect(await service.lastChange()).toBeUndefined();
    await service.send({ to: PHONE, body: "1" });
    await clock.advance(1_000);
    const last = await service.lastChange();
    expect(last).toMatchObject({ type: "status", status: "delivered" });
    await service.consent.set(PHONE, { status: "opted-out", source: "operator" });
    const after = await collect(service.changes({ follow: false, after: last?.cursor }));
    expect(after.map(({ type }) => type)).toEqual(["opt-out"]);
  });

  it("goes on as things happen, until it is told to end", async () => {
    const { service, clock } = createWorld();
    const seen: string[] = [];
    const end = new AbortController();
    const reading = (async () => {
      for await (const change of service.changes({ signal: end.signal })) seen.push(change.type);
    })();
    await service.send({ to: PHONE, body: "x" });
    await clock.advance(1_000);
    expect(seen).toEqual(["status", "status"]);
    end.abort();
    await clock.advance(1_000);
    await reading;
  });

  it("ends with the service", async () => {
    const { service, clock } = createWorld();
    const reading = collect(service.changes());
    await clock.advance(1_000);
    const closing = service.close();
    await clock.advance(10_000);
    await closing;
    await expect(reading).resolves.toEqual([]);
  });

  it("ends with the service on a store that is closed with it", async () => {
    const inner = memoryStore();
    let isClosed = false;
    const store: Store = {
      ...inner,
      range: (...part) =>
        isClosed ? Promise.reject(new Error("The store was closed.")) : inner.range(...part),
      async close() {
        isClosed = true;
      },
    };
    const { service, clock } = createWorld({ store });
    await service.consent.set(PHONE, { status: "opted-out", source: "operator" });
    const reading = collect(service.changes());
    await clock.advance(1_000);
    const closing = service.close();
    await clock.advance(10_000);
    await closing;
    expect(await reading).toHaveLength(1);
    await expect(collect(service.changes())).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  it("keeps alive a process that does nothing but wait for it", async () => {
    buildPackage("core");
    const code = `
      import { createMessagingService } from "@messaging-service/core";
      const provider = { name: "none", send: async () => ({ outcome: "accepted" }), webhook: { verify: () => ({ ok: true }), parseInbound: () => [], parseReceipts: () => [] } };
      const service = createMessagingService({ provider, store: "memory", logger: { debug() {}, info() {}, warn() {}, error() {} } });
      setTimeout(() => service.consent.set("+12125550123", { status: "opted-out", source: "operator" }), 700).unref();
      for await (const { type } of service.changes()) { console.log(type); break; }`;
    const cwd = fileURLToPath(new URL("../../packages/express", import.meta.url));
    const {
      stdout,
      stderr,
      code: exit,
    } = await run(process.execPath, ["--input-type=module", "-e", code], { cwd });
    expect({ stdout, stderr, exit }).toEqual({ stdout: "opt-out\n", stderr: "", exit: 0 });
  });

  it("holds more than a page", async () => {
    const { service } = createWorld();
    for (let n = 0; n < 450; n++)
      await service.consent.set(PHONE, { status: "opted-out", source: "operator", category: `c${n}` });
    const all = await collect(service.changes({ follow: false }));
    expect(all).toHaveLength(450);
    expect(new Set(all.map(({ cursor }) => cursor)).size).toBe(450);
  });

  it("refuses a cursor it did not give", async () => {
    const { service } = createWorld();
    await expect(collect(service.changes({ follow: false, after: "nonsense!" }))).rejects.toMatchObject({
      code: "INVALID_CURSOR",
    });
  });
});

describe("listeners", () => {
  it("that throw or reject disturb nobody", async () => {
    const { service, clock } = createWorld();
    const heard: string[] = [];
    service.on("status", () => {
      throw new Error("broken");
    });
    service.on("status", async () => {
      throw new Error("broken, later");
    });
    service.on("status", ({ status }) => heard.push(status));
    await service.send({ to: PHONE, body: "x" });
    await clock.advance(1_000);
    expect(heard).toEqual(["sent", "delivered"]);
  });

  it("are taken off by what `on` returned", async () => {
    const { service, clock } = createWorld();
    const heard: string[] = [];
    const off = service.on("status", ({ status }) => heard.push(status));
    off();
    await service.send({ to: PHONE, body: "x" });
    await clock.advance(1_000);
    expect(heard).toEqual([]);
  });
});

describe("close on the machine's clock", () => {
  it("keeps the process until it is through", async () => {
    const { provider } = createCarrier();
    const hangs = { ...provider, send: () => new Promise<never>(() => {}) };
    const service = createMessagingService({ provider: hangs, senders: [SENDER] });
    await service.send({ to: PHONE, body: "x" });
    const keepers = (): number =>
      process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;
    const before = keepers();
    const closing = service.close({ timeoutMs: 10 });
    expect(keepers()).toBe(before + 1);
    await closing;
    expect(keepers()).toBeLessThanOrEqual(before);
  });
});

describe("doctor", () => {
  it("says which reply to a keyword wants a brand", async () => {
    const { service } = createWorld({ optOut: null });
    const messages = (await service.doctor()).map(({ message }) => message);
    expect(messages.join(" ")).toContain('"You are unsubscribed');
    expect(new Set(messages).size).toBe(messages.length);
  });

  it("finds nothing to warn of in a simulated set-up", async () => {
    const { service } = createWorld();
    expect((await service.doctor()).filter(({ level }) => level === "warn")).toEqual([]);
  });

  it("warns of a real provider without publicUrl, and of one over plain http", async () => {
    const real = (provider: Provider): Provider => ({ ...provider, simulated: undefined });
    const without = createWorld({ wrap: real, store: "memory", publicUrl: undefined });
    expect((await without.service.doctor()).map(({ code }) => code)).toContain("NO_PUBLIC_URL");
    const plain = createWorld({ wrap: real, store: "memory", publicUrl: "http://app.example" });
    const codes = (await plain.service.doctor()).map(({ code }) => code);
    expect(codes).toContain("PLAIN_HTTP");
    expect(codes).toContain("WEBHOOK_RETRIES");
  });

  it("passes on what the provider finds, and survives a provider that cannot look", async () => {
    const told = createWorld({
      wrap: (provider) => ({
        ...provider,
        inspect: async () => [{ level: "warn", code: "LOW_BALANCE", message: "2 USD" }],
      }),
    });
    expect((await told.service.doctor()).map(({ code }) => code)).toContain("LOW_BALANCE");
    const broken = createWorld({
      wrap: (provider) => ({ ...provider, inspect: () => Promise.reject(new Error("401")) }),
    });
    expect((await broken.service.doctor()).some(({ message }) => message.includes("401"))).toBe(true);
  });
});

describe("a service", () => {
  it("is known as one, frozen, and finds its own paths", () => {
    const { service } = createWorld();
    expect(isMessagingService(service)).toBe(true);
    expect(isMessagingService({})).toBe(false);
    expect(isMessagingService(null)).toBe(false);
    expect(Object.isFrozen(service)).toBe(true);
    expect(service.locate("/messaging/inbound/simulator?x=1")).toEqual({
      endpoint: "inbound",
      rest: "simulator",
    });
    expect(service.locate("/messaging/m/abc1234")).toEqual({ endpoint: "media", rest: "abc1234" });
    expect(service.locate("/messagingx/inbound")).toBeUndefined();
    expect(service.locate("/messaging/constructor")).toBeUndefined();
    expect(service.locate("/messaging/inbound/a/b")).toBeUndefined();
  });
});

describe("a closed service", () => {
  it("answers webhooks 503, so that the provider comes again", async () => {
    const { service, carrier } = createWorld();
    await service.close();
    const { status } = await carrier.handset(PHONE).text(SENDER, "hello");
    expect(status).toBe(503);
  });
});
