import { memoryStore, type Store } from "@messaging-service/core";
import { createVirtualClock, type VirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { createFaultyStore } from "../support/faulty-store.ts";
import { createTap, taken } from "../support/tapped.ts";
import { collect, createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

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

  it("leaves messages under idempotency keys that keep to their sender's rate", async () => {
    const clock = createVirtualClock();
    const store = createFaultyStore(memoryStore({ clock }));
    const tap = createTap(clock);
    const { service } = createWorld({
      clock,
      store,
      wrap: tap.wrap,
      senders: [{ phoneNumber: SENDER, throughput: 1 }],
    });
    store.break(record, { after: true });
    const keys = ["a", "b", "c", "d"];
    const sends = keys.map((idempotencyKey) => service.send({ to: PHONE, body: "x", idempotencyKey }));
    await Promise.allSettled(sends);
    store.heal();
    await clock.advance(20_000);
    const times = tap.times(SENDER);
    expect(times).toHaveLength(4);
    for (const [n, at] of times.slice(1).entries()) expect(at - (times[n] ?? 0)).toBeGreaterThanOrEqual(990);
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

/** The provider has answered, and what that makes of the message is written; the answer to that write is lost. */
describe("an outcome whose write is not answered", () => {
  const refusal = (meaning: "sender" | "not-rcs") =>
    ({ outcome: "refused", meaning, errorCode: 63036, errorMessage: "no" }) as const;
  const notSent = { outcome: "not-sent", errorCode: 20429, errorMessage: "later" } as const;

  it.each([
    ["that it is tried again", notSent, [SENDER]],
    ["that another sender takes it", refusal("sender"), [SENDER, SECOND]],
    ["that a text takes over from RCS", refusal("not-rcs"), ["rcs:agent", SENDER]],
  ])("leaves no message behind: %s", async (_, outcome, senders) => {
    const clock = createVirtualClock();
    const store = createFaultyStore(memoryStore({ clock }));
    let lost = 0;
    const tap = createTap(clock, () => {
      if (tap.handed.length > 1) return undefined;
      store.break((call, key) => call === "compareAndSet" && key.includes(":m:") && lost++ === 0, {
        after: true,
      });
      return outcome;
    });
    const { service, message } = createWorld({
      clock,
      store,
      senders,
      wrap: (provider) => ({ ...tap.wrap(provider), rcsCapable: async () => true }),
    });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(20_000);
    expect(lost).toBeGreaterThan(0);
    expect(tap.handed).toHaveLength(2);
    const end = await message(sid);
    expect(end).toMatchObject({ status: "delivered" });
    expect(end.attempts.map((attempt) => attempt.outcome)).toEqual([outcome.outcome, "accepted"]);
  });

  it.each([
    ["after the answer", 0],
    ["before the answer", 3_000],
  ])("leaves no message behind where a receipt says, %s, that RCS did not arrive", async (_, latencyMs) => {
    const clock = createVirtualClock();
    const store = createFaultyStore(memoryStore({ clock }));
    const { service, carrier, message } = createWorld({
      clock,
      store,
      carrier: { latencyMs },
      senders: ["rcs:agent", SENDER],
      wrap: (provider) => ({ ...provider, rcsCapable: async () => true }),
    });
    carrier.outcome({ match: { from: "rcs:agent" }, path: [{ status: "undelivered", errorCode: 63036 }] });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    let lost = 0;
    const isTakeOver = (call: string, key: string, [, , value]: readonly unknown[]): boolean =>
      call === "compareAndSet" &&
      key.includes(sid) &&
      /"kind":"SMS".*"queued"/.test(`${value}`) &&
      lost++ === 0;
    store.break(isTakeOver, { after: true });
    await clock.advance(30_000);
    expect(lost).toBeGreaterThan(0);
    expect(await message(sid)).toMatchObject({ status: "delivered", from: SENDER });
    expect(carrier.messages).toHaveLength(2);
    expect(service.unfinished).toBe(0);
  });
});

describe("a change of status whose write is not answered", () => {
  const refused = { outcome: "refused", errorCode: 30007, errorMessage: "no" } as const;
  const none = { refusals: "status", from: "+19995550100" } as const;
  const later = { sendAt: new Date(Date.UTC(2026, 0, 1, 1)) };

  it.each([
    ["sent", ["sent", "delivered"], {}, undefined],
    ["delivered", ["sent", "delivered"], {}, undefined],
    ["failed", ["failed"], {}, refused],
    ["failed", ["failed"], none, undefined],
    ["queued", ["queued", "sent", "delivered"], later, undefined],
  ] as const)("is told all the same, once and in order: %s of %s", async (status, path, more, outcome) => {
    const clock = createVirtualClock(Date.UTC(2026, 0, 1));
    const store = createFaultyStore(memoryStore({ clock }));
    const tap = createTap(clock, () => outcome);
    const { service, statuses } = createWorld({ clock, store, wrap: tap.wrap });
    await service.ready();
    let lost = 0;
    const isIt = (call: string, key: string, [, , value]: readonly unknown[]): boolean =>
      call === "compareAndSet" &&
      key.includes(":m:") &&
      String(value).includes(`"status":"${status}"`) &&
      lost++ === 0;
    store.break(isIt, { after: true });
    const told: string[] = [];
    await service.send({ to: PHONE, body: "x", statusCallback: (m) => void told.push(m.status), ...more });
    await clock.advance(4_000_000);
    expect(lost).toBeGreaterThan(0);
    expect(told).toEqual(path);
    expect(statuses.map((each) => each.status)).toEqual(path);
    expect(service.unfinished).toBe(0);
  });

  it("is told once where the write was not done, and is done again", async () => {
    const clock = createVirtualClock();
    const store = createFaultyStore(memoryStore({ clock }));
    const { service } = createWorld({ clock, store, wrap: createTap(clock, taken).wrap });
    await service.ready();
    let left = 3;
    store.break((call, _, [, , value]) => {
      return call === "compareAndSet" && String(value).includes('"status":"sent"') && left-- > 0;
    });
    const told: string[] = [];
    await service.send({ to: PHONE, body: "x", statusCallback: (m) => void told.push(m.status) });
    await clock.advance(600_000);
    expect(store.rejected).toBe(3);
    expect(told).toEqual(["sent"]);
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
