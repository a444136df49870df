import { describe, expect, it } from "vitest";
import { type Bagged, createBag, PassingMap } from "../src/passing.ts";

/** Numbers that look random and are the same each time. */
function* sequence(): Generator<number> {
  for (let state = 1; ; state = (state * 48_271) % 2_147_483_647) yield state;
}

describe("Bag", () => {
  const bagged = (): Bagged => ({ place: -1 });

  it("holds what was added and not removed", () => {
    const bag = createBag();
    const [a, b, c] = [bagged(), bagged(), bagged()];
    for (const item of [a, b, c]) bag.add(item);
    bag.remove(a);
    expect(new Set(bag.items())).toEqual(new Set([b, c]));
    bag.remove(c);
    bag.remove(b);
    expect(bag.items()).toEqual([]);
  });

  it("takes no notice of what is removed twice", () => {
    const bag = createBag();
    const [a, b] = [bagged(), bagged()];
    bag.add(a);
    bag.add(b);
    bag.remove(a);
    bag.remove(a);
    expect(bag.items()).toEqual([b]);
    bag.add(a);
    expect(bag.items()).toEqual([b, a]);
  });

  it("answers a copy", () => {
    const bag = createBag();
    const all = Array.from({ length: 10 }, bagged);
    for (const item of all) bag.add(item);
    for (const item of bag.items()) bag.remove(item);
    expect(bag.items()).toEqual([]);
  });
});

describe("PassingMap", () => {
  it.each([3, 40, 700, 3_000])("does what a Map does while %i keys come and go", (keys) => {
    const passing = new PassingMap<number, number>();
    const map = new Map<number, number>();
    let step = 0;
    for (const random of sequence()) {
      if (step++ === Math.min(keys * 20, 20_000)) break;
      const key = random % keys;
      if (random % 5 < 2) {
        passing.set(key, step);
        map.set(key, step);
      } else if (passing.delete(key) !== map.delete(key)) expect.fail(`${key} was there for one of them`);
      if (passing.get(key) !== map.get(key) || passing.has(key) !== map.has(key))
        expect.fail(`${key} differs`);
      if (step % keys === 0) expect(passing.keys()).toEqual([...map.keys()]);
    }
    expect(passing.size).toBe(map.size);
  });

  it("keeps a key whose value is undefined", () => {
    const passing = new PassingMap<string, undefined>();
    passing.set("a", undefined);
    for (let count = 0; count < 100; count++) {
      passing.set("b", undefined);
      passing.delete("b");
    }
    expect(passing.has("a")).toBe(true);
    expect(passing.keys()).toEqual(["a"]);
  });
});
