import { memoryStore, type SenderInput } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../../support/world.ts";

const THIRD = "+13125550100";

describe("the pool", () => {
  it("is code's list, less what was removed, plus what was added, after every restart", async () => {
    const store = memoryStore();
    const first = createWorld({ store, senders: [SENDER, SECOND] });
    await first.service.senders.remove(SECOND);
    await first.service.senders.add({ phoneNumber: THIRD, throughput: 7 });
    const again = createWorld({ store, senders: [SENDER, SECOND] });
    await again.service.ready();
    expect(again.service.senders.list().map(({ id }) => id)).toEqual([SENDER, THIRD]);
    await again.service.senders.add(SECOND);
    const third = createWorld({ store, senders: [SENDER, SECOND] });
    await third.service.ready();
    expect(
      third.service.senders
        .list()
        .map(({ id }) => id)
        .sort(),
    ).toEqual([SENDER, SECOND, THIRD].sort());
  });

  it("takes what code adds later, and forgets what code no longer lists unless it was added at run time", async () => {
    const store = memoryStore();
    const first = createWorld({ store, senders: [SENDER] });
    await first.service.senders.add(THIRD);
    const later = createWorld({ store, senders: [SECOND] });
    await later.service.ready();
    expect(later.service.senders.list().map(({ id }) => id)).toEqual([SECOND, THIRD]);
  });

  it("what was added wins over code that lists the same sender, with its options", async () => {
    const store = memoryStore();
    const first = createWorld({ store, senders: [SENDER] });
    await first.service.senders.add({ phoneNumber: THIRD, throughput: 7 });
    const later = createWorld({ store, senders: [SENDER, { phoneNumber: THIRD, throughput: 1 }] });
    await later.service.ready();
    expect(later.service.senders.list().find(({ id }) => id === THIRD)).toMatchObject({ throughput: 7 });
    expect(later.service.senders.list()).toHaveLength(2);
  });

  it("is the same in two processes within refreshMs, mappings too", async () => {
    const store = memoryStore();
    const first = createWorld({ store, senders: [SENDER], refreshMs: 1_000 });
    const second = createWorld({ store, senders: [SENDER], refreshMs: 1_000, clock: first.clock });
    await Promise.all([first.service.ready(), second.service.ready()]);
    await first.service.senders.add(SECOND);
    await first.service.sticky.pin(PHONE, SECOND);
    expect(second.service.senders.list()).toHaveLength(1);
    await first.clock.advance(1_000);
    expect(second.service.senders.list().map(({ id }) => id)).toEqual([SENDER, SECOND]);
    expect(second.service.senders.list()[1]?.membership).toBe(first.service.senders.list()[1]?.membership);
    expect((await second.service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
  });

  it("loses nothing when two processes change it at once", async () => {
    const store = memoryStore();
    const first = createWorld({ store, senders: [SENDER] });
    const second = createWorld({ store, senders: [SENDER] });
    const added = Array.from({ length: 10 }, (_, n) => `+1312555010${n}`);
    await Promise.all(added.map((id, n) => (n % 2 === 0 ? first : second).service.senders.add(id)));
    const third = createWorld({ store, senders: [SENDER] });
    await third.service.ready();
    expect(
      third.service.senders
        .list()
        .map(({ id }) => id)
        .sort(),
    ).toEqual([SENDER, ...added].sort());
  });

  it("lets go of a sender that another process added a moment ago", async () => {
    const store = memoryStore();
    const first = createWorld({ store, senders: [SENDER] });
    const second = createWorld({ store, senders: [SENDER] });
    await Promise.all([first.service.ready(), second.service.ready()]);
    await first.service.senders.add(SECOND);
    await first.service.senders.add({ senderId: "ACME", country: "FR" });
    await first.service.senders.add({ senderId: "ACME" });
    await second.service.senders.remove(SECOND);
    await second.service.senders.remove("ACME");
    const third = createWorld({ store, senders: [SENDER] });
    await third.service.ready();
    expect(third.service.senders.list().map(({ id, country }) => `${id} ${country}`)).toEqual([
      `${SENDER} US`,
      "ACME FR",
    ]);
  });

  it("of 100,000 takes one in and lets it go without a look at the others", async () => {
    const senders = Array.from({ length: 100_000 }, (_, n) => `+1${212 + (n % 5)}${2_000_000 + n}`);
    const { service } = createWorld({ senders, poolLimit: 200_000 });
    await service.ready();
    const times: number[] = [];
    for (let n = 0; n < 21; n++) {
      const start = performance.now();
      await service.senders.add(SENDER);
      await service.senders.remove(SENDER);
      times.push(performance.now() - start);
    }
    // Two changes; a single look at each of 100,000 senders takes longer than this.
    expect(times.sort((a, b) => a - b)[10]).toBeLessThan(5);
  });
});

describe("a sender is refused that", () => {
  it.each<[string, SenderInput, string]>([
    ["is in the pool already", SENDER, "DUPLICATE_SENDER"],
    ["is a short code without a country", "12345", "INVALID_SENDER"],
    ["is a short code of no country there is", { shortCode: "12345", country: "usa" }, "INVALID_SENDER"],
    ["is a malformed sender ID", { senderId: "ACME/FR" }, "INVALID_SENDER"],
    ["is a sender ID of digits alone", { senderId: "5551234" }, "INVALID_SENDER"],
    ["has a capability its type cannot have", { senderId: "ACME", capabilities: ["MMS"] }, "INVALID_SENDER"],
    ["has no capability", { phoneNumber: THIRD, capabilities: [] }, "INVALID_SENDER"],
    ["is no number", { phoneNumber: "hello" }, "INVALID_SENDER"],
    ["is of a provider that is not there", { phoneNumber: THIRD, provider: "nobody" }, "PROVIDER_NOT_FOUND"],
    ["has a field nobody knows", { phoneNumber: THIRD, throughputs: 3 } as SenderInput, "INVALID_SENDER"],
  ])("%s", async (_, sender, code) => {
    const { service } = createWorld({ senders: [SENDER] });
    await expect(service.senders.add(sender)).rejects.toMatchObject({ code });
    expect(service.senders.list()).toHaveLength(1);
    expect(() => createWorld({ senders: [SENDER, sender] })).toThrow(expect.objectContaining({ code }));
  });

  it("exceeds poolLimit, from code or at run time", async () => {
    expect(() => createWorld({ senders: [SENDER, SECOND], poolLimit: 1 })).toThrow(
      expect.objectContaining({ code: "SENDER_POOL_FULL" }),
    );
    const { service } = createWorld({ senders: [SENDER], poolLimit: 2 });
    await service.senders.add(SECOND);
    await expect(service.senders.add(THIRD)).rejects.toMatchObject({
      code: "SENDER_POOL_FULL",
      twilioCode: 21714,
    });
    await service.senders.remove(SENDER);
    expect((await service.senders.add(THIRD)).id).toBe(THIRD);
    await expect(service.senders.add(SENDER)).rejects.toMatchObject({ code: "SENDER_POOL_FULL" });
  });
});

describe("a sender that leaves", () => {
  it("leaves what waits for it to another, and sends no more", async () => {
    const { service, clock, message } = createWorld({
      senders: [{ phoneNumber: SENDER, throughput: 1 }, SECOND],
    });
    const sids: string[] = [];
    for (let n = 0; n < 3; n++) sids.push((await service.send({ to: PHONE, body: "x" })).sid);
    await service.senders.remove(SENDER);
    await clock.advance(20_000);
    expect(await message(sids[2] ?? "")).toMatchObject({ status: "delivered", from: SECOND });
    expect(await service.sticky.get(PHONE)).toEqual({ to: PHONE, sender: SECOND });
    await expect(service.send({ to: PHONE, from: SENDER, body: "x" })).rejects.toMatchObject({
      code: "SENDER_NOT_IN_POOL",
    });
  });
});
