import { memoryStore } from "@messaging-service/core";
import { createVirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { createFaultyStore } from "../support/faulty-store.ts";
import { createWorld, PHONE, SENDER } from "../support/world.ts";

describe('refusals: "status", and a store that fails between accepted and failed', () => {
  it("fails it in the end, though the store does not take that at once", async () => {
    const store = createFaultyStore();
    const { service, clock, statuses } = createWorld({ store });
    await service.consent.set(PHONE, { status: "opted-out", source: "operator" });
    const { sid } = await service.send({ to: PHONE, body: "Hello", refusals: "status" });
    store.break((call) => call === "compareAndSet");
    await clock.advance(10_000);
    store.heal();
    await clock.advance(10_000);
    expect(statuses).toMatchObject([{ sid, status: "failed", error: "OPTED_OUT" }]);
  });

  it("fails it at the next start, should the process end before", async () => {
    const clock = createVirtualClock();
    const store = createFaultyStore(memoryStore({ clock }));
    const first = createWorld({ store, clock });
    await first.service.consent.set(PHONE, { status: "opted-out", source: "operator" });
    const { sid } = await first.service.send({ to: PHONE, body: "Hello", refusals: "status" });
    store.break((call) => call === "compareAndSet");
    const closing = first.service.close({ timeoutMs: 0 });
    await clock.advance(10_000);
    await closing;
    store.heal();
    const second = createWorld({ store, clock });
    await second.service.ready();
    await clock.advance(1_000);
    expect(await second.message(sid)).toMatchObject({ status: "failed", error: "OPTED_OUT" });
  });
});

describe("a refusal because the lane is full", () => {
  it("leaves the idempotency key free: the same call is sent once there is room", async () => {
    const { service, clock, message } = createWorld({
      senders: [{ phoneNumber: SENDER, throughput: 0.001 }],
    });
    const request = { to: PHONE, body: "x", from: SENDER, validityPeriod: 2_000 };
    for (let n = 0; n < 37; n++) await service.send({ ...request, validityPeriod: n === 0 ? 2_000 : 60 });
    const keyed = { ...request, idempotencyKey: "k" };
    await expect(service.send(keyed)).rejects.toMatchObject({ code: "QUEUE_FULL" });
    await expect(service.send(keyed)).rejects.toMatchObject({ code: "QUEUE_FULL" });
    await clock.advance(120_000);
    const { sid } = await service.send(keyed);
    await clock.advance(1_100_000);
    expect((await message(sid)).status).toBe("delivered");
  });

  it("fails the message in the end, though the store does not take that at once", async () => {
    const store = createFaultyStore();
    const { service, clock, carrier } = createWorld({
      store,
      senders: [{ phoneNumber: SENDER, throughput: 0.001 }],
    });
    const request = { to: PHONE, body: "x", from: SENDER };
    for (let n = 0; n < 37; n++) await service.send({ ...request, validityPeriod: 60 });
    let writes = 0;
    store.break((call, key) => call === "compareAndSet" && /SM[0-9a-f]{32}/.test(key) && writes++ > 0);
    await expect(service.send({ ...request, body: "over" })).rejects.toMatchObject({ code: "QUEUE_FULL" });
    store.heal();
    await clock.advance(2_000_000);
    expect(service.unfinished).toBe(0);
    expect((await service.messages())[0]).toMatchObject({
      body: "over",
      status: "failed",
      error: "QUEUE_FULL",
    });
    expect(carrier.messages).toHaveLength(1);
  });
});
