import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { measureStickyBytes, measureWaves, type Waves } from "../../bench/src/cost.ts";
import { startRedis } from "../support/redis.ts";

/** The most round trips each call may wait for; the first send of a process, which also registers it, is left out. */
const MOST: Waves = { stickyHit: 2, firstContact: 3, explain: 1, inbound: 2, stop: 4, deliver: 2 };

describe("on Redis", () => {
  let waves: Waves;

  beforeAll(async () => {
    const redis = await startRedis();
    try {
      waves = await measureWaves(redis.url);
    } finally {
      await redis.stop();
    }
  });

  it.each(Object.keys(MOST) as (keyof Waves)[])("%s waits for no more round trips than it may", (name) => {
    expect(waves[name]).toBeGreaterThan(0);
    expect(waves[name]).toBeLessThanOrEqual(MOST[name]);
  });

  it("keeps a sticky mapping in 64 bytes", async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const { value } = await measureStickyBytes(redis.url, 500);
    expect(value).toBeGreaterThan(0);
    expect(value).toBeLessThanOrEqual(64);
  });
});
