import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { sleep, systemClock } from "../src/clock.ts";
import { recordUnder } from "../src/records/idempotency.ts";
import type { Messages } from "../src/records/messages.ts";

const DAY = 86_400_000;

describe("the machine's clock", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("calls back once, when the time has come", async () => {
    const callback = vi.fn();
    systemClock.schedule(callback, 1_000);
    await vi.advanceTimersByTimeAsync(999);
    expect(callback).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("keeps the process where a send waits for another of its idempotency key", async () => {
    const records = [undefined, { record: { sid: "SM1" } }];
    const messages = { get: async () => records.shift() } as unknown as Pick<Messages, "get">;
    const waiting = recordUnder({ sid: "SM1", at: Date.now(), hash: "" }, { messages, clock: systemClock });
    await vi.advanceTimersByTimeAsync(1);
    // The clock's own, which keeps no process, and one that does.
    expect(vi.getTimerCount()).toBe(2);
    await vi.advanceTimersByTimeAsync(100);
    expect(await waiting).toEqual({ sid: "SM1" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("holds times that setTimeout does not", async () => {
    const callback = vi.fn();
    systemClock.schedule(callback, 35 * DAY);
    await vi.advanceTimersByTimeAsync(35 * DAY - 1);
    expect(callback).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("calls back within a minute of waking what fell due while the machine slept", async () => {
    const callback = vi.fn();
    systemClock.schedule(callback, 3_600_000);
    await vi.advanceTimersByTimeAsync(1_000);
    vi.setSystemTime(Date.now() + 2 * 3_600_000);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("waits no longer where the clock is set back", async () => {
    const callback = vi.fn();
    systemClock.schedule(callback, 3_600_000);
    vi.setSystemTime(Date.now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(3_600_000 - 1);
    expect(callback).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("does not call back what was canceled, also far ahead", async () => {
    const callback = vi.fn();
    const near = systemClock.schedule(callback, 1_000);
    const far = systemClock.schedule(callback, 35 * DAY);
    near.cancel();
    await vi.advanceTimersByTimeAsync(30 * DAY);
    far.cancel();
    await vi.advanceTimersByTimeAsync(30 * DAY);
    expect(callback).not.toHaveBeenCalled();
  });

  it("takes a time that is past for now", async () => {
    const callback = vi.fn();
    systemClock.schedule(callback, -5);
    await vi.advanceTimersByTimeAsync(0);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it("sleeps", async () => {
    const slept = vi.fn();
    void sleep(systemClock, 50).then(slept);
    await vi.advanceTimersByTimeAsync(49);
    expect(slept).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(slept).toHaveBeenCalled();
  });
});
