import type {
  InboundEvent,
  InboundHandling,
  Provider,
  Route,
  SenderInput,
  Webhook,
} from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const MINUTE = 60_000;
const OTHER_PHONE = "+14155550124";

/** Who heard of the text: the sender's webhook, the service's, or the next route. */
async function listen({
  mode,
  ofSender,
  webhooks,
}: {
  readonly mode?: InboundHandling;
  readonly ofSender?: InboundHandling;
  readonly webhooks: readonly ("sender" | "service")[];
}): Promise<readonly string[]> {
  const heard: string[] = [];
  const hook = (name: "sender" | "service"): Webhook | undefined =>
    webhooks.includes(name) ? () => void heard.push(name) : undefined;
  const sender: SenderInput = { phoneNumber: SENDER, webhook: hook("sender"), inboundHandling: ofSender };
  const { service, carrier } = createWorld({
    senders: [sender],
    webhook: hook("service"),
    inboundHandling: mode,
  });
  const answer = { status: 200, headers: { "content-type": "text/xml" }, body: "<Response/>" };
  const route: Route = {
    respond() {},
    async next() {
      heard.push("route");
      return answer;
    },
  };
  carrier.connect(
    { handle: async (kind, request) => (await service.handle(kind, request, { route })) ?? answer },
    { origin: "https://app.example" },
  );
  expect((await carrier.handset(PHONE).text(SENDER, "hi")).status).toBe(200);
  return heard;
}

describe("inbound handling", () => {
  const both = ["sender", "service"] as const;
  it.each<{
    case: string;
    mode?: InboundHandling;
    ofSender?: InboundHandling;
    webhooks: typeof both | [];
    to: string[];
  }>([
    { case: "defers to the sender's webhook by default", webhooks: both, to: ["sender"] },
    { case: "defers to the next route where there is no webhook", webhooks: [], to: ["route"] },
    { case: '"webhook" calls the service\'s', mode: "webhook", webhooks: both, to: ["service"] },
    { case: '"webhook" without one calls nobody, not even a route', mode: "webhook", webhooks: [], to: [] },
    { case: '"drop" calls nobody', mode: "drop", webhooks: both, to: [] },
    {
      case: "of the sender may defer where the service does not",
      mode: "drop",
      ofSender: "defer",
      webhooks: both,
      to: ["sender"],
    },
    {
      case: 'of the sender may be "webhook"',
      mode: "defer",
      ofSender: "webhook",
      webhooks: both,
      to: ["service"],
    },
    { case: 'of the sender may be "drop"', mode: "webhook", ofSender: "drop", webhooks: both, to: [] },
  ])("$case", async ({ to, ...options }) => {
    expect(await listen(options)).toEqual(to);
  });

  it("changes while the service runs, for the next message", async () => {
    const heard: string[] = [];
    const { service, carrier } = createWorld({
      senders: [{ phoneNumber: SENDER, webhook: () => void heard.push("sender") }],
      webhook: () => void heard.push("service"),
    });
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "1");
    await service.update({ inboundHandling: "webhook" });
    await phone.text(SENDER, "2");
    await service.update({ inboundHandling: "drop" });
    await phone.text(SENDER, "3");
    expect(heard).toEqual(["sender", "service"]);
  });

  it("keeps a message on record that nobody took", async () => {
    const { service, carrier } = createWorld({ inboundHandling: "webhook" });
    const { sid } = await carrier.handset(PHONE).text(SENDER, "hi");
    expect(await service.message(sid)).toMatchObject({ direction: "inbound", status: "received" });
  });

  it.each(["conversations", "Defer", "", null])("refuses %j", (mode) => {
    expect(() => createWorld({ inboundHandling: mode as InboundHandling })).toThrow(/inboundHandling/);
  });
});

describe("service.messages", () => {
  it("holds inbound messages and replies beside what was sent, newest first", async () => {
    const { service, carrier, clock } = createWorld({ webhook: (_, { reply }) => reply("pong") });
    await service.send({ to: PHONE, body: "hello" });
    await clock.advance(MINUTE);
    await carrier.handset(PHONE).text(SENDER, "ping");
    await clock.advance(MINUTE);
    const messages = await service.messages();
    expect(messages.map(({ direction, body, from, to }) => `${direction} ${body} ${from} ${to}`)).toEqual([
      `outbound-reply pong ${SENDER} ${PHONE}`,
      `inbound ping ${PHONE} ${SENDER}`,
      `outbound-api hello ${SENDER} ${PHONE}`,
    ]);
    expect(messages.map(({ status }) => status)).toEqual(["delivered", "received", "delivered"]);
    expect(await service.messages({ direction: "inbound", from: PHONE })).toHaveLength(1);
  });
});

describe("several messages in one request", () => {
  /** A provider that says each text once for every event: the body's parts, from two people in turn. */
  function batching(provider: Provider): Provider {
    return {
      ...provider,
      webhook: {
        ...provider.webhook,
        parseInbound: (request) =>
          provider.webhook.parseInbound(request).flatMap((event) =>
            event.body.split("|").map(
              (body, index): InboundEvent => ({
                ...event,
                body,
                from: index % 2 === 0 ? event.from : OTHER_PHONE,
                to: body === "elsewhere" ? SECOND : event.to,
                providerSid: `${event.providerSid}-${index}`,
              }),
            ),
          ),
      },
    };
  }

  it("are each handled, once, and their replies leave as messages", async () => {
    const { service, carrier, clock } = createWorld({
      wrap: batching,
      webhook: (message, { reply }) => reply(`got ${message.body}`),
    });
    const phone = carrier.handset(PHONE);
    const texting = phone.text(SENDER, "one|two|three", { duplicates: 2 });
    await clock.advance(MINUTE);
    const { answers, replies } = await texting;
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(replies).toEqual([]);
    expect(phone.inbox.map(({ body }) => body).sort()).toEqual(["got one", "got three"]);
    expect(carrier.handset(OTHER_PHONE).inbox.map(({ body }) => body)).toEqual(["got two"]);
    expect(await service.messages({ direction: "inbound" })).toHaveLength(3);
  });

  it("may hold keywords, and messages that are none of ours", async () => {
    const heard: string[] = [];
    const { service, carrier, clock } = createWorld({
      wrap: batching,
      webhook: (message) => void heard.push(`${message.body} ${message.optOutType}`),
    });
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "STOP|hello|elsewhere");
    await clock.advance(MINUTE);
    expect(heard.sort()).toEqual(["STOP STOP", "hello null"]);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
    expect(await service.consent.get(OTHER_PHONE)).toMatchObject({ status: "unknown" });
    expect(phone.inbox).toHaveLength(1);
  });

  it("are not handed to a route, which answers one, and an alert says so", async () => {
    const { service, carrier } = createWorld({ wrap: batching });
    let calls = 0;
    carrier.connect(
      {
        handle: (kind, request) =>
          service.handle(kind, request, {
            route: {
              respond() {},
              async next() {
                calls += 1;
                return undefined;
              },
            },
          }) as ReturnType<typeof service.handle> & Promise<never>,
      },
      { origin: "https://app.example" },
    );
    expect(await carrier.handset(PHONE).text(SENDER, "one|two")).toMatchObject({ status: 200, replies: [] });
    expect(calls).toBe(0);
    expect(await service.alerts.list()).toMatchObject([{ code: "ROUTE_SKIPPED", subject: SENDER, count: 2 }]);
    expect(await service.messages({ direction: "inbound" })).toHaveLength(2);
  });
});
