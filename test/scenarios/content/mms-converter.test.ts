import { segment } from "@messaging-service/core";
import { createVirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../../support/world.ts";

const BRITISH = "+447911123456";
const BRITON = "+447911123457";
const PICTURE = "https://media.example/cat.png";
const SMS_ONLY = { phoneNumber: SENDER, capabilities: ["SMS"] } as const;
const LINK = /^Look: https:\/\/app\.example\/messaging\/m\/([0-9a-z]{7})$/;
const DAY_MS = 86_400_000;

/** What a link leads to. */
async function follow({ service }: Pick<ReturnType<typeof createWorld>, "service">, body: string) {
  const url = new URL(body.slice("Look: ".length)).pathname;
  return service.handle("media", { method: "GET", url, headers: {}, body: undefined });
}

describe("the MMS Converter feature automatically delivers your MMS message as an SMS if the carrier does not support the receiving of MMS", () => {
  it("where the network says so after it was sent, as the same message", async () => {
    const world = createWorld();
    const phone = world.carrier.handset(PHONE, { capabilities: ["SMS"] });
    const { sid, kind } = await world.service.send({ to: PHONE, body: "Look:", mediaUrl: PICTURE });
    expect(kind).toBe("MMS");
    await world.clock.advance(10_000);
    const message = await world.message(sid);
    expect(message).toMatchObject({ kind: "SMS", status: "delivered", from: SENDER, errorCode: null });
    expect(message.body).toMatch(LINK);
    expect(phone.inbox).toMatchObject([{ body: message.body, mediaUrl: [] }]);
    expect(await follow(world, message.body)).toMatchObject({ status: 302, headers: { location: PICTURE } });
    expect(message.attempts.map(({ outcome }) => outcome)).toEqual(["accepted", "accepted"]);
  });

  it("where the provider says so at once", async () => {
    const { service, carrier, clock, message } = createWorld();
    carrier.outcome({ refuse: 30011, times: 1 });
    const { sid } = await service.send({ to: PHONE, body: "Look:", mediaUrl: PICTURE });
    await clock.advance(10_000);
    expect(await message(sid)).toMatchObject({ kind: "SMS", status: "delivered" });
    expect((await message(sid)).attempts.map(({ outcome }) => outcome)).toEqual(["refused", "accepted"]);
  });

  it("from the sender that was asked for, too: it has MMS, the carrier has not", async () => {
    const { service, carrier, clock, message } = createWorld({ senders: [SENDER, SECOND] });
    carrier.handset(PHONE, { capabilities: ["SMS"] });
    const { sid } = await service.send({ to: PHONE, from: SECOND, body: "Look:", mediaUrl: PICTURE });
    await clock.advance(10_000);
    expect(await message(sid)).toMatchObject({ kind: "SMS", status: "delivered", from: SECOND });
  });

  it("by its country's networks, before anything is sent", async () => {
    const { service, carrier, clock } = createWorld({ senders: [BRITISH] });
    const sent = await service.send({ to: BRITON, body: "Look:", mediaUrl: PICTURE });
    expect(sent).toMatchObject({ kind: "SMS", mediaUrl: [PICTURE], numMedia: 1 });
    await clock.advance(1_000);
    expect(carrier.handset(BRITON).inbox).toMatchObject([{ body: sent.body, mediaUrl: [] }]);
  });

  it("where RCS did not get through", async () => {
    const { service, carrier, clock, message } = createWorld({ senders: ["rcs:acme_agent", BRITISH] });
    carrier.handset(BRITON, { rcs: true });
    carrier.outcome({ refuse: 63036, times: 1 });
    const { sid, kind } = await service.send({ to: BRITON, body: "Look:", mediaUrl: PICTURE });
    expect(kind).toBe("RCS");
    await clock.advance(10_000);
    expect(await message(sid)).toMatchObject({ kind: "SMS", status: "delivered", from: BRITISH });
    expect((await message(sid)).body).toMatch(LINK);
  });

  it("and once: an MMS that fails for another reason has failed", async () => {
    const { service, carrier, clock, message } = createWorld();
    carrier.outcome({ undelivered: 30003 });
    const { sid } = await service.send({ to: PHONE, body: "Look:", mediaUrl: PICTURE });
    await clock.advance(10_000);
    expect(await message(sid)).toMatchObject({ kind: "MMS", status: "undelivered", errorCode: 30003 });
    carrier.outcome({ undelivered: 30011 });
    const stubborn = await service.send({ to: PHONE, body: "Look:", mediaUrl: PICTURE });
    await clock.advance(10_000);
    expect(await message(stubborn.sid)).toMatchObject({ kind: "SMS", errorCode: 30011 });
    expect(carrier.messages).toHaveLength(3);
  });

  it("and no other: where it is received, media leave as MMS", async () => {
    const { service } = createWorld();
    const sent = await service.send({ to: PHONE, body: "Look:", mediaUrl: PICTURE });
    expect(sent).toMatchObject({ kind: "MMS", body: "Look:" });
  });

  it.each(["+8613800138000", "+819012345678", "+84912345678"])(
    "except where networks take media in no form: %s",
    async (to) => {
      const { service } = createWorld();
      await expect(service.send({ to, body: "Look:", mediaUrl: PICTURE })).rejects.toMatchObject({
        code: "NO_SENDER",
        twilioCode: 21703,
      });
    },
  );
});

describe("in these cases, the MMS Converter will transform the MMS to an SMS that contains a shortened URL linking to your image", () => {
  it("one URL for several media", async () => {
    const world = createWorld({ senders: [BRITISH] });
    const mediaUrl = [PICTURE, "https://media.example/dog.png"];
    const { body } = await world.service.send({ to: BRITON, body: "Look:", mediaUrl });
    const page = await follow(world, body);
    expect(page?.status).toBe(200);
    for (const url of mediaUrl) expect(page?.body).toContain(`<a href="${url}">`);
  });

  it("the media's own URLs where the service has no address that a phone could open", async () => {
    const { service } = createWorld({ senders: [BRITISH], publicUrl: undefined });
    expect((await service.send({ to: BRITON, body: "Look:", mediaUrl: PICTURE })).body).toBe(
      `Look: ${PICTURE}`,
    );
  });
});

describe("MMS Converter appends the shortened URL link, followed by seven unique characters, to the end of the message body", () => {
  it("and those as a text carries them: no space ends them, and Smart Encoding finds nothing to replace", async () => {
    const { service } = createWorld({ publicUrl: undefined, senders: [BRITISH] });
    const { body } = await service.explain({
      to: BRITON,
      body: "Here’s",
      mediaUrl: ["https://media.example/two words’.png?a=`b`", "https://bücher.example/ó.png"],
    });
    expect(body).toBe(
      "Here's https://media.example/two%20words%E2%80%99.png?a=%60b%60 https://xn--bcher-kva.example/%C3%B3.png",
    );
  });

  it("without the user name and password that a provider calls with", async () => {
    const { service } = createWorld({ publicUrl: "https://user:secret@app.example", senders: [BRITISH] });
    const { body } = await service.explain({ to: BRITON, body: "Look:", mediaUrl: PICTURE });
    expect(body).toMatch(LINK);
  });

  it("after a space, or alone where there is no body", async () => {
    const { service } = createWorld({ senders: [BRITISH] });
    expect((await service.send({ to: BRITON, body: "Look:", mediaUrl: PICTURE })).body).toMatch(LINK);
    expect((await service.send({ to: BRITON, mediaUrl: PICTURE })).body).toMatch(
      /^https:\/\/app\.example\/\S+$/,
    );
  });

  it("unique to each message, though the picture and the recipient are the same", async () => {
    const { service } = createWorld({ senders: [BRITISH] });
    const sends = Array.from({ length: 20 }, () =>
      service.send({ to: BRITON, body: "Look:", mediaUrl: PICTURE }),
    );
    const later = [await service.send({ to: BRITON, body: "Look:", mediaUrl: PICTURE })];
    const bodies = [...(await Promise.all(sends)), ...later].map(({ body }) => body);
    expect(new Set(bodies).size).toBe(21);
    for (const body of bodies) expect(body).toMatch(LINK);
  });

  it("under a domain of its own by option", async () => {
    const { service } = createWorld({ senders: [BRITISH], linkUrl: "https://go.example.com" });
    expect((await service.send({ to: BRITON, body: "Look:", mediaUrl: PICTURE })).body).toMatch(
      /^Look: https:\/\/go\.example\.com\/[0-9a-z]{7}$/,
    );
  });

  it("is appended after Smart Encoding's look at the text, and spoils nothing of it", async () => {
    const { service } = createWorld({ senders: [BRITISH] });
    const sent = await service.send({ to: BRITON, body: "“Look”", mediaUrl: PICTURE });
    expect(sent.encoding).toBe("GSM-7");
    expect(sent.body).toMatch(/^"Look" https:/);
  });
});

describe("this link remains active for 365 days (one year)", () => {
  it("to the last millisecond, and then is gone", async () => {
    let passed = 0;
    const virtual = createVirtualClock();
    const clock = { ...virtual, now: () => virtual.now() + passed };
    const world = createWorld({ senders: [BRITISH], clock });
    const { body } = await world.service.send({ to: BRITON, body: "Look:", mediaUrl: PICTURE });
    passed = 365 * DAY_MS - 1;
    expect(await follow(world, body)).toMatchObject({ status: 302 });
    passed += 1;
    expect(await follow(world, body)).toMatchObject({ status: 410 });
  });
});

describe("Twilio bills the converted messages as SMS messages", () => {
  it("their lane is charged by the segment", async () => {
    const { service, carrier, clock } = createWorld({ senders: [{ phoneNumber: BRITISH, throughput: 1 }] });
    const first = await service.send({ to: BRITON, body: "x".repeat(150), mediaUrl: PICTURE });
    const second = await service.send({ to: BRITON, body: "next" });
    expect(first).toMatchObject({ kind: "SMS", numSegments: 2 });
    await clock.advance(10_000);
    const times = carrier.messages.map(({ dateCreated }) => dateCreated.getTime());
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBe(2_000);
    expect(second.kind).toBe("SMS");
  });
});

describe("the appended URL may cause the body to be greater than the number of characters per segment", () => {
  it("in which case it is segmented anew, after appending", async () => {
    const { service } = createWorld({ senders: [BRITISH] });
    const body = "x".repeat(150);
    expect(segment(body).numSegments).toBe(1);
    const plan = await service.explain({ to: BRITON, body, mediaUrl: PICTURE });
    const sent = await service.send({ to: BRITON, body, mediaUrl: PICTURE });
    expect(sent).toMatchObject({ encoding: "GSM-7", numSegments: 2, body: plan.body });
    expect(segment(sent.body).segments).toEqual(plan.segments);
    const emoji = await service.send({ to: BRITON, body: "😱".repeat(35), mediaUrl: PICTURE });
    expect(emoji).toMatchObject({ encoding: "UCS-2", numSegments: 2 });
  });
});

describe("you can enable or disable the MMS Converter feature", () => {
  const picture = { to: BRITON, body: "Look:", mediaUrl: PICTURE };

  it("on unless told otherwise, live", async () => {
    const { service } = createWorld({ senders: [BRITISH] });
    expect(service.settings.mmsConverter).toBe(true);
    expect((await service.send(picture)).kind).toBe("SMS");
    await service.update({ mmsConverter: false });
    await expect(service.send(picture)).rejects.toMatchObject({ code: "NO_SENDER", twilioCode: 21703 });
    expect(await service.explain(picture)).toMatchObject({
      refusal: { code: "NO_SENDER", message: expect.stringContaining("the MMS converter is off") },
    });
    await service.update({ mmsConverter: true });
    expect((await service.send(picture)).kind).toBe("SMS");
  });

  it("off, a carrier that takes no MMS is where the message ends", async () => {
    const { service, carrier, clock, message } = createWorld({ mmsConverter: false });
    const phone = carrier.handset(PHONE, { capabilities: ["SMS"] });
    const { sid } = await service.send({ ...picture, to: PHONE });
    await clock.advance(10_000);
    expect(await message(sid)).toMatchObject({ kind: "MMS", status: "undelivered", errorCode: 30011 });
    expect(phone.inbox).toEqual([]);
  });

  it("with refusals as statuses it fails a moment later, as Twilio has it", async () => {
    const { service, clock, message } = createWorld({ senders: [BRITISH], mmsConverter: false });
    const { sid, status } = await service.send({ ...picture, refusals: "status" });
    expect(status).toBe("accepted");
    await clock.advance(1_000);
    expect(await message(sid)).toMatchObject({ status: "failed", errorCode: 21703 });
  });
});

describe("MMS Converter does not enable you to send media if your From phone number lacks MMS capabilities", () => {
  it.each([PHONE, BRITON])("to %s: 21621, whether it is on or off", async (to) => {
    for (const mmsConverter of [true, false]) {
      const { service } = createWorld({ senders: [SMS_ONLY, SECOND], mmsConverter });
      await expect(
        service.send({ to, from: SENDER, body: "Look:", mediaUrl: PICTURE }),
      ).rejects.toMatchObject({ code: "SENDER_WITHOUT_MMS", twilioCode: 21621 });
    }
  });

  it("without From one that has it is picked, and where the pool has none a link is sent", async () => {
    const both = createWorld({ senders: [SMS_ONLY, SECOND] });
    const picture = { to: PHONE, body: "Look:", mediaUrl: PICTURE };
    expect(await both.service.send(picture)).toMatchObject({ from: SECOND, kind: "MMS" });
    const one = createWorld({ senders: [SMS_ONLY] });
    expect(await one.service.send(picture)).toMatchObject({ from: SENDER, kind: "SMS" });
    const off = createWorld({ senders: [SMS_ONLY], mmsConverter: false });
    await expect(off.service.send(picture)).rejects.toMatchObject({ twilioCode: 21703 });
  });

  it("a reply comes from who was written to, which nobody chose: it is converted", async () => {
    let reply: Promise<unknown> | undefined;
    const { carrier, clock } = createWorld({
      senders: [BRITISH],
      respondWithin: 1,
      webhook: (_, context) => {
        // After the answer: it leaves as a message.
        reply = new Promise((resolve) => setImmediate(resolve))
          .then(() => clockPast())
          .then(() => context.reply({ body: "Look:", mediaUrl: PICTURE }));
        return reply;
      },
    });
    const clockPast = (): Promise<void> => clock.advance(2_000).then(() => undefined);
    const phone = carrier.handset(BRITON);
    await phone.text(BRITISH, "What have you got?");
    await reply;
    await clock.advance(2_000);
    expect(phone.inbox.map(({ body }) => body)).toEqual([expect.stringMatching(LINK)]);
  });

  it("so does one of a conversation", async () => {
    const { service, carrier } = createWorld({ senders: [BRITISH], inboundHandling: "conversation" });
    await carrier.handset(BRITON).text(BRITISH, "What have you got?");
    const [conversation] = await service.conversations.list();
    const picture = { body: "Look:", mediaUrl: PICTURE };
    const reply = await service.conversations.send(conversation?.sid ?? "", picture);
    expect(reply).toMatchObject({ kind: "SMS", body: expect.stringMatching(LINK) as string });
  });
});
