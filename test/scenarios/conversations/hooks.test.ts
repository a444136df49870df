import { type ConversationOptions, MessagingError, memoryStore } from "@messaging-service/core";
import { createVirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SENDER, type World, type WorldOptions } from "../../support/world.ts";

const MINUTE = 60_000;
const LIMIT_MS = 5_000;

const createDesk = (conversations: ConversationOptions, options: WorldOptions = {}): World =>
  createWorld({ inboundHandling: "conversation", conversations, ...options });

/** Every hook, noting what it was told. */
function createNotes(): { readonly notes: string[]; readonly hooks: ConversationOptions } {
  const notes: string[] = [];
  const hooks: ConversationOptions = {
    onConversationAdd: ({ type, address, sender, body }) =>
      void notes.push(`${type} ${address} ${sender} ${body}`),
    onConversationAdded: ({ type, conversation }) => void notes.push(`${type} ${conversation.state}`),
    onParticipantAdded: ({ type, conversation }) => void notes.push(`${type} ${conversation.address}`),
    onMessageAdded: ({ type, message }) =>
      void notes.push(`${type} ${message.index} ${message.author} ${message.body}`),
    onConversationStateUpdated: ({ type, stateFrom, stateTo, reason }) =>
      void notes.push(`${type} ${stateFrom} ${stateTo} ${reason}`),
  };
  return { notes, hooks };
}

describe("hooks", () => {
  it("are asked and told in their order: all four for a first message, one for a later one", async () => {
    const { notes, hooks } = createNotes();
    const { service, carrier, clock } = createDesk(hooks);
    await carrier.handset(PHONE).text(SENDER, "Hello");
    await carrier.handset(PHONE).text(SENDER, "Anybody?");
    await clock.advance(MINUTE);
    const { sid = "" } = (await service.conversations.find({ address: PHONE })) ?? {};
    await service.conversations.send(sid, { body: "Yes", author: "Ann" });
    await service.conversations.close(sid);
    await clock.advance(MINUTE);
    expect(notes).toEqual([
      `onConversationAdd ${PHONE} ${SENDER} Hello`,
      "onConversationAdded active",
      `onParticipantAdded ${PHONE}`,
      `onMessageAdded 0 ${PHONE} Hello`,
      `onMessageAdded 1 ${PHONE} Anybody?`,
      "onMessageAdded 2 Ann Yes",
      "onConversationStateUpdated active closed API",
    ]);
  });

  it("of one conversation wait for each other; the carrier waits for none of them", async () => {
    const told: number[] = [];
    let open: () => void = () => {};
    const first = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { carrier, clock } = createDesk({
      async onMessageAdded({ message }) {
        if (message.index === 0) await first;
        told.push(message.index);
      },
    });
    for (const body of ["1", "2", "3"])
      expect((await carrier.handset(PHONE).text(SENDER, body)).status).toBe(200);
    await clock.advance(MINUTE);
    expect(told).toEqual([]);
    open();
    await clock.advance(1_000);
    expect(told).toEqual([0, 1, 2]);
  });

  it("that fail are alerts, and told all the same", async () => {
    const { service, carrier, clock } = createDesk({
      onConversationAdded: () => Promise.reject(new Error("no database")),
      onMessageAdded() {
        throw new Error("no database");
      },
    });
    await carrier.handset(PHONE).text(SENDER, "Hello");
    await clock.advance(MINUTE);
    expect((await service.alerts.list()).map(({ code, details }) => `${code} ${details.type}`)).toEqual([
      "CONVERSATION_HOOK_FAILED onMessageAdded",
      "CONVERSATION_HOOK_FAILED onConversationAdded",
    ]);
    expect((await service.conversations.list())[0]?.messageCount).toBe(1);
  });

  it("that have not settled for a minute are an alert, since what follows waits", async () => {
    const told: number[] = [];
    const { service, carrier, clock } = createDesk({
      async onMessageAdded({ message }) {
        told.push(message.index);
        await new Promise(() => {});
      },
    });
    await carrier.handset(PHONE).text(SENDER, "1");
    await carrier.handset(PHONE).text(SENDER, "2");
    await clock.advance(MINUTE - 1_000);
    expect(await service.alerts.list()).toEqual([]);
    await clock.advance(10 * MINUTE);
    expect(await service.alerts.list()).toMatchObject([{ code: "CONVERSATION_HOOK_FAILED", count: 1 }]);
    expect((await service.alerts.list())[0]?.message).toContain("has not settled for a minute");
    expect(told).toEqual([0]);
  });

  it("have a token that is the same when they are told again", async () => {
    const clock = createVirtualClock();
    const store = memoryStore({ clock });
    const tokens: string[] = [];
    const never = new Promise<void>(() => {});
    const first = createDesk(
      {
        onMessageAdded: (_, { token }) => {
          tokens.push(token);
          return never;
        },
      },
      { clock, store },
    );
    await first.carrier.handset(PHONE).text(SENDER, "Hello");
    await clock.advance(1_000);
    const closing = first.service.close({ timeoutMs: 0 });
    await clock.advance(10_000);
    await closing;
    createDesk({ onMessageAdded: (_, { token }) => void tokens.push(token) }, { clock, store });
    await clock.advance(MINUTE);
    expect(tokens).toHaveLength(2);
    expect(new Set(tokens).size).toBe(1);
  });

  it("hear nothing of a message that was removed before they could", async () => {
    const told: number[] = [];
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const clock = createVirtualClock();
    const store = memoryStore({ clock });
    const first = createDesk({ onMessageAdded: () => gate }, { clock, store });
    const { sid } = await first.carrier.handset(PHONE).text(SENDER, "Hello");
    await clock.advance(1_000);
    const closing = first.service.close({ timeoutMs: 0 });
    await clock.advance(10_000);
    await closing;
    open();
    const second = createDesk(
      { onMessageAdded: ({ message }) => void told.push(message.index) },
      { clock, store },
    );
    await second.service.remove(sid);
    await clock.advance(MINUTE);
    await second.carrier.handset(PHONE).text(SENDER, "Anybody?");
    await clock.advance(MINUTE);
    expect(told).toEqual([1]);
  });
});

describe("onConversationAdd", () => {
  it.each<[string, () => unknown]>([
    ["false", () => false],
    ["a promise of false", async () => false],
    [
      "a MessagingError",
      () => {
        throw new MessagingError("CONVERSATION_REFUSED", "Spam.");
      },
    ],
  ])("answering %s drops the message, and leaves nothing of it", async (_, onConversationAdd) => {
    const told: string[] = [];
    const { service, carrier } = createDesk({
      onConversationAdd,
      onMessageAdded: () => void told.push("message"),
    });
    service.on("received", () => told.push("received"));
    const { sid, status, replies } = await carrier.handset(PHONE).text(SENDER, "Buy now");
    expect({ status, replies }).toEqual({ status: 200, replies: [] });
    expect(await service.message(sid)).toBeUndefined();
    expect(await service.messages()).toHaveLength(0);
    expect(await service.conversations.list()).toHaveLength(0);
    expect(await service.sticky.get(PHONE)).toBeUndefined();
    expect(told).toEqual([]);
    expect(await service.alerts.list()).toEqual([]);
  });

  it("leaves the sticky mapping that was there alone", async () => {
    const { service, carrier } = createDesk({ onConversationAdd: () => false });
    await service.send({ to: PHONE, body: "x" });
    await carrier.handset(PHONE).text(SENDER, "Buy now");
    expect(await service.sticky.get(PHONE)).toMatchObject({ sender: SENDER });
  });

  it("is not asked about a pair that has a conversation, nor about keywords", async () => {
    let asked = 0;
    const { service, carrier, clock } = createDesk({
      onConversationAdd: () => {
        asked += 1;
      },
    });
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "STOP");
    await clock.advance(MINUTE);
    await phone.text(SENDER, "START");
    expect(asked).toBe(0);
    for (const body of ["1", "2", "3"]) await phone.text(SENDER, body);
    expect(asked).toBe(1);
    expect((await service.conversations.list())[0]?.messageCount).toBe(3);
  });

  it.each<[string, () => unknown]>([
    ["throws", () => Promise.reject(new TypeError("x is not a function"))],
    ["takes longer than 5 s", () => new Promise(() => {})],
  ])("that %s is an alert, and the message is kept", async (_, onConversationAdd) => {
    const { service, carrier, clock } = createDesk({ onConversationAdd });
    const texting = carrier.handset(PHONE).text(SENDER, "Hello");
    await clock.advance(LIMIT_MS + 1_000);
    expect((await texting).status).toBe(200);
    expect(await service.conversations.list()).toHaveLength(1);
    expect((await service.alerts.list()).map(({ code }) => code)).toEqual(["CONVERSATION_HOOK_FAILED"]);
  });
});
