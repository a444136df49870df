import { memoryStore } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createFaultyStore, READS } from "../support/faulty-store.ts";
import { collect, createWorld, PHONE, SECOND, SENDER, type World } from "../support/world.ts";

const SECOND_MS = 1_000;
const MINUTE = 60_000;
const WHATSAPP = "whatsapp:+14155550101";
const RCS = "rcs:acme_agent";

/** A provider that cannot answer in the webhook's response: replies leave as messages. */
const withoutReplies = {
  wrap: (provider: World["carrier"]["provider"]): World["carrier"]["provider"] => ({
    ...provider,
    webhook: { ...provider.webhook, renderReply: undefined } as never,
  }),
};

describe("a STOP is confirmed once, by the sender that was texted,", () => {
  it.each([
    ["SMS", PHONE, SECOND, {}],
    ["MMS", PHONE, SECOND, { mediaUrl: "https://media.example/a.png" }],
    ["RCS", PHONE, RCS, {}],
    ["WhatsApp", `whatsapp:${PHONE}`, WHATSAPP, {}],
  ] as const)("over %s", async (_channel, from, to, options) => {
    const { service, carrier, clock } = createWorld({ senders: [SENDER, SECOND, RCS, WHATSAPP] });
    const phone = carrier.handset(from, { rcs: true });
    await phone.text(to, "Stop!", options);
    await clock.advance(MINUTE);
    expect(carrier.messages.map((message) => message.from)).toEqual([to]);
    expect(carrier.messages[0]?.body).toContain("Acme: You are unsubscribed");
    expect(await collect(service.consent.history(from))).toMatchObject([
      { status: "opted-out", source: "keyword", keyword: "STOP", sender: to, effect: "applied" },
    ]);
    await expect(service.send({ to: from, body: "x" })).rejects.toMatchObject({ twilioCode: 21610 });
  });

  it.each([
    ["SMS", PHONE, SECOND],
    ["RCS", PHONE, RCS],
    ["WhatsApp", `whatsapp:${PHONE}`, WHATSAPP],
  ] as const)("over %s at a provider that takes no reply in its webhook", async (_channel, from, to) => {
    const { service, carrier, clock } = createWorld({
      senders: [SENDER, SECOND, RCS, WHATSAPP],
      ...withoutReplies,
    });
    const result = await carrier.handset(from, { rcs: true }).text(to, "STOP");
    expect(result).toMatchObject({ status: 200, replies: [] });
    await clock.advance(MINUTE);
    expect(carrier.messages.map((message) => message.from)).toEqual([to]);
    expect([...(await service.messages({ direction: "outbound-reply" }))]).toMatchObject([
      { from: to, status: "delivered" },
    ]);
  });

  it("and the person is opted out before it leaves", async () => {
    const order: string[] = [];
    const inner = memoryStore();
    const store = {
      ...inner,
      compareAndSet: async (...args: Parameters<typeof inner.compareAndSet>) => {
        const [key, , value] = args;
        if (key.includes(":consent:")) order.push("consent");
        if (String(value).includes('"direction":"outbound-reply"')) order.push("reply");
        return inner.compareAndSet(...args);
      },
    };
    const { carrier } = createWorld({ store });
    await carrier.handset(PHONE).text(SENDER, "STOP");
    expect(order).toEqual(["consent", "reply"]);
  });

  it("although the store failed between the two", async () => {
    const store = createFaultyStore();
    const { service, carrier, clock } = createWorld({ store, refreshMs: 1_000 });
    const phone = carrier.handset(PHONE);
    store.break((call, key) => call === "compareAndSet" && key.includes(":m:"));
    const sid = `SM${"7".repeat(32)}`;
    expect((await phone.text(SENDER, "STOP", { messageSid: sid })).status).toBe(503);
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "OPTED_OUT" });
    store.heal();
    const again = phone.text(SENDER, "STOP", { messageSid: sid });
    await clock.advance(MINUTE);
    await again;
    expect(phone.inbox).toHaveLength(1);
    expect(phone.inbox[0]?.body).toContain("unsubscribed");
    expect(await collect(service.consent.history(PHONE))).toHaveLength(1);
  });

  it("and never when it would leave five minutes late: it waits no longer on a busy lane", async () => {
    const { service, carrier, clock } = createWorld({
      senders: [{ phoneNumber: SENDER, throughput: 0.1 }],
      ...withoutReplies,
    });
    for (let index = 0; index < 40; index += 1)
      await service.send({ to: `+1415555${String(2_000 + index)}`, body: "x" });
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await clock.advance(10 * MINUTE);
    expect(carrier.handset(PHONE).inbox).toHaveLength(0);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
    const alerts = await service.alerts.list();
    expect(alerts.map(({ code }) => code)).toContain("KEYWORD_REPLY_FAILED");
    expect([...(await service.messages({ direction: "outbound-reply" }))]).toMatchObject([
      { error: "VALIDITY_EXPIRED" },
    ]);
  });

  it("and never after the store was down for longer than that", async () => {
    const store = createFaultyStore();
    const { service, carrier, clock } = createWorld({ store, refreshMs: 1_000 });
    const phone = carrier.handset(PHONE);
    store.break(() => true);
    expect((await phone.text(SENDER, "STOP")).status).toBe(503);
    await clock.advance(6 * MINUTE);
    store.heal();
    await clock.advance(2 * MINUTE);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out", source: "keyword" });
    expect(phone.inbox).toHaveLength(0);
    expect((await service.alerts.list()).map(({ code }) => code)).toContain("KEYWORD_REPLY_LATE");
    const [event] = await collect(service.consent.history(PHONE));
    expect(clock.now() - (event?.at ?? 0), "it was said when it came").toBe(8 * MINUTE);
  });

  it("and a reply that cannot leave keeps nobody on the list", async () => {
    const { service, carrier, clock } = createWorld({ maxBacklog: 1, ...withoutReplies });
    carrier.outcome({ hang: true });
    await service.send({ to: "+14155550199", body: "x" });
    const result = await carrier.handset(PHONE).text(SENDER, "STOP");
    expect(result.status).toBe(200);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
    await clock.advance(MINUTE);
    expect((await service.alerts.list()).map(({ code }) => code)).toContain("KEYWORD_REPLY_FAILED");
  });
});

describe("what waits when a STOP comes", () => {
  it("does not leave: a queued message, a scheduled one, an answer to HELP or START", async () => {
    const { service, carrier, clock, message } = createWorld({
      senders: [{ phoneNumber: SENDER, throughput: 0.1 }],
      ...withoutReplies,
    });
    await service.send({ to: "+14155550199", body: "first" });
    const queued = await service.send({ to: PHONE, body: "queued" });
    const sendAt = new Date(clock.now() + 20 * MINUTE);
    const scheduled = await service.send({ to: PHONE, body: "scheduled", sendAt });
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "HELP");
    await phone.text(SENDER, "START");
    await phone.text(SENDER, "STOP");
    await clock.advance(30 * MINUTE);
    expect(phone.inbox.map(({ body }) => body)).toEqual([expect.stringContaining("unsubscribed")]);
    for (const { sid } of [queued, scheduled])
      expect(await message(sid)).toMatchObject({ status: "failed", error: "OPTED_OUT", errorCode: 21610 });
  });

  it("does not leave: what a webhook answers to an earlier message", async () => {
    let answer: (() => Promise<unknown>) | undefined;
    let done = (): void => {};
    const { carrier, clock } = createWorld({
      webhook: (message, { reply }) => {
        if (message.optOutType !== null) return;
        answer = () => reply("How can we help?");
        return new Promise<void>((resolve) => {
          done = resolve;
        });
      },
    });
    const phone = carrier.handset(PHONE);
    const first = phone.text(SENDER, "hi");
    await clock.advance(SECOND_MS);
    await phone.text(SENDER, "STOP");
    await expect(answer?.()).rejects.toMatchObject({ code: "OPTED_OUT" });
    done();
    await clock.advance(SECOND_MS);
    expect((await first).replies).toHaveLength(0);
    expect(phone.inbox).toHaveLength(1);
  });
});

describe("STOP and START", () => {
  it.each([0, 1, 9_999, 10_000])(
    "%d ms apart leave the person opted out, and promise nothing else",
    async (ms) => {
      const heard: string[] = [];
      const { service, carrier, clock } = createWorld({
        webhook: ({ optOutType }) => void heard.push(String(optOutType)),
      });
      const phone = carrier.handset(PHONE);
      await phone.text(SENDER, "STOP");
      await clock.advance(ms);
      const start = await phone.text(SENDER, "START");
      expect(start).toMatchObject({ status: 200, replies: [] });
      expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
      expect(heard, "an opt-in that did not come about is told to nobody").toEqual(["STOP"]);
      const history = await collect(service.consent.history(PHONE));
      expect(history.map(({ status, effect }) => `${status} ${effect}`)).toEqual([
        "opted-out applied",
        "opted-in ignored",
      ]);
      expect(history[1]?.reply, "what was not said is not on record").toBeUndefined();
    },
  );

  it("are taken one by one, however close, where stopWinsMs is 0", async () => {
    const { service, carrier } = createWorld({ optOut: { brand: "Acme", stopWinsMs: 0 } });
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "STOP");
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "OPTED_OUT" });
    expect((await phone.text(SENDER, "START")).replies).toHaveLength(1);
    await expect(service.send({ to: PHONE, body: "x" })).resolves.toMatchObject({ to: PHONE });
    await phone.text(SENDER, "STOP");
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
  });

  it("are in their order although the provider's clock is an hour ahead", async () => {
    let ahead = 60 * MINUTE;
    const { service, carrier, clock } = createWorld({
      wrap: (provider) => ({
        ...provider,
        webhook: {
          ...provider.webhook,
          parseInbound: (request) =>
            provider.webhook
              .parseInbound(request)
              .map((event) => ({ ...event, receivedAt: clock.now() + ahead })),
        },
      }),
    });
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await clock.advance(MINUTE);
    ahead = 0;
    await carrier.handset(PHONE).text(SENDER, "START");
    expect((await service.consent.get(PHONE)).status).toBe("opted-in");
  });

  it("in this order or the other end in STOP", async () => {
    const { service, carrier } = createWorld();
    const phone = carrier.handset(PHONE);
    expect((await phone.text(SENDER, "START")).replies).toHaveLength(1);
    expect((await phone.text(SENDER, "STOP")).replies).toHaveLength(1);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
  });

  it("around a time when the store was down: the STOP that it does not have yet comes first", async () => {
    const store = createFaultyStore();
    const { service, carrier, clock } = createWorld({ store, refreshMs: 60_000 });
    const phone = carrier.handset(PHONE);
    store.break((call) => !READS.includes(call));
    expect((await phone.text(SENDER, "STOP")).status).toBe(503);
    store.heal();
    await clock.advance(5 * SECOND_MS);
    expect((await phone.text(SENDER, "START")).replies).toHaveLength(0);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
    await clock.advance(5 * MINUTE);
    expect(
      (await collect(service.consent.history(PHONE))).map(({ status, effect }) => `${status} ${effect}`),
    ).toEqual(["opted-out applied", "opted-in ignored"]);
  });
});

describe("a message that was counted", () => {
  it.each(["STOP", "START"])("changes nothing when its %s comes again, however much later", async (word) => {
    // Longer than records are kept.
    const later = 11 * MINUTE;
    const heard: string[] = [];
    const { service, carrier, clock } = createWorld({
      retention: 60,
      webhook: ({ optOutType }) => void heard.push(String(optOutType)),
    });
    const phone = carrier.handset(PHONE);
    const messageSid = `SM${"8".repeat(32)}`;
    await phone.text(SENDER, word, { messageSid });
    await clock.advance(later);
    const other = word === "STOP" ? "START" : "STOP";
    for (let again = 0; again < 3; again += 1) {
      await phone.text(SENDER, other);
      await clock.advance(later);
      const before = await collect(service.consent.history(PHONE));
      const status = await service.consent.get(PHONE);
      const replayed = await phone.text(SENDER, word, { messageSid });
      expect(replayed).toMatchObject({ status: 200, replies: [] });
      expect(await collect(service.consent.history(PHONE))).toEqual(before);
      expect(await service.consent.get(PHONE)).toEqual(status);
      await clock.advance(later);
    }
    expect(heard).toEqual([word, other, other, other]);
  });

  it("and was ignored, is not counted later either", async () => {
    const { service, carrier, clock } = createWorld({ retention: 60 });
    const phone = carrier.handset(PHONE);
    const messageSid = `SM${"9".repeat(32)}`;
    await phone.text(SENDER, "STOP");
    await phone.text(SENDER, "START", { messageSid });
    await clock.advance(10 * MINUTE);
    await phone.text(SENDER, "START", { messageSid });
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
  });
});

describe("two machines that answer each other", () => {
  it("get five answers an hour, and every STOP is recorded", async () => {
    const { service, carrier, clock } = createWorld({ optOut: { brand: "Acme", onRepeatedStop: "confirm" } });
    const phone = carrier.handset(PHONE);
    for (let index = 0; index < 8; index += 1) {
      await phone.text(SENDER, "STOP");
      await clock.advance(MINUTE);
    }
    expect(phone.inbox).toHaveLength(5);
    expect(await collect(service.consent.history(PHONE))).toHaveLength(8);
    await clock.advance(60 * MINUTE);
    await phone.text(SENDER, "STOP");
    expect(phone.inbox).toHaveLength(6);
  });

  it("get as many as repliesPerHour says, per person and not per form of the number", async () => {
    const { carrier } = createWorld({
      senders: ["+5215512345678"],
      optOut: { brand: "Acme", repliesPerHour: 1 },
    });
    const [one, two] = [carrier.handset("+5215587654321"), carrier.handset("+525587654321")];
    await one.text("+5215512345678", "HELP");
    await two.text("+5215512345678", "HELP");
    expect(one.inbox.length + two.inbox.length).toBe(1);
  });
});
