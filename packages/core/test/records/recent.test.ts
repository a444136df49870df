import { describe, expect, it } from "vitest";
import { createMessages } from "../../src/records/messages.ts";
import { createRecent } from "../../src/records/recent.ts";
import { aRecord, createRecordsWorld } from "../support/records.ts";

describe("what was set last", () => {
  it("is remembered, as many as asked for, and at most twice as many", () => {
    const recent = createRecent<number>(10);
    for (let n = 0; n < 100; n += 1) {
      recent.set(`${n}`, n);
      for (let back = 0; back < Math.min(10, n + 1); back += 1)
        expect(recent.get(`${n - back}`)).toBe(n - back);
    }
    const left = Array.from({ length: 100 }, (_, n) => recent.get(`${n}`)).filter(
      (each) => each !== undefined,
    );
    expect(left.length).toBeLessThanOrEqual(20);
  });

  it("has the newest value of a key", () => {
    const recent = createRecent<string>(1);
    recent.set("a", "old");
    recent.set("b", "b");
    recent.set("a", "new");
    expect(recent.get("a")).toBe("new");
  });
});

describe("a record that was written here", () => {
  it("is not parsed again as long as the store says the same", async () => {
    const { store, keys, settings } = createRecordsWorld();
    const messages = createMessages(store, keys, settings);
    const { versioned } = await messages.create(aRecord());
    const written = await messages.replace(versioned, { ...versioned.record, status: "sent" });
    expect((await messages.get(versioned.record.sid))?.record).toBe(written?.record);
  });

  it("is what another process made of it since", async () => {
    const { store, keys, settings } = createRecordsWorld();
    const [here, there] = [createMessages(store, keys, settings), createMessages(store, keys, settings)];
    const { versioned } = await here.create(aRecord());
    const { sid } = versioned.record;
    await here.replace(versioned, { ...versioned.record, status: "sent" });
    await there.update(sid, (record) => ({ ...record, status: "delivered", providerSid: "SM1" }));
    expect((await here.get(sid))?.record).toMatchObject({ status: "delivered", providerSid: "SM1" });
    await there.remove(sid);
    expect(await here.get(sid)).toBeUndefined();
  });

  it("is read as it was stored before, fields in any order", async () => {
    const { store, keys, settings } = createRecordsWorld();
    const messages = createMessages(store, keys, settings);
    const record = aRecord({ status: "sending" });
    await store.set(keys.message(record.sid), JSON.stringify(record), 0);
    const current = await messages.get(record.sid);
    expect(current?.record).toEqual(record);
    const next = await messages.update(record.sid, (each) => ({ ...each, status: "sent" }));
    expect(next?.record).toEqual({ ...record, status: "sent" });
    expect((await messages.get(record.sid))?.record).toEqual({ ...record, status: "sent" });
  });
});
