import { memoryStore, type Store } from "@messaging-service/core";
import { createVirtualClock, type VirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { createFaultyStore } from "../support/faulty-store.ts";
import { collect, createWorld, PHONE, SENDER } from "../support/world.ts";

/** The store does what it is told, and its answer gets lost: nobody knows whether it did. */
describe("a write whose answer is lost", () => {
  const record = (call: string, key: string): boolean =>
    ["set", "compareAndSet"].includes(call) && key.includes(":m:");

  it("leaves no message behind that was refused and waits", async () => {
    const store = createFaultyStore();
    const { service, carrier, clock } = createWorld({ store });
    store.break(record, { after: true });
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await clock.advance(5_000);
    store.heal();
    await clock.advance(5_000);
    expect(carrier.messages).toHaveLength(0);
    expect((await service.messages()).map(({ status, error }) => [status, error])).toEqual([
      ["failed", "STORE_UNAVAILABLE"],
    ]);
  });

  it("leaves a message under an idempotency key that is delivered once", async () => {
    const store = createFaultyStore();
    const { service, carrier, clock } = createWorld({ store });
    const request = { to: PHONE, body: "x", idempotencyKey: "key" };
    store.break(record, { after: true });
    await expect(service.send(request)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    store.heal();
    const { sid } = await service.send(request);
    await clock.advance(5_000);
    expect(carrier.messages).toHaveLength(1);
    expect(await service.message(sid)).toMatchObject({ status: "delivered" });
  });

  it("of a STOP is made good as soon as the store answers, long before its lease ends", async () => {
    const store = createFaultyStore();
    const { service, carrier, clock } = createWorld({ store });
    store.break(record, { after: true });
    expect(await carrier.handset(PHONE).text(SENDER, "STOP")).toMatchObject({ status: 503 });
    store.heal();
    await clock.advance(5_000);
    expect(await collect(service.consent.history(PHONE))).toHaveLength(1);
  });
});

/** The store was asked in time and gave no answer in time; it does it when everybody has given up. */
describe("a record that is written long after its write was given up", () => {
  const MINUTE = 60_000;

  it.each([
    ["a message", {}],
    ["a scheduled message", { sendAt: new Date(Date.UTC(2026, 0, 1, 13)) }],
    ["a refused message", { refusals: "status", from: "+19995550100" } as const],
  ])("is failed, as the call was: %s", async (_, more) => {
    const clock = createVirtualClock();
    const { service, carrier } = createWorld({ clock, store: storeThatWritesLate(clock, MINUTE) });
    const sending = service.send({ to: PHONE, body: "x", ...more });
    const refused = expect(sending).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await clock.advance(10 * MINUTE);
    await refused;
    expect((await service.messages()).map(({ status }) => status)).toEqual(["failed"]);
    await clock.advance(120 * MINUTE);
    expect(carrier.messages).toHaveLength(0);
  });

  it.each([
    ["a message", {}],
    ["a scheduled message", { sendAt: new Date(Date.UTC(2026, 0, 1, 13)) }],
  ])("is sent once where its key says that it will be: %s", async (_, more) => {
    const clock = createVirtualClock();
    const { service, carrier } = createWorld({ clock, store: storeThatWritesLate(clock, MINUTE) });
    const request = { to: PHONE, body: "x", idempotencyKey: "key", ...more };
    const sending = service.send(request);
    const refused = expect(sending).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await clock.advance(MINUTE + 5_000);
    await refused;
    const { sid } = await service.send(request);
    await clock.advance(120 * MINUTE);
    expect(carrier.messages).toHaveLength(1);
    expect(await service.message(sid)).toMatchObject({ status: "delivered" });
  });

  it("is sent once where a later call has written it under the key meanwhile", async () => {
    const clock = createVirtualClock();
    const { service, carrier } = createWorld({ clock, store: storeThatWritesLate(clock, MINUTE) });
    const request = { to: PHONE, body: "x", idempotencyKey: "key" };
    const refused = expect(service.send(request)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await clock.advance(10_000);
    await refused;
    const { sid } = await service.send(request);
    await clock.advance(20 * MINUTE);
    expect(carrier.messages).toHaveLength(1);
    expect(await service.message(sid)).toMatchObject({ status: "delivered" });
  });
});

/** Writes the first record of a message `lateMs` after it was asked to. */
function storeThatWritesLate(clock: VirtualClock, lateMs: number): Store {
  const inner = memoryStore({ clock });
  let isFirst = true;
  return {
    ...inner,
    compareAndSet(...write) {
      const isLate = isFirst && write[0].includes(":m:");
      if (!isLate) return inner.compareAndSet(...write);
      isFirst = false;
      return new Promise((resolve) => {
        clock.schedule(() => resolve(inner.compareAndSet(...write)), lateMs);
      });
    },
  };
}
