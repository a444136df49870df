import { describe, expect, it } from "vitest";
import { createMisses } from "../../src/records/misses.ts";

function createWorld() {
  let now = 1_000_000;
  const misses = createMisses({ now: () => now, schedule: () => ({ cancel() {} }) });
  return {
    misses,
    turn(ms: number) {
      now += ms;
    },
    miss(address: string | undefined, times: number) {
      for (let n = 0; n < times; n++) misses.count(address);
    },
  };
}

describe("unknown links", () => {
  it("may be asked for 20 times, then once every 3 seconds", () => {
    const { misses, miss, turn } = createWorld();
    miss("192.0.2.1", 19);
    expect(misses.wait("192.0.2.1")).toBe(0);
    miss("192.0.2.1", 1);
    expect(misses.wait("192.0.2.1")).toBe(3_000);
    turn(3_000);
    expect(misses.wait("192.0.2.1")).toBe(0);
    miss("192.0.2.1", 1);
    expect(misses.wait("192.0.2.1")).toBe(3_000);
    turn(60_000);
    miss("192.0.2.1", 19);
    expect(misses.wait("192.0.2.1")).toBe(0);
  });

  it("are counted for each address, and for all that nobody knows together", () => {
    const { misses, miss } = createWorld();
    miss("192.0.2.1", 20);
    expect(misses.wait("192.0.2.2")).toBe(0);
    expect(misses.wait(undefined)).toBe(0);
    miss(undefined, 20);
    expect(misses.wait(undefined)).toBe(3_000);
  });

  it.each([
    ["2001:db8:1:2::1", "2001:DB8:1:2:ffff::9", true],
    ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
    ["2001:db8::1", "2001:db8:0:0:5::1", true],
    ["::ffff:192.0.2.1", "192.0.2.1", true],
    ["::ffff:192.0.2.1", "::ffff:192.0.2.2", false],
    ["::1", "::2", true],
  ])("of %s and %s are counted as one: %s", (one, other, together) => {
    const { misses, miss } = createWorld();
    miss(one, 20);
    expect(misses.wait(other) > 0).toBe(together);
  });

  it("are remembered of 10,000 addresses", () => {
    const { misses, miss } = createWorld();
    miss("192.0.2.1", 20);
    for (let n = 0; n < 9_999; n++) misses.count(`10.0.${n >> 8}.${n & 255}`);
    expect(misses.wait("192.0.2.1")).toBe(3_000);
    misses.count("192.0.2.2");
    expect(misses.wait("192.0.2.1")).toBe(0);
  });
});
