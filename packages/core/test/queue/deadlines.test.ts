import { describe, expect, it } from "vitest";
import { createManualClock } from "../../../../test/support/manual-clock.ts";
import { createDeadlines } from "../../src/queue/deadlines.ts";

function item(name: string): { name: string; rank: number; place: number } {
  return { name, rank: 0, place: -1 };
}

describe("createDeadlines", () => {
  it("calls with each item at its time, the earliest first, and once", async () => {
    const clock = createManualClock();
    const start = clock.now();
    const due: string[] = [];
    const deadlines = createDeadlines<ReturnType<typeof item>>(clock, ({ name }) =>
      due.push(`${name} ${clock.now() - start}`),
    );
    deadlines.set(item("late"), start + 300);
    deadlines.set(item("early"), start + 100);
    deadlines.set(item("past"), start - 5);
    const moved = item("moved");
    deadlines.set(moved, start + 50);
    deadlines.set(moved, start + 200);
    await clock.advance(1_000);
    expect(due).toEqual(["past 0", "early 100", "moved 200", "late 300"]);
  });

  it("forgets what is removed, and keeps one timer for all", async () => {
    const clock = createManualClock();
    const due: string[] = [];
    const deadlines = createDeadlines<ReturnType<typeof item>>(clock, ({ name }) => due.push(name));
    const items = Array.from({ length: 100 }, (_, n) => item(`${n}`));
    for (const [n, each] of items.entries()) deadlines.set(each, clock.now() + 1_000 + n);
    for (const each of items.slice(0, 99)) deadlines.remove(each);
    await clock.advance(2_000);
    expect(due).toEqual(["99"]);
  });

  it("calls nobody once closed, also from within a call", async () => {
    const clock = createManualClock();
    const due: string[] = [];
    const deadlines = createDeadlines<ReturnType<typeof item>>(clock, ({ name }) => {
      due.push(name);
      deadlines.close();
    });
    deadlines.set(item("a"), clock.now() + 10);
    deadlines.set(item("b"), clock.now() + 20);
    await clock.advance(100);
    expect(due).toEqual(["a"]);
  });
});
