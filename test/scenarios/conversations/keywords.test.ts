import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SENDER, type World, type WorldOptions } from "../../support/world.ts";

const MINUTE = 60_000;

const createDesk = (options: WorldOptions = {}): World =>
  createWorld({ inboundHandling: "conversation", ...options });

/** The pair's messages, oldest first. */
async function said({ service }: World): Promise<string[]> {
  const { sid = "" } = (await service.conversations.find({ address: PHONE })) ?? {};
  const messages = await service.conversations.messages(sid);
  return messages.toReversed().map(({ index, author, optOutType, body }) => {
    const text = optOutType !== null && author === "system" ? "(reply)" : body;
    return `${index} ${author} ${optOutType ?? "-"} ${text}`;
  });
}

describe("keywords in a conversation", () => {
  it("are obeyed and answered as everywhere, and kept with the reply", async () => {
    const world = createDesk();
    const phone = world.carrier.handset(PHONE);
    await phone.text(SENDER, "Hello");
    const stop = await phone.text(SENDER, "STOP");
    expect(stop.replies).toHaveLength(1);
    expect(await world.service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
    const { sid = "" } = (await world.service.conversations.find({ address: PHONE })) ?? {};
    await expect(world.service.conversations.send(sid, { body: "Sorry?" })).rejects.toMatchObject({
      code: "OPTED_OUT",
    });
    await world.clock.advance(MINUTE);
    expect((await phone.text(SENDER, "START")).replies).toHaveLength(1);
    await world.clock.advance(MINUTE);
    expect((await phone.text(SENDER, "HELP")).replies).toHaveLength(1);
    await world.service.conversations.send(sid, { body: "Hello again", author: "Ann" });
    expect(await said(world)).toEqual([
      `0 ${PHONE} - Hello`,
      `1 ${PHONE} STOP STOP`,
      "2 system STOP (reply)",
      `3 ${PHONE} START START`,
      "4 system START (reply)",
      `5 ${PHONE} HELP HELP`,
      "6 system HELP (reply)",
      "7 Ann - Hello again",
    ]);
  });

  it("begin none", async () => {
    const { service, carrier } = createDesk();
    expect((await carrier.handset(PHONE).text(SENDER, "HELP")).replies).toHaveLength(1);
    expect(await service.conversations.list()).toHaveLength(0);
  });

  it("are kept once however often they are delivered, and told to onMessageAdded", async () => {
    const told: string[] = [];
    const world = createDesk({
      conversations: {
        onMessageAdded: ({ message }) => void told.push(`${message.index} ${message.optOutType}`),
      },
    });
    const phone = world.carrier.handset(PHONE);
    await phone.text(SENDER, "Hello");
    const texting = phone.text(SENDER, "STOP", { duplicates: 9, concurrent: true });
    await world.clock.advance(6_000);
    await texting;
    expect(await said(world)).toHaveLength(3);
    expect(told).toEqual(["0 null", "1 STOP", "2 STOP"]);
  });

  it("that the provider answered are kept without a reply", async () => {
    const world = createDesk({ carrier: { optOutHandling: "default" } });
    const phone = world.carrier.handset(PHONE);
    await phone.text(SENDER, "Hello");
    await phone.text(SENDER, "STOP");
    expect(await said(world)).toEqual([`0 ${PHONE} - Hello`, `1 ${PHONE} STOP STOP`]);
  });

  it("are kept with a reply that leaves as a message", async () => {
    const world = createDesk({
      wrap: (provider) => ({
        ...provider,
        webhook: { ...provider.webhook, renderReply: undefined } as never,
      }),
    });
    const phone = world.carrier.handset(PHONE);
    await phone.text(SENDER, "Hello");
    await phone.text(SENDER, "STOP");
    await world.clock.advance(MINUTE);
    expect(await said(world)).toEqual([
      `0 ${PHONE} - Hello`,
      `1 ${PHONE} STOP STOP`,
      "2 system STOP (reply)",
    ]);
    expect(phone.inbox).toHaveLength(1);
  });

  it("call no webhook: onMessageAdded tells of them", async () => {
    const heard: string[] = [];
    const { carrier, clock } = createDesk({ webhook: (message) => void heard.push(message.body) });
    await carrier.handset(PHONE).text(SENDER, "Hello");
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await clock.advance(MINUTE);
    expect(heard).toEqual([]);
  });
});
