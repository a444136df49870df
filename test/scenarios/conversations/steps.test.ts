import { type ConversationMessage, memoryStore } from "@messaging-service/core";
import { createVirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { createFaultyStore } from "../../support/faulty-store.ts";
import { createWorld, PHONE, SENDER, type World } from "../../support/world.ts";

const MINUTE = 60_000;
/** More calls than any of it makes. */
const STEPS = Array.from({ length: 20 }, (_, step) => step);
const FIRST = `SM${"1".repeat(32)}`;

/** One process whose store fails from a call on, and another on the same store that takes up what it left. */
function createPair(hooks: boolean) {
  const clock = createVirtualClock();
  const inner = memoryStore({ clock });
  const store = createFaultyStore(inner);
  const told: string[] = [];
  const tell = (event: { readonly type: string }): void => void told.push(event.type);
  const conversations = hooks
    ? {
        onConversationAdded: tell,
        onParticipantAdded: tell,
        onMessageAdded: tell,
        onConversationStateUpdated: tell,
      }
    : {};
  const options = { inboundHandling: "conversation", conversations, clock } as const;
  const doomed = createWorld({ ...options, store });
  return {
    clock,
    store: Object.assign(store, { inner }),
    told,
    doomed,
    /** The first process is gone; the second has had its time. */
    async heir(): Promise<World> {
      store.break(() => true);
      const heir = createWorld({ ...options, store: inner });
      await clock.advance(MINUTE);
      return heir;
    },
  };
}

async function said(world: World): Promise<readonly ConversationMessage[]> {
  const conversations = await world.service.conversations.list();
  const pages = await Promise.all(conversations.map(({ sid }) => world.service.conversations.messages(sid)));
  return pages.flat();
}

/** One conversation, these bodies in this order, and no index left out or given twice. */
async function expectSaid(world: World, bodies: readonly string[]): Promise<void> {
  const messages = (await said(world)).toReversed();
  expect(messages.map(({ index, body }) => `${index} ${body}`)).toEqual(
    bodies.map((body, index) => `${index} ${body}`),
  );
  const all = await world.service.conversations.list();
  expect(all).toHaveLength(1);
  expect(all[0]?.messageCount).toBe(bodies.length);
}

const WAYS = [
  ["before", "hooks", true],
  ["after", "hooks", true],
  ["before", "no hook", false],
] as const;

describe.each(WAYS)("a process that ends %s a call of the store has worked, with %s,", (when, _, hooks) => {
  it.each(STEPS)("at step %d of a first message leaves one conversation with it, once", async (step) => {
    const { clock, store, told, doomed, heir: next } = createPair(hooks);
    let count = 0;
    store.break(() => ++count > step, { after: when === "after" });
    const texting = doomed.carrier.handset(PHONE).text(SENDER, "Hello", { messageSid: FIRST });
    await clock.advance(6_000);
    const { status } = await texting;
    const heir = await next();
    const phone = heir.carrier.handset(PHONE);
    // A carrier repeats what was not answered 2xx.
    if (status !== 200) await phone.text(SENDER, "Hello", { messageSid: FIRST });
    await clock.advance(MINUTE);
    await expectSaid(heir, ["Hello"]);
    await phone.text(SENDER, "Anybody?");
    await clock.advance(MINUTE);
    await expectSaid(heir, ["Hello", "Anybody?"]);
    if (!hooks) return;
    const order = ["onConversationAdded", "onParticipantAdded", "onMessageAdded"];
    expect(told.slice(0, 3)).toEqual(order);
    expect(told.slice(-4)).toEqual([...order, "onMessageAdded"]);
  });

  it.each(STEPS)("at step %d of a later message leaves it in the conversation, once", async (step) => {
    const { clock, store, told, doomed, heir: next } = createPair(hooks);
    await doomed.carrier.handset(PHONE).text(SENDER, "Hello");
    await clock.advance(MINUTE);
    const sid = `SM${"2".repeat(32)}`;
    let count = 0;
    store.break(() => ++count > step, { after: when === "after" });
    const texting = doomed.carrier.handset(PHONE).text(SENDER, "Anybody?", { messageSid: sid });
    await clock.advance(6_000);
    const { status } = await texting;
    const heir = await next();
    if (status !== 200) await heir.carrier.handset(PHONE).text(SENDER, "Anybody?", { messageSid: sid });
    await clock.advance(MINUTE);
    await expectSaid(heir, ["Hello", "Anybody?"]);
    if (hooks) expect(told.filter((type) => type === "onMessageAdded").length).toBeGreaterThanOrEqual(2);
  });

  it.each(STEPS)("at step %d of a reply leaves it in the conversation if it is sent, once", async (step) => {
    const { clock, store, doomed, heir: next } = createPair(hooks);
    await doomed.carrier.handset(PHONE).text(SENDER, "Hello");
    await clock.advance(MINUTE);
    const conversation = await doomed.service.conversations.find({ address: PHONE });
    let count = 0;
    store.break(() => ++count > step, { after: when === "after" });
    const sending = doomed.service.conversations.send(conversation?.sid ?? "", {
      body: "Yes",
      author: "Ann",
    });
    const sent = sending.then(
      () => true,
      () => false,
    );
    await clock.advance(6_000);
    const heir = await next();
    await clock.advance(MINUTE);
    const records = await heir.service.messages({ direction: "outbound-api" });
    if (await sent) expect(records).toHaveLength(1);
    await expectSaid(heir, records.length === 1 ? ["Hello", "Yes"] : ["Hello"]);
  });

  it.each(STEPS)(
    "at step %d of a STOP leaves an opt-out, and both messages in the conversation",
    async (step) => {
      const { clock, store, doomed, heir: next } = createPair(hooks);
      await doomed.carrier.handset(PHONE).text(SENDER, "Hello");
      await clock.advance(MINUTE);
      const sid = `SM${"3".repeat(32)}`;
      let count = 0;
      store.break(() => ++count > step, { after: when === "after" });
      const texting = doomed.carrier.handset(PHONE).text(SENDER, "STOP", { messageSid: sid });
      await clock.advance(6_000);
      const { status } = await texting;
      const heir = await next();
      if (status !== 200) await heir.carrier.handset(PHONE).text(SENDER, "STOP", { messageSid: sid });
      await clock.advance(MINUTE);
      expect(await heir.service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
      const replies = await heir.service.messages({ direction: "outbound-reply" });
      expect(replies.length).toBeLessThanOrEqual(1);
      await expectSaid(heir, ["Hello", "STOP", ...replies.map(({ body }) => body)]);
    },
  );

  it.each(STEPS)("at step %d of a close leaves it closed and the pair free, or open", async (step) => {
    const { clock, store, told, doomed, heir: next } = createPair(hooks);
    await doomed.carrier.handset(PHONE).text(SENDER, "Hello");
    await clock.advance(MINUTE);
    const { sid = "" } = (await doomed.service.conversations.find({ address: PHONE })) ?? {};
    let count = 0;
    store.break(() => ++count > step, { after: when === "after" });
    const closing = await doomed.service.conversations.close(sid).then(
      () => true,
      () => false,
    );
    const heir = await next();
    const { state } = (await heir.service.conversations.get(sid)) ?? {};
    if (closing) expect(state).toBe("closed");
    const found = await heir.service.conversations.find({ address: PHONE });
    expect(found?.state).toBe(state === "closed" ? undefined : "active");
    if (hooks && state === "closed") expect(told.at(-1)).toBe("onConversationStateUpdated");
    await heir.carrier.handset(PHONE).text(SENDER, "Again");
    expect(await heir.service.conversations.list()).toHaveLength(state === "closed" ? 2 : 1);
  });
});

describe("a process that takes up what another left", () => {
  it("tells it although the store fails in the middle", async () => {
    const { clock, told, doomed, store } = createPair(true);
    const phone = doomed.carrier.handset(PHONE);
    await clock.advance(1_000);
    // Nothing but the mark that it was told fails: the events are left on the record.
    store.break((call, key) => call === "get" && key.includes(":c:CH"));
    await phone.text(SENDER, "Hello", { messageSid: FIRST });
    await clock.advance(1_000);
    expect(told).toHaveLength(3);
    const inner = createFaultyStore(store.inner);
    let failures = 0;
    inner.break((call, key) => call === "get" && key.includes(":m:") && ++failures <= 2);
    store.break(() => true);
    createWorld({
      inboundHandling: "conversation",
      conversations: { onMessageAdded: ({ type }) => void told.push(type) },
      clock,
      store: inner,
    });
    await clock.advance(MINUTE);
    expect(failures).toBeGreaterThan(2);
    expect(told.slice(3)).toEqual(["onMessageAdded"]);
  });
});

describe.each(["before", "after"] as const)("a store that fails once, %s the call has worked,", (when) => {
  /** One process, whose store fails in the given call and never again. */
  function createHiccup() {
    const { clock, store, told, doomed } = createPair(true);
    return {
      clock,
      told,
      world: doomed,
      fail(step: number): void {
        let count = 0;
        store.break(() => ++count === step + 1, { after: when === "after" });
      },
    };
  }

  it.each(STEPS)("at step %d of a first message leaves nothing out and tells everything", async (step) => {
    const { clock, told, world, fail } = createHiccup();
    const phone = world.carrier.handset(PHONE);
    fail(step);
    const texting = phone.text(SENDER, "Hello", { messageSid: FIRST });
    await clock.advance(6_000);
    if ((await texting).status !== 200) await phone.text(SENDER, "Hello", { messageSid: FIRST });
    await clock.advance(MINUTE);
    await expectSaid(world, ["Hello"]);
    expect(told).toEqual(["onConversationAdded", "onParticipantAdded", "onMessageAdded"]);
  });

  it.each(STEPS)("at step %d of a close frees the pair and tells it", async (step) => {
    const { clock, told, world, fail } = createHiccup();
    await world.carrier.handset(PHONE).text(SENDER, "Hello");
    await clock.advance(MINUTE);
    const { sid = "" } = (await world.service.conversations.find({ address: PHONE })) ?? {};
    fail(step);
    await world.service.conversations.close(sid).catch(() => undefined);
    await clock.advance(MINUTE);
    expect(await world.service.conversations.close(sid)).toMatchObject({ state: "closed" });
    await clock.advance(MINUTE);
    expect(told.filter((type) => type === "onConversationStateUpdated")).toHaveLength(1);
    await world.carrier.handset(PHONE).text(SENDER, "Again");
    expect((await world.service.conversations.find({ address: PHONE }))?.messageCount).toBe(1);
  });
});
