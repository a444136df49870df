import fc from "fast-check";
import { expect, it } from "vitest";
import { createManualClock } from "../../../../test/support/manual-clock.ts";
import { createExpiry, type Expiring } from "../../src/store/expiry.ts";

const WIDTH_MS = 1_000;

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
        });
        for (const [pause, life] of lives) {
          await clock.advance(pause);
          expiry.add({ expires: clock.now() + life, bucket: 0, life });
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
  const expiry = createExpiry(clock, WIDTH_MS, (item: Expiring) => ended.push(item));
  const [kept, removed] = [
    { expires: 500, bucket: 0 },
    { expires: 500, bucket: 0 },
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
  });
  for (let index = 0; index < 25_000; index += 1) expiry.add({ expires: 500, bucket: 0 });
  await clock.advance(1_000);
  expect(ended).toBe(25_000);
});
