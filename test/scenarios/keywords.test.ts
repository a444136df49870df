import { describe, expect, it } from "vitest";
import { collect, createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const MINUTE = 60_000;

describe("STOP, START and HELP", () => {
  it("are answered, bind at once, and are lifted by the person alone", async () => {
    const { service, carrier, clock } = createWorld();
    const phone = carrier.handset(PHONE);
    const stop = await phone.text(SENDER, " stop. ");
    expect(stop).toMatchObject({ status: 200, errorCode: null });
    expect(stop.replies).toHaveLength(1);
    expect(stop.replies[0]?.body).toContain("Acme");
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({
      code: "OPTED_OUT",
      twilioCode: 21610,
    });
    expect(await service.explain({ to: PHONE, body: "x" })).toMatchObject({ optedOut: true });
    await clock.advance(MINUTE);
    const start = await phone.text(SENDER, "START");
    expect(start.replies).toHaveLength(1);
    expect((await service.send({ to: PHONE, body: "x" })).status).toBe("queued");
    const help = await phone.text(SENDER, "HELP");
    expect(help.replies).toHaveLength(1);
  });

  it("are told to listeners, to the feed and to the ledger", async () => {
    const { service, carrier, clock } = createWorld();
    const events: string[] = [];
    for (const name of ["opt-out", "opt-in", "help", "received"] as const)
      service.on(name, (message) => events.push(`${name} ${message.optOutType} ${message.body}`));
    const phone = carrier.handset(PHONE);
    for (const word of ["STOP", "START", "HELP", "hello"]) {
      await phone.text(SENDER, word);
      await clock.advance(MINUTE);
    }
    expect(events).toEqual([
      "opt-out STOP STOP",
      "opt-in START START",
      "help HELP HELP",
      "received null hello",
    ]);
    const feed = await collect(service.changes({ follow: false }));
    expect(feed.flatMap((change) => (change.type === "status" ? [] : [change.type]))).toEqual([
      "opt-out",
      "inbound",
      "opt-in",
      "inbound",
      "inbound",
      "inbound",
    ]);
    const history = await collect(service.consent.history(PHONE));
    expect(history.map(({ status, source, effect }) => `${status} ${source} ${effect}`)).toEqual([
      "opted-out keyword applied",
      "opted-in keyword applied",
    ]);
    expect(history[0]?.reply).toContain("Acme");
  });

  it("call no webhook for the answer, but let it know, and send nothing it says", async () => {
    const heard: string[] = [];
    const failures: unknown[] = [];
    const { carrier, clock } = createWorld({
      webhook: async (message, { reply }) => {
        heard.push(`${message.optOutType} ${message.body}`);
        await reply("From the webhook").catch((error: unknown) => failures.push(error));
      },
    });
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "STOP");
    await clock.advance(MINUTE);
    expect(heard).toEqual(["STOP STOP"]);
    expect(failures).toHaveLength(1);
    expect(phone.inbox).toHaveLength(1);
  });

  it.each([
    ["waits for its reply", async (reply: (text: string) => Promise<unknown>) => void (await reply("Hi"))],
    ["does not wait for it", async (reply: (text: string) => Promise<unknown>) => void reply("Hi")],
  ])("are no failure of a webhook that replies to everything and %s", async (_, answer) => {
    let told = 0;
    const { service, carrier, clock } = createWorld({
      webhook: async (_message, { reply }) => {
        told += 1;
        await answer(reply);
      },
    });
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await clock.advance(MINUTE);
    expect(told).toBe(1);
    expect(await service.alerts.list()).toHaveLength(0);
  });

  it("bind the whole service, whichever sender was texted", async () => {
    const { service, carrier } = createWorld({ senders: [SENDER, SECOND] });
    await carrier.handset(PHONE).text(SECOND, "STOP");
    await expect(service.send({ to: PHONE, from: SENDER, body: "x" })).rejects.toMatchObject({
      code: "OPTED_OUT",
    });
  });

  it('bind one sender with scope "sender"', async () => {
    const { service, carrier } = createWorld({ senders: [SENDER, SECOND], optOut: { scope: "sender" } });
    await carrier.handset(PHONE).text(SECOND, "STOP");
    expect((await service.send({ to: PHONE, from: SENDER, body: "x" })).from).toBe(SENDER);
    await expect(service.send({ to: PHONE, from: SECOND, body: "x" })).rejects.toMatchObject({
      code: "OPTED_OUT",
    });
  });

  it("on WhatsApp leave texts alone, and the other way round", async () => {
    const { service, carrier } = createWorld({ senders: [SENDER, "whatsapp:+14155550101"] });
    await carrier.handset(`whatsapp:${PHONE}`).text("whatsapp:+14155550101", "STOP");
    expect((await service.send({ to: PHONE, body: "x" })).status).toBe("queued");
    await expect(service.send({ to: `whatsapp:${PHONE}`, body: "x" })).rejects.toMatchObject({
      code: "OPTED_OUT",
    });
  });

  it("are one effect and one answer of twenty deliveries at once", async () => {
    const { service, carrier, clock } = createWorld();
    const phone = carrier.handset(PHONE);
    const texting = phone.text(SENDER, "STOP", { duplicates: 19, concurrent: true });
    await clock.advance(6_000);
    const result = await texting;
    expect(new Set(result.answers.map(({ body }) => body)).size).toBe(1);
    expect(result.answers.every(({ status }) => status === 200)).toBe(true);
    expect(await collect(service.consent.history(PHONE))).toHaveLength(1);
    expect(phone.inbox).toHaveLength(1);
    expect(await service.messages({ direction: "outbound-reply" })).toHaveLength(1);
  });

  it("are answered the same when they come again one after another", async () => {
    const { service, carrier } = createWorld();
    const result = await carrier.handset(PHONE).text(SENDER, "STOP", { duplicates: 3 });
    expect(new Set(result.answers.map(({ body }) => body)).size).toBe(1);
    expect(await collect(service.consent.history(PHONE))).toHaveLength(1);
  });

  it("of the provider's own recording are recorded and met with silence", async () => {
    const { service, carrier } = createWorld({ carrier: { optOutHandling: "default" } });
    const result = await carrier.handset(PHONE).text(SENDER, "STOP");
    // The carrier's own answer, and none of ours.
    expect(result.replies).toHaveLength(0);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out", source: "keyword" });
  });

  it("that the provider recognised count even where the word is none of ours", async () => {
    const { service, carrier } = createWorld();
    await carrier.handset(PHONE).text(SENDER, "ya basta", { optOutType: "STOP" });
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
    const [event] = await collect(service.consent.history(PHONE));
    expect(event?.keyword).toBe("ya basta");
  });

  it("older than five minutes bind, and their confirmation is dropped with an alert", async () => {
    const { service, carrier, clock } = createWorld({
      wrap: (provider) => ({
        ...provider,
        webhook: {
          ...provider.webhook,
          parseInbound: (request) =>
            provider.webhook
              .parseInbound(request)
              .map((event) => ({ ...event, receivedAt: clock.now() - 6 * MINUTE })),
        },
      }),
    });
    const result = await carrier.handset(PHONE).text(SENDER, "STOP");
    expect(result.replies).toHaveLength(0);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
    expect((await service.alerts.list()).map(({ code }) => code)).toEqual(["KEYWORD_REPLY_LATE"]);
  });

  it("never promise an opt-in that is not on record", async () => {
    const { service, carrier, clock } = createWorld();
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "STOP");
    await clock.advance(1_000);
    const start = await phone.text(SENDER, "START");
    const { status } = await service.consent.get(PHONE);
    expect({ status, answered: start.replies.length > 0 }).toEqual(
      status === "opted-in" ? { status, answered: true } : { status: "opted-out", answered: false },
    );
  });

  it("are answered by a message, once, where the provider takes no answer in its response", async () => {
    const { carrier, clock } = createWorld({
      senders: [SENDER, SECOND],
      wrap: ({ webhook: { verify, parseInbound, parseReceipts }, ...provider }) => ({
        ...provider,
        webhook: { verify, parseInbound, parseReceipts },
      }),
    });
    const phone = carrier.handset(PHONE);
    await phone.text(SECOND, "STOP", { duplicates: 3 });
    await clock.advance(MINUTE);
    expect(phone.inbox.map(({ from }) => from)).toEqual([SECOND]);
    await phone.text(SECOND, "START");
    await clock.advance(MINUTE);
    expect(phone.inbox).toHaveLength(2);
  });

  it("are ordinary messages where opt-out is switched off", async () => {
    const heard: string[] = [];
    const { service, carrier } = createWorld({
      optOut: { enabled: false },
      webhook: (message) => void heard.push(message.body),
    });
    await carrier.handset(PHONE).text(SENDER, "STOP");
    expect(heard).toEqual(["STOP"]);
    expect((await service.send({ to: PHONE, body: "x" })).status).toBe("queued");
  });

  it("are answered by messages on record, whose receipts move them on", async () => {
    const { service, carrier, clock } = createWorld();
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await clock.advance(MINUTE);
    expect([...(await service.messages({ direction: "outbound-reply" }))]).toMatchObject([
      { to: PHONE, from: SENDER, status: "delivered" },
    ]);
  });
});

describe("words that ask to stop without a keyword", () => {
  it("raise the event, and go to the application", async () => {
    const heard: string[] = [];
    const { service, carrier } = createWorld({ webhook: (message) => void heard.push(message.body) });
    const events: string[] = [];
    service.on("possible-opt-out", ({ body }) => events.push(body));
    await carrier.handset(PHONE).text(SENDER, "please stop texting me");
    expect(events).toEqual(["please stop texting me"]);
    expect(heard).toHaveLength(1);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "unknown" });
  });
});
