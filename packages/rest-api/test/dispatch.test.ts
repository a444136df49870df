import {
  createMessagingService,
  type InboundEvent,
  type Provider,
  renderForm,
  silentLogger,
} from "@messaging-service/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { ACCOUNT, ask, createRestWorld, PHONE, SENDER } from "./support/api.ts";

const SECOND = "+12125550100";
const THIRD = "+13125550100";
const NUMBERS = `/2010-04-01/Accounts/${ACCOUNT}/IncomingPhoneNumbers.json`;

/** Two services with a number each, and a third number in none. */
async function createTwo(options: Parameters<typeof createRestWorld>[0] = {}) {
  const world = createRestWorld({ inventory: [SENDER, SECOND, THIRD], ...options });
  const { json } = await ask(world.api, "GET", NUMBERS);
  const sids: string[] = [];
  for (const index of [0, 1]) {
    const made = await ask(world.api, "POST", "/v1/Services", { FriendlyName: `S${index}` });
    const path = `/v1/Services/${made.json.sid}/PhoneNumbers`;
    await ask(world.api, "POST", path, { PhoneNumberSid: json.incoming_phone_numbers[index].sid });
    sids.push(made.json.sid);
  }
  const service = async (index: number) => {
    const found = await world.api.service(sids[index] ?? "");
    if (found === undefined) throw new Error("no service");
    return found;
  };
  return { ...world, sids, first: await service(0), second: await service(1) };
}

describe("an inbound message", () => {
  it("goes to the service that has the number it was sent to", async () => {
    const { carrier, first, second } = await createTwo();
    await carrier.handset(PHONE).text(SECOND, "STOP");
    expect((await second.consent.get(PHONE)).status).toBe("opted-out");
    expect((await first.consent.get(PHONE)).status).toBe("unknown");
  });

  it("goes to a service made in code by the senders it has now", async () => {
    const { api, carrier, clock } = await createTwo();
    const heard: string[] = [];
    const service = createMessagingService({
      name: "code",
      accountSid: ACCOUNT,
      provider: carrier.provider,
      publicUrl: "https://app.example",
      webhook: ({ body }) => void heard.push(body),
      clock,
      logger: silentLogger,
    });
    onTestFinished(async () => {
      const closing = service.close({ timeoutMs: 0 });
      await clock.advance(10_000);
      await closing;
    });
    api.register(service);
    await service.senders.add("+17735550100");
    await carrier.handset(PHONE).text("+17735550100", "Hello");
    expect(heard).toEqual(["Hello"]);
  });

  it("to a number in no service goes to the number's own webhook, and otherwise on to the next route", async () => {
    const { api } = await createTwo({ provider: counting(() => true) });
    const seen: unknown[] = [];
    const request = webhook({ From: PHONE, To: THIRD, Body: "Hi" });
    const answer = await api.handle("inbound", request, {
      route: {
        async next(messaging) {
          seen.push(messaging?.message.to);
          await messaging?.reply("Hello");
          return undefined;
        },
        respond: ({ body }) => void seen.push(String(body).includes("Hello")),
      },
    });
    expect([answer, ...seen]).toEqual([undefined, THIRD, true]);
  });

  it("to nobody's number is passed on", async () => {
    const { api } = await createTwo({ provider: counting(() => true) });
    const passed: unknown[] = [];
    await api.handle("inbound", webhook({ From: PHONE, To: "+19995550100", Body: "Hi" }), {
      route: {
        async next(messaging) {
          passed.push(messaging);
          return undefined;
        },
        respond: () => undefined,
      },
    });
    expect(passed).toEqual([undefined]);
  });

  it("is verified once, and before anything is started for it", async () => {
    let verified = 0;
    let ok = true;
    const { api, sids } = await createTwo({ provider: counting(() => [verified++, ok][1] === true) });
    expect(sids).toHaveLength(2);
    await api.handle("inbound", webhook({ From: PHONE, To: SENDER, Body: "STOP" }));
    expect(verified).toBe(1);
    ok = false;
    const refused = await api.handle("inbound", webhook({ From: PHONE, To: SENDER, Body: "START" }));
    expect(refused?.status).toBe(403);
  });
});

describe("a service at rest", () => {
  it("is started for an inbound message, and for a receipt", async () => {
    const { api, carrier, clock } = createRestWorld({ serviceIdleMs: 1_000 });
    const { sid } = (await ask(api, "POST", "/v1/Services", { FriendlyName: "A" })).json;
    const [number] = (await ask(api, "GET", NUMBERS)).json.incoming_phone_numbers;
    await ask(api, "POST", `/v1/Services/${sid}/PhoneNumbers`, { PhoneNumberSid: number.sid });
    carrier.outcome({ deliveryDelayMs: 60_000 });
    const url = `/2010-04-01/Accounts/${ACCOUNT}/Messages`;
    const form = { To: PHONE, MessagingServiceSid: sid, Body: "x" };
    const sent = await ask(api, "POST", `${url}.json`, form);
    await clock.advance(30_000);
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await clock.advance(90_000);
    const refused = await ask(api, "POST", `${url}.json`, form);
    await clock.advance(1_000);
    expect((await ask(api, "GET", `${url}/${refused.json.sid}.json`)).json.error_code).toBe(21610);
    expect((await ask(api, "GET", `${url}/${sent.json.sid}.json`)).json.status).toBe("delivered");
  });
});

describe("several messages in one request", () => {
  it("go to their services, and their replies leave as messages", async () => {
    const event = (to: string, providerSid: string): InboundEvent => ({
      ...{ providerSid, from: PHONE, to, body: "HELP", media: [], parameters: {} },
    });
    const provider = { ...counting(() => true) };
    const both = {
      ...provider,
      webhook: { ...provider.webhook, parseInbound: () => [event(SENDER, "a"), event(SECOND, "b")] },
    };
    const sent: string[] = [];
    const { api, clock } = await createTwo({
      provider: {
        ...both,
        send: async ({ from }) => {
          sent.push(from);
          return { outcome: "accepted", providerSid: `p${sent.length}` };
        },
      },
    });
    const answer = await api.handle("inbound", webhook({}));
    await clock.advance(5_000);
    expect(answer).toMatchObject({ status: 200, body: "" });
    expect(sent.sort()).toEqual([SECOND, SENDER]);
  });
});

describe("a receipt", () => {
  it("goes to the service that keeps the message, also after that was deleted", async () => {
    const { api, clock, first, second, sids } = await createTwo();
    const messages = [
      await first.send({ to: PHONE, body: "1" }),
      await second.send({ to: PHONE, body: "2" }),
    ];
    await clock.advance(15);
    await ask(api, "DELETE", `/v1/Services/${sids[0]}`);
    await clock.advance(5_000);
    expect((await first.message(messages[0]?.sid ?? ""))?.status).toBe("delivered");
    expect((await second.message(messages[1]?.sid ?? ""))?.status).toBe("delivered");
  });

  it("without our SID is found by the provider's", async () => {
    const provider = counting(() => true);
    const { api, first, clock } = await createTwo({
      provider: {
        ...provider,
        send: async () => ({ outcome: "accepted", providerSid: "theirs" }),
        webhook: {
          ...provider.webhook,
          parseReceipts: () => [
            { providerSid: "theirs", status: "delivered", errorCode: null, parameters: {} },
          ],
        },
      },
    });
    const { sid } = await first.send({ to: PHONE, body: "x" });
    await clock.advance(100);
    await api.handle("status", { ...webhook({}), url: "/messaging/status" });
    expect((await first.message(sid))?.status).toBe("delivered");
  });
});

it("a media link works whichever service made it", async () => {
  const { api, first, clock } = await createTwo({
    inventory: [{ phoneNumber: SENDER, capabilities: ["SMS"] }, SECOND, THIRD],
  });
  const { body } = await first.send({ to: PHONE, body: "Look", mediaUrl: "https://media.example/a.png" });
  await clock.advance(100);
  const [, code = ""] = /\/m\/(\w+)/.exec(body) ?? [];
  const answer = await api.handle(
    "media",
    { method: "GET", url: `/messaging/m/${code}`, headers: {}, body: undefined },
    { rest: code },
  );
  expect(answer?.headers.location).toBe("https://media.example/a.png");
});

function webhook(form: Readonly<Record<string, string>>) {
  const body = renderForm({ MessageSid: `SM${"4".repeat(32)}`, NumMedia: "0", ...form });
  return {
    method: "POST",
    url: "/messaging/inbound",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: Buffer.from(body),
  };
}

/** A provider that believes what the test says, and reads Twilio's parameters. */
function counting(verdict: () => boolean): Provider {
  return {
    name: "counting",
    simulated: true,
    accountSid: ACCOUNT,
    send: async () => ({ outcome: "accepted", providerSid: "x" }),
    webhook: {
      verify: () => (verdict() ? { ok: true } : { ok: false, code: "INVALID_SIGNATURE" }),
      parseInbound: ({ parameters }) => [
        {
          providerSid: String(parameters.MessageSid),
          from: String(parameters.From),
          to: String(parameters.To),
          body: String(parameters.Body),
          media: [],
          parameters: {},
        },
      ],
      parseReceipts: () => [],
      renderReply: (replies) => ({
        status: 200,
        headers: {},
        body: replies.map(({ body }) => body).join("|"),
      }),
    },
  };
}
