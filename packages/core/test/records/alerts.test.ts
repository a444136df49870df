import { describe, expect, it } from "vitest";
import { type AlertRecord, createAlerts } from "../../src/records/alerts.ts";
import { deriveSid } from "../../src/sid.ts";
import { createRecordsWorld, type RecordsWorld } from "../support/records.ts";

const DAY = 86_400_000;

function anAlert({ now }: RecordsWorld, subject: string, change: Partial<AlertRecord> = {}): AlertRecord {
  return {
    sid: deriveSid("NO", subject),
    code: "WEBHOOK_FAILED",
    errorCode: 11200,
    level: "ERROR",
    message: subject,
    firstAt: now(),
    lastAt: now(),
    count: 1,
    subject,
    resourceSid: null,
    details: { n: 1 },
    ...change,
  };
}

describe("alerts", () => {
  it("are listed newest first, with their times, and end after 30 days", async () => {
    const world = createRecordsWorld();
    const alerts = createAlerts(world.store, world.keys);
    for (const subject of ["a", "b", "c"]) {
      await alerts.add([anAlert(world, subject)]);
      world.turn(1_000);
    }
    expect((await alerts.list(2)).map(({ subject }) => subject)).toEqual(["c", "b"]);
    const at = new Date(world.now() - 1_000);
    expect((await alerts.list())[0]).toEqual({
      sid: deriveSid("NO", "c"),
      code: "WEBHOOK_FAILED",
      errorCode: 11200,
      level: "ERROR",
      message: "c",
      at,
      firstAt: at,
      lastAt: at,
      count: 1,
      subject: "c",
      resourceSid: null,
      details: { n: 1 },
    });
    world.turn(30 * DAY - 1_001);
    expect(await alerts.list()).toHaveLength(1);
    world.turn(2);
    expect(await alerts.list()).toEqual([]);
  });

  it("of one SID add up, keep the first time and the latest words", async () => {
    const world = createRecordsWorld();
    const alerts = createAlerts(world.store, world.keys);
    const first = anAlert(world, "a", { count: 3 });
    expect(await alerts.add([first])).toMatchObject([{ before: 0, record: { count: 3 } }]);
    world.turn(60_000);
    const more = anAlert(world, "a", { count: 4, message: "later", resourceSid: "SM1" });
    expect(await alerts.add([more])).toMatchObject([{ before: 3, record: { count: 7 } }]);
    // Written late: it happened before.
    const late = anAlert(world, "a", { message: "earlier", firstAt: 1, lastAt: 1 });
    await alerts.add([late]);
    expect(await alerts.list()).toMatchObject([
      { count: 8, message: "later", resourceSid: "SM1", firstAt: new Date(1), lastAt: new Date(world.now()) },
    ]);
  });

  it("of two processes that write at once lose none, and are in the list once", async () => {
    const world = createRecordsWorld();
    const processes = [1, 2, 3, 4].map(() => createAlerts(world.store, world.keys));
    await Promise.all(processes.map((alerts) => alerts.add([anAlert(world, "a"), anAlert(world, "b")])));
    expect(await processes[0]?.list()).toMatchObject([{ count: 4 }, { count: 4 }]);
  });

  it("are found by level, code and time, in pages", async () => {
    const world = createRecordsWorld();
    const alerts = createAlerts(world.store, world.keys);
    const start = world.now();
    for (let n = 0; n < 25; n++) {
      const even = n % 2 === 0;
      await alerts.add([
        anAlert(world, String(n), even ? {} : { code: "STORE_RECOVERED", level: "WARNING", errorCode: null }),
      ]);
      world.turn(1_000);
    }
    expect(await alerts.list({ level: "ERROR" })).toHaveLength(13);
    expect(await alerts.list({ code: "STORE_RECOVERED" })).toHaveLength(12);
    const between = { after: new Date(start + 3_000), before: new Date(start + 6_000) };
    expect((await alerts.list(between)).map(({ subject }) => subject)).toEqual(["5", "4"]);

    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await alerts.list({ level: "ERROR", limit: 5, cursor: cursor ?? undefined });
      seen.push(...page.map(({ subject }) => subject));
      cursor = page.cursor;
    } while (cursor !== null);
    expect(seen).toEqual(Array.from({ length: 13 }, (_, n) => String(24 - n * 2)));
  });

  it("refuses a code and a level there is none of, naming the nearest, and a cursor that is none", async () => {
    const { store, keys } = createRecordsWorld();
    const alerts = createAlerts(store, keys);
    await expect(alerts.list({ code: "WEBHOOK_FAILS" as "WEBHOOK_FAILED" })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining("WEBHOOK_FAILED") as string,
    });
    await expect(alerts.list({ level: "error" as "ERROR" })).rejects.toMatchObject({
      code: "INVALID_OPTION",
    });
    await expect(alerts.list({ cursor: "yesterday" })).rejects.toMatchObject({ code: "INVALID_CURSOR" });
  });
});
