import KeyvRedis from "@keyv/redis";
import { type Alert, memoryStore, silentLogger } from "@messaging-service/core";
import { createVirtualClock } from "@messaging-service/simulator";
import Keyv from "keyv";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFaultyStore } from "../../support/faulty-store.ts";
import { startRedis } from "../../support/redis.ts";
import { createWorld, PHONE, SENDER } from "../../support/world.ts";

const INDIAN = "+919812345678";
const SECOND = 1_000;
const senders = [{ senderId: "ACME" }];

/** What was told, as "code count". */
function listen(service: { on(name: "alert", listener: (alert: Alert) => void): unknown }): string[] {
  const told: string[] = [];
  service.on("alert", ({ code, count }) => told.push(`${code} ${count}`));
  return told;
}

async function sendMany(service: ReturnType<typeof createWorld>["service"], count: number): Promise<void> {
  for (let n = 0; n < count; n++) await service.send({ to: INDIAN, body: "x" });
}

describe("an alert", () => {
  it("is told the first time, the tenth and the hundredth, and logged at warn once", async () => {
    const warned: string[] = [];
    const logger = { ...silentLogger, warn: (text: string) => void warned.push(text) };
    const { service } = createWorld({ senders, logger });
    const told = listen(service);
    await sendMany(service, 120);
    expect(told).toEqual(["PREREGISTRATION 1", "PREREGISTRATION 10", "PREREGISTRATION 100"]);
    expect(warned.filter((text) => text.startsWith("PREREGISTRATION"))).toHaveLength(1);
    expect(await service.alerts.list()).toMatchObject([{ count: 120 }]);
  });

  it("holds the first thousand characters of what it is about", async () => {
    const webhook = () => {
      throw new Error("x".repeat(100_000));
    };
    const { service, carrier } = createWorld({ webhook });
    await carrier.handset(PHONE).text(SENDER, "Hi");
    const [alert] = await service.alerts.list({ code: "WEBHOOK_FAILED" });
    expect(alert?.message).toMatch(/failed: .*x{900}…$/);
    expect(alert?.message).toHaveLength(1_001);
  });

  it("has its first and its last time", async () => {
    const { service, clock } = createWorld({ senders });
    const start = clock.now();
    await sendMany(service, 1);
    await clock.advance(60 * SECOND);
    await sendMany(service, 1);
    const [alert] = await service.alerts.list();
    expect(alert?.firstAt).toEqual(new Date(start));
    expect(alert?.lastAt).toEqual(new Date(clock.now()));
    expect(alert?.at).toEqual(alert?.lastAt);
  });

  it("is one entry a day (UTC)", async () => {
    const clock = createVirtualClock(Date.UTC(2026, 0, 1, 23, 59));
    const { service } = createWorld({ senders, clock });
    await sendMany(service, 2);
    await clock.advance(2 * 60 * SECOND);
    await sendMany(service, 1);
    const alerts = await service.alerts.list();
    expect(alerts).toMatchObject([{ count: 1 }, { count: 2 }]);
    expect(alerts[0]?.sid).not.toBe(alerts[1]?.sid);
  });

  it("of several processes is one, and their counts add up", async () => {
    const clock = createVirtualClock();
    const store = memoryStore({ clock });
    const [first, second] = [createWorld({ store, clock, senders }), createWorld({ store, clock, senders })];
    await Promise.all([sendMany(first.service, 7), sendMany(second.service, 5)]);
    await clock.advance(10 * SECOND);
    for (const { service } of [first, second])
      expect(await service.alerts.list()).toMatchObject([{ code: "PREREGISTRATION", count: 12 }]);
  });

  it("is the same after a restart, and goes on counting", async () => {
    const clock = createVirtualClock();
    const store = memoryStore({ clock });
    const first = createWorld({ store, clock, senders });
    await sendMany(first.service, 3);
    const closing = first.service.close();
    await clock.advance(20 * SECOND);
    await closing;
    const { service } = createWorld({ store, clock, senders });
    const [before] = await service.alerts.list();
    expect(before).toMatchObject({ code: "PREREGISTRATION", count: 3 });
    await sendMany(service, 2);
    const [after] = await service.alerts.list();
    expect(after).toMatchObject({ sid: before?.sid, firstAt: before?.firstAt, count: 5 });
  });

  it("is written at once, and then every five seconds at most", async () => {
    const clock = createVirtualClock();
    let writes = 0;
    const store = createFaultyStore(memoryStore({ clock }));
    store.break((call, key) => {
      if (call === "compareAndSet" && key.includes(":alert:")) writes += 1;
      return false;
    });
    const { service } = createWorld({ store, clock, senders, refreshMs: 3_600_000 });
    await sendMany(service, 1);
    await clock.advance(1);
    expect(writes).toBe(1);
    for (let n = 0; n < 100; n++) {
      await sendMany(service, 1);
      await clock.advance(100);
    }
    expect(writes).toBeLessThanOrEqual(4);
  });

  it("that the store does not take fails no send, and is written when it does", async () => {
    const clock = createVirtualClock();
    const store = createFaultyStore(memoryStore({ clock }));
    const { service } = createWorld({ store, clock, senders });
    store.break((_, key) => key.includes(":alert:"));
    const told = listen(service);
    await sendMany(service, 4);
    await clock.advance(60 * SECOND);
    expect(await service.messages()).toHaveLength(4);
    expect(told).toEqual(["PREREGISTRATION 1"]);
    store.heal();
    await clock.advance(6 * SECOND);
    expect(await service.alerts.list()).toMatchObject([{ code: "PREREGISTRATION", count: 4 }]);
  });

  it("cannot be listed while the store is down: an empty list would be a lie", async () => {
    const store = createFaultyStore();
    const { service } = createWorld({ store, senders });
    await sendMany(service, 1);
    store.break(() => true);
    await expect(service.alerts.list()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  it("counts exactly on a Redis that two processes share", async () => {
    const redis = await startRedis({ persistent: true });
    onTestFinished(() => redis.stop());
    const stores = [1, 2].map(() => new Keyv(new KeyvRedis(redis.url)));
    onTestFinished(async () => {
      for (const store of stores) await store.disconnect();
    });
    const worlds = stores.map((store) => createWorld({ store, senders, name: "shared" }));
    for (let round = 0; round < 5; round++)
      await Promise.all(
        worlds.map(async ({ service }) => {
          await sendMany(service, 3);
          await service.alerts.list();
        }),
      );
    for (const { service } of worlds)
      expect(await service.alerts.list()).toMatchObject([{ code: "PREREGISTRATION", count: 30 }]);
  });
});
