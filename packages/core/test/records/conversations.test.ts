import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  awake,
  type ConversationRecord,
  inState,
  newConversation,
  settled,
  stateAt,
  withMessage,
} from "../../src/records/conversation-record.ts";
import { createConversationRecords } from "../../src/records/conversations.ts";
import { createDueSlots } from "../../src/records/due-slots.ts";
import { createSid } from "../../src/sid.ts";
import { createRecordsWorld } from "../support/records.ts";

const PERSON = "+14155550123";
const SENDER = "+14155550100";
const PAIR = { address: PERSON, person: PERSON, sender: SENDER, channel: "sms" } as const;
const DAY = 86_400_000;

function open() {
  const world = createRecordsWorld();
  const slots = createDueSlots(world.store, world.keys, world.now);
  const records = createConversationRecords({ ...world, slots });
  /** Adds a message as the flows do: only where the document says that it is not there. */
  const add = async (sid: string, messageSid: string): Promise<void> => {
    for (;;) {
      const { current, isIn } = await records.look(sid, messageSid);
      if (isIn || current === undefined) return;
      const { record, line } = withMessage(current.record, { messageSid, author: PERSON }, world.now());
      if ((await records.replace(current, record, { lines: [line] })) !== undefined) return;
    }
  };
  return { ...world, slots, records, add };
}

describe("the repository of conversations", () => {
  it("binds a pair for one of twenty writers", async () => {
    const { records } = open();
    const { bindings } = await records.bound("sms", PERSON);
    const won = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        records.bind("sms", PERSON, bindings, { sender: SENDER, sid: `CH${index}` }),
      ),
    );
    expect(won.filter((each) => each)).toHaveLength(1);
  });

  it("frees a pair only of the conversation it is bound to, and leaves the person's others", async () => {
    const { records, now } = open();
    const bind = async (sender: string, sid: string): Promise<void> => {
      const { bindings } = await records.bound("sms", PERSON);
      await records.bind("sms", PERSON, bindings, { sender, sid });
    };
    await bind(SENDER, "CH1");
    await bind("+12125550100", "CH2");
    await records.unbind(newConversation("CH9", PAIR, now()));
    expect((await records.bound("sms", PERSON)).bindings.bySender).toEqual({
      [SENDER]: "CH1",
      "+12125550100": "CH2",
    });
    await records.unbind(newConversation("CH1", PAIR, now()));
    expect((await records.bound("sms", PERSON)).bindings.bySender).toEqual({ "+12125550100": "CH2" });
    await records.unbind({ ...newConversation("CH2", PAIR, now()), sender: "+12125550100" });
    expect((await records.bound("sms", PERSON)).bindings.raw).toBeUndefined();
  });

  it("has each of a hundred messages once and no gap, however often and in which company each comes", async () => {
    const { records, add, now } = open();
    await records.replace(undefined, newConversation("CH1", PAIR, now()));
    const sids = Array.from({ length: 100 }, () => createSid("SM"));
    for (const sid of sids) await add("CH1", sid);
    await Promise.all([...sids.toReversed(), ...sids.slice(0, 10)].map((sid) => add("CH1", sid)));
    const lines = await records.lines("CH1", undefined, 200);
    expect(lines.map(({ index }) => index)).toEqual(Array.from({ length: 100 }, (_, index) => 99 - index));
    expect(lines.map(({ messageSid }) => messageSid)).toEqual(sids.toReversed());
    const stored = (await records.get("CH1"))?.raw ?? "";
    expect(stored.length).toBeLessThan(2_000);
  });

  it("loses none of fifty messages at once", async () => {
    const { records, add, now } = open();
    await records.replace(undefined, newConversation("CH1", PAIR, now()));
    await Promise.all(Array.from({ length: 50 }, () => add("CH1", createSid("SM"))));
    const lines = await records.lines("CH1", undefined, 200);
    expect(lines.map(({ index }) => index)).toEqual(Array.from({ length: 50 }, (_, index) => 49 - index));
  });

  it("knows the messages of a closed conversation by their marks", async () => {
    const { records, add, now } = open();
    await records.replace(undefined, newConversation("CH1", PAIR, now()));
    const sid = createSid("SM");
    await add("CH1", sid);
    expect((await records.bound("sms", PERSON, sid)).isIn).toBe(false);
    const current = await records.get("CH1");
    if (current === undefined) throw new Error("It is gone.");
    await records.replace(current, inState(current.record, "closed", now()));
    expect((await records.bound("sms", PERSON, sid)).isIn).toBe(true);
  });

  it("lists a conversation once, also after its line was written again", async () => {
    const { records, turn, now } = open();
    let current = await records.replace(undefined, newConversation("CH1", PAIR, now()));
    await records.replace(undefined, newConversation("CH2", PAIR, now()));
    turn(40 * DAY);
    if (current === undefined) throw new Error("It is gone.");
    current = await records.replace(current, current.record);
    const { records: listed } = await records.page(undefined, 10);
    expect(listed.flatMap((record) => (record === undefined ? [] : [record.sid]))).toEqual(["CH1", "CH2"]);
  });

  it("has a conversation looked at in the slot of its next timer, once", async () => {
    const { records, slots, now } = open();
    const timed = awake(newConversation("CH1", PAIR, now()), { inactiveAfter: 60, closeAfter: 600 }, now());
    const first = await records.replace(undefined, timed);
    const slot = first?.record.slot ?? 0;
    expect(slot).toBe(slots.slotOf(now() + 60_000));
    expect(await slots.entries(slot)).toEqual(["CH1"]);
    if (first === undefined) throw new Error("It is gone.");
    // A message puts the timers off, but not the look.
    const second = await records.replace(
      first,
      awake(first.record, { inactiveAfter: 120, closeAfter: 600 }, now()),
    );
    expect(second?.record.slot).toBe(slot);
    expect(await slots.entries(slots.slotOf(now() + 120_000))).toEqual([]);
  });
});

describe("the state of a conversation", () => {
  const record = fc.record({
    state: fc.constantFrom("active" as const, "inactive" as const, "closed" as const),
    inactiveAt: fc.option(fc.integer({ min: 0, max: 20 })),
    closeAt: fc.option(fc.integer({ min: 0, max: 20 })),
  });

  it("never goes back by time alone, and writing it down changes nothing that is read", () => {
    const rank = { active: 0, inactive: 1, closed: 2 };
    fc.assert(
      fc.property(
        record,
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 10 }),
        (part, now, later) => {
          const it: ConversationRecord = { ...newConversation("CH1", PAIR, 0), ...part };
          const state = stateAt(it, now);
          expect(rank[stateAt(it, now + later)]).toBeGreaterThanOrEqual(rank[state]);
          const written = settled(it, now);
          expect(written.record.state).toBe(state);
          expect(written.changes).toHaveLength(state === it.state ? 0 : 1);
          expect(stateAt(written.record, now + later)).toBe(stateAt(it, now + later));
        },
      ),
    );
  });
});
