import fc from "fast-check";
import { expect, it } from "vitest";
import { createManualClock } from "../../../../test/support/manual-clock.ts";
import { type Bucket, createExpiry, type Expiring } from "../../src/store/expiry.ts";

const WIDTH_MS = 1_000;

interface Ending {
  expires: number;
  bucket: Bucket | undefined;
}

it("hands over every item once, never early, and at most a width or a 32nd of its life late", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 1, max: 10_000_000 })), {
        maxLength: 60,
      }),
      async (lives) => {
        const clock = createManualClock(1_000_003);
        const late: number[] = [];
        const expiry = createExpiry<Expiring & { readonly life: number }>(clock, WIDTH_MS, (item) => {
          expect(clock.now()).toBeGreaterThanOrEqual(item.expires);
          late.push((clock.now() - item.expires) / Math.max(WIDTH_MS, item.life / 32));
          return true;
        });
        for (const [pause, life] of lives) {
          await clock.advance(pause);
          expiry.add({ expires: clock.now() + life, bucket: undefined, life });
        }
        await clock.advance(20_000_000);
        expect(late).toHaveLength(lives.length);
        expect(Math.max(0, ...late)).toBeLessThanOrEqual(1);
        expect(clock.pending).toBe(0);
      },
    ),
    { numRuns: 50 },
  );
});

it("hands over nothing that was removed", async () => {
  const clock = createManualClock(0);
  const ended: Expiring[] = [];
  const expiry = createExpiry(clock, WIDTH_MS, (item: Expiring) => ended.push(item) > 0);
  const [kept, removed] = [
    { expires: 500, bucket: undefined },
    { expires: 500, bucket: undefined },
  ];
  expiry.add(kept);
  expiry.add(removed);
  expiry.remove(removed);
  await clock.advance(10_000);
  expect(ended).toEqual([kept]);
  expect(ended[0]).toBe(kept);
});

it("sweeps more than one timer's share without waiting for another end", async () => {
  const clock = createManualClock(0);
  let ended = 0;
  const expiry = createExpiry(clock, WIDTH_MS, () => {
    ended += 1;
    return true;
  });
  for (let index = 0; index < 25_000; index += 1) expiry.add({ expires: 500, bucket: undefined });
  await clock.advance(1_000);
  expect(ended).toBe(25_000);
});

it("hands over an item whose end was changed once, by its last end, whatever was changed and removed before", async () => {
  const step = fc.record({
    item: fc.nat(3),
    // Most often the same life again, as when a record is replaced.
    life: fc.oneof(fc.constant(5_000), fc.constantFrom(0, 10, 2_000, 900_000), fc.constant(undefined)),
    pause: fc.constantFrom(0, 0, 0, 3, 1_500),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 400 }), async (steps) => {
      const clock = createManualClock(1_000_003);
      const ended: Expiring[] = [];
      const expiry = createExpiry<Ending>(clock, WIDTH_MS, (item, now) => {
        if (item.expires > now) return false;
        ended.push(item);
        return true;
      });
      const items = Array.from({ length: 4 }, (): Ending => ({ expires: 0, bucket: undefined }));
      const due = new Set<object>();
      for (const { item: index, life, pause } of steps) {
        await clock.advance(pause);
        for (const item of ended.splice(0)) expect(due.delete(item)).toBe(true);
        const item = items[index];
        if (item === undefined) continue;
        if (life === undefined) {
          expiry.remove(item);
          due.delete(item);
          continue;
        }
        item.expires = life === 0 ? 0 : clock.now() + life;
        expiry.add(item);
        if (life === 0) due.delete(item);
        else due.add(item);
        if (pause === 3) expiry.drain();
      }
      await clock.advance(2_000_000);
      for (const item of ended) expect(due.delete(item)).toBe(true);
      expect(due.size).toBe(0);
      expect(clock.pending).toBe(0);
    }),
    { numRuns: 100 },
  );
});

it("covers what ends in the bucket of an item, and hands the two over at once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(100_000), fc.nat(100_000), async (life, more) => {
      const clock = createManualClock(1_000_003);
      const ended: Expiring[] = [];
      const expiry = createExpiry<Ending>(clock, WIDTH_MS, (item) => ended.push(item) > 0);
      const first: Ending = { expires: clock.now() + 1 + life, bucket: undefined };
      const second: Ending = { expires: first.expires + more, bucket: undefined };
      expiry.add(first);
      const isCovered = expiry.covers(first, second.expires, clock.now());
      expiry.add(second);
      expect(first.bucket === second.bucket).toBe(isCovered);
      await clock.advance(1_000_000);
      expect(ended).toHaveLength(2);
    }),
    { numRuns: 200 },
  );
});
