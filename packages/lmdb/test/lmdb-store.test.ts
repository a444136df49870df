import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@messaging-service/core";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { describeStore } from "../../../test/contracts/describe-store.ts";
import { describeStoreProcesses } from "../../../test/contracts/describe-store-processes.ts";
import { buildPackage } from "../../../test/support/build.ts";
import { createManualClock } from "../../../test/support/manual-clock.ts";
import { openDatabases } from "../src/databases.ts";
import { lmdbStore } from "../src/lmdb-store.ts";

let directory: string;
beforeAll(() => buildPackage("lmdb"));
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lmdb-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describeStore("lmdb", async () => {
  const path = mkdtempSync(join(tmpdir(), "lmdb-"));
  const clock = createManualClock();
  const opened: Store[] = [];
  const create = (): Store => {
    const store = lmdbStore(path, { clock });
    opened.push(store);
    return store;
  };
  const store = create();
  return {
    store,
    second: create,
    async reopen() {
      await store.close?.();
      return create();
    },
    advance: clock.advance,
    async close() {
      for (const each of opened) await each.close?.();
      rmSync(path, { recursive: true, force: true });
    },
  };
});

describeStoreProcesses("lmdb", async () => {
  const store = lmdbStore(directory);
  return {
    store,
    module: new URL("create-store.mjs", import.meta.url).href,
    argument: directory,
    close: async () => store.close?.(),
  };
});

describe("the lmdb store", () => {
  it("drops expired entries, log entries and their index, unread", async () => {
    const clock = createManualClock();
    const store = lmdbStore(directory, { clock, sweepEveryMs: 1_000 });
    await store.set("for ever", "1", 0);
    await store.set("renewed", "1", 500);
    await store.set("renewed", "2", 100_000);
    const writes = Array.from({ length: 2_500 }, (_, index) => ({ key: `${index}`, value: "1", ttlMs: 500 }));
    await store.setMany(writes);
    await Promise.all(Array.from({ length: 500 }, () => store.append("log", "1", 500)));
    for (let sweeps = 0; sweeps < 10; sweeps += 1) {
      await clock.advance(2_000);
      // A transaction of our own is behind the sweeper's.
      await store.delete("nothing");
    }
    expect(await store.get("renewed")).toBe("2");
    expect(await rowsAfter(store)).toEqual({ entries: ["for ever", "renewed"], items: 0, dues: 1 });
  });

  it("drops what ends soon although it was written after what ends late", async () => {
    const clock = createManualClock();
    const store = lmdbStore(directory, { clock, sweepEveryMs: 1_000 });
    await store.set("late", "1", 30 * 86_400_000);
    await store.set("soon", "1", 500);
    await store.append("log", "1", 500);
    await clock.advance(2_000);
    expect(await rowsAfter(store)).toEqual({ entries: ["late"], items: 0, dues: 1 });
  });

  it("goes on sweeping while more has ended than one sweep takes", async () => {
    const clock = createManualClock();
    const store = lmdbStore(directory, { clock });
    for (let minute = 0; minute < 3; minute += 1) {
      const keys = Array.from({ length: 5_000 }, (_, index) => `${minute}:${index}`);
      await store.setMany(keys.map((key) => ({ key, value: "1", ttlMs: 500 })));
      await clock.advance(60_000);
      for (let sweeps = 0; sweeps < 5; sweeps += 1) {
        await store.delete("nothing");
        await clock.advance(50);
      }
    }
    expect(await rowsAfter(store)).toEqual({ entries: [], items: 0, dues: 0 });
  });

  it("sets no timer for what never expires", async () => {
    const clock = createManualClock();
    const store = lmdbStore(directory, { clock });
    await store.set("a", "1", 0);
    expect(clock.pending).toBe(0);
    await store.set("a", "1", 5_000);
    expect(clock.pending).toBe(1);
    await store.close?.();
    expect(clock.pending).toBe(0);
  });

  it.each([undefined, "", { path: "data" }])("refuses %j for a path, and opens nothing", (path) => {
    expect(() => lmdbStore(path as string)).toThrow(
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: expect.stringContaining("path of a folder") as string,
      }) as Error,
    );
  });

  it("refuses a key that is too long without undoing what others write in the same turn", async () => {
    const store = lmdbStore(directory);
    const [long, good] = await Promise.allSettled([
      store.set("k".repeat(1_901), "1", 0),
      store.set("k".repeat(1_900), "1", 5_000),
    ]);
    expect(long).toMatchObject({ status: "rejected", reason: { code: "INVALID_OPTION" } });
    expect(good.status).toBe("fulfilled");
    expect(await store.get("k".repeat(1_900))).toBe("1");
    await store.close?.();
  });

  it("rejects after it was closed, and closes once", async () => {
    const store = lmdbStore(directory);
    const writing = store.set("a", "1", 0);
    await Promise.all([store.close?.(), store.close?.()]);
    await expect(writing).resolves.toBeUndefined();
    const unavailable = { code: "STORE_UNAVAILABLE" };
    await expect(store.get("a")).rejects.toMatchObject(unavailable);
    await expect(store.set("a", "1", 0)).rejects.toMatchObject(unavailable);
    await expect(store.append("log", "1", 5_000)).rejects.toMatchObject(unavailable);
  });

  it("refuses a path that it cannot open", () => {
    const file = join(directory, "file");
    writeFileSync(file, "text");
    expect(() => lmdbStore(join(file, "below"))).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });
});

/** What is in the file once what was asked of the store is done and it is closed. */
async function rowsAfter(
  store: Store,
): Promise<{ readonly entries: readonly string[]; readonly items: number; readonly dues: number }> {
  await store.delete("nothing");
  await store.close?.();
  const { entries, logs, dues, close } = openDatabases(directory, undefined);
  const rows = { entries: [...entries.getKeys()], items: logs.getKeysCount(), dues: dues.getKeysCount() };
  await close();
  return rows;
}
