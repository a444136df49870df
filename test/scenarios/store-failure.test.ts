import { describe, expect, it } from "vitest";
import { createFaultyStore, READS } from "../support/faulty-store.ts";
import { collect, createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const SECOND_MS = 1_000;
const MINUTE = 60_000;

describe("with the store down", () => {
  it("a send is refused, and nothing leaves, then or later", async () => {
    const store = createFaultyStore();
    const { service, carrier, clock } = createWorld({ store });
    store.break(() => true);
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
      status: 503,
    });
    store.heal();
    await clock.advance(MINUTE);
    expect(carrier.messages).toHaveLength(0);
  });

  it.each(["set", "setMany", "setIfAbsent", "compareAndSet", "append", "getMany"] as const)(
    "for %s alone, a send never resolves for a message that is not delivered, nor delivers one that it refused",
    async (broken) => {
      const store = createFaultyStore();
      const { service, carrier, clock } = createWorld({ store });
      store.break((call) => call === broken);
      const sent = await service.send({ to: PHONE, body: "x" }).then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject({ code: "STORE_UNAVAILABLE" });
          return false;
        },
      );
      store.heal();
      await clock.advance(MINUTE);
      expect(carrier.messages).toHaveLength(sent ? 1 : 0);
    },
  );

  it("explain is refused too: it does not guess", async () => {
    const store = createFaultyStore();
    const { service } = createWorld({ store });
    store.break((call) => READS.includes(call));
    await expect(service.explain({ to: PHONE, body: "x" })).rejects.toMatchObject({
      code: "STORE_UNAVAILABLE",
    });
  });

  it("a message under way waits, and leaves once when the store is back", async () => {
    const store = createFaultyStore();
    const { service, carrier, clock, message } = createWorld({
      store,
      senders: [{ phoneNumber: SENDER, throughput: 0.1 }],
    });
    await service.send({ to: PHONE, body: "1" });
    const { sid } = await service.send({ to: PHONE, body: "2" });
    await clock.advance(5 * SECOND_MS);
    store.break(() => true);
    await clock.advance(30 * SECOND_MS);
    expect(carrier.messages).toHaveLength(1);
    store.heal();
    await clock.advance(30 * SECOND_MS);
    expect(carrier.messages).toHaveLength(2);
    expect(await message(sid)).toMatchObject({ status: "delivered" });
  });

  it.each([false, true])(
    "after a hand-over, its outcome is written when the store is back, and the message is not sent twice (writes done: %s)",
    async (after) => {
      const store = createFaultyStore();
      const { service, carrier, clock, message } = createWorld({ store });
      carrier.outcome({ latencyMs: 2_000, callbacks: false });
      const { sid } = await service.send({ to: PHONE, body: "x" });
      await clock.advance(SECOND_MS);
      store.break((call) => !READS.includes(call), { after });
      await clock.advance(20 * SECOND_MS);
      store.heal();
      await clock.advance(20 * SECOND_MS);
      expect(carrier.messages).toHaveLength(1);
      const end = await message(sid);
      expect(end).toMatchObject({ status: "sent", providerSid: carrier.messages[0]?.sid });
      expect(end.attempts).toHaveLength(1);
    },
  );

  it("a receipt is answered 503, so that it comes again", async () => {
    const store = createFaultyStore();
    const { service, carrier, clock } = createWorld({ store });
    await service.send({ to: PHONE, body: "x" });
    await clock.advance(1);
    store.break(() => true);
    await clock.advance(SECOND_MS);
    expect(carrier.messages[0]?.callbacks[0]?.responseStatus).toBe(503);
  });
});

describe("a STOP while the store is down", () => {
  it("is answered 503, binds this process, and is written when the store is back", async () => {
    const store = createFaultyStore();
    const { service, carrier, clock } = createWorld({ store, refreshMs: 1_000 });
    const phone = carrier.handset(PHONE);
    store.break(() => true);
    const stop = await phone.text(SENDER, "STOP");
    expect(stop.status).toBe(503);
    // Reads are back, writes are not: the ledger says nothing yet, and still nobody texts them.
    store.break((call) => !READS.includes(call));
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "OPTED_OUT" });
    expect(await service.explain({ to: PHONE, body: "x" })).toMatchObject({ optedOut: true });
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
    expect(await collect(service.consent.history(PHONE))).toHaveLength(0);
    store.heal();
    await clock.advance(MINUTE);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out", source: "keyword" });
    const history = await collect(service.consent.history(PHONE));
    expect(history.map(({ status, effect }) => `${status} ${effect}`)).toEqual(["opted-out applied"]);
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "OPTED_OUT" });
    expect(phone.inbox.length).toBeLessThanOrEqual(1);
  });

  it("also ends messages that wait already", async () => {
    const store = createFaultyStore();
    const { service, carrier, clock, message } = createWorld({
      store,
      senders: [{ phoneNumber: SENDER, throughput: 0.1 }],
    });
    await service.send({ to: "+14155550124", from: SENDER, body: "first" });
    const { sid } = await service.send({ to: PHONE, body: "second" });
    await clock.advance(SECOND_MS);
    store.break((call) => !READS.includes(call));
    await carrier.handset(PHONE).text(SENDER, "STOP");
    store.heal();
    await clock.advance(MINUTE);
    expect(await message(sid)).toMatchObject({ status: "failed", error: "OPTED_OUT" });
  });

  it("that the provider repeats is answered and counted once", async () => {
    const store = createFaultyStore();
    const { service, carrier, clock } = createWorld({ store, refreshMs: 1_000 });
    const phone = carrier.handset(PHONE);
    store.break(() => true);
    const sid = `SM${"5".repeat(32)}`;
    await phone.text(SENDER, "STOP", { messageSid: sid });
    store.heal();
    const texting = phone.text(SENDER, "STOP", { messageSid: sid });
    await clock.advance(MINUTE);
    expect((await texting).status).toBe(200);
    await clock.advance(MINUTE);
    expect(await collect(service.consent.history(PHONE))).toHaveLength(1);
    expect(phone.inbox).toHaveLength(1);
  });

  it.each([false, true])(
    "halfway through is one opt-out and at most one answer in the end (writes done: %s)",
    async (after) => {
      const store = createFaultyStore();
      const { service, carrier, clock } = createWorld({ store, refreshMs: 1_000, senders: [SENDER, SECOND] });
      const phone = carrier.handset(PHONE);
      let calls = 0;
      store.break((call) => !READS.includes(call) && ++calls > 1, { after });
      const stop = phone.text(SENDER, "STOP");
      await clock.advance(6_000);
      expect((await stop).status).toBe(503);
      await expect(service.send({ to: PHONE, from: SECOND, body: "x" })).rejects.toMatchObject({
        code: expect.stringMatching(/OPTED_OUT|STORE_UNAVAILABLE/) as string,
      });
      store.heal();
      await clock.advance(2 * MINUTE);
      expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
      const history = await collect(service.consent.history(PHONE));
      expect(history.filter(({ effect }) => effect === "applied")).toHaveLength(1);
      expect(phone.inbox.length).toBeLessThanOrEqual(1);
    },
  );
});

describe("an ordinary message while the store is down", () => {
  it("is answered 503 and handled when it comes again", async () => {
    const heard: string[] = [];
    const store = createFaultyStore();
    const { carrier } = createWorld({ store, webhook: (message) => void heard.push(message.body) });
    const phone = carrier.handset(PHONE);
    store.break(() => true);
    const sid = `SM${"6".repeat(32)}`;
    expect((await phone.text(SENDER, "hi", { messageSid: sid })).status).toBe(503);
    expect(heard).toEqual([]);
    store.heal();
    expect((await phone.text(SENDER, "hi", { messageSid: sid })).status).toBe(200);
    expect(heard).toEqual(["hi"]);
  });
});
