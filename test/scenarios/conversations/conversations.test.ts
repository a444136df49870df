import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SENDER } from "../../support/world.ts";

const MINUTE = 60_000;

describe('inboundHandling: "conversation"', () => {
  it("begins one with the first message of a pair, and keeps what follows in it", async () => {
    const { service, carrier, clock } = createWorld({ inboundHandling: "conversation" });
    const phone = carrier.handset(PHONE);
    expect(await phone.text(SENDER, "Hello")).toMatchObject({ status: 200, replies: [] });
    await clock.advance(MINUTE);
    await phone.text(SENDER, "Anybody there?");
    const conversation = await service.conversations.find({ address: PHONE });
    expect(conversation).toMatchObject({ state: "active", address: PHONE, sender: SENDER, messageCount: 2 });
    const sid = conversation?.sid ?? "";
    const message = await service.conversations.send(sid, { body: "Yes!", author: "Ann" });
    await clock.advance(MINUTE);
    expect(phone.inbox.map(({ body, from }) => `${from} ${body}`)).toEqual([`${SENDER} Yes!`]);
    const messages = await service.conversations.messages(sid);
    expect(messages.map(({ index, author, body, status }) => `${index} ${author} ${body} ${status}`)).toEqual(
      ["2 Ann Yes! delivered", `1 ${PHONE} Anybody there? received`, `0 ${PHONE} Hello received`],
    );
    expect(messages[0]?.messageSid).toBe(message.sid);
    expect((await service.conversations.list()).map((each) => each.sid)).toEqual([sid]);
  });
});
