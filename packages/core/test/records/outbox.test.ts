import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { createManualClock } from "../../../../test/support/manual-clock.ts";
import { createKeys } from "../../src/records/keys.ts";
import { isDead, SIGN_OF_LIFE } from "../../src/records/liveness.ts";
import { createOutbox, type Outbox } from "../../src/records/outbox.ts";
import { memoryStore } from "../../src/store/memory.ts";

const HEARTBEAT_MS = 1_000;

/** Processes that share a store, by name. */
function createFleet() {
  const clock = createManualClock();
  const store = memoryStore({ clock });
  const keys = createKeys("AC1", "default");
  const join = (owner: string): Outbox =>
    createOutbox({ store, keys, owner, heartbeatMs: HEARTBEAT_MS, now: clock.now });
  return { clock, store, keys, join };
}

async function leftBy(outbox: Outbox, owner: string): Promise<string[]> {
  const sids: string[] = [];
  for await (const page of outbox.left(owner)) sids.push(...page);
  return sids;
}

describe("a process without a sign of life", () => {
  it("is found with what it left, once three beats are missing", async () => {
    const { clock, join } = createFleet();
    const [one, two] = [join("one"), join("two")];
    await one.add("SM1");
    await one.add("SM2");
    one.done("SM1");
    await one.checkpoint();
    await clock.advance(2.9 * HEARTBEAT_MS);
    expect(await two.abandoned()).toEqual([]);
    await clock.advance(0.2 * HEARTBEAT_MS);
    expect(await two.abandoned()).toEqual(["one"]);
    expect(await leftBy(two, "one")).toEqual(["SM2"]);
  });

  it("is taken over by one, and by another when that one dies over it", async () => {
    const { clock, join } = createFleet();
    const [one, two, three] = [join("one"), join("two"), join("three")];
    await one.add("SM1");
    await clock.advance(4 * HEARTBEAT_MS);
    expect(await two.takeOver("one")).toBe(true);
    expect(await two.takeOver("one")).toBe(true);
    expect(await three.takeOver("one")).toBe(false);
    await clock.advance(4 * HEARTBEAT_MS);
    expect(await three.takeOver("one")).toBe(true);
  });

  it("is found however long it lived", async () => {
    const { clock, join } = createFleet();
    const [one, two] = [join("one"), join("two")];
    await one.add("SM1");
    for (let day = 0; day < 90; day += 1) {
      await clock.advance(86_400_000);
      await one.checkpoint();
    }
    await clock.advance(4 * HEARTBEAT_MS);
    expect(await two.abandoned()).toContain("one");
  });

  it("is looked for no more once it is settled", async () => {
    const { clock, join } = createFleet();
    const [one, two] = [join("one"), join("two")];
    await one.add("SM1");
    await clock.advance(4 * HEARTBEAT_MS);
    await two.settled("one");
    expect(await two.abandoned()).toEqual([]);
  });

  it("that was only held up is looked after again: when it beats, when it accepts, or at once", async () => {
    for (const wake of [(one: Outbox) => one.checkpoint(), (one: Outbox) => one.add("SM2")]) {
      const { clock, join } = createFleet();
      const [one, two] = [join("one"), join("two")];
      await one.add("SM1");
      await clock.advance(4 * HEARTBEAT_MS);
      await two.settled("one");
      await wake(one);
      await clock.advance(4 * HEARTBEAT_MS);
      expect(await two.abandoned()).toEqual(["one"]);
    }
    const { clock, join } = createFleet();
    const [one, two] = [join("one"), join("two")];
    await one.add("SM1");
    await clock.advance(4 * HEARTBEAT_MS);
    await one.checkpoint();
    await two.settled("one");
    await clock.advance(4 * HEARTBEAT_MS);
    expect(await two.abandoned()).toEqual(["one"]);
  });
});

describe("a store that was away longer than signs of life last", () => {
  it("gives every process three beats to say that it lives, before another takes what it has", async () => {
    const { clock, join } = createFleet();
    const [one, two, three] = [join("one"), join("two"), join("three")];
    await Promise.all([one.add("SM1"), two.add("SM2"), three.add("SM3")]);
    await clock.advance(4 * HEARTBEAT_MS);
    expect(await one.abandoned(), "before its own sign").toEqual([]);
    await one.checkpoint();
    expect(await one.abandoned(), "right after it").toEqual([]);
    await clock.advance(HEARTBEAT_MS);
    await Promise.all([one.checkpoint(), two.checkpoint()]);
    for (let beat = 0; beat < 3; beat += 1) {
      await clock.advance(HEARTBEAT_MS);
      await Promise.all([one.checkpoint(), two.checkpoint()]);
    }
    expect(await one.abandoned()).toEqual(["three"]);
  });

  it("keeps nobody from what a process that ended on this machine left", async () => {
    const { clock, store, keys, join } = createFleet();
    const [one, two] = [join("one"), join("two")];
    await Promise.all([one.add("SM1"), two.add("SM2")]);
    await clock.advance(4 * HEARTBEAT_MS);
    await one.checkpoint();
    const { pid } = spawnSync(process.execPath, ["--version"]);
    await store.set(keys.owner("two"), JSON.stringify({ ...JSON.parse(SIGN_OF_LIFE), pid }), 0);
    expect(await one.abandoned()).toEqual(["two"]);
  });
});

describe("the log of a process", () => {
  it("keeps a line whose answer is late, though those written after it are done", async () => {
    const { clock, store, keys, join } = createFleet();
    let answer = (): void => {};
    const slow = {
      ...store,
      append: async (...args: Parameters<typeof store.append>) => {
        const cursor = await store.append(...args);
        if (args[1] === "SM1")
          await new Promise<void>((resolve) => {
            answer = resolve;
          });
        return cursor;
      },
    };
    const one = createOutbox({ store: slow, keys, owner: "one", heartbeatMs: HEARTBEAT_MS, now: clock.now });
    await one.open();
    const adding = one.add("SM1");
    await one.add("SM2");
    one.done("SM2");
    await one.checkpoint();
    expect(await leftBy(join("two"), "one")).toContain("SM1");
    answer();
    await adding;
    one.done("SM1");
    await one.checkpoint();
    expect(await leftBy(join("two"), "one")).toEqual([]);
  });

  it("is cut below the first that is not done, and no line is lost while it moves", async () => {
    const { join } = createFleet();
    const [one, two] = [join("one"), join("two")];
    await one.open();
    const sids = Array.from({ length: 3_000 }, (_, n) => `SM${n}`);
    for (const sid of sids) await one.add(sid);
    for (const sid of sids.slice(0, 1_500)) one.done(sid);
    await one.checkpoint();
    const left = await leftBy(two, "one");
    expect(new Set(left)).toEqual(new Set(sids.slice(1_500)));
    // The first stood before more than a thousand others: it went to the end.
    expect(left.at(-1)).toBe("SM1500");
    for (const sid of sids.slice(1_501)) one.done(sid);
    await one.checkpoint();
    expect(await leftBy(two, "one")).toContain("SM1500");
    one.done("SM1500");
    await one.checkpoint();
    expect(await leftBy(two, "one")).toEqual([]);
  });
});

describe("a line that is moved", () => {
  it("is gone with its message, should that be done meanwhile", async () => {
    const { clock, store, keys, join } = createFleet();
    let whileMoved = (): void => {};
    const watched = {
      ...store,
      append: async (...args: Parameters<typeof store.append>) => {
        whileMoved();
        return store.append(...args);
      },
    };
    const one = createOutbox({
      store: watched,
      keys,
      owner: "one",
      heartbeatMs: HEARTBEAT_MS,
      now: clock.now,
    });
    await one.open();
    const sids = Array.from({ length: 1_100 }, (_, n) => `SM${n}`);
    for (const sid of sids) await one.add(sid);
    whileMoved = () => one.done("SM0");
    await one.checkpoint();
    expect(one.has("SM0")).toBe(false);
    for (const sid of sids) one.done(sid);
    await one.checkpoint();
    expect(await leftBy(join("two"), "one")).toEqual([]);
  });
});

describe("a process that leaves", () => {
  it("takes nothing more, and is not done while a line is on its way to the store", async () => {
    const { clock, store, keys, join } = createFleet();
    let release = (): void => {};
    const slow = {
      ...store,
      append: async (...args: Parameters<typeof store.append>) => {
        if (args[1] === "SM1")
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        return store.append(...args);
      },
    };
    const one = createOutbox({ store: slow, keys, owner: "one", heartbeatMs: HEARTBEAT_MS, now: clock.now });
    const two = join("two");
    await one.open();
    const adding = one.add("SM1");
    await one.close();
    expect(() => one.add("SM2")).toThrow(expect.objectContaining({ code: "SERVICE_CLOSED" }));
    release();
    await adding;
    expect(await two.abandoned()).toEqual(["one"]);
    expect(await leftBy(two, "one")).toEqual(["SM1"]);
  });
});

describe("a sign of life", () => {
  it("of this process is one", () => {
    expect(isDead(SIGN_OF_LIFE)).toBe(false);
  });

  it("of a process of this machine that has ended is none", () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    expect(isDead(JSON.stringify({ ...JSON.parse(SIGN_OF_LIFE), pid }))).toBe(true);
  });

  it("from elsewhere counts until it expires", () => {
    const { pid } = spawnSync(process.execPath, ["--version"]);
    expect(isDead(JSON.stringify({ place: "elsewhere", pid }))).toBe(false);
    expect(isDead(undefined)).toBe(true);
  });
});
