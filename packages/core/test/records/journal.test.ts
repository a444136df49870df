import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createJournal } from "../../src/records/journal.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "journal-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("the journal", () => {
  it("is read by the next process in the order it was written", async () => {
    const path = join(folder, "stop.log");
    const journal = createJournal(path);
    await journal.add({ id: "a", event: { body: "STOP" } });
    await journal.add({ id: "b", event: { body: "ARRÊT\n" } });
    expect(await createJournal(path).read()).toEqual([
      { id: "a", event: { body: "STOP" } },
      { id: "b", event: { body: "ARRÊT\n" } },
    ]);
  });

  it("forgets what the store has, however often it stands there", async () => {
    const path = join(folder, "stop.log");
    const journal = createJournal(path);
    await journal.add({ id: "a", event: 1 });
    await journal.add({ id: "b", event: 2 });
    await journal.add({ id: "a", event: 1 });
    await journal.remove("a");
    expect(await journal.read()).toEqual([{ id: "b", event: 2 }]);
    await journal.remove("b");
    expect(await readFile(path, "utf8")).toBe("");
  });

  it("keeps every entry of many written at once, beside removals", async () => {
    const path = join(folder, "stop.log");
    const journal = createJournal(path);
    await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        await journal.add({ id: String(n), event: n });
        if (n % 2 === 0) await journal.remove(String(n));
      }),
    );
    expect((await journal.read()).map(({ id }) => Number(id)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 25 }, (_, n) => n * 2 + 1),
    );
  });

  it("leaves out a last line that a crash cut off, and goes on behind it", async () => {
    const path = join(folder, "stop.log");
    await createJournal(path).add({ id: "a", event: 1 });
    await appendFile(path, '{"id":"b","eve');
    expect(await createJournal(path).read()).toEqual([{ id: "a", event: 1 }]);
    const journal = createJournal(path);
    await journal.add({ id: "c", event: 3 });
    expect((await journal.read()).map(({ id }) => id)).toEqual(["a", "c"]);
  });

  it("is empty where there is no file, and keeps nothing without a path", async () => {
    expect(await createJournal(join(folder, "none")).read()).toEqual([]);
    const nowhere = createJournal(undefined);
    await nowhere.add({ id: "a", event: 1 });
    expect(await nowhere.read()).toEqual([]);
  });
});
