import {
  type HttpResponse,
  type InboundMessage,
  type RouteMessaging,
  silentLogger,
} from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const MINUTE = 60_000;
const SECOND_MS = 1_000;

describe("an inbound message", () => {
  it("reaches the webhook with both ends, its media and what else the provider said", async () => {
    const seen: InboundMessage[] = [];
    const { service, carrier } = createWorld({ webhook: (message) => void seen.push(message) });
    const { sid } = await carrier.handset(PHONE).text(SENDER, "hello", {
      mediaUrl: "https://example.com/a.png",
      parameters: { FromCity: "OAKLAND" },
    });
    expect(seen).toMatchObject([
      {
        sid,
        from: PHONE,
        to: SENDER,
        body: "hello",
        channel: "sms",
        provider: "simulator",
        providerSid: sid,
        messagingServiceSid: service.sid,
        media: [{ url: "https://example.com/a.png", contentType: "image/png" }],
        parameters: { FromCity: "OAKLAND" },
      },
    ]);
    expect(Object.isFrozen(seen[0])).toBe(true);
  });

  it("is handled once, and answered the same however often it is delivered", async () => {
    let calls = 0;
    const { service, carrier, clock } = createWorld({
      webhook: async (message, { reply }) => {
        calls += 1;
        await reply(`${calls}: ${message.body}`);
      },
    });
    const phone = carrier.handset(PHONE);
    const texting = phone.text(SENDER, "hi", { duplicates: 19, concurrent: true });
    await clock.advance(6_000);
    const { answers } = await texting;
    expect(calls).toBe(1);
    expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
    expect(phone.inbox.map(({ body }) => body)).toEqual(["1: hi"]);
    expect(await service.messages()).toHaveLength(2);
  });

  it("is answered by a reply that holds nothing but a reply's fields", async () => {
    const refusals: unknown[] = [];
    const wrong: unknown[] = [
      { body: "See:", mediaURL: "https://media.example/a.png" },
      { body: 5 },
      undefined,
    ];
    const { service, carrier } = createWorld({
      webhook: async (_, { reply }) => {
        for (const input of wrong) await reply(input as string).catch((error) => refusals.push(error));
      },
    });
    expect((await carrier.handset(PHONE).text(SENDER, "hi")).replies).toHaveLength(0);
    expect(refusals).toMatchObject([
      { code: "UNKNOWN_REQUEST_OPTION", message: expect.stringContaining('"mediaUrl"') },
      { code: "MISSING_CONTENT" },
      { code: "INVALID_OPTION" },
    ]);
    expect(await service.messages({ direction: "outbound-reply" })).toHaveLength(0);
  });

  it.each(["webhook", "route"] as const)(
    "outlives a %s that does not wait for a reply that is refused",
    async (which) => {
      const warnings: unknown[] = [];
      const logger = {
        ...silentLogger,
        warn: (message: string, fields: unknown) => warnings.push(message, fields),
      };
      const turn = ({ reply }: Pick<RouteMessaging, "reply">): void => void reply("x".repeat(1_601));
      const { service, carrier } = createWorld({
        logger,
        webhook: which === "webhook" ? (_, context) => turn(context) : undefined,
      });
      carrier.connect({
        handle: async (kind, request) => {
          const answer: HttpResponse = { status: 200, headers: {}, body: "" };
          const next = async (messaging?: RouteMessaging): Promise<HttpResponse> => {
            if (messaging !== undefined) turn(messaging);
            return answer;
          };
          return (await service.handle(kind, request, { route: { next, respond() {} } })) ?? answer;
        },
      });
      expect((await carrier.handset(PHONE).text(SENDER, "hi")).status).toBe(200);
      expect(warnings).toEqual([
        "A reply was refused.",
        { sid: expect.stringMatching(/^SM/), error: expect.stringContaining("1601 characters") },
      ]);
    },
  );

  it("to a number that is not ours is acknowledged without a trace", async () => {
    const { service, carrier } = createWorld();
    const result = await carrier.handset(PHONE).text(SECOND, "hi");
    expect(result).toMatchObject({ status: 200, replies: [] });
    expect(await service.messages()).toHaveLength(0);
  });

  it("maps its sender to its recipient", async () => {
    const { service, carrier } = createWorld({ senders: [SENDER, SECOND] });
    await carrier.handset(PHONE).text(SECOND, "hi");
    expect(await service.sticky.get(PHONE)).toEqual({ to: PHONE, sender: SECOND });
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
  });

  it("changes no mapping there is", async () => {
    const { service, carrier } = createWorld({ senders: [SENDER, SECOND] });
    await service.send({ to: PHONE, body: "x" });
    await carrier.handset(PHONE).text(SECOND, "hi");
    expect(await service.sticky.get(PHONE)).toEqual({ to: PHONE, sender: SENDER });
  });

  it("opens WhatsApp's window for a day", async () => {
    const { service, carrier, clock } = createWorld({ senders: ["whatsapp:+14155550101"] });
    const to = `whatsapp:${PHONE}`;
    await expect(service.send({ to, body: "x" })).rejects.toMatchObject({
      code: "OUTSIDE_WINDOW",
      twilioCode: 63016,
    });
    await carrier.handset(to).text("whatsapp:+14155550101", "hi");
    expect((await service.send({ to, body: "x" })).kind).toBe("WHATSAPP");
    await clock.advance(24 * 60 * MINUTE + SECOND_MS);
    await expect(service.send({ to, body: "x" })).rejects.toMatchObject({ code: "OUTSIDE_WINDOW" });
    expect((await service.send({ to, contentSid: `HX${"a".repeat(32)}` })).status).toBe("queued");
  });

  it("without a valid signature is refused, and nothing of it is kept", async () => {
    const { service } = createWorld();
    const request = (signature: string | undefined) =>
      service.handle("inbound", {
        method: "POST",
        url: "/messaging/inbound/simulator",
        headers: {
          "content-type": "application/x-www-form-urlencoded",
          ...(signature !== undefined && { "x-twilio-signature": signature }),
        },
        body: new TextEncoder().encode(`MessageSid=SM1&From=%2B14155550123&To=%2B14155550100&Body=STOP`),
      });
    expect((await request("bm9wZQ=="))?.status).toBe(403);
    expect((await request(undefined))?.status).toBe(400);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "unknown" });
  });

  it("of a provider that the service does not have is a 404", async () => {
    const { service } = createWorld();
    const answer = await service.handle(
      "inbound",
      { method: "POST", url: "/messaging/inbound/nobody", headers: {}, body: new Uint8Array() },
      { rest: "nobody" },
    );
    expect(answer?.status).toBe(404);
    expect(JSON.parse(String(answer?.body))).toMatchObject({
      code: "UNKNOWN_PROVIDER",
      help: expect.stringContaining("/inbound"),
    });
  });
});

describe("replies", () => {
  it("of a webhook ride in the answer, in order, and are on record with their receipts", async () => {
    const { service, carrier, clock } = createWorld({
      webhook: async (_, { reply }) => {
        const first = await reply("one");
        expect(first).toMatchObject({ direction: "outbound-reply", from: SENDER, to: PHONE, body: "one" });
        await reply({ body: "two", mediaUrl: "https://example.com/a.png" });
      },
    });
    const result = await carrier.handset(PHONE).text(SENDER, "hi");
    expect(result.replies.map(({ body }) => body)).toEqual(["one", "two"]);
    await clock.advance(MINUTE);
    const records = await service.messages({ direction: "outbound-reply" });
    expect(records.map(({ body, status, kind }) => `${body} ${status} ${kind}`)).toEqual([
      "two delivered MMS",
      "one delivered SMS",
    ]);
    expect(carrier.messages.every(({ via }) => via === "reply")).toBe(true);
  });

  it("beyond ten leave as messages of their own", async () => {
    const { carrier, clock } = createWorld({
      senders: [{ phoneNumber: SENDER, throughput: 100 }],
      webhook: async (_, { reply }) => {
        for (let n = 1; n <= 12; n++) await reply(`${n}`);
      },
    });
    const phone = carrier.handset(PHONE);
    const result = await phone.text(SENDER, "hi");
    expect(result.replies).toHaveLength(10);
    await clock.advance(MINUTE);
    expect(phone.inbox.map(({ body }) => Number(body)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  });

  it("asked for all at once are no more than ten in the answer", async () => {
    const { carrier, clock } = createWorld({
      senders: [{ phoneNumber: SENDER, throughput: 100 }],
      webhook: async (_, { reply }) => {
        await Promise.all(Array.from({ length: 12 }, (__, n) => reply(`${n}`)));
      },
    });
    const phone = carrier.handset(PHONE);
    const result = await phone.text(SENDER, "hi");
    expect(result.replies.map(({ body }) => body)).toEqual([
      "0",
      "1",
      "2",
      "3",
      "4",
      "5",
      "6",
      "7",
      "8",
      "9",
    ]);
    await clock.advance(MINUTE);
    expect(phone.inbox).toHaveLength(12);
  });

  it("later than respondWithin leave as messages, and the provider had its answer in time", async () => {
    const { service, carrier, clock } = createWorld({
      respondWithin: 2_000,
      webhook: async (_, { reply }) => {
        await new Promise<void>((resolve) => clock.schedule(resolve, 60_000));
        await reply("late");
      },
    });
    const phone = carrier.handset(PHONE);
    const start = clock.now();
    let answeredAt = 0;
    const texting = phone.text(SENDER, "hi").then((result) => {
      answeredAt = clock.now();
      return result;
    });
    await clock.advance(5_000);
    const result = await texting;
    expect(answeredAt - start).toBeLessThanOrEqual(2_100);
    expect(result).toMatchObject({ status: 200, replies: [], errorCode: null });
    await clock.advance(2 * MINUTE);
    expect(phone.inbox.map(({ body }) => body)).toEqual(["late"]);
    expect([...(await service.messages({ direction: "outbound-reply" }))]).toMatchObject([
      { body: "late", status: "delivered" },
    ]);
  });

  it("a function does not wait for are sent once, with one record", async () => {
    const { service, carrier, clock } = createWorld({
      webhook: (_, { reply }) => {
        void reply("hi");
      },
    });
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "hi");
    await clock.advance(MINUTE);
    expect(phone.inbox.map(({ body }) => body)).toEqual(["hi"]);
    expect(await service.messages({ direction: "outbound-reply" })).toHaveLength(1);
  });

  it("to somebody else, or from another sender, leave as messages", async () => {
    const { carrier, clock } = createWorld({
      senders: [SENDER, SECOND],
      webhook: async (_, { reply }) => {
        await reply({ body: "other sender", from: SECOND });
        await reply({ body: "other person", to: "+14155550124" });
      },
    });
    const result = await carrier.handset(PHONE).text(SENDER, "hi");
    expect(result.replies).toHaveLength(0);
    await clock.advance(MINUTE);
    expect(carrier.messages.map(({ body, from, to }) => `${body} ${from} ${to}`).sort()).toEqual([
      `other person ${SENDER} +14155550124`,
      `other sender ${SECOND} ${PHONE}`,
    ]);
  });

  it("to somebody who opted out are refused", async () => {
    const codes: string[] = [];
    const { carrier, clock } = createWorld({
      webhook: async (message, { reply }) => {
        if (message.optOutType !== null) return;
        await reply("hello").catch((error: { code: string }) => codes.push(error.code));
      },
    });
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "STOP");
    await clock.advance(MINUTE);
    const result = await phone.text(SENDER, "are you there?");
    expect(result.replies).toHaveLength(0);
    expect(codes).toEqual(["OPTED_OUT"]);
  });

  it("without content or longer than a message are refused", async () => {
    const codes: string[] = [];
    const { carrier } = createWorld({
      webhook: async (_, { reply }) => {
        for (const input of ["", { body: "" }, "x".repeat(1_601), { body: "x", mediaUrl: "ftp://x/y" }])
          await reply(input).catch((error: { code: string }) => codes.push(error.code));
      },
    });
    const result = await carrier.handset(PHONE).text(SENDER, "hi");
    expect(codes).toEqual(["MISSING_CONTENT", "MISSING_CONTENT", "BODY_TOO_LONG", "INVALID_MEDIA_URL"]);
    expect(result.replies).toHaveLength(0);
  });

  it("that failed validation do not use up their place", async () => {
    const { carrier } = createWorld({
      webhook: async (_, { reply }) => {
        await reply("").catch(() => undefined);
        await reply("fine");
      },
    });
    const result = await carrier.handset(PHONE).text(SENDER, "hi");
    expect(result.replies.map(({ body }) => body)).toEqual(["fine"]);
  });
});

describe("a webhook", () => {
  it("that throws is an alert, and the provider is answered", async () => {
    const { service, carrier } = createWorld({
      webhook: () => {
        throw new Error("broken");
      },
    });
    const result = await carrier.handset(PHONE).text(SENDER, "hi");
    expect(result).toMatchObject({ status: 200, replies: [], errorCode: null });
    const [alert] = await service.alerts.list();
    expect(alert).toMatchObject({ code: "WEBHOOK_FAILED" });
    expect(alert?.message).toContain("broken");
  });

  it("that throws after a reply has replied", async () => {
    const { carrier } = createWorld({
      webhook: async (_, { reply }) => {
        await reply("first");
        throw new Error("broken");
      },
    });
    const result = await carrier.handset(PHONE).text(SENDER, "hi");
    expect(result.replies.map(({ body }) => body)).toEqual(["first"]);
  });

  it("of the sender goes before the service's, also where it was added at run time", async () => {
    const heard: string[] = [];
    const { service, carrier } = createWorld({
      senders: [SENDER, { phoneNumber: SECOND, webhook: () => void heard.push("second's") }],
      webhook: () => void heard.push("service's"),
    });
    await service.senders.add({ phoneNumber: "+13125550100", webhook: () => void heard.push("third's") });
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "1");
    await phone.text(SECOND, "2");
    await phone.text("+13125550100", "3");
    expect(heard).toEqual(["service's", "second's", "third's"]);
  });
});

describe("inbound handling", () => {
  it('"webhook" calls the service\'s, whatever the sender has', async () => {
    const heard: string[] = [];
    const { carrier } = createWorld({
      senders: [{ phoneNumber: SENDER, webhook: () => void heard.push("sender's") }],
      webhook: () => void heard.push("service's"),
      inboundHandling: "webhook",
    });
    await carrier.handset(PHONE).text(SENDER, "hi");
    expect(heard).toEqual(["service's"]);
  });

  it('"drop" keeps nothing and tells nobody, except of keywords', async () => {
    const heard: string[] = [];
    const { service, carrier } = createWorld({
      inboundHandling: "drop",
      webhook: (message) => void heard.push(message.body),
    });
    service.on("received", (message) => heard.push(message.body));
    const phone = carrier.handset(PHONE);
    expect(await phone.text(SENDER, "hi")).toMatchObject({ status: 200, replies: [] });
    expect(heard).toEqual([]);
    expect(await service.messages()).toHaveLength(0);
    expect(await service.sticky.get(PHONE)).toBeUndefined();
    expect((await phone.text(SENDER, "STOP")).replies).toHaveLength(1);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
  });

  it("of a sender goes before the service's", async () => {
    const heard: string[] = [];
    const { carrier } = createWorld({
      senders: [SENDER, { phoneNumber: SECOND, inboundHandling: "drop" }],
      webhook: (message) => void heard.push(message.to),
    });
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "1");
    await phone.text(SECOND, "2");
    expect(heard).toEqual([SENDER]);
  });

  it('"defer" goes to the next route where there is no webhook, whose first reply is the answer', async () => {
    const { service, carrier, clock } = createWorld();
    const passed: (RouteMessaging | undefined)[] = [];
    carrier.connect(
      {
        handle: async (kind, request) => {
          let answer: HttpResponse | undefined;
          const response = await service.handle(kind, request, {
            route: {
              async next(messaging) {
                passed.push(messaging);
                await messaging?.reply("one");
                await messaging?.reply("two");
                return answer;
              },
              respond(given) {
                answer = given;
              },
            },
          });
          return response ?? answer;
        },
      },
      { origin: "https://app.example" },
    );
    const phone = carrier.handset(PHONE);
    const result = await phone.text(SENDER, "hi", { duplicates: 1 });
    expect(passed).toHaveLength(1);
    expect(passed[0]?.message).toMatchObject({ body: "hi", from: PHONE });
    expect(new Set(result.answers.map(({ body }) => body)).size).toBe(1);
    expect(result.replies.map(({ body }) => body)).toEqual(["one"]);
    await clock.advance(MINUTE);
    expect(phone.inbox.map(({ body }) => body)).toEqual(["one", "two"]);
    // Not one of our senders: the route has it whole.
    await phone.text(SECOND, "hi");
    expect(passed[1]).toBeUndefined();
  });
});
