import { describe, expect, it } from "vitest";
import { createManualClock } from "../../../../test/support/manual-clock.ts";
import { MessagingError } from "../../src/errors.ts";
import { createTimeLimit, withTimeLimit } from "../../src/store/guard.ts";
import { memoryStore } from "../../src/store/memory.ts";
import type { Store } from "../../src/store/store.ts";

const CALLS: Readonly<Record<string, (store: Store) => Promise<unknown> | undefined>> = {
  get: (store) => store.get("a"),
  getMany: (store) => store.getMany(["a"]),
  set: (store) => store.set("a", "1", 0),
  setMany: (store) => store.setMany([]),
  delete: (store) => store.delete("a"),
  setIfAbsent: (store) => store.setIfAbsent("a", "1", 0),
  compareAndSet: (store) => store.compareAndSet("a", "1", "2", 0),
  append: (store) => store.append("log", "1", 0),
  range: (store) => store.range("log"),
  trim: (store) => store.trim?.("log", ""),
  inspect: (store) => store.inspect?.(),
};

/** A store whose every call does the same. */
function storeOf(call: () => Promise<never>): Store {
  const calls = Object.fromEntries(Object.keys(CALLS).map((name) => [name, call]));
  return { name: "own", atomicity: "store", durable: true, ...calls } as unknown as Store;
}

describe("withTimeLimit", () => {
  it.each(Object.entries(CALLS))("answers STORE_UNAVAILABLE when %s hangs", async (name, call) => {
    const clock = createManualClock();
    const store = withTimeLimit(
      storeOf(() => new Promise<never>(() => {})),
      { timeoutMs: 2_000, clock },
    );
    let outcome: unknown;
    call(store)?.catch((error: unknown) => {
      outcome = error;
    });
    await clock.advance(1_999);
    expect(outcome).toBeUndefined();
    await clock.advance(1);
    expect(outcome).toMatchObject({ code: "STORE_UNAVAILABLE", message: expect.stringContaining(name) });
  });

  it.each(Object.entries(CALLS))("gives a failure of %s a code and keeps its cause", async (_, call) => {
    const clock = createManualClock();
    const cause = new Error("disk on fire");
    for (const fail of [() => Promise.reject(cause), () => raise(cause)]) {
      const store = withTimeLimit(storeOf(fail), { timeoutMs: 2_000, clock });
      await expect(call(store)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE", cause });
    }
    expect(clock.pending).toBe(0);
  });

  it("lets our own errors and every answer through", async () => {
    const clock = createManualClock();
    const full = withTimeLimit(memoryStore({ clock, maxEntries: 0 }), { timeoutMs: 2_000, clock });
    await expect(full.set("a", "1", 0)).rejects.toMatchObject({ code: "STORE_FULL" });
    const store = withTimeLimit(memoryStore({ clock }), { timeoutMs: 2_000, clock });
    expect(store).toMatchObject({ name: "memory", atomicity: "store", durable: false });
    await store.set("a", "1", 0);
    expect(await store.get("a")).toBe("1");
    expect(store.inspect).toBeUndefined();
    expect(clock.pending).toBe(0);
  });
});

describe("createTimeLimit", () => {
  it("starts no further step once the time is over", async () => {
    const clock = createManualClock();
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let wrote = false;
    const call = createTimeLimit(
      "own",
      1_000,
      clock,
    )("set", async (step) => {
      await held;
      await step(() => {
        wrote = true;
      });
    });
    const outcome = expect(call).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await clock.advance(1_000);
    release();
    await outcome;
    await clock.advance(1);
    expect(wrote).toBe(false);
  });

  it("does not wrap an error twice", async () => {
    const error = new MessagingError("INVALID_CURSOR", "x");
    const call = createTimeLimit("own", 1_000, createManualClock())("range", async () => raise(error));
    await expect(call).rejects.toBe(error);
  });
});

function raise(error: unknown): never {
  throw error;
}
