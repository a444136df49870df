import fc from "fast-check";
import { expect, it } from "vitest";
import { createMutex } from "../../src/store/mutex.ts";

it("lets no two holders of a key run at once, serves each key in turn, and never locks up", async () => {
  const keys = fc.array(fc.constantFrom<string>("a", "b", "c", "d"), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(keys, fc.nat(3), fc.boolean()), { maxLength: 30 }), async (calls) => {
      const locked = createMutex();
      const holders = new Set<string>();
      const served: Record<string, number[]> = { a: [], b: [], c: [], d: [] };
      await Promise.allSettled(
        calls.map(([wanted, turns, fails], index) =>
          locked(wanted, async () => {
            for (const key of new Set(wanted)) {
              expect(holders.has(key)).toBe(false);
              holders.add(key);
              served[key]?.push(index);
            }
            for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
            for (const key of wanted) holders.delete(key);
            if (fails) throw new Error("of the holder's own");
          }),
        ),
      );
      for (const [key, order] of Object.entries(served)) {
        const wanting = calls.flatMap(([wanted], index) => (wanted.includes(key) ? [index] : []));
        expect(order).toEqual(wanting);
      }
    }),
  );
});

it("hands on the answer and the failure of its holder", async () => {
  const locked = createMutex();
  expect(await locked(["a"], async () => 1)).toBe(1);
  await expect(locked(["a"], async () => Promise.reject(new Error("x")))).rejects.toThrow("x");
  expect(await locked(["a"], async () => 2)).toBe(2);
});
