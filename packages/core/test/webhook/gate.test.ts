import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGate } from "../../src/webhook/gate.ts";

/** Enters as often as asked and answers who got in by now. */
async function enterAll(gate: ReturnType<typeof createGate>, hosts: readonly string[]) {
  const entered: { host: string; leave: () => void }[] = [];
  const refused: string[] = [];
  for (const host of hosts)
    gate.enter(host).then(
      (leave) => (leave === undefined ? refused.push(host) : entered.push({ host, leave })),
      () => {},
    );
  await settled();
  return { entered, refused };
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("createGate", () => {
  it("admits no more than maxPerHost to one host", async () => {
    const gate = createGate({ maxConcurrent: 100, maxPerHost: 3, maxWaiting: 10 });
    const { entered } = await enterAll(gate, Array(5).fill("a"));
    expect(entered).toHaveLength(3);
  });

  it("leaves one host half of the places, and two hosts two thirds", async () => {
    const gate = createGate({ maxConcurrent: 12, maxPerHost: 12, maxWaiting: 100 });
    const one = await enterAll(gate, Array(20).fill("a"));
    expect(one.entered).toHaveLength(6);
    const two = await enterAll(gate, Array(20).fill("b"));
    expect(two.entered).toHaveLength(3);
    expect((await enterAll(gate, ["c"])).entered).toHaveLength(1);
  });

  it("serves those who wait in order", async () => {
    const gate = createGate({ maxConcurrent: 2, maxPerHost: 1, maxWaiting: 100 });
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

  it("serves waiting hosts in turn", async () => {
    const gate = createGate({ maxConcurrent: 2, maxPerHost: 1, maxWaiting: 100 });
    const { entered } = await enterAll(gate, ["x", "y", "a", "a", "b", "b", "c"]);
    for (let index = 0; index < entered.length; index++) {
      entered[index]?.leave();
      await settled();
    }
    expect(entered.map(({ host }) => host).slice(0, 5)).toEqual(["x", "y", "a", "b", "c"]);
    expect(entered).toHaveLength(7);
  });

  it("refuses more than maxWaiting", async () => {
    const gate = createGate({ maxConcurrent: 2, maxPerHost: 1, maxWaiting: 2 });
    const { entered, refused } = await enterAll(gate, ["a", "a", "a", "a", "b", "c"]);
    expect(entered.map(({ host }) => host)).toEqual(["a", "b"]);
    expect(refused).toEqual(["a", "c"]);
  });

  it("gives a place back once, however often it is left", async () => {
    const gate = createGate({ maxConcurrent: 4, maxPerHost: 1, maxWaiting: 9 });
    const { entered } = await enterAll(gate, ["a", "b"]);
    entered[0]?.leave();
    entered[0]?.leave();
    expect(gate.active).toBe(1);
  });

  it("rejects those who wait, and those who come, once closed", async () => {
    const gate = createGate({ maxConcurrent: 1, maxPerHost: 1, maxWaiting: 9 });
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
        async (calls, maxConcurrent, maxPerHost) => {
          const gate = createGate({ maxConcurrent, maxPerHost, maxWaiting: 100 });
          const perHost = new Map<string, number>();
          await Promise.all(
            calls.map(async ([host, turns]) => {
              const leave = await gate.enter(host);
              const now = (perHost.get(host) ?? 0) + 1;
              perHost.set(host, now);
              expect(now).toBeLessThanOrEqual(maxPerHost);
              expect(gate.active).toBeLessThanOrEqual(maxConcurrent);
              for (let turn = 0; turn < turns; turn++) await Promise.resolve();
              perHost.set(host, (perHost.get(host) ?? 0) - 1);
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
