import { describe, expect, it } from "vitest";
import { createSticky } from "../../src/records/sticky.ts";
import { createRecordsWorld } from "../support/records.ts";

const DAY = 86_400_000;
const PERSON = "+14155550123";
const open = (days = 365) => {
  const world = createRecordsWorld({ stickyIdleDays: days });
  return { ...world, sticky: createSticky(world.store, world.keys, world.now, world.settings) };
};

describe("sticky mappings", () => {
  it("are claimed by one of many, and the others learn by whom", async () => {
    const { sticky } = open();
    const winners = await Promise.all(
      Array.from({ length: 20 }, (_, n) => sticky.claim("sms", PERSON, `member-${n}`, undefined)),
    );
    const claimed = winners.flatMap((winner, n) => (winner === undefined ? [`member-${n}`] : []));
    expect(claimed).toHaveLength(1);
    for (const winner of winners) if (winner !== undefined) expect(winner.membership).toBe(claimed[0]);
  });

  it("are claimed over exactly the stale one", async () => {
    const { sticky } = open();
    await sticky.claim("sms", PERSON, "a", undefined);
    const stale = await sticky.get("sms", PERSON);
    expect(await sticky.claim("sms", PERSON, "b", stale)).toBeUndefined();
    expect((await sticky.claim("sms", PERSON, "c", stale))?.membership).toBe("b");
  });

  it("are claimed although the stale one has expired", async () => {
    const { sticky, turn } = open(1);
    await sticky.claim("sms", PERSON, "a", undefined);
    const stale = await sticky.get("sms", PERSON);
    turn(2 * DAY);
    expect(await sticky.claim("sms", PERSON, "b", stale)).toBeUndefined();
    expect((await sticky.get("sms", PERSON))?.membership).toBe("b");
  });

  it("are of one channel each", async () => {
    const { sticky } = open();
    await sticky.claim("sms", PERSON, "a", undefined);
    expect(await sticky.get("whatsapp", PERSON)).toBeUndefined();
  });

  it("are released only by the membership they belong to", async () => {
    const { sticky } = open();
    await sticky.set("sms", PERSON, "a");
    await sticky.release("sms", PERSON, "b");
    expect((await sticky.get("sms", PERSON))?.membership).toBe("a");
    await sticky.release("sms", PERSON, "a");
    expect(await sticky.get("sms", PERSON)).toBeUndefined();
  });

  it("are renewed monthly at most, and stay in the list", async () => {
    const { sticky, turn } = open(60);
    await sticky.set("sms", PERSON, "a");
    for (let day = 0; day < 200; day += 10) {
      turn(10 * DAY);
      const mapping = await sticky.get("sms", PERSON);
      if (mapping === undefined) throw new Error(`The mapping was gone after ${day} days.`);
      await sticky.touch("sms", PERSON, mapping);
    }
    const { entries } = await sticky.page(undefined, 100);
    expect(entries).toMatchObject([{ channel: "sms", person: PERSON, mapping: { membership: "a" } }]);
  });
});
