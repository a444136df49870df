import { describe, expect, it } from "vitest";
import { createMessages } from "../../src/records/messages.ts";
import { aRecord, createRecordsWorld } from "../support/records.ts";

describe("the repository of messages", () => {
  it("gives a record to the first of two exclusive writers, and that record to the second", async () => {
    const { store, keys, settings } = createRecordsWorld();
    const messages = createMessages(store, keys, settings);
    const record = aRecord();
    const [first, second] = await Promise.all([
      messages.create(record, { exclusive: true }),
      messages.create({ ...record, body: "y" }, { exclusive: true }),
    ]);
    expect(first.earlier).toBeUndefined();
    expect(second.earlier).toEqual(record);
    expect(await messages.page(undefined, 10)).toHaveLength(1);
  });

  it("replaces only what the writer has seen", async () => {
    const { store, keys, settings } = createRecordsWorld();
    const messages = createMessages(store, keys, settings);
    const { versioned } = await messages.create(aRecord());
    const next = await messages.replace(versioned, { ...versioned.record, body: "1" });
    expect(next?.record.body).toBe("1");
    expect(await messages.replace(versioned, { ...versioned.record, body: "2" })).toBeUndefined();
    expect((await messages.get(versioned.record.sid))?.record.body).toBe("1");
  });

  it("loses none of fifty updates at once", async () => {
    const { store, keys, settings } = createRecordsWorld();
    const messages = createMessages(store, keys, settings);
    const { versioned } = await messages.create(aRecord());
    await Promise.all(
      Array.from({ length: 50 }, () =>
        messages.update(versioned, (record) => ({ ...record, sequence: record.sequence + 1 })),
      ),
    );
    expect((await messages.get(versioned.record.sid))?.record.sequence).toBe(50);
  });

  it("leaves alone what a change declines, and what is gone", async () => {
    const { store, keys, settings } = createRecordsWorld();
    const messages = createMessages(store, keys, settings);
    const { versioned } = await messages.create(aRecord());
    expect(await messages.update(versioned, () => undefined)).toBeUndefined();
    await messages.remove(versioned.record.sid);
    expect(await messages.update(versioned, (record) => ({ ...record, body: "y" }))).toBeUndefined();
    expect(await messages.get(versioned.record.sid)).toBeUndefined();
  });

  it("forgets finished messages after retention, and unfinished ones never", async () => {
    const { store, keys, settings, turn } = createRecordsWorld({ retention: 60 });
    const messages = createMessages(store, keys, settings);
    const open = await messages.create(aRecord());
    const closing = await messages.create(aRecord());
    turn(1_000_000_000);
    await messages.update(closing.versioned, (record) => ({ ...record, status: "delivered" }));
    turn(59_000);
    expect(await messages.get(closing.versioned.record.sid)).toBeDefined();
    turn(2_000);
    expect(await messages.get(closing.versioned.record.sid)).toBeUndefined();
    expect(await messages.get(open.versioned.record.sid)).toBeDefined();
  });

  it("answers for as many as it is asked, in order", async () => {
    const { store, keys, settings } = createRecordsWorld();
    const messages = createMessages(store, keys, settings);
    const { versioned } = await messages.create(aRecord());
    const { sid } = versioned.record;
    expect((await messages.getMany(["SMx", sid, "SMy"])).map((each) => each?.sid)).toEqual([
      undefined,
      sid,
      undefined,
    ]);
    expect(await messages.getMany([])).toEqual([]);
  });
});
