import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../src/index.ts";

describe("createVirtualClock", () => {
  it("starts where it is told and stands still", () => {
    expect(createVirtualClock(5).now()).toBe(5);
    expect(createVirtualClock(new Date(7)).now()).toBe(7);
  });

  it("runs timers in order of time, then of scheduling, each at its own instant", async () => {
    const clock = createVirtualClock(0);
    const seen: string[] = [];
    const note = (name: string) => () => seen.push(`${name}@${clock.now()}`);
    clock.schedule(note("late"), 30);
    clock.schedule(note("first"), 10);
    clock.schedule(note("second"), 10);
    clock.schedule(note("beyond"), 31);
    await clock.advance(30);
    expect(seen).toEqual(["first@10", "second@10", "late@30"]);
    expect(clock.now()).toBe(30);
    expect(clock.pending).toBe(1);
  });

  it("lets promises settle between timers, and runs what they schedule if it is due", async () => {
    const clock = createVirtualClock(0);
    const seen: number[] = [];
    clock.schedule(() => {
      void Promise.resolve()
        .then(() => new Promise((resolve) => setImmediate(resolve)))
        .then(() => clock.schedule(() => seen.push(clock.now()), 5));
    }, 10);
    clock.schedule(() => seen.push(clock.now()), 20);
    await clock.advance(20);
    expect(seen).toEqual([15, 20]);
  });

  it("does not run a cancelled timer", async () => {
    const clock = createVirtualClock(0);
    let ran = false;
    clock
      .schedule(() => {
        ran = true;
      }, 1)
      .cancel();
    await clock.advance(10);
    expect(ran).toBe(false);
    expect(clock.pending).toBe(0);
  });

  it("queues advances behind one another", async () => {
    const clock = createVirtualClock(0);
    await Promise.all([clock.advance(10), clock.advance(5)]);
    expect(clock.now()).toBe(15);
  });

  it("rejects with what a timer threw, and goes on afterwards", async () => {
    const clock = createVirtualClock(0);
    clock.schedule(() => {
      throw new Error("boom");
    }, 1);
    await expect(clock.advance(10)).rejects.toThrow("boom");
    await clock.advance(10);
    expect(clock.now()).toBe(11);
  });

  it("refuses to go back", () => {
    expect(() => createVirtualClock().advance(-1)).toThrow(RangeError);
  });

  it("runs all timers, and gives up on one that re-arms itself", async () => {
    const clock = createVirtualClock(0);
    let count = 0;
    const arm = (left: number): void => {
      if (left > 0) clock.schedule(() => arm(left - 1), 1_000_000);
      count++;
    };
    arm(3);
    await clock.runAll();
    expect(count).toBe(4);
    expect(clock.now()).toBe(3_000_000);
    arm(Number.POSITIVE_INFINITY);
    await expect(clock.runAll(5)).rejects.toThrow("5 timers");
  });

  it("stands still while held work is under way", async () => {
    const clock = createVirtualClock(0);
    let at = -1;
    clock.schedule(() => {
      const work = new Promise((resolve) => setTimeout(resolve, 20));
      void clock.hold(work).then(() => {
        at = clock.now();
      });
    }, 10);
    await clock.advance(1000);
    expect(at).toBe(10);
  });

  it("does not wait for ever for held work that waits for the clock", async () => {
    const clock = createVirtualClock(0);
    let at = -1;
    void clock.hold(new Promise<void>((resolve) => clock.schedule(resolve, 500))).then(() => {
      at = clock.now();
    });
    await clock.advance(1000);
    expect(at).toBe(500);
  });
});
