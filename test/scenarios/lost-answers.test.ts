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
