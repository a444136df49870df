import { describe, expect, it } from "vitest";
import { createManualClock } from "../../../../test/support/manual-clock.ts";
import { createKept } from "../../src/queue/kept.ts";

describe("what is kept", () => {
  it("is there until its own time, or until it is deleted or replaced", async () => {
    const clock = createManualClock();
    const kept = createKept<string>(clock);
    const at = clock.now();
    kept.set("a", "first", at + 100);
    kept.set("b", "short", at + 50);
    kept.set("c", "deleted", at + 100);
    kept.delete("c");
    kept.set("a", "second", at + 200);
    const all = () => ["a", "b", "c"].map(kept.get);
    expect(all()).toEqual(["second", "short", undefined]);
    await clock.advance(150);
    expect(all()).toEqual(["second", undefined, undefined]);
    await clock.advance(50);
    expect(all()).toEqual([undefined, undefined, undefined]);
  });
});
