import { memoryStore } from "@messaging-service/core";
import { createVirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { createFaultyStore } from "../support/faulty-store.ts";
import { collect, createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const THIRD = "+13125550100";

describe("sticky mappings", () => {
  it("can be read, set, listed and cleared", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND] });
    expect(await service.sticky.get(PHONE)).toBeUndefined();
    await service.send({ to: PHONE, body: "x" });
    expect(await service.sticky.get(PHONE)).toEqual({ to: PHONE, sender: SENDER });
    expect(await service.sticky.pin(PHONE, SECOND)).toEqual({ to: PHONE, sender: SECOND });
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
    await service.sticky.pin("+14155550124", SENDER);
    expect(await collect(service.sticky.entries())).toEqual([
      { to: PHONE, sender: SECOND },
      { to: "+14155550124", sender: SENDER },
    ]);
    expect(await service.sticky.clear(PHONE)).toBe(true);
    expect(await service.sticky.clear(PHONE)).toBe(false);
    expect(await service.sticky.get(PHONE)).toBeUndefined();
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SENDER);
  });

  it("are pinned to members of the pool, of the recipient's channel", async () => {
    const { service } = createWorld({ senders: [SENDER, "whatsapp:+14155550101"] });
    await expect(service.sticky.pin(PHONE, SECOND)).rejects.toMatchObject({ code: "SENDER_NOT_FOUND" });
    await expect(service.sticky.pin(PHONE, "whatsapp:+14155550101")).rejects.toMatchObject({
      code: "CHANNEL_MISMATCH",
    });
    await expect(service.sticky.pin("nobody", SENDER)).rejects.toMatchObject({ code: "INVALID_RECIPIENT" });
  });

  it("are listed once each, page after page", async () => {
    const { service } = createWorld();
    const people = Array.from({ length: 1_100 }, (_, n) => `+1415555${String(1_000 + n)}`);
    for (const to of people) await service.sticky.pin(to, SENDER);
    await service.sticky.pin(people[3] ?? "", SENDER);
    expect((await collect(service.sticky.entries())).map(({ to }) => to)).toEqual(people);
  });

  it("are paged by whole numbers, of a sender ID by the one for the country too", async () => {
    const { service } = createWorld({ senders: [{ senderId: "ACME", country: "FR" }, { senderId: "ACME" }] });
    expect(await service.sticky.pin("+33612345678", "ACME/FR")).toEqual({
      to: "+33612345678",
      sender: "ACME",
    });
    await service.sticky.pin("+33612345679", "ACME");
    for (const limit of [1.5, "2", Number.NaN])
      await expect(service.sticky.page({ limit: limit as number })).rejects.toMatchObject({
        code: "INVALID_OPTION",
      });
    const first = await service.sticky.page({ limit: 0 });
    expect(first.entries.map(({ to }) => to)).toEqual(["+33612345678"]);
    const rest = await service.sticky.page({ after: first.cursor, limit: 1_000_000 });
    expect(rest).toEqual({ entries: [{ to: "+33612345679", sender: "ACME" }], cursor: undefined });
  });

  it("end when they have been idle for as long as stickyIdleDays says", async () => {
    const { service, clock } = createWorld({ stickyIdleDays: 1 });
    await service.send({ to: PHONE, body: "x" });
    await clock.advance(25 * 3_600_000);
    expect(await service.sticky.get(PHONE)).toBeUndefined();
  });

  it("in use do not end", async () => {
    const { service, clock } = createWorld({
      stickyIdleDays: 4,
      senders: [SENDER, SECOND],
      refreshMs: 3_600_000,
    });
    await service.sticky.pin(PHONE, SECOND);
    for (let day = 0; day < 8; day++) {
      await clock.advance(24 * 3_600_000);
      expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
    }
    expect(await collect(service.sticky.entries())).toEqual([{ to: PHONE, sender: SECOND }]);
  });

  it.each([1, 2])("that last for %i days do not end within the half of it after a message", async (days) => {
    const { service, clock } = createWorld({
      stickyIdleDays: days,
      senders: [SENDER, SECOND],
      refreshMs: 3_600_000,
      clock: createVirtualClock(Date.UTC(2026, 0, 1)),
    });
    await service.sticky.pin(PHONE, SECOND);
    for (let time = 0; time < 4; time++) {
      await clock.advance(days * 12 * 3_600_000 - 60_000);
      expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
    }
  });

  it("are ignored and kept while stickySender is off", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND] });
    await service.sticky.pin(PHONE, SECOND);
    await service.update({ stickySender: false });
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SENDER);
    await service.update({ stickySender: true });
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
  });
});

describe("the pool", () => {
  it("takes in a sender and lets one go while the service runs", async () => {
    const { service } = createWorld();
    const added = await service.senders.add({ phoneNumber: SECOND, throughput: 5 });
    expect(added).toMatchObject({ id: SECOND, type: "long-code", country: "US", throughput: 5 });
    expect(service.senders.list().map(({ id }) => id)).toEqual([SENDER, SECOND]);
    await service.senders.remove(SENDER);
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
    await expect(service.send({ to: PHONE, from: SENDER, body: "x" })).rejects.toMatchObject({
      code: "SENDER_NOT_IN_POOL",
      twilioCode: 21606,
    });
  });

  it("refuses a sender twice, one it does not have, and more than its limit", async () => {
    const { service } = createWorld({ poolLimit: 2 });
    await expect(service.senders.add(SENDER)).rejects.toMatchObject({
      code: "DUPLICATE_SENDER",
      twilioCode: 21710,
    });
    await expect(service.senders.remove(SECOND)).rejects.toMatchObject({ code: "SENDER_NOT_FOUND" });
    await service.senders.add(SECOND);
    await expect(service.senders.add(THIRD)).rejects.toMatchObject({ code: "SENDER_POOL_FULL" });
    await expect(service.senders.add("nonsense number!")).rejects.toMatchObject({ code: "INVALID_SENDER" });
    await expect(service.senders.add({ phoneNumber: THIRD, provider: "nobody" })).rejects.toMatchObject({
      code: "PROVIDER_NOT_FOUND",
    });
  });

  it("takes one of two who add the same sender at once", async () => {
    const { service } = createWorld();
    const ends = await Promise.allSettled([service.senders.add(SECOND), service.senders.add(SECOND)]);
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(service.senders.list()).toHaveLength(2);
  });

  it("has the sender that it refuses to take in again: the answer to its taking in was lost", async () => {
    const store = createFaultyStore();
    const { service } = createWorld({ store, refreshMs: 3_600_000 });
    store.break((call) => call === "setIfAbsent", { after: true });
    await expect(service.senders.add(SECOND)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    store.heal();
    await expect(service.senders.add(SECOND)).rejects.toMatchObject({ code: "DUPLICATE_SENDER" });
    expect(service.senders.list().map(({ id }) => id)).toEqual([SENDER, SECOND]);
  });

  it("drops a sender's mappings with it, also when it comes back", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND] });
    await service.sticky.pin(PHONE, SECOND);
    await service.senders.remove(SECOND);
    expect(await service.sticky.get(PHONE)).toBeUndefined();
    await service.senders.add(SECOND);
    expect(await service.sticky.get(PHONE)).toBeUndefined();
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SENDER);
  });

  it("outlives the process: what was added stays, what was removed stays away", async () => {
    const store = memoryStore();
    const first = createWorld({ store, senders: [SENDER, SECOND] });
    await first.service.senders.add(THIRD);
    await first.service.senders.remove(SECOND);
    const second = createWorld({ store, senders: [SENDER, SECOND] });
    await second.service.ready();
    expect(second.service.senders.list().map(({ id }) => id)).toEqual([SENDER, THIRD]);
  });

  it("is seen by the other process on the store within refreshMs, and by its next send at once", async () => {
    const store = memoryStore();
    const first = createWorld({ store });
    const second = createWorld({ store, clock: first.clock });
    await first.service.senders.add(SECOND);
    expect((await second.service.send({ to: PHONE, from: SECOND, body: "x" })).from).toBe(SECOND);
    await first.service.senders.remove(SECOND);
    await first.clock.advance(5_000);
    expect(second.service.senders.list().map(({ id }) => id)).toEqual([SENDER]);
  });

  it("does not change when the store refuses the change", async () => {
    const store = createFaultyStore();
    const { service } = createWorld({ store });
    store.break((call) => call === "setIfAbsent" || call === "compareAndSet");
    await expect(service.senders.add(SECOND)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(service.senders.list()).toHaveLength(1);
    store.heal();
    expect(await service.senders.add(SECOND)).toMatchObject({ id: SECOND });
  });
});

describe("explainChange", () => {
  it("says who would move where, and changes nothing", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND] });
    await service.sticky.pin(PHONE, SECOND);
    await service.sticky.pin("+14155550124", SENDER);
    expect(await service.explainChange({ remove: [SECOND] })).toMatchObject({
      mappings: 2,
      kept: 1,
      moved: 1,
      stranded: 0,
      moves: [{ from: SECOND, to: SENDER, count: 1 }],
    });
    expect(await service.explainChange({ remove: [SECOND, SENDER] })).toMatchObject({ stranded: 2 });
    expect(await service.explainChange({ add: [THIRD] })).toMatchObject({ kept: 2, moved: 0 });
    expect(service.senders.list()).toHaveLength(2);
    expect(await service.sticky.get(PHONE)).toEqual({ to: PHONE, sender: SECOND });
  });
});

describe("a sender that is updated", () => {
  it("keeps its mappings and has its new webhook, in code's list or added", async () => {
    const { service } = createWorld({ senders: [SENDER] });
    await service.senders.add(SECOND);
    for (const [index, id] of [SENDER, SECOND].entries()) {
      const to = `+1415555012${index}`;
      await service.sticky.pin(to, id);
      const webhook = { url: "https://app.example/own" };
      expect((await service.senders.update({ phoneNumber: id, webhook })).webhook).toEqual(webhook);
      expect(await service.sticky.get(to)).toEqual({ to, sender: id });
    }
    expect((await service.senders.update(SECOND)).webhook).toBeUndefined();
    expect(service.senders.list().map(({ id }) => id)).toEqual([SENDER, SECOND]);
  });

  it("is a member, or nothing is written", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND] });
    await service.senders.remove(SECOND);
    for (const id of [SECOND, THIRD])
      await expect(service.senders.update(id)).rejects.toMatchObject({ code: "SENDER_NOT_FOUND" });
    expect(service.senders.list().map(({ id }) => id)).toEqual([SENDER]);
  });
});
