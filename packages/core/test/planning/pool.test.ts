import { describe, expect, test } from "vitest";
import { createSenderPool } from "../../src/planning/pool.ts";
import { planOn, poolOf, senderFor, senderOf } from "./fixtures.ts";

const US = ["+14155550101", "+14155550102", "+14155550103"] as const;
const to = "+14155550199";
const off = { stickySender: false };

test("refuses the same address twice, by DUPLICATE_SENDER", () => {
  const pool = poolOf(US[0]);
  expect(() => pool.add(senderOf(US[0]))).toThrow(expect.objectContaining({ code: "DUPLICATE_SENDER" }));
  expect(pool.size).toBe(1);
});

test("finds a sender by address and by membership until it is removed", () => {
  const pool = poolOf(...US);
  const sender = pool.get(US[1]);
  expect(pool.byMembership(`m:${US[1]}`)).toBe(sender);
  expect(pool.remove(US[1])).toBe(sender);
  expect(pool.get(US[1])).toBeUndefined();
  expect(pool.byMembership(`m:${US[1]}`)).toBeUndefined();
  expect(pool.remove(US[1])).toBeUndefined();
  expect(pool.list().map(({ id }) => id)).toEqual([US[0], US[2]]);
});

test("leaves no empty places behind", () => {
  const pool = poolOf("+447700900110");
  pool.remove("+447700900110");
  expect(pool.place("long-code")).toBeUndefined();
});

test("starts a sender that comes back without load", () => {
  const pool = poolOf(US[0]);
  pool.addMapping(US[0], 5);
  pool.remove(US[0]);
  pool.add(senderOf(US[0]));
  expect(pool.load(US[0])).toEqual({ busy: false, mappings: 0, lastUsed: 0 });
});

test("never counts fewer than no mappings, and ignores the load of strangers", () => {
  const pool = poolOf(US[0]);
  pool.addMapping(US[0], -3);
  pool.setBusy("+15005550006", true);
  expect(pool.load(US[0])?.mappings).toBe(0);
  expect(pool.load("+15005550006")).toBeUndefined();
});

describe("the scaler", () => {
  test("prefers an idle sender to a busy one with fewer mappings", () => {
    const pool = poolOf(...US);
    pool.setBusy(US[0], true);
    pool.setBusy(US[1], true);
    pool.addMapping(US[2], 1000);
    expect(senderFor(pool, { to })).toBe(US[2]);
  });

  test("prefers the fewest mappings when sticky sender is on", () => {
    const pool = poolOf(...US);
    pool.addMapping(US[0], 2);
    pool.addMapping(US[1], 1);
    pool.addMapping(US[2], 2);
    pool.touch(US[1], 99);
    expect(senderFor(pool, { to })).toBe(US[1]);
  });

  test("prefers the one not used for longest when sticky sender is off", () => {
    const pool = poolOf(...US);
    pool.touch(US[2], 10);
    pool.touch(US[1], 20);
    pool.touch(US[0], 30);
    pool.addMapping(US[2], 9);
    expect(senderFor(pool, { to, settings: off })).toBe(US[2]);
  });

  test("takes the lightest busy sender when all are busy", () => {
    const pool = poolOf(...US);
    for (const id of US) pool.setBusy(id, true);
    pool.addMapping(US[0], 1);
    pool.addMapping(US[1], 1);
    expect(senderFor(pool, { to })).toBe(US[2]);
  });

  test("chooses among equals by the recipient: the same one each time, and every one for someone", () => {
    const pool = poolOf(...US);
    const chosen = Array.from({ length: 200 }, (_, n) => senderFor(pool, { to: `+1415555${1000 + n}` }));
    const again = Array.from({ length: 200 }, (_, n) => senderFor(pool, { to: `+1415555${1000 + n}` }));
    expect(again).toEqual(chosen);
    expect([...new Set(chosen)].sort()).toEqual([...US]);
  });

  test("spreads 100,000 recipients over 50 equal senders within 2 % of the mean", () => {
    const ids = Array.from({ length: 50 }, (_, n) => `+1415555${String(n).padStart(4, "0")}`);
    const pool = createSenderPool(ids.map(senderOf));
    for (let n = 0; n < 100_000; n += 1) {
      const recipient = `+1212${(n * 7_919 + 2_000_000) % 10_000_000}`.padEnd(12, "0");
      const { decision } = planOn(pool, { to: recipient });
      pool.addMapping(decision?.sender.id ?? "nobody", 1);
    }
    const counts = ids.map((id) => pool.load(id)?.mappings ?? 0);
    expect(counts.reduce((sum, count) => sum + count)).toBe(100_000);
    expect(Math.max(...counts) / 2_000).toBeLessThanOrEqual(1.02);
  });
});

describe("one sender ID for several countries", () => {
  const pool = poolOf(
    { senderId: "ACME" },
    { senderId: "ACME", country: "FR" },
    { senderId: "ACME", country: "DE" },
  );

  test("is found by country, by key, and by address as the one for every country", () => {
    expect(pool.get("ACME", "FR")?.country).toBe("FR");
    expect(pool.get("ACME/DE")?.country).toBe("DE");
    expect(pool.get("ACME", "GB")?.country).toBeUndefined();
    expect(pool.get("ACME")?.country).toBeUndefined();
  });

  test("is refused twice for one country", () => {
    expect(() => pool.add(senderOf({ senderId: "ACME", country: "FR" }))).toThrow(
      expect.objectContaining({ code: "DUPLICATE_SENDER" }),
    );
  });

  test("shares its load, for it has one lane", () => {
    pool.setBusy("ACME", true);
    expect(pool.load("ACME/FR")?.busy).toBe(true);
    expect(pool.load("ACME/DE")?.busy).toBe(true);
  });

  test("leaves one by one, and by address only when a single one is left", () => {
    expect(pool.remove("ACME/FR")?.country).toBe("FR");
    expect(pool.remove("ACME")?.country).toBeUndefined();
    expect(pool.list().map(({ country }) => country)).toEqual(["DE"]);
    expect(pool.remove("ACME")?.country).toBe("DE");
    expect(pool.size).toBe(0);
  });
});

test("tells apart who took a message at one time: the last comes last", () => {
  const pool = poolOf(...US);
  for (const id of US) pool.touch(id, 1_000);
  const used = US.map((id) => pool.load(id)?.lastUsed ?? 0);
  expect([...used].sort((a, b) => a - b)).toEqual(used);
  expect(new Set(used).size).toBe(3);
});
