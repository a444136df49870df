import KeyvRedis from "@keyv/redis";
import { createMessagingService, memoryStore, type Store, silentLogger } from "@messaging-service/core";
import { createCarrier, createVirtualClock } from "@messaging-service/simulator";
import Keyv from "keyv";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFaultyStore } from "../../support/faulty-store.ts";
import { startRedis } from "../../support/redis.ts";
import { createWorld, PHONE } from "../../support/world.ts";

const SECOND_MS = 1_000;

describe("a store", () => {
  it("that is gone is an alert, and so is its return", async () => {
    const clock = createVirtualClock();
    const store = createFaultyStore(memoryStore({ clock }));
    const { service } = createWorld({ clock, store });
    const told: string[] = [];
    service.on("alert", ({ code, level, errorCode }) => told.push(`${level} ${code} ${errorCode}`));
    store.break(() => true);
    await clock.advance(60 * SECOND_MS);
    expect(told[0]).toBe("ERROR STORE_UNAVAILABLE 21702");
    expect(new Set(told).size).toBe(1);
    store.heal();
    await clock.advance(10 * SECOND_MS);
    expect(told.at(-1)).toBe("WARNING STORE_RECOVERED null");
    const alerts = await service.alerts.list();
    expect(alerts.map(({ code, subject }) => `${code} ${subject}`).toSorted()).toEqual([
      "STORE_RECOVERED faulty",
      "STORE_UNAVAILABLE faulty",
    ]);
    expect(alerts.find(({ code }) => code === "STORE_RECOVERED")?.message).toMatch(/after (5|6)\d s/);
  });

  it("that fails once is none: one hiccup is no alarm", async () => {
    const clock = createVirtualClock();
    const store = createFaultyStore(memoryStore({ clock }));
    const { service } = createWorld({ clock, store });
    await service.ready();
    let left = 1;
    store.break((call) => call === "get" && left-- > 0);
    await clock.advance(30 * SECOND_MS);
    expect(store.rejected).toBe(1);
    expect(await service.alerts.list()).toEqual([]);
  });

  it("that is not there at the start is an alert", async () => {
    const store = createFaultyStore();
    store.break(() => true);
    const { service } = createWorld({ store });
    const told: string[] = [];
    service.on("alert", ({ code }) => told.push(code));
    await expect(service.ready()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(told).toEqual(["STORE_UNAVAILABLE"]);
  });

  it("of your own may have findings of its own", async () => {
    const inner = memoryStore();
    const store: Store = {
      ...inner,
      name: "own",
      inspect: async () => [
        { level: "warn", code: "DISK_SLOW", message: "The disk is slow." },
        { level: "info", code: "NICE", message: "Nothing." },
      ],
    };
    const { service } = createWorld({ store });
    await service.ready();
    expect(await service.alerts.list()).toMatchObject([
      {
        code: "STORE_FINDING",
        subject: "own DISK_SLOW",
        message: "The disk is slow.",
        details: { finding: "DISK_SLOW" },
      },
    ]);
  });
});

describe("a Redis", () => {
  it("that evicts, and one that keeps nothing on disk, are alerts, also when it is configured later", async () => {
    const redis = await startRedis({ args: ["--maxmemory-policy", "volatile-lru", "--maxmemory", "100mb"] });
    onTestFinished(() => redis.stop());
    const store = new Keyv(new KeyvRedis(redis.url));
    onTestFinished(() => store.disconnect());
    const { service, clock } = createWorld({ store, refreshMs: 3_600_000, heartbeatMs: 600_000 });
    await service.ready();
    const found = async (): Promise<string[]> =>
      (await service.alerts.list())
        .map(({ code, subject, level }) => `${level} ${code} ${subject}`)
        .toSorted();
    expect(await found()).toEqual(["WARNING REDIS_EVICTION redis", "WARNING REDIS_PERSISTENCE redis"]);
    expect(await service.doctor()).toEqual(
      expect.arrayContaining([expect.objectContaining({ code: "REDIS_EVICTION", level: "warn" })]),
    );
    await redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
    for (let hour = 0; hour < 2; hour++) await clock.advance(3_600_000);
    await expect
      .poll(async () => (await service.alerts.list({ code: "REDIS_EVICTION" }))[0]?.message)
      .toContain("allkeys-lru");
  });
});

describe("a store in memory", () => {
  it("is an alert in production: with a provider that is not simulated", async () => {
    const { service } = createWorld({
      store: "memory",
      wrap: (provider) => ({ ...provider, simulated: undefined }),
    });
    const told: string[] = [];
    service.on("alert", ({ code }) => told.push(code));
    await service.ready();
    expect(told).toEqual(["STORE_NOT_DURABLE"]);
    expect(await service.alerts.list()).toMatchObject([{ code: "STORE_NOT_DURABLE", subject: "memory" }]);
    expect((await service.doctor()).map(({ code }) => code)).toContain("STORE_NOT_DURABLE");
  });

  it("is one however it was made, a Keyv on a Map too", async () => {
    for (const store of [memoryStore(), new Keyv()]) {
      const { service } = createWorld({ store, wrap: (provider) => ({ ...provider, simulated: undefined }) });
      await service.ready();
      expect(await service.alerts.list()).toMatchObject([{ code: "STORE_NOT_DURABLE", count: 1 }]);
    }
  });

  it("is none with a simulated provider", async () => {
    for (const store of ["memory" as const, new Keyv()]) {
      const { service } = createWorld({ store });
      await service.ready();
      await service.send({ to: PHONE, body: "x" });
      expect(await service.alerts.list()).toEqual([]);
    }
  });

  it("is told to a listener that was set right after the service was made", async () => {
    const { provider } = createCarrier();
    const service = createMessagingService({
      provider: { ...provider, simulated: undefined },
      store: "memory",
      logger: silentLogger,
    });
    onTestFinished(() => service.close());
    const told = new Promise((resolve) => service.on("alert", ({ code }) => resolve(code)));
    expect(await told).toBe("STORE_NOT_DURABLE");
  });
});

describe("settings in the store that cannot be read", () => {
  it("are an alert, and what was in force stays so", async () => {
    const store = memoryStore();
    const { service } = createWorld({ store, validityPeriod: 60 });
    await service.ready();
    const document = JSON.stringify({ settings: { validityPeriod: "for ever" } });
    await store.set(`ms:${service.accountSid}:default:config`, document, 0);
    expect((await service.send({ to: PHONE, body: "x" })).validityPeriod).toBe(60);
    expect(await service.alerts.list()).toMatchObject([
      { code: "CONFIG_UNUSABLE", level: "ERROR", message: expect.stringContaining("validityPeriod") },
    ]);
  });
});
