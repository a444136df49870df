import { describe, expect, it } from "vitest";
import { type LateText, lateTexts } from "../../src/store/late-text.ts";
import { memoryStore } from "../../src/store/memory.ts";

/** A text that counts how often it is asked for. */
function lateText(text: string): LateText & { asked: number } {
  return {
    asked: 0,
    toString() {
      this.asked += 1;
      return text;
    },
  };
}

describe("a text that is late", () => {
  it("is not asked for by a store in memory until somebody reads it", async () => {
    const store = memoryStore();
    const { compareAndSet, get, getMany } = lateTexts(store);
    const [first, line, second] = [lateText("1"), lateText("line"), lateText("2")];
    const appends = [{ log: "log", value: line, ttlMs: 0 }];
    expect(await compareAndSet("a", undefined, first, 0, appends)).toBe(true);
    expect(await compareAndSet("a", first, second, 0)).toBe(true);
    expect([first.asked, line.asked, second.asked]).toEqual([0, 0, 0]);
    expect(await get("a")).toBe(second);
    expect(await getMany(["a", "b"])).toEqual([second, undefined]);
    expect([first.asked, line.asked, second.asked]).toEqual([0, 0, 0]);
    expect(await store.getMany(["a"])).toEqual(["2"]);
    expect(await store.setIfAbsent("a", "3", 0)).toBe("2");
    expect((await store.range("log")).map(({ value }) => value)).toEqual(["line"]);
  });

  it("is compared by what it says", async () => {
    const store = memoryStore();
    const { compareAndSet } = lateTexts(store);
    await compareAndSet("a", undefined, lateText("1"), 0);
    expect(await compareAndSet("a", lateText("2"), lateText("3"), 0)).toBe(false);
    expect(await compareAndSet("a", undefined, lateText("3"), 0)).toBe(false);
    expect(await compareAndSet("a", lateText("1"), lateText("2"), 0)).toBe(true);
    expect(await store.compareAndSet("a", "2", "3", 0)).toBe(true);
    expect(await compareAndSet("a", lateText("3"), undefined, 0)).toBe(true);
    expect(await store.get("a")).toBeUndefined();
  });

  it("is written out for any other store", async () => {
    const given: unknown[] = [];
    const store = {
      ...memoryStore(),
      compareAndSet: async (...call: unknown[]) => {
        given.push(...call);
        return true;
      },
    };
    const appends = [{ log: "log", value: lateText("line"), ttlMs: 5 }];
    await lateTexts(store).compareAndSet("a", lateText("1"), lateText("2"), 0, appends);
    expect(given).toEqual(["a", "1", "2", 0, [{ log: "log", value: "line", ttlMs: 5 }]]);
  });
});
