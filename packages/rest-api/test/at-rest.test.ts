import { describe, expect, it } from "vitest";
import { ask, createRestWorld } from "./support/api.ts";

describe("many services", () => {
  it("cost no timer and no memory once they rest", async () => {
    let timers = 0;
    const world = createRestWorld();
    const { schedule } = world.clock;
    const counted = createRestWorld({
      clock: {
        ...world.clock,
        schedule(callback: () => void, ms: number) {
          timers += 1;
          const timer = schedule(() => {
            timers -= 1;
            callback();
          }, ms);
          let gone = false;
          return {
            cancel() {
              if (!gone) timers -= 1;
              gone = true;
              timer.cancel();
            },
          };
        },
      } as never,
    });
    const { api } = counted;
    const made: string[] = [];
    for (let n = 0; n < 200; n++)
      made.push((await ask(api, "POST", "/v1/Services", { FriendlyName: `S${n}` })).json.sid);
    const atRest = timers;
    for (const sid of made) await ask(api, "GET", `/v1/Services/${sid}/StickyMappings`);
    expect(timers).toBeGreaterThan(atRest + 400);
    await world.clock.advance(120_000);
    expect(timers).toBeLessThanOrEqual(atRest + 5);
  });
});
