import type { LogEntry, Store } from "@messaging-service/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

/** What the battery needs of a backend. */
export interface StoreHarness {
  /** An empty store. */
  readonly store: Store;
  /** A second store on the same backend, in this process. */
  readonly second?: () => Store;
  /** The same data after a restart of this process; only of a durable store. */
  readonly reopen?: () => Promise<Store>;
  /** Lets that much time pass for the backend: turns its clock, or waits where the clock is another program's. */
  readonly advance: (ms: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Long enough for what a test does before it looks, on the slowest backend. */
const TTL_MS = 400;

/** The port's promises, for any backend: run it over a store of your own (docs/stores.md). */
export function describeStore(name: string, createHarness: () => Promise<StoreHarness>): void {
  describe(`${name} keeps the promises of a store`, () => {
    let harness: StoreHarness;
    let store: Store;
    beforeEach(async () => {
      harness = await createHarness();
      store = harness.store;
    });
    afterEach(() => harness.close());

    describe("get, set, delete", () => {
      it("answers undefined for what was never written", async () => {
        expect(await store.get("absent")).toBeUndefined();
      });

      it("reads back what was written", async () => {
        await store.set("a", "1", 0);
        expect(await store.get("a")).toBe("1");
      });

      it("replaces", async () => {
        await store.set("a", "1", 0);
        await store.set("a", "2", 0);
        expect(await store.get("a")).toBe("2");
      });

      it("deletes, and does not mind deleting what is absent", async () => {
        await store.set("a", "1", 0);
        await store.delete("a");
        await store.delete("a");
        expect(await store.get("a")).toBeUndefined();
      });

      it("keeps an entry until its time to live has passed", async () => {
        await store.set("brief", "1", TTL_MS);
        await store.set("eternal", "1", 0);
        expect(await store.getMany(["brief", "eternal"])).toEqual(["1", "1"]);
        await harness.advance(TTL_MS + 50);
        expect(await store.getMany(["brief", "eternal"])).toEqual([undefined, "1"]);
        expect(await store.get("brief")).toBeUndefined();
      });

      it("forgets the old time to live when an entry is replaced", async () => {
        await store.set("a", "1", TTL_MS);
        await store.set("a", "2", 0);
        await harness.advance(TTL_MS + 50);
        expect(await store.get("a")).toBe("2");
      });

      it("takes a fractional time to live", async () => {
        await store.set("a", "1", TTL_MS + 0.5);
        expect(await store.get("a")).toBe("1");
      });

      it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses a time to live of %s", async (ttlMs) => {
        const invalid = { name: "MessagingError", code: "INVALID_OPTION" };
        await expect(store.set("a", "1", ttlMs)).rejects.toMatchObject(invalid);
        await expect(store.append("log", "1", ttlMs)).rejects.toMatchObject(invalid);
        expect(await store.get("a")).toBeUndefined();
      });

      it.each([
        ["the empty text", ""],
        ["a text that begins with a colon", ":colon"],
        ["a text that looks like an encoded buffer", ":base64:AAAA"],
        ["JSON", '{"value":"x","expires":1}'],
        ["text of every plane", 'größe 你好 👨‍👩‍👧 \u0000 \u2028 "\\'],
        ["a lone surrogate", "\ud83d"],
        ["a megabyte", "é😀x".repeat(150_000)],
      ])("keeps %s", async (_, value) => {
        await store.set("a", value, 0);
        expect(await store.get("a")).toBe(value);
        expect(await store.compareAndSet("a", value, `${value}!`, 0)).toBe(true);
        expect(await store.setIfAbsent("a", "other", 0)).toBe(`${value}!`);
        const cursor = await store.append("log", value, 0);
        expect(await store.range("log")).toEqual([{ cursor, value }]);
      });

      it("keeps apart keys that differ by colons, prefixes, case or form", async () => {
        const keys = [
          "k",
          "keyv:k",
          "keyv:keyv:k",
          "keyv::k",
          ":k",
          "k:",
          "K",
          "é",
          "e\u0301",
          "k~head",
          "k*",
        ];
        await store.setMany(keys.map((key) => ({ key, value: key, ttlMs: 0 })));
        for (const key of keys) expect(await store.get(key)).toBe(key);
        expect(await store.getMany(keys)).toEqual(keys);
        await store.delete("keyv:k");
        expect(await store.getMany(["k", "keyv:k", "keyv:keyv:k"])).toEqual(["k", undefined, "keyv:keyv:k"]);
        expect(await store.setIfAbsent("keyv:k", "again", 0)).toBeUndefined();
        expect(await store.get("k")).toBe("k");
      });
    });

    describe("getMany, setMany", () => {
      it("answers in the order of the keys, repeated and absent ones included", async () => {
        await store.setMany([
          { key: "a", value: "1", ttlMs: 0 },
          { key: "b", value: "2", ttlMs: TTL_MS },
        ]);
        expect(await store.getMany(["b", "x", "a", "b"])).toEqual(["2", undefined, "1", "2"]);
      });

      it("takes nothing", async () => {
        await store.setMany([]);
        expect(await store.getMany([])).toEqual([]);
      });

      it("keeps each entry for its own time", async () => {
        await store.setMany([
          { key: "a", value: "1", ttlMs: 0 },
          { key: "b", value: "2", ttlMs: TTL_MS },
        ]);
        await harness.advance(TTL_MS + 50);
        expect(await store.getMany(["a", "b"])).toEqual(["1", undefined]);
      });

      it("lets the last of two writes to one key stand", async () => {
        await store.setMany([
          { key: "a", value: "1", ttlMs: 0 },
          { key: "a", value: "2", ttlMs: 0 },
        ]);
        expect(await store.get("a")).toBe("2");
      });

      it("takes a thousand", async () => {
        const keys = Array.from({ length: 1_000 }, (_, index) => `key:${index}`);
        await store.setMany(keys.map((key) => ({ key, value: `value of ${key}`, ttlMs: 0 })));
        expect(await store.getMany(keys)).toEqual(keys.map((key) => `value of ${key}`));
      });
    });

    describe("setIfAbsent", () => {
      it("writes where nothing is, and says what is there elsewhere", async () => {
        expect(await store.setIfAbsent("a", "1", 0)).toBeUndefined();
        expect(await store.setIfAbsent("a", "2", 0)).toBe("1");
        expect(await store.get("a")).toBe("1");
      });

      it("writes where something has expired, with a time to live of its own", async () => {
        await store.set("a", "1", TTL_MS);
        await harness.advance(TTL_MS + 50);
        expect(await store.setIfAbsent("a", "2", TTL_MS)).toBeUndefined();
        expect(await store.get("a")).toBe("2");
        await harness.advance(TTL_MS + 50);
        expect(await store.get("a")).toBeUndefined();
      });

      it("has one winner among a hundred at once", async () => {
        const stores = [store, harness.second?.() ?? store];
        const answers = await Promise.all(
          Array.from({ length: 100 }, (_, index) => stores[index % 2]!.setIfAbsent("race", `${index}`, 0)),
        );
        const winner = await store.get("race");
        expect(answers.filter((answer) => answer === undefined)).toHaveLength(1);
        expect(answers[Number(winner)]).toBeUndefined();
        expect(answers.filter((answer) => answer === winner)).toHaveLength(99);
      });
    });

    describe("compareAndSet", () => {
      it("replaces what it expects, and nothing else", async () => {
        await store.set("a", "1", 0);
        expect(await store.compareAndSet("a", "2", "3", 0)).toBe(false);
        expect(await store.get("a")).toBe("1");
        expect(await store.compareAndSet("a", "1", "3", 0)).toBe(true);
        expect(await store.get("a")).toBe("3");
      });

      it("finds nothing equal where nothing is", async () => {
        expect(await store.compareAndSet("absent", "", "1", 0)).toBe(false);
        expect(await store.get("absent")).toBeUndefined();
      });

      it("is not fooled by a value that begins the same", async () => {
        await store.set("a", '1","expires":9', 0);
        expect(await store.compareAndSet("a", "1", "2", 0)).toBe(false);
        await store.set("a", "12", 0);
        expect(await store.compareAndSet("a", "1", "2", 0)).toBe(false);
      });

      it("compares values, whatever their time to live, and gives the new one its own", async () => {
        await store.set("a", "1", 3_600_000);
        expect(await store.compareAndSet("a", "1", "2", TTL_MS)).toBe(true);
        expect(await store.compareAndSet("a", "2", "3", TTL_MS)).toBe(true);
        await harness.advance(TTL_MS + 50);
        expect(await store.get("a")).toBeUndefined();
        await store.set("b", "1", TTL_MS);
        expect(await store.compareAndSet("b", "1", "2", 0)).toBe(true);
        await harness.advance(TTL_MS + 50);
        expect(await store.get("b")).toBe("2");
      });

      it("deletes where the new value is undefined", async () => {
        await store.set("a", "1", 0);
        expect(await store.compareAndSet("a", "2", undefined, 0)).toBe(false);
        expect(await store.compareAndSet("a", "1", undefined, 0)).toBe(true);
        expect(await store.get("a")).toBeUndefined();
      });

      it("finds nothing where it expects nothing", async () => {
        expect(await store.compareAndSet("a", undefined, "1", TTL_MS)).toBe(true);
        expect(await store.compareAndSet("a", undefined, "2", 0)).toBe(false);
        expect(await store.compareAndSet("a", undefined, undefined, 0)).toBe(false);
        expect(await store.get("a")).toBe("1");
        await harness.advance(TTL_MS + 50);
        expect(await store.compareAndSet("a", undefined, undefined, 0)).toBe(true);
        expect(await store.compareAndSet("a", undefined, "3", 0)).toBe(true);
        expect(await store.get("a")).toBe("3");
      });

      it("adds to logs when it writes, in order, and only then", async () => {
        const line = (log: string, value: string, ttlMs = 0) => ({ log, value, ttlMs });
        const lines = [line("one", "1"), line("two", "2", TTL_MS), line("one", "\ud83d")];
        expect(await store.compareAndSet("a", "0", "1", 0, lines)).toBe(false);
        expect(await store.compareAndSet("a", undefined, "1", 0, lines)).toBe(true);
        expect(await store.compareAndSet("a", "2", "3", 0, lines)).toBe(false);
        expect(await store.compareAndSet("a", undefined, "3", 0, lines)).toBe(false);
        const values = async (log: string) => (await store.range(log)).map(({ value }) => value);
        expect(await values("one")).toEqual(["1", "\ud83d"]);
        expect(await values("two")).toEqual(["2"]);
        expect(await store.compareAndSet("a", "1", undefined, 0, [line("one", "gone")])).toBe(true);
        expect(await store.get("a")).toBeUndefined();
        expect(await values("one")).toEqual(["1", "\ud83d", "gone"]);
        await harness.advance(TTL_MS + 50);
        expect(await values("two")).toEqual([]);
      });

      it("adds one line for each of a hundred writes at once", async () => {
        await store.set("counter", "0", 0);
        await Promise.all(
          Array.from({ length: 100 }, async () => {
            for (;;) {
              const seen = (await store.get("counter")) ?? "";
              const next = String(Number(seen) + 1);
              const lines = [{ log: "log", value: next, ttlMs: 0 }];
              if (await store.compareAndSet("counter", seen, next, 0, lines)) return;
            }
          }),
        );
        const lines = (await store.range("log", { limit: 200 })).map(({ value }) => value);
        expect(lines).toEqual(Array.from({ length: 100 }, (_, index) => String(index + 1)));
      });

      it("loses none of a hundred increments at once", async () => {
        const stores = [store, harness.second?.() ?? store];
        await store.set("counter", "0", 0);
        await Promise.all(
          Array.from({ length: 100 }, async (_, index) => {
            const mine = stores[index % 2]!;
            for (;;) {
              const seen = (await mine.get("counter")) ?? "";
              if (await mine.compareAndSet("counter", seen, String(Number(seen) + 1), 0)) return;
            }
          }),
        );
        expect(await store.get("counter")).toBe("100");
      });
    });

    describe("append, range", () => {
      it("answers nothing of a log that never was", async () => {
        expect(await store.range("absent")).toEqual([]);
      });

      it("answers the oldest first, a hundred unless told, from and to any cursor", async () => {
        const entries = await fill("log", 105);
        expect(await store.range("log")).toEqual(entries.slice(0, 100));
        expect(await store.range("log", { limit: 3 })).toEqual(entries.slice(0, 3));
        expect(await store.range("log", { after: entries[99]!.cursor })).toEqual(entries.slice(100));
        expect(await store.range("log", { before: entries[2]!.cursor })).toEqual(entries.slice(0, 2));
        const between = { after: entries[10]!.cursor, before: entries[14]!.cursor };
        expect(await store.range("log", between)).toEqual(entries.slice(11, 14));
        expect(await store.range("log", { after: entries[104]!.cursor })).toEqual([]);
        expect(await store.range("log", { limit: 0 })).toEqual([]);
        expect(await store.range("log", { limit: 1_000 })).toEqual(entries);
      });

      it("answers the newest first in reverse", async () => {
        const entries = await fill("log", 12);
        const newest = [...entries].reverse();
        expect(await store.range("log", { reverse: true })).toEqual(newest);
        expect(await store.range("log", { reverse: true, limit: 2 })).toEqual(newest.slice(0, 2));
        const older = { reverse: true, before: entries[5]!.cursor, limit: 3 };
        expect(await store.range("log", older)).toEqual(newest.slice(7, 10));
        const between = { reverse: true, after: entries[2]!.cursor, before: entries[5]!.cursor };
        expect(await store.range("log", between)).toEqual([entries[4], entries[3]]);
      });

      it("pages through a log, either way, without a gap or a repetition", async () => {
        const entries = await fill("log", 50);
        expect(await pages({ limit: 7 })).toEqual(entries);
        expect(await pages({ limit: 7, reverse: true })).toEqual([...entries].reverse());
      });

      it("gives cursors whose text is in the order of the log", async () => {
        const cursors = (await fill("log", 30)).map(({ cursor }) => cursor);
        expect(cursors).toEqual([...new Set(cursors)].sort());
      });

      it("keeps logs apart, from each other and from entries", async () => {
        await store.set("name", "an entry", 0);
        const one = await fill("name", 2);
        const other = await fill("name:other", 3);
        expect(await store.range("name")).toEqual(one);
        expect(await store.range("name:other")).toEqual(other);
        expect(await store.get("name")).toBe("an entry");
      });

      it("shows no entry whose time has passed, and fills a page with those that live", async () => {
        for (let index = 0; index < 10; index += 1) {
          await store.append("log", `${index}`, index % 2 === 0 ? TTL_MS : 0);
        }
        await harness.advance(TTL_MS + 50);
        const values = async (options: object): Promise<string[]> =>
          (await store.range("log", options)).map(({ value }) => value);
        expect(await values({})).toEqual(["1", "3", "5", "7", "9"]);
        expect(await values({ limit: 3 })).toEqual(["1", "3", "5"]);
        expect(await values({ limit: 3, reverse: true })).toEqual(["9", "7", "5"]);
      });

      it("goes on above the cursors of entries that are gone", async () => {
        const gone = await store.append("log", "gone", TTL_MS);
        await harness.advance(TTL_MS + 50);
        expect(await store.range("log")).toEqual([]);
        expect(await store.range("log", { after: gone })).toEqual([]);
        const cursor = await store.append("log", "here", 0);
        expect(cursor > gone).toBe(true);
        expect(await store.range("log", { after: gone })).toEqual([{ cursor, value: "here" }]);
      });

      it("keeps an entry that never ends in a log whose others do", async () => {
        const first = await store.append("log", "for ever", 0);
        await store.append("log", "brief", TTL_MS);
        await harness.advance(TTL_MS + 50);
        await store.append("log", "brief", TTL_MS);
        await harness.advance(TTL_MS + 50);
        expect(await store.range("log")).toEqual([{ cursor: first, value: "for ever" }]);
      });

      it("drops entries up to a cursor, and goes on above it", async () => {
        if (store.trim === undefined) return;
        const entries = await fill("log", 10);
        const other = await fill("log:other", 2);
        await store.trim("log", entries[3]!.cursor);
        expect(await store.range("log")).toEqual(entries.slice(4));
        expect(await store.range("log", { after: entries[1]!.cursor, limit: 2 })).toEqual(
          entries.slice(4, 6),
        );
        await store.trim("log", entries[1]!.cursor);
        expect(await store.range("log")).toHaveLength(6);
        await store.trim("log", entries[9]!.cursor);
        expect(await store.range("log")).toEqual([]);
        expect(await store.range("log:other")).toEqual(other);
        const [next] = await fill("log", 1);
        expect(next!.cursor > entries[9]!.cursor).toBe(true);
        expect(await store.range("log", { after: entries[9]!.cursor })).toEqual([next]);
        await store.trim("absent", next!.cursor);
        await expect(store.trim("log", "x")).rejects.toMatchObject({ code: "INVALID_CURSOR" });
      });

      it.each(["", "x", "1-1", "-1", "99999999999999999999", "1e3", "0x10", "١".repeat(16)])(
        "refuses the cursor %j",
        async (cursor) => {
          await store.append("log", "1", 0);
          const invalid = { name: "MessagingError", code: "INVALID_CURSOR" };
          await expect(store.range("log", { after: cursor })).rejects.toMatchObject(invalid);
          await expect(store.range("log", { before: cursor })).rejects.toMatchObject(invalid);
        },
      );

      it("shows a reader that keeps its cursor every entry once, while others append", async () => {
        const stores = [store, harness.second?.() ?? store];
        const seen: LogEntry[] = [];
        let writing = true;
        const reader = async (): Promise<void> => {
          for (let last = false; !last; ) {
            last = !writing;
            const after = seen.at(-1)?.cursor;
            seen.push(...(await store.range("log", after === undefined ? {} : { after })));
            await new Promise((resolve) => setImmediate(resolve));
          }
          seen.push(...(await store.range("log", { after: seen.at(-1)!.cursor, limit: 1_000 })));
        };
        const writer = async (who: number): Promise<string[]> => {
          const cursors: string[] = [];
          for (let index = 0; index < 25; index += 1) {
            cursors.push(await stores[who % 2]!.append("log", `${who}:${index}`, 0));
          }
          return cursors;
        };
        const reading = reader();
        const cursors = await Promise.all([0, 1, 2, 3].map(writer));
        writing = false;
        await reading;
        expect(seen.map(({ cursor }) => cursor)).toEqual(cursors.flat().sort());
        expect(new Set(seen.map(({ value }) => value)).size).toBe(100);
        for (const mine of cursors) expect(mine).toEqual([...mine].sort());
      });
    });

    it("shares its data with a second store on the same backend", async () => {
      const second = harness.second?.();
      if (second === undefined) return;
      await store.set("a", "1", 0);
      const cursor = await second.append("log", "1", 0);
      expect(await second.get("a")).toBe("1");
      expect(await store.range("log")).toEqual([{ cursor, value: "1" }]);
    });

    it("has its data, and cursors that go on, after a restart", async () => {
      expect(harness.reopen !== undefined).toBe(store.durable);
      if (harness.reopen === undefined) return;
      await store.set("a", "1", 0);
      const cursor = await store.append("log", "1", 0);
      const reopened = await harness.reopen();
      expect(await reopened.get("a")).toBe("1");
      expect(await reopened.range("log")).toEqual([{ cursor, value: "1" }]);
      const next = await reopened.append("log", "2", 0);
      expect(await reopened.range("log", { after: cursor })).toEqual([{ cursor: next, value: "2" }]);
    });

    async function fill(log: string, count: number): Promise<LogEntry[]> {
      const entries: LogEntry[] = [];
      for (let index = 0; index < count; index += 1) {
        const value = `${log} ${index}`;
        entries.push({ cursor: await store.append(log, value, 0), value });
      }
      return entries;
    }

    async function pages(options: {
      readonly limit: number;
      readonly reverse?: boolean;
    }): Promise<LogEntry[]> {
      const found: LogEntry[] = [];
      for (;;) {
        const last = found.at(-1)?.cursor;
        const from = last === undefined ? {} : options.reverse ? { before: last } : { after: last };
        const page = await store.range("log", { ...options, ...from });
        if (page.length === 0) return found;
        found.push(...page);
      }
    }
  });
}
