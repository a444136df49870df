import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeStore } from "../../../../test/contracts/describe-store.ts";
import { createManualClock } from "../../../../test/support/manual-clock.ts";
import { type MemoryStoreOptions, memoryStore } from "../../src/store/memory.ts";

const START = Date.UTC(2026, 0, 5);

describeStore("the memory store", async () => {
  const clock = createManualClock();
  const store = memoryStore({ clock });
  return { store, advance: clock.advance, close: async () => store.close?.() };
});

describe("the memory store", () => {
  const full = { name: "MessagingError", code: "STORE_FULL" };

  it("refuses a new entry when it is full of live ones, and evicts none", async () => {
    const store = memoryStore({ clock: createManualClock(START), maxEntries: 3 });
    await store.set("a", "1", 0);
    await store.set("b", "1", 3_600_000);
    await store.append("log", "1", 0);
    await expect(store.set("c", "1", 0)).rejects.toMatchObject(full);
    await expect(store.setIfAbsent("c", "1", 0)).rejects.toMatchObject(full);
    await expect(store.append("log", "2", 0)).rejects.toMatchObject(full);
    expect(await store.getMany(["a", "b", "c"])).toEqual(["1", "1", undefined]);
    expect(await store.range("log")).toHaveLength(1);
  });

  it.each([
    [{ maxEntry: 3 }, "UNKNOWN_OPTION", "maxEntries"],
    [{ maxEntries: -1 }, "INVALID_OPTION", "maxEntries"],
    [{ maxEntries: "100" }, "INVALID_OPTION", "maxEntries"],
  ])("refuses %o", (options, code, name) => {
    const error = expect.objectContaining({ code, message: expect.stringContaining(`"${name}"`) });
    expect(() => memoryStore(options as MemoryStoreOptions)).toThrow(error);
  });

  it("still replaces, compares and deletes when it is full", async () => {
    const store = memoryStore({ clock: createManualClock(START), maxEntries: 2 });
    await store.set("a", "1", 0);
    await store.set("b", "1", 0);
    await store.set("a", "2", 0);
    expect(await store.compareAndSet("a", "2", "3", 0)).toBe(true);
    expect(await store.setIfAbsent("a", "4", 0)).toBe("3");
    await store.delete("b");
    await store.set("c", "1", 0);
    expect(await store.getMany(["a", "b", "c"])).toEqual(["3", undefined, "1"]);
  });

  it("writes all of setMany or nothing when it is full", async () => {
    const store = memoryStore({ clock: createManualClock(START), maxEntries: 2 });
    await store.set("a", "1", 0);
    const write = (key: string) => ({ key, value: "2", ttlMs: 0 });
    await expect(store.setMany([write("a"), write("b"), write("c")])).rejects.toMatchObject(full);
    expect(await store.getMany(["a", "b", "c"])).toEqual(["1", undefined, undefined]);
    await store.setMany([write("a"), write("b"), write("b")]);
    expect(await store.getMany(["a", "b"])).toEqual(["2", "2"]);
  });

  it("takes new entries the moment old ones have expired, swept or not", async () => {
    const clock = createManualClock(START);
    const store = memoryStore({ clock, maxEntries: 100, sweepEveryMs: 60_000 });
    for (let index = 0; index < 100; index += 1)
      await store.set(`${index}`, "1", index < 50 ? 1_000 : 90_000);
    await expect(store.set("new", "1", 0)).rejects.toMatchObject(full);
    await clock.advance(1_001);
    for (let index = 0; index < 50; index += 1) await store.set(`new ${index}`, "1", 0);
    await expect(store.set("one more", "1", 0)).rejects.toMatchObject(full);
    expect(await store.get("99")).toBe("1");
  });

  it("sets no timer for what never expires, and one for all that does", async () => {
    const clock = createManualClock(START);
    const store = memoryStore({ clock });
    await store.set("a", "1", 0);
    await store.append("log", "1", 0);
    expect(clock.pending).toBe(0);
    for (let index = 0; index < 100; index += 1) await store.set(`${index}`, "1", 1_000 * (100 - index));
    expect(clock.pending).toBe(1);
    await clock.advance(200_000);
    expect(clock.pending).toBe(0);
    expect(await store.get("a")).toBe("1");
  });

  it("sleeps through a month in which nothing ends", async () => {
    const clock = createManualClock(START);
    let wakeUps = 0;
    const counting = {
      ...clock,
      schedule: (callback: () => void, delayMs: number) =>
        clock.schedule(() => {
          wakeUps += 1;
          callback();
        }, delayMs),
    };
    const store = memoryStore({ clock: counting });
    for (let index = 0; index < 1_000; index += 1)
      await store.set("renewed", `${index}`, 30 * 86_400_000 + index);
    await clock.advance(31 * 86_400_000);
    expect(wakeUps).toBeLessThan(5);
    expect(clock.pending).toBe(0);
  });

  it("drops expired entries unread: a million short-lived ones leave no trace", async () => {
    const clock = createManualClock(START);
    const store = memoryStore({ clock, maxEntries: 150_000 });
    const longest = 100_000;
    for (let round = 0; round < 10; round += 1) {
      for (let index = 0; index < longest / 2; index += 1) {
        await store.set(`${round}:${index}`, "1", 5_000);
        await store.append(`log ${index % 100}`, "1", 5_000);
      }
      // Without a sweep the second round would not fit.
      await clock.advance(7_000);
    }
    expect(await store.get("9:0")).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it("keeps lines, in order and to the millisecond, and room for as many as have not ended", async () => {
    const step = fc.record({
      log: fc.constantFrom("a", "b"),
      // Most lines of a log live alike.
      life: fc.oneof(fc.constant(5_000), fc.constantFrom(0, 20, 900, 400_000)),
      lines: fc.constantFrom(1, 1, 1, 40, 1_500),
      pause: fc.constantFrom(0, 0, 7, 600, 5_000),
      trim: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const maxEntries = 2_000;
        const clock = createManualClock(START);
        const store = memoryStore({ clock, maxEntries });
        let there: { log: string; cursor: string; value: string; expires: number }[] = [];
        const isLive = ({ expires }: { expires: number }): boolean => expires === 0 || expires > clock.now();
        for (const [index, { log, life, lines, pause, trim }] of steps.entries()) {
          for (let line = 0; line < lines; line += 1) {
            const value = `${index}.${line}`;
            const writing = store.append(log, value, life);
            there = there.length < maxEntries ? there : there.filter(isLive);
            if (there.length === maxEntries) await expect(writing).rejects.toMatchObject(full);
            else
              there.push({ log, cursor: await writing, value, expires: life === 0 ? 0 : clock.now() + life });
          }
          await clock.advance(pause);
          const known = there.filter((each) => each.log === log && isLive(each));
          if (trim !== null && known.length > 0) {
            const last = known[Math.floor(trim * (known.length - 1))]?.cursor ?? "";
            await store.trim?.(log, last);
            there = there.filter((each) => each.log !== log || each.cursor > last);
          }
          const left = there.filter((each) => each.log === log && isLive(each));
          const limit = maxEntries;
          const shown = left.map(({ cursor, value }) => ({ cursor, value }));
          expect(await store.range(log, { limit })).toEqual(shown);
          expect(await store.range(log, { limit: 5, reverse: true })).toEqual(shown.slice(-5).reverse());
        }
        await clock.advance(1_000_000);
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it("goes on above the cursors of an earlier process", async () => {
    const clock = createManualClock(START);
    const earlier = await memoryStore({ clock }).append("log", "1", 0);
    await clock.advance(1);
    expect((await memoryStore({ clock }).append("log", "1", 0)) > earlier).toBe(true);
  });

  it("keeps its data when closed, for a service created again on it", async () => {
    const clock = createManualClock(START);
    const store = memoryStore({ clock });
    await store.set("a", "1", 5_000);
    await store.close?.();
    expect(clock.pending).toBe(0);
    expect(await store.get("a")).toBe("1");
  });
});
