import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore } from "@messaging-service/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFaultyStore } from "../support/faulty-store.ts";
import { createWorld, PHONE, SENDER } from "../support/world.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "journal-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("a STOP that the store did not take", () => {
  it("stands in the journal, binds the next process before the store answers, and is written when it does", async () => {
    const journal = join(folder, "stop.log");
    const inner = memoryStore();
    const down = createFaultyStore(inner);
    const first = createWorld({ store: down, journal });
    down.break(() => true);
    expect((await first.carrier.handset(PHONE).text(SENDER, "STOP")).status).toBe(503);
    expect(await readFile(journal, "utf8")).toContain('"STOP"');

    // The process ends without the store; the next one begins while reads work and writes still fail.
    const store = createFaultyStore(inner);
    store.break((call) => call === "setIfAbsent" || call === "compareAndSet");
    const second = createWorld({ store, journal });
    await second.service.ready();
    await expect(second.service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "OPTED_OUT" });
    expect((await second.service.consent.get(PHONE)).status).toBe("opted-out");

    store.heal();
    await second.clock.advance(60_000);
    // The file takes the time that the disk takes, whatever the clock says.
    await expect.poll(() => readFile(journal, "utf8"), { timeout: 10_000 }).toBe("");
    const third = createWorld({ store: inner });
    expect((await third.service.consent.get(PHONE)).status).toBe("opted-out");
    expect(second.carrier.messages.filter(({ body }) => body === "x")).toEqual([]);
  });
});
