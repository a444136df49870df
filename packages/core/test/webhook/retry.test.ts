import { describe, expect, it } from "vitest";
import { createSequencer } from "../../src/webhook/retry.ts";

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe("createSequencer", () => {
  it("runs the tasks of one key in order, one at a time", async () => {
    const sequencer = createSequencer();
    const gate = deferred();
    const events: string[] = [];
    const first = sequencer.run("a", async () => {
      events.push("first begins");
      await gate.promise;
      events.push("first ends");
    });
    const second = sequencer.run("a", () => events.push("second"));
    await Promise.resolve();
    gate.resolve();
    await Promise.all([first, second]);
    expect(events).toEqual(["first begins", "first ends", "second"]);
  });

  it("runs other keys meanwhile", async () => {
    const sequencer = createSequencer();
    const gate = deferred();
    const stuck = sequencer.run("a", () => gate.promise);
    await expect(sequencer.run("b", () => "done")).resolves.toBe("done");
    gate.resolve();
    await stuck;
  });

  it("goes on after a task that failed, and tells only its caller", async () => {
    const sequencer = createSequencer();
    const failing = sequencer.run("a", () => {
      throw new Error("no");
    });
    const next = sequencer.run("a", () => 2);
    await expect(failing).rejects.toThrow("no");
    await expect(next).resolves.toBe(2);
  });

  it("forgets keys without unfinished tasks", async () => {
    const sequencer = createSequencer();
    const runs = [1, 2, 3].map((n) => sequencer.run(`key ${n}`, () => n));
    expect(sequencer.size).toBe(3);
    await Promise.all(runs);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sequencer.size).toBe(0);
  });

  it("keeps a key while a later task of it waits", async () => {
    const sequencer = createSequencer();
    const gate = deferred();
    await sequencer.run("a", () => 1);
    const later = sequencer.run("a", () => gate.promise);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sequencer.size).toBe(1);
    gate.resolve();
    await later;
  });
});
