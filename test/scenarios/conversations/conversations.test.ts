import type {
  Conversation,
  ConversationChange,
  ConversationReply,
  InboundHandling,
} from "@messaging-service/core";
import { memoryStore } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import {
  collect,
  createWorld,
  PHONE,
  SECOND,
  SENDER,
  type World,
  type WorldOptions,
} from "../../support/world.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Whoever turns the clock by days need not see every sign of life. */
const calm = { heartbeatMs: 600_000, refreshMs: 3_600_000 };
const WHATSAPP = "whatsapp:+14155550101";
const MISSING = `CH${"0".repeat(32)}`;

const createDesk = (options: WorldOptions = {}): World =>
  createWorld({ inboundHandling: "conversation", ...options });

/** A service whose pair of {@link PHONE} and {@link SENDER} has a conversation. */
async function createTalk(
  options: WorldOptions = {},
): Promise<World & { readonly conversation: Conversation; readonly sid: string }> {
  const world = createDesk(options);
  await world.carrier.handset(PHONE).text(SENDER, "Hello");
  const conversation = await world.service.conversations.find({ address: PHONE });
  if (conversation === undefined) throw new Error("There is no conversation.");
  return { ...world, conversation, sid: conversation.sid };
}

describe("the first message of a pair", () => {
  it("begins a conversation, is answered with nothing, and what follows is kept in it", async () => {
    const { service, carrier, clock } = createDesk();
    const phone = carrier.handset(PHONE);
    expect(await phone.text(SENDER, "Hello")).toMatchObject({ status: 200, replies: [] });
    await clock.advance(MINUTE);
    await phone.text(SENDER, "Anybody there?");
    const conversation = await service.conversations.find({ address: PHONE });
    expect(conversation).toEqual({
      sid: expect.stringMatching(/^CH[0-9a-f]{32}$/) as string,
      accountSid: service.accountSid,
      messagingServiceSid: service.sid,
      state: "active",
      address: PHONE,
      sender: SENDER,
      channel: "sms",
      participantSid: expect.stringMatching(/^MB[0-9a-f]{32}$/) as string,
      friendlyName: null,
      attributes: {},
      messageCount: 2,
      dateCreated: new Date(clock.now() - MINUTE),
      dateUpdated: new Date(clock.now()),
      timers: { dateInactive: null, dateClosed: null },
    });
    expect(Object.isFrozen(conversation)).toBe(true);
    expect(await service.conversations.get(conversation?.sid ?? "")).toEqual(conversation);
  });

  it("joins the conversation of another first message that two processes get at once", async () => {
    const store = memoryStore();
    const worlds = [createDesk({ store }), createDesk({ store })];
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        worlds[index % 2]?.carrier.handset(PHONE).text(SENDER, `Number ${index}`),
      ),
    );
    const service = worlds[0]?.service as World["service"];
    const all = await service.conversations.list();
    expect(all).toHaveLength(1);
    const messages = await service.conversations.messages(all[0]?.sid ?? "");
    expect(messages.map(({ index }) => index)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(new Set(messages.map(({ body }) => body)).size).toBe(10);
  });

  it("to another sender, from another person, or on another channel begins another", async () => {
    const { service, carrier } = createDesk({ senders: [SENDER, SECOND, WHATSAPP] });
    await carrier.handset(PHONE).text(SENDER, "1");
    await carrier.handset(PHONE).text(SECOND, "2");
    await carrier.handset("+14155550124").text(SENDER, "3");
    await carrier.handset(`whatsapp:${PHONE}`).text(WHATSAPP, "4");
    const all = await service.conversations.list();
    expect(all.map(({ address, sender, channel }) => `${address} ${sender} ${channel}`)).toEqual([
      `whatsapp:${PHONE} ${WHATSAPP} whatsapp`,
      `+14155550124 ${SENDER} sms`,
      `${PHONE} ${SECOND} sms`,
      `${PHONE} ${SENDER} sms`,
    ]);
  });

  it("is one person's, however their number is written", async () => {
    const { service, carrier } = createDesk();
    await carrier.handset("+525512345678").text(SENDER, "1");
    await carrier.handset("+5215512345678").text(SENDER, "2");
    expect(await service.conversations.list()).toHaveLength(1);
    expect(await service.conversations.find({ address: "+52 1 55 1234 5678" })).toMatchObject({
      messageCount: 2,
    });
  });

  it("delivered twenty times at once is one message of one conversation", async () => {
    const { service, carrier, clock } = createDesk();
    const texting = carrier.handset(PHONE).text(SENDER, "Hello", { duplicates: 19, concurrent: true });
    await clock.advance(6_000);
    await texting;
    expect((await service.conversations.list()).map(({ messageCount }) => messageCount)).toEqual([1]);
  });

  it("calls no webhook and no route, and is told to listeners", async () => {
    const heard: string[] = [];
    const { service, carrier } = createDesk({ webhook: () => void heard.push("webhook") });
    service.on("received", (message) => heard.push(`received ${message.body}`));
    await carrier.handset(PHONE).text(SENDER, "Hello");
    expect(heard).toEqual(["received Hello"]);
  });

  it.each<[string, InboundHandling | undefined, InboundHandling | undefined, number]>([
    ["by the sender alone", "defer", "conversation", 1],
    ["not where the sender defers", "conversation", "defer", 0],
    ["not where the sender drops", "conversation", "drop", 0],
  ])("begins one %s", async (_, inboundHandling, ofSender, count) => {
    const { service, carrier } = createDesk({
      inboundHandling,
      senders: [{ phoneNumber: SENDER, inboundHandling: ofSender }],
    });
    await carrier.handset(PHONE).text(SENDER, "Hello");
    expect(await service.conversations.list()).toHaveLength(count);
  });

  it("begins one once the setting says so", async () => {
    const { service, carrier } = createDesk({ inboundHandling: "drop" });
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "1");
    await service.update({ inboundHandling: "conversation" });
    await phone.text(SENDER, "2");
    expect((await service.conversations.list()).map(({ messageCount }) => messageCount)).toEqual([1]);
  });

  it("of a group MMS is kept on record, in no conversation, and an alert says why", async () => {
    const { service, carrier } = createDesk();
    const { sid } = await carrier.handset(PHONE).text(SENDER, "Hi all", {
      mediaUrl: "https://media.example/a.png",
      parameters: { OtherRecipients0: "+14155550199" },
    });
    expect(await service.message(sid)).toMatchObject({ body: "Hi all" });
    expect(await service.conversations.list()).toHaveLength(0);
    expect((await service.alerts.list()).map(({ code }) => code)).toEqual(["GROUP_MMS_UNSUPPORTED"]);
  });
});

describe("conversations.send", () => {
  it("sends from the pair's own sender, and keeps author and delivery in the conversation", async () => {
    const { service, carrier, clock, sid } = await createTalk({ senders: [SECOND, SENDER] });
    const { sid: messageSid } = await service.conversations.send(sid, { body: "Yes!", author: "Ann" });
    const status = async () => (await service.conversations.messages(sid))[0]?.status;
    expect(await status()).not.toBe("delivered");
    await clock.advance(MINUTE);
    expect(await status()).toBe("delivered");
    expect(carrier.handset(PHONE).inbox.map(({ body, from }) => `${from} ${body}`)).toEqual([
      `${SENDER} Yes!`,
    ]);
    expect((await service.conversations.messages(sid))[0]).toMatchObject({
      sid: expect.stringMatching(/^IM[0-9a-f]{32}$/) as string,
      conversationSid: sid,
      messageSid,
      index: 1,
      author: "Ann",
      participantSid: null,
      direction: "outbound-api",
    });
  });

  it('says "system" where no author is given', async () => {
    const { service, sid } = await createTalk();
    await service.conversations.send(sid, { body: "Yes" });
    expect((await service.conversations.messages(sid))[0]?.author).toBe("system");
  });

  it("shows why a message did not arrive", async () => {
    const { service, carrier, clock, sid } = await createTalk();
    carrier.outcome({ undelivered: 30003 });
    await service.conversations.send(sid, { body: "Yes" });
    await clock.advance(MINUTE);
    expect((await service.conversations.messages(sid))[0]).toMatchObject({
      status: "undelivered",
      errorCode: 30003,
    });
  });

  it("carries media, both ways", async () => {
    const { service, carrier, sid } = await createTalk();
    await carrier.handset(PHONE).text(SENDER, "", { mediaUrl: "https://media.example/in.png" });
    await service.conversations.send(sid, { mediaUrl: "https://media.example/out.png" });
    const [ours, theirs] = await service.conversations.messages(sid);
    expect(ours?.media).toEqual([{ url: "https://media.example/out.png", contentType: null }]);
    expect(theirs?.media.map(({ url }) => url)).toHaveLength(1);
    expect(theirs?.messageSid).toMatch(/^MM/);
  });

  it("is refused when the person opted out, and leaves nothing in the conversation", async () => {
    const { service, sid } = await createTalk();
    await service.consent.set(PHONE, { status: "opted-out", source: "operator" });
    await expect(service.conversations.send(sid, { body: "Yes" })).rejects.toMatchObject({
      code: "OPTED_OUT",
      twilioCode: 21610,
    });
    expect(await service.conversations.messages(sid)).toHaveLength(1);
  });

  it("is one message under one idempotency key, at once and again", async () => {
    const { service, carrier, clock, sid } = await createTalk();
    const reply = { body: "Yes", idempotencyKey: "reply 1" };
    const sending = Promise.all([
      service.conversations.send(sid, reply),
      service.conversations.send(sid, reply),
    ]);
    await clock.advance(6_000);
    const sent = [...(await sending), await service.conversations.send(sid, reply)];
    await clock.advance(MINUTE);
    expect(new Set(sent.map((message) => message.sid)).size).toBe(1);
    expect(carrier.handset(PHONE).inbox).toHaveLength(1);
    expect(await service.conversations.messages(sid)).toHaveLength(2);
  });

  it("tells its own status callback", async () => {
    const { service, clock, sid } = await createTalk();
    const told: string[] = [];
    await service.conversations.send(sid, { body: "Yes", statusCallback: ({ status }) => told.push(status) });
    await clock.advance(MINUTE);
    expect(told).toEqual(["sent", "delivered"]);
  });

  it("is refused once the sender has left the pool", async () => {
    const { service, sid } = await createTalk({ senders: [SENDER, SECOND] });
    await service.senders.remove(SENDER);
    await expect(service.conversations.send(sid, { body: "Yes" })).rejects.toMatchObject({
      code: "SENDER_NOT_IN_POOL",
    });
  });

  it.each<[object, string]>([
    [{}, "MISSING_CONTENT"],
    [{ body: "x", autor: "Ann" }, "UNKNOWN_REQUEST_OPTION"],
    [{ body: "x", to: "+14155550199" }, "GROUP_MMS_UNSUPPORTED"],
    [{ body: "x", participants: ["+14155550199"] }, "GROUP_MMS_UNSUPPORTED"],
    [{ body: "x", author: "" }, "INVALID_CONVERSATION"],
  ])("refuses %j", async (reply, code) => {
    const { service, sid } = await createTalk();
    await expect(service.conversations.send(sid, reply as ConversationReply)).rejects.toMatchObject({ code });
    expect(await service.conversations.messages(sid)).toHaveLength(1);
  });

  it("does not put what service.send sends to the person into the conversation", async () => {
    const { service, sid } = await createTalk();
    await service.send({ to: PHONE, from: SENDER, body: "An invoice" });
    expect(await service.conversations.messages(sid)).toHaveLength(1);
  });
});

describe("conversations.find", () => {
  it("finds the one that was last written to, or the sender's", async () => {
    const { service, carrier, clock } = createDesk({ senders: [SENDER, SECOND] });
    const phone = carrier.handset(PHONE);
    for (const sender of [SENDER, SECOND, SENDER]) {
      await phone.text(sender, "Hello");
      await clock.advance(MINUTE);
    }
    const found = async (sender?: string) =>
      (await service.conversations.find({ address: "+1 415 555 0123", sender }))?.sender;
    expect(await found()).toBe(SENDER);
    expect(await found(SECOND)).toBe(SECOND);
    expect(await found("+1 (212) 555-0100")).toBe(SECOND);
    expect(await found("+14155550177")).toBeUndefined();
    expect(await service.conversations.find({ address: "+14155550188" })).toBeUndefined();
  });

  it.each(["+14155550123,+14155550124", ["+14155550123", "+14155550124"]])(
    "refuses the several people of %j, with the remedy",
    async (address) => {
      const { service } = createDesk();
      await expect(service.conversations.find({ address: address as string })).rejects.toMatchObject({
        code: "GROUP_MMS_UNSUPPORTED",
        help: expect.stringContaining("to each person by itself") as string,
      });
    },
  );

  it("refuses what is no address", async () => {
    const { service } = createDesk();
    await expect(service.conversations.find({ address: "Ann" })).rejects.toMatchObject({
      code: "INVALID_RECIPIENT",
    });
  });
});

describe("conversations.list", () => {
  it("has the newest first, by state, in pages", async () => {
    const { service, carrier } = createDesk();
    const phones = Array.from({ length: 25 }, (_, index) => `+141555501${String(index + 10)}`);
    for (const phone of phones) await carrier.handset(phone).text(SENDER, "Hello");
    for (const conversation of (await service.conversations.list()).slice(0, 10))
      await service.conversations.close(conversation.sid);
    const seen: string[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page = await service.conversations.list({ state: "active", limit: 4, cursor });
      expect(page.length).toBeLessThanOrEqual(4);
      seen.push(...page.map(({ address }) => address));
      ({ cursor } = page);
    }
    expect(seen).toEqual(phones.slice(0, 15).toReversed());
    expect(await service.conversations.list({ state: "closed" })).toHaveLength(10);
    expect(await service.conversations.list({ state: "inactive" })).toHaveLength(0);
  });

  it("refuses a cursor that is none", async () => {
    const { service } = await createTalk();
    await expect(service.conversations.list({ cursor: "yesterday" })).rejects.toMatchObject({
      code: "INVALID_CURSOR",
    });
  });
});

describe("conversations.messages", () => {
  it("are in pages, newest first, each once", async () => {
    const { service, carrier, sid } = await createTalk();
    for (let index = 1; index < 10; index += 1) await carrier.handset(PHONE).text(SENDER, `Number ${index}`);
    const indexes: number[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page = await service.conversations.messages(sid, { limit: 4, cursor });
      indexes.push(...page.map(({ index }) => index));
      ({ cursor } = page);
    }
    expect(indexes).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  });

  it("are gone when they are removed, and empty when they are redacted", async () => {
    const { service, carrier, sid } = await createTalk();
    await carrier.handset(PHONE).text(SENDER, "My card is 4111…");
    const [second, first] = await service.conversations.messages(sid);
    await service.redact(second?.messageSid ?? "");
    await service.remove(first?.messageSid ?? "");
    expect((await service.conversations.messages(sid)).map(({ index, body }) => `${index}${body}`)).toEqual([
      "1",
    ]);
  });

  it("are kept for as long as messages are, and an open conversation for longer", async () => {
    const { service, clock, sid } = await createTalk({ retention: 3_600, ...calm });
    await clock.advance(2 * 3_600_000);
    expect(await service.conversations.messages(sid)).toHaveLength(0);
    await clock.advance(10 * DAY);
    expect(await service.conversations.get(sid)).toMatchObject({ state: "active", messageCount: 1 });
    expect((await service.conversations.list()).map((each) => each.sid)).toEqual([sid]);
  });

  it("do not outlive their conversation, which is kept for the retention and a day after it was closed", async () => {
    const { service, clock, sid } = await createTalk({ retention: 2 * 86_400, ...calm });
    await service.conversations.send(sid, { body: "Yes" });
    await service.conversations.close(sid);
    await clock.advance(1.9 * DAY);
    expect(await service.conversations.messages(sid)).toHaveLength(2);
    await clock.advance(DAY);
    expect(await service.conversations.messages(sid)).toHaveLength(0);
    await clock.advance(DAY);
    expect(await service.conversations.get(sid)).toBeUndefined();
    expect(await service.conversations.list()).toHaveLength(0);
  });
});

describe("doctor", () => {
  it.each<[string, WorldOptions, string[]]>([
    ["warns of hooks that no message comes to", { inboundHandling: "defer" }, ["CONVERSATIONS_UNUSED"]],
    ["says nothing where the service has conversations", {}, []],
    [
      "says nothing where a sender has",
      { inboundHandling: "defer", senders: [{ phoneNumber: SENDER, inboundHandling: "conversation" }] },
      [],
    ],
  ])("%s", async (_, options, codes) => {
    const { service } = createDesk({ conversations: { closeAfter: 86_400 }, ...options });
    const found = (await service.doctor()).map(({ code }) => code);
    expect(found.filter((code) => code.startsWith("CONVERSATIONS"))).toEqual(codes);
  });
});

describe("a conversation that is not there", () => {
  it("is undefined to get, and an error to all that need it", async () => {
    const { service } = createDesk();
    const { conversations } = service;
    expect(await conversations.get(MISSING)).toBeUndefined();
    const code = "CONVERSATION_NOT_FOUND";
    await expect(conversations.messages(MISSING)).rejects.toMatchObject({ code });
    await expect(conversations.send(MISSING, { body: "x" })).rejects.toMatchObject({ code });
    await expect(conversations.update(MISSING, { friendlyName: "x" })).rejects.toMatchObject({ code });
    await expect(conversations.close(MISSING)).rejects.toMatchObject({ code });
  });
});

describe("what happens to conversations", () => {
  it("is told to listeners of this process", async () => {
    const { service, carrier, clock } = createDesk({ conversations: { inactiveAfter: 3_600 } });
    const changes: string[] = [];
    const toText = (change: ConversationChange): string => {
      if (change.type === "message") return `message ${change.message.index} ${change.message.body}`;
      if (change.type === "state") return `${change.stateFrom}>${change.stateTo} ${change.reason}`;
      return `${change.type} ${change.conversation.friendlyName}`;
    };
    service.on("conversation", (change) => changes.push(toText(change)));
    await carrier.handset(PHONE).text(SENDER, "Hello");
    const { sid = "" } = (await service.conversations.find({ address: PHONE })) ?? {};
    await service.conversations.update(sid, { friendlyName: "Bo" });
    await service.conversations.send(sid, { body: "Yes" });
    await clock.advance(61 * MINUTE);
    await service.conversations.close(sid);
    expect(changes).toEqual([
      "added null",
      "message 0 Hello",
      "updated Bo",
      "message 1 Yes",
      "active>inactive TIMER",
      "inactive>closed API",
    ]);
  });

  it("is in the feed, in order, with the message's own SID", async () => {
    const { service, sid } = await createTalk();
    const { sid: reply } = await service.conversations.send(sid, { body: "Yes" });
    await service.conversations.close(sid);
    const feed = await collect(service.changes({ follow: false }));
    const entries = feed.flatMap((change) => (change.type === "conversation" ? [change] : []));
    const inbound = feed.find((change) => change.type === "inbound");
    expect(entries.map(({ sid: of, event, state, index }) => [of, event, state, index])).toEqual([
      [sid, "added", "active", null],
      [sid, "message", "active", 0],
      [sid, "message", "active", 1],
      [sid, "state", "closed", null],
    ]);
    expect(entries.map(({ messageSid }) => messageSid)).toEqual([null, inbound?.sid, reply, null]);
  });
});
