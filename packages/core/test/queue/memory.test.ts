import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { describeQueue } from "../../../../test/contracts/describe-queue.ts";
import { createManualClock } from "../../../../test/support/manual-clock.ts";
import type { Clock } from "../../src/clock.ts";
import { laneLimit } from "../../src/queue/lanes.ts";
import { createMemoryQueue } from "../../src/queue/memory.ts";

describeQueue("memory", createMemoryQueue);

describe("createMemoryQueue", () => {
  it("has no more runs under way per bucket than its concurrency, and makes up for no lost time", async () => {
    const clock = createManualClock();
    const startedAt = clock.now();
    const starts: number[] = [];
    const queue = createMemoryQueue({ clock, limitOf: () => laneLimit(10), concurrency: 2 });
    queue.start(() => {
      starts.push(clock.now() - startedAt);
      return new Promise((resolve) => clock.schedule(resolve, 1000));
    });
    for (let index = 0; index < 5; index += 1) queue.add({ id: `${index}`, lane: "A", cost: 1 });
    await clock.advance(5000);
    expect(starts).toEqual([0, 100, 1000, 1100, 2000]);
  });

  it("refuses beyond maxJobs whatever the lanes hold", () => {
    const queue = createMemoryQueue({
      clock: createManualClock(),
      limitOf: () => laneLimit(10),
      maxJobs: 2,
    });
    expect(["A", "B", "C"].map((lane) => queue.add({ id: lane, lane, cost: 1 }))).toEqual([
      "added",
      "added",
      "full",
    ]);
    expect(queue.add({ id: "C", lane: "C", cost: 1 }, { force: true })).toBe("added");
  });

  it("says what waits in one bucket of a lane", () => {
    const queue = createMemoryQueue({ clock: createManualClock(), limitOf: () => laneLimit(10) });
    queue.add({ id: "1", lane: "A", cost: 3 });
    queue.add({ id: "2", lane: "A", cost: 1, bucket: "MMS" });
    expect([queue.size("A"), queue.size("A", "SMS"), queue.size("A", "MMS"), queue.size("A", "RCS")]).toEqual(
      [4, 3, 1, 0],
    );
    expect(queue.size("B", "SMS")).toBe(0);
  });

  it("keeps one timer however many lanes wait, and none once all are idle", async () => {
    const clock = createManualClock();
    const queue = createMemoryQueue({ clock, limitOf: () => laneLimit(10) });
    queue.start(() => Promise.resolve());
    for (let lane = 0; lane < 100; lane += 1) {
      for (let index = 0; index < 3; index += 1)
        queue.add({ id: `${lane}-${index}`, lane: `${lane}`, cost: 1 });
    }
    await clock.advance(150);
    expect(clock.pending).toBe(1);
    await clock.advance(1000);
    expect(clock.pending).toBe(0);
  });

  it("keeps the rate when timers fire late", async () => {
    const virtual = createManualClock();
    const lateClock: Clock = {
      now: virtual.now,
      schedule: (callback, delayMs) => virtual.schedule(callback, delayMs + 4),
    };
    let runs = 0;
    const queue = createMemoryQueue({ clock: lateClock, limitOf: () => laneLimit(100) });
    queue.start(async () => {
      runs += 1;
    });
    for (let index = 0; index < 2000; index += 1) queue.add({ id: `${index}`, lane: "A", cost: 1 });
    await virtual.advance(10_000);
    expect(runs).toBeGreaterThanOrEqual(990);
    expect(runs).toBeLessThanOrEqual(1001);
  });

  it.each([-3_600_000, -5, 3_600_000])("keeps its rate when the clock is set by %i ms", async (jump) => {
    const turned = createManualClock();
    const [startedAt, starts] = [turned.now(), [] as number[]];
    let set = 0;
    const clock: Clock = { now: () => turned.now() + set, schedule: turned.schedule };
    const queue = createMemoryQueue({ clock, limitOf: () => laneLimit(1) });
    queue.start(async () => {
      starts.push(turned.now() - startedAt);
    });
    for (let index = 0; index < 4; index += 1) queue.add({ id: `${index}`, lane: "A", cost: 1 });
    queue.add({ id: "due", lane: "B", cost: 0, notBefore: startedAt + 7_200_000 });
    await turned.advance(500);
    set = jump;
    await turned.advance(3_600_000);
    expect(starts.slice(0, 1)).toEqual([0]);
    expect(starts).toHaveLength(jump > 0 ? 5 : 4);
    expect(Math.max(...starts.slice(0, 4))).toBeLessThanOrEqual(3_005);
  });

  it("does not begin again a wait that was asked for, when the clock is set back", async () => {
    const turned = createManualClock();
    const startedAt = turned.now();
    let set = 0;
    const clock: Clock = { now: () => turned.now() + set, schedule: turned.schedule };
    const queue = createMemoryQueue({ clock, limitOf: () => laneLimit(1) });
    let ranAt = 0;
    queue.start(async () => {
      ranAt = turned.now() - startedAt;
    });
    queue.pause("A", 10_000);
    queue.add({ id: "1", lane: "A", cost: 1 });
    await turned.advance(4_000);
    set = -3_600_000;
    await turned.advance(20_000);
    expect(ranAt).toBe(10_000);
  });

  it("holds a million jobs on 100,000 lanes without slowing down", async () => {
    const clock = createManualClock();
    let runs = 0;
    const queue = createMemoryQueue({ clock, limitOf: () => laneLimit(10) });
    const startedAt = performance.now();
    for (let id = 0; id < 1_000_000; id += 1)
      queue.add({ id: `${id}`, lane: `${id % 100_000}`, cost: 1, bucket: "SMS" });
    queue.start(async () => {
      runs += 1;
    });
    await clock.advance(1000);
    await nextTurn();
    expect(runs).toBe(1_000_000);
    // Quadratic work on this many jobs would take hours; linear takes seconds on the slowest machine.
    expect(performance.now() - startedAt).toBeLessThan(25_000);
  });
});
