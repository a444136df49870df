import { memoryStore } from "@messaging-service/core";
import { createVirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SENDER, type World, type WorldOptions } from "../../support/world.ts";

const MINUTE = 60_000;
const SPELL = 600_000;
const DAY = 86_400_000;

/** Conversations that sleep after ten minutes and end after thirty; `changes` are of this process. */
function createDesk(options: WorldOptions = {}): World & { readonly changes: string[] } {
  const changes: string[] = [];
  const world = createWorld({
    inboundHandling: "conversation",
    heartbeatMs: 10_000,
    refreshMs: 60_000,
    conversations: {
      inactiveAfter: 600,
      closeAfter: 1_800,
      onConversationStateUpdated: ({ stateFrom, stateTo, reason }) =>
        void changes.push(`${stateFrom}>${stateTo} ${reason}`),
    },
    ...options,
  });
  return { ...world, changes };
}

async function text({ carrier, service }: World, body: string): Promise<string> {
  await carrier.handset(PHONE).text(SENDER, body);
  return (await service.conversations.find({ address: PHONE }))?.sid ?? "";
}

describe("timers", () => {
  it("make a conversation inactive, then closed, and a new message begins another", async () => {
    const world = createDesk();
    const sid = await text(world, "Hello");
    const start = world.clock.now();
    expect((await world.service.conversations.get(sid))?.timers).toEqual({
      dateInactive: new Date(start + SPELL),
      dateClosed: new Date(start + 3 * SPELL),
    });
    await world.clock.advance(SPELL + MINUTE);
    expect(await world.service.conversations.get(sid)).toMatchObject({
      state: "inactive",
      timers: { dateInactive: null, dateClosed: new Date(start + 3 * SPELL) },
    });
    await world.clock.advance(2 * SPELL);
    expect(await world.service.conversations.get(sid)).toMatchObject({
      state: "closed",
      timers: { dateInactive: null, dateClosed: null },
    });
    expect(world.changes).toEqual(["active>inactive TIMER", "inactive>closed TIMER"]);
    expect(await world.service.conversations.find({ address: PHONE })).toBeUndefined();
    const second = await text(world, "Me again");
    expect(second).not.toBe(sid);
    expect(await world.service.conversations.list()).toHaveLength(2);
  });

  it("count from the last message, theirs or ours", async () => {
    const world = createDesk();
    const sid = await text(world, "Hello");
    await world.clock.advance(8 * MINUTE);
    await text(world, "Anybody?");
    await world.clock.advance(8 * MINUTE);
    await world.service.conversations.send(sid, { body: "Yes" });
    await world.clock.advance(8 * MINUTE);
    expect((await world.service.conversations.get(sid))?.state).toBe("active");
    await world.clock.advance(3 * MINUTE);
    expect((await world.service.conversations.get(sid))?.state).toBe("inactive");
    expect(world.changes).toEqual(["active>inactive TIMER"]);
  });

  it("hold exactly for who reads, and within half a minute for who is told", async () => {
    const world = createDesk();
    const sid = await text(world, "Hello");
    await world.clock.advance(SPELL - 1);
    expect((await world.service.conversations.get(sid))?.state).toBe("active");
    await world.clock.advance(1);
    expect((await world.service.conversations.get(sid))?.state).toBe("inactive");
    expect((await world.service.conversations.find({ address: PHONE }))?.state).toBe("inactive");
    expect((await world.service.conversations.list({ state: "inactive" })).map((each) => each.sid)).toEqual([
      sid,
    ]);
    await world.clock.advance(30_000);
    expect(world.changes).toEqual(["active>inactive TIMER"]);
  });

  it("count on while no process runs: the next one tells what is due", async () => {
    const clock = createVirtualClock();
    const store = memoryStore({ clock });
    const first = createDesk({ clock, store });
    const sid = await text(first, "Hello");
    const closing = first.service.close({ timeoutMs: 0 });
    await clock.advance(10_000);
    await closing;
    await clock.advance(5 * SPELL);
    expect(first.changes).toEqual([]);
    const second = createDesk({ clock, store });
    expect((await second.service.conversations.get(sid))?.state).toBe("closed");
    await clock.advance(30_000);
    expect(second.changes).toEqual(["active>closed TIMER"]);
    expect(await text(second, "Me again")).not.toBe(sid);
  });

  it("are looked at by a message that comes before anybody else did", async () => {
    const world = createDesk({ heartbeatMs: 600_000 });
    const sid = await text(world, "Hello");
    await world.clock.advance(SPELL + 1);
    await text(world, "Anybody?");
    expect(world.changes).toEqual(["active>inactive TIMER", "inactive>active EVENT"]);
    await world.clock.advance(3 * SPELL + 1);
    expect(await text(world, "Hello?")).not.toBe(sid);
    expect(world.changes.at(-1)).toMatch(/>closed TIMER$/);
  });

  it("are told once by several processes", async () => {
    const clock = createVirtualClock();
    const store = memoryStore({ clock });
    const worlds = [createDesk({ clock, store }), createDesk({ clock, store }), createDesk({ clock, store })];
    await text(worlds[0] as World, "Hello");
    await clock.advance(4 * SPELL);
    expect(worlds.flatMap(({ changes }) => changes)).toEqual([
      "active>inactive TIMER",
      "inactive>closed TIMER",
    ]);
  });

  it("do not run where none are given", async () => {
    const world = createDesk({ conversations: {}, heartbeatMs: 600_000, refreshMs: 3_600_000 });
    const sid = await text(world, "Hello");
    await world.clock.advance(70 * DAY);
    expect(await text(world, "Still there?")).toBe(sid);
    expect((await world.service.conversations.list()).map((each) => each.sid)).toEqual([sid]);
  });

  it("in force count from the next message on", async () => {
    const clock = createVirtualClock();
    const store = memoryStore({ clock });
    const sid = await text(createDesk({ clock, store, conversations: {} }), "Hello");
    const world = createDesk({ clock, store });
    await clock.advance(4 * SPELL);
    expect((await world.service.conversations.get(sid))?.state).toBe("active");
    await text(world, "Anybody?");
    await clock.advance(SPELL + MINUTE);
    expect((await world.service.conversations.get(sid))?.state).toBe("inactive");
  });
});

describe("an inactive conversation", () => {
  it("is active again with the next message", async () => {
    const world = createDesk();
    const sid = await text(world, "Hello");
    await world.clock.advance(SPELL + MINUTE);
    expect(await text(world, "Anybody?")).toBe(sid);
    expect(await world.service.conversations.get(sid)).toMatchObject({ state: "active", messageCount: 2 });
    expect(world.changes).toEqual(["active>inactive TIMER", "inactive>active EVENT"]);
  });

  it("is active again with the next reply", async () => {
    const world = createDesk();
    const sid = await text(world, "Hello");
    await world.service.conversations.update(sid, { state: "inactive" });
    await world.service.conversations.send(sid, { body: "Yes" });
    expect((await world.service.conversations.get(sid))?.state).toBe("active");
    expect(world.changes).toEqual(["active>inactive API", "inactive>active EVENT"]);
  });
});

describe("close", () => {
  it("frees the pair at once, refuses replies, and keeps the messages", async () => {
    const world = createDesk();
    const sid = await text(world, "Hello");
    expect(await world.service.conversations.close(sid)).toMatchObject({ sid, state: "closed" });
    expect(await world.service.conversations.find({ address: PHONE })).toBeUndefined();
    await expect(world.service.conversations.send(sid, { body: "x" })).rejects.toMatchObject({
      code: "CONVERSATION_CLOSED",
    });
    expect(await world.service.conversations.messages(sid)).toHaveLength(1);
    expect(await text(world, "Me again")).not.toBe(sid);
    expect(world.changes).toEqual(["active>closed API"]);
  });

  it("changes nothing the second time, and cannot be undone", async () => {
    const world = createDesk();
    const sid = await text(world, "Hello");
    const closed = await world.service.conversations.close(sid);
    await world.clock.advance(MINUTE);
    expect(await world.service.conversations.close(sid)).toEqual(closed);
    await expect(world.service.conversations.update(sid, { state: "active" })).rejects.toMatchObject({
      code: "CONVERSATION_CLOSED",
    });
    expect(world.changes).toEqual(["active>closed API"]);
  });

  it("and a message at once leave the message in the one or in a new one, never nowhere", async () => {
    for (let round = 0; round < 20; round += 1) {
      const world = createDesk();
      const sid = await text(world, "Hello");
      await Promise.all([world.service.conversations.close(sid), text(world, "Anybody?")]);
      const counts = (await world.service.conversations.list()).map(({ messageCount }) => messageCount);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(2);
    }
  });
});

describe("update", () => {
  it("keeps a name and attributes", async () => {
    const world = createDesk();
    const sid = await text(world, "Hello");
    await world.service.conversations.update(sid, { friendlyName: "Bo", attributes: { ticket: 7 } });
    await text(world, "Anybody?");
    expect(await world.service.conversations.get(sid)).toMatchObject({
      friendlyName: "Bo",
      attributes: { ticket: 7 },
      messageCount: 2,
    });
    expect(await world.service.conversations.update(sid, { friendlyName: null })).toMatchObject({
      friendlyName: null,
      attributes: { ticket: 7 },
    });
  });

  it.each<[object, string]>([
    [{ state: "initializing" }, "INVALID_CONVERSATION"],
    [{ friendlyName: "x".repeat(257) }, "INVALID_CONVERSATION"],
    [{ friendlyName: 7 }, "INVALID_CONVERSATION"],
    [{ attributes: [] }, "INVALID_CONVERSATION"],
    [{ attributes: { text: "x".repeat(4_096) } }, "INVALID_CONVERSATION"],
    [{ friendlyname: "x" }, "UNKNOWN_REQUEST_OPTION"],
  ])("refuses %j", async (change, code) => {
    const world = createDesk();
    const sid = await text(world, "Hello");
    await expect(world.service.conversations.update(sid, change)).rejects.toMatchObject({ code });
  });
});
