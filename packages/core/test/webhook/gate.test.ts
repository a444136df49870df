import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGate } from "../../src/webhook/gate.ts";

/** Enters as often as asked and answers who got in by now. */
async function enterAll(gate: ReturnType<typeof createGate>, lanes: readonly string[]) {
  const entered: { lane: string; leave: () => void }[] = [];
  const refused: string[] = [];
  for (const lane of lanes)
    gate.enter(lane).then(
      (leave) => (leave === undefined ? refused.push(lane) : entered.push({ lane, leave })),
      () => {},
    );
  await settled();
  return { entered, refused };
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("createGate", () => {
  it("admits no more than maxPerLane on one lane", async () => {
    const gate = createGate({ maxConcurrent: 100, maxPerLane: 3, maxWaiting: 10 });
    const { entered } = await enterAll(gate, Array(5).fill("a"));
    expect(entered).toHaveLength(3);
  });

  it("leaves one lane half of the places, and two lanes two thirds", async () => {
    const gate = createGate({ maxConcurrent: 12, maxPerLane: 12, maxWaiting: 100 });
    const one = await enterAll(gate, Array(20).fill("a"));
    expect(one.entered).toHaveLength(6);
    const two = await enterAll(gate, Array(20).fill("b"));
    expect(two.entered).toHaveLength(3);
    expect((await enterAll(gate, ["c"])).entered).toHaveLength(1);
  });

  it("serves those who wait in order", async () => {
    const gate = createGate({ maxConcurrent: 2, maxPerLane: 1, maxWaiting: 1_000 });
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        if (index > 100) return;
        const leave = await gate.enter("a");
        order.push(index);
        leave?.();
      }),
    );
    expect(order).toEqual(Array.from({ length: 101 }, (_, index) => index));
  });

  it("serves waiting lanes in turn", async () => {
    const gate = createGate({ maxConcurrent: 2, maxPerLane: 1, maxWaiting: 100 });
    const { entered } = await enterAll(gate, ["x", "y", "a", "a", "b", "b", "c"]);
    for (let index = 0; index < entered.length; index++) {
      entered[index]?.leave();
      await settled();
    }
    expect(entered.map(({ lane }) => lane).slice(0, 5)).toEqual(["x", "y", "a", "b", "c"]);
    expect(entered).toHaveLength(7);
  });

  it("refuses more than maxWaiting", async () => {
    const gate = createGate({ maxConcurrent: 2, maxPerLane: 1, maxWaiting: 2 });
    const { entered, refused } = await enterAll(gate, ["a", "a", "a", "a", "b", "c"]);
    expect(entered.map(({ lane }) => lane)).toEqual(["a", "b"]);
    expect(refused).toEqual(["a", "a"]);
  });

  it("keeps places to wait for lanes that nobody used yet", async () => {
    const gate = createGate({ maxConcurrent: 1, maxPerLane: 1, maxWaiting: 8 });
    await enterAll(gate, ["x"]);
    expect((await enterAll(gate, Array(20).fill("a"))).refused).toHaveLength(16);
    expect((await enterAll(gate, Array(20).fill("b"))).refused).toHaveLength(18);
    expect((await enterAll(gate, ["c"])).refused).toEqual([]);
  });

  it("gives a place back once, however often it is left", async () => {
    const gate = createGate({ maxConcurrent: 4, maxPerLane: 1, maxWaiting: 9 });
    const { entered } = await enterAll(gate, ["a", "b"]);
    entered[0]?.leave();
    entered[0]?.leave();
    expect(gate.active).toBe(1);
  });

  it("rejects those who wait, and those who come, once closed", async () => {
    const gate = createGate({ maxConcurrent: 1, maxPerLane: 1, maxWaiting: 9 });
    await gate.enter("a");
    const waiting = gate.enter("a");
    gate.close(new Error("closed"));
    await expect(waiting).rejects.toThrow("closed");
    await expect(gate.enter("b")).rejects.toThrow("closed");
  });

  it("lets everybody through in the end and never passes a limit", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.nat(3)), { maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        async (calls, maxConcurrent, maxPerLane) => {
          const gate = createGate({ maxConcurrent, maxPerLane, maxWaiting: 1_000 });
          const perLane = new Map<string, number>();
          await Promise.all(
            calls.map(async ([lane, turns]) => {
              const leave = await gate.enter(lane);
              const now = (perLane.get(lane) ?? 0) + 1;
              perLane.set(lane, now);
              expect(now).toBeLessThanOrEqual(maxPerLane);
              expect(gate.active).toBeLessThanOrEqual(maxConcurrent);
              for (let turn = 0; turn < turns; turn++) await Promise.resolve();
              perLane.set(lane, (perLane.get(lane) ?? 0) - 1);
              leave?.();
            }),
          );
          expect(gate.active).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });
});
