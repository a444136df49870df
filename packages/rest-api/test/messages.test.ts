import { createMessagingService, type MessagingService, silentLogger } from "@messaging-service/core";
import { createVirtualClock, type VirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import {
  ACCOUNT,
  type Answered,
  ask,
  createRestWorld,
  PHONE,
  type RestWorld,
  SENDER,
} from "./support/api.ts";
import { openApi } from "./support/openapi.ts";

const MESSAGES = `/2010-04-01/Accounts/${ACCOUNT}/Messages`;
const LIST = `${MESSAGES}.json`;
const SERVICE = `MG${"9".repeat(32)}`;
const POOL = "+14155550101";
const check = openApi("twilio-api-v2010");

/** An API with a service made in code. */
function createServiceWorld(
  senders: readonly string[] = [POOL],
  clock?: VirtualClock,
): RestWorld & { readonly service: MessagingService } {
  const world = createRestWorld({ clock });
  const service = createMessagingService({
    name: "bookings",
    sid: SERVICE,
    accountSid: ACCOUNT,
    provider: world.carrier.provider,
    senders,
    store: world.store,
    publicUrl: "https://app.example",
    logger: silentLogger,
    heartbeatMs: 600_000,
    clock: world.clock,
  });
  world.api.register(service);
  return { ...world, service };
}

/** The answer, which must be as Twilio describes it. */
function valid(schema: string, answered: Answered, status: number): Answered["json"] {
  expect(answered.status, JSON.stringify(answered.json)).toBe(status);
  expect(check(schema, answered.json)).toEqual([]);
  return answered.json;
}

describe("a message sent over REST", () => {
  it("is answered with exactly the fields of Twilio's description", async () => {
    const { api } = createRestWorld();
    const message = valid(
      "api.v2010.account.message",
      await ask(api, "POST", LIST, { To: PHONE, From: SENDER, Body: "Hello" }),
      201,
    );
    expect(message).toEqual({
      account_sid: ACCOUNT,
      api_version: "2010-04-01",
      body: "Hello",
      date_created: expect.stringMatching(/ \+0000$/),
      date_sent: null,
      date_updated: message.date_created,
      direction: "outbound-api",
      error_code: null,
      error_message: null,
      from: SENDER,
      messaging_service_sid: null,
      num_media: "0",
      num_segments: "1",
      price: null,
      price_unit: null,
      sid: expect.stringMatching(/^SM[0-9a-f]{32}$/),
      status: "queued",
      subresource_uris: {
        media: `${MESSAGES}/${message.sid}/Media.json`,
        feedback: `${MESSAGES}/${message.sid}/Feedback.json`,
      },
      tags: null,
      to: PHONE,
      uri: `${MESSAGES}/${message.sid}.json`,
    });
  });

  it("goes through the service that MessagingServiceSid or an MG in From names", async () => {
    const { api, service, clock } = createServiceWorld();
    for (const form of [{ MessagingServiceSid: SERVICE }, { From: SERVICE }]) {
      const answered = await ask(api, "POST", LIST, { To: PHONE, Body: "Hi", ...form });
      const { sid } = valid("api.v2010.account.message", answered, 201);
      expect(answered.json).toMatchObject({
        status: "accepted",
        from: null,
        num_segments: "0",
        messaging_service_sid: SERVICE,
      });
      await clock.advance(1_000);
      expect(await service.message(sid)).toMatchObject({ from: POOL });
      expect((await ask(api, "GET", `${MESSAGES}/${sid}`)).json).toMatchObject({
        from: POOL,
        num_segments: "1",
      });
    }
  });

  it("is pinned to From where both are given", async () => {
    const { api } = createServiceWorld([POOL, "+14155550102"]);
    const form = { To: PHONE, Body: "Hi", From: "+14155550102", MessagingServiceSid: SERVICE };
    expect((await ask(api, "POST", LIST, form)).json).toMatchObject({
      status: "accepted",
      from: "+14155550102",
    });
  });

  it("takes every parameter of Twilio's that has a meaning here", async () => {
    const { api, service, clock, carrier } = createServiceWorld();
    const { json } = await ask(api, "POST", LIST, {
      To: PHONE,
      MessagingServiceSid: SERVICE,
      Body: "“Hi”",
      MediaUrl: ["https://app.example/a.png", "https://app.example/b.png"],
      StatusCallback: "https://app.example/told",
      ValidityPeriod: "60",
      SmartEncoded: "false",
      SendAsMms: "true",
      MessageIntent: "marketing",
      Tags: '{"campaign":"spring"}',
      ApplicationSid: `AP${"1".repeat(32)}`,
      ProvideFeedback: "true",
      ForceDelivery: "false",
      ShortenUrls: "true",
      Attempt: "2",
      MaxPrice: "0.05",
      ContentRetention: "retain",
      AddressRetention: "retain",
      RiskCheck: "disable",
      TrafficType: "free",
      PersistentAction: ["geo:1,2"],
      Unknown: "ignored",
    });
    expect(json).toMatchObject({ num_media: "2", body: "“Hi”", tags: { campaign: "spring" } });
    expect(json.sid).toMatch(/^MM/);
    await clock.advance(1_000);
    expect(await service.message(json.sid)).toMatchObject({
      validityPeriod: 60,
      category: "marketing",
      body: "“Hi”",
    });
    expect(carrier.messages[0]).toMatchObject({
      mediaUrl: ["https://app.example/a.png", "https://app.example/b.png"],
    });
  });

  it("is scheduled, and canceled", async () => {
    const { api, clock } = createServiceWorld();
    const at = new Date(clock.now() + 3_600_000).toISOString();
    const form = {
      To: PHONE,
      Body: "Later",
      MessagingServiceSid: SERVICE,
      ScheduleType: "fixed",
      SendAt: at,
    };
    const { sid } = valid("api.v2010.account.message", await ask(api, "POST", LIST, form), 201);
    expect((await ask(api, "GET", `${MESSAGES}/${sid}.json`)).json).toMatchObject({
      status: "scheduled",
      date_sent: null,
    });
    const canceled = await ask(api, "POST", `${MESSAGES}/${sid}.json`, { Status: "canceled" });
    expect(valid("api.v2010.account.message", canceled, 200)).toMatchObject({ status: "canceled" });
    const again = await ask(api, "POST", `${MESSAGES}/${sid}.json`, { Status: "canceled" });
    expect(again).toMatchObject({ status: 409, json: { code: 30409 } });
  });

  it("to somebody opted out is refused at once with From, and fails later through a service", async () => {
    const { api, service, clock } = createServiceWorld();
    await api.accountService.consent.set(PHONE, { status: "opted-out", source: "operator" });
    await service.consent.set(PHONE, { status: "opted-out", source: "operator" });
    const direct = await ask(api, "POST", LIST, { To: PHONE, From: SENDER, Body: "x" });
    expect(direct).toMatchObject({ status: 400, json: { code: 21610 } });
    const { json } = await ask(api, "POST", LIST, { To: PHONE, MessagingServiceSid: SERVICE, Body: "x" });
    expect(json).toMatchObject({ status: "accepted", error_code: null });
    await clock.advance(1_000);
    const failed = await ask(api, "GET", `${MESSAGES}/${json.sid}`);
    expect(valid("api.v2010.account.message", failed, 200)).toMatchObject({
      status: "failed",
      error_message: "The recipient has opted out of messages from this sender.",
      error_code: 21610,
    });
  });

  it("whose StatusCallback is a private address calls nobody there", async () => {
    const { api, clock } = createRestWorld();
    const form = { To: PHONE, From: SENDER, Body: "x", StatusCallback: "http://127.0.0.1:1/told" };
    expect((await ask(api, "POST", LIST, form)).status).toBe(201);
    await clock.advance(60_000);
    await expect
      .poll(async () =>
        (await api.accountService.alerts.list()).map(({ code, message }) => `${code} ${message}`),
      )
      .toContainEqual(
        expect.stringMatching(/^STATUS_CALLBACK_FAILED .*(private|reserved|blocked|loopback)/i),
      );
  });
});

describe("a request that is wrong", () => {
  const good = { To: PHONE, From: SENDER, Body: "x" };
  const served = { To: PHONE, MessagingServiceSid: SERVICE, Body: "x" };
  it.each<[number, number, string, Readonly<Record<string, string | readonly string[]>>]>([
    [21604, 400, "no To", { From: SENDER, Body: "x" }],
    [21604, 400, "an empty To", { ...good, To: " " }],
    [21653, 400, "two To", { ...good, To: [PHONE, "+14155550124"] }],
    [21211, 400, "a To that is no number", { ...good, To: "hello" }],
    [21211, 400, "a To that is From", { ...good, To: SENDER }],
    [21603, 400, "neither From nor service", { To: PHONE, Body: "x" }],
    [21603, 400, "an empty From", { ...good, From: "" }],
    [21212, 400, "a From that is nothing", { ...good, From: "+" }],
    [21659, 400, "a From that is not the account's", { ...good, From: "+14155550999" }],
    [21606, 400, "a sender ID that is not the account's", { ...good, From: "ACME" }],
    [21910, 400, "another channel in To", { ...good, To: `whatsapp:${PHONE}` }],
    [21705, 400, "a malformed service", { ...served, MessagingServiceSid: "MG12" }],
    [21705, 400, "a service of another kind", { ...served, MessagingServiceSid: `AC${"1".repeat(32)}` }],
    [21705, 400, "a malformed service in From", { To: PHONE, Body: "x", From: `MG${"z".repeat(32)}` }],
    [21701, 404, "an unknown service", { ...served, MessagingServiceSid: `MG${"8".repeat(32)}` }],
    [21619, 400, "no content", { To: PHONE, From: SENDER }],
    [21619, 400, "an empty Body", { ...good, Body: "" }],
    [21617, 400, "a Body too long", { ...good, Body: "x".repeat(1_601) }],
    [21620, 400, "a MediaUrl that is none", { ...good, MediaUrl: "picture.png" }],
    [
      21623,
      400,
      "11 MediaUrl",
      { ...good, MediaUrl: Array.from({ length: 11 }, () => "https://a.example/a.png") },
    ],
    [21655, 400, "a malformed ContentSid", { ...good, ContentSid: "HX1" }],
    [21654, 400, "ContentVariables alone", { ...good, ContentVariables: "{}" }],
    [
      21656,
      400,
      "ContentVariables that are no object",
      { ...good, ContentSid: `HX${"1".repeat(32)}`, ContentVariables: "[1]" },
    ],
    [
      21656,
      400,
      "ContentVariables that are no JSON",
      { ...good, ContentSid: `HX${"1".repeat(32)}`, ContentVariables: "{" },
    ],
    [21609, 400, "a StatusCallback that is none", { ...good, StatusCallback: "app.example" }],
    [
      21609,
      400,
      "a StatusCallback with an underscore",
      { ...good, StatusCallback: "https://my_app.example/" },
    ],
    [
      21609,
      400,
      "a StatusCallback too long",
      { ...good, StatusCallback: `https://a.example/${"x".repeat(4_000)}` },
    ],
    [90007, 400, "ValidityPeriod 0", { ...good, ValidityPeriod: "0" }],
    [90007, 400, "ValidityPeriod 36001", { ...good, ValidityPeriod: "36001" }],
    [90014, 400, "ValidityPeriod -1", { ...good, ValidityPeriod: "-1" }],
    [90014, 400, "ValidityPeriod 1.5", { ...good, ValidityPeriod: "1.5" }],
    [
      35118,
      400,
      "a schedule without a service",
      { ...good, ScheduleType: "fixed", SendAt: "2030-01-01T00:00:00Z" },
    ],
    [35111, 400, "a schedule without SendAt", { ...served, ScheduleType: "fixed" }],
    [
      35126,
      400,
      "another ScheduleType",
      { ...served, ScheduleType: "daily", SendAt: "2030-01-01T00:00:00Z" },
    ],
    [35126, 400, "SendAt without ScheduleType", { ...served, SendAt: "2030-01-01T00:00:00Z" }],
    [
      35114,
      400,
      "a SendAt on no day there is",
      { ...served, ScheduleType: "fixed", SendAt: "2026-02-30T12:00:00Z" },
    ],
    [35114, 400, "a SendAt that is no time", { ...served, ScheduleType: "fixed", SendAt: "tomorrow" }],
    [
      35114,
      400,
      "a SendAt in the past",
      { ...served, ScheduleType: "fixed", SendAt: "2001-01-01T00:00:00Z" },
    ],
    [
      35117,
      400,
      "a SendAt in a century",
      { ...served, ScheduleType: "fixed", SendAt: "2126-01-01T00:00:00Z" },
    ],
    [21664, 400, "FallbackFrom with From", { ...served, From: POOL, FallbackFrom: SENDER }],
    [21665, 400, "a FallbackFrom that is no SMS sender", { ...served, FallbackFrom: "rcs:agent" }],
    [21666, 400, "FallbackFrom without a service", { To: PHONE, Body: "x", FallbackFrom: SENDER }],
    [21667, 400, "FallbackFrom without an RCS sender", { ...served, FallbackFrom: SENDER }],
    [21218, 400, "a malformed ApplicationSid", { ...good, ApplicationSid: "AP1" }],
    [21627, 400, "a MaxPrice that is no number", { ...good, MaxPrice: "cheap" }],
    [30029, 400, "ContentRetention discard", { ...good, ContentRetention: "discard" }],
    [30030, 400, "AddressRetention obfuscate", { ...good, AddressRetention: "obfuscate" }],
    [20422, 400, "SmartEncoded that is neither", { ...good, SmartEncoded: "maybe" }],
    [20422, 400, "SendAsMms that is neither", { ...good, SendAsMms: "1" }],
    [20422, 400, "an unknown MessageIntent", { ...good, MessageIntent: "spam" }],
    [20422, 400, "an Attempt that is no number", { ...good, Attempt: "one" }],
    [20422, 400, "an unknown RiskCheck", { ...good, RiskCheck: "x" }],
    [20422, 400, "an unknown TrafficType", { ...good, TrafficType: "x" }],
    [20422, 400, "Tags that are no object of texts", { ...good, Tags: '{"a":1}' }],
  ])("is answered %i with status %i: %s", async (code, status, _, form) => {
    const { api, carrier, clock } = createServiceWorld();
    const answered = await ask(api, "POST", LIST, form);
    expect(answered).toMatchObject({ status, json: { code, status, message: expect.any(String) } });
    await clock.advance(1_000);
    expect(carrier.messages).toEqual([]);
  });

  it("costs no more time than its length, however a SendAt is written", async () => {
    const { api } = createServiceWorld();
    const form = { ...served, ScheduleType: "fixed", SendAt: "t".repeat(200_000) };
    const begun = performance.now();
    expect(await ask(api, "POST", LIST, form)).toMatchObject({ status: 400, json: { code: 35114 } });
    // Going back at each letter takes some ten seconds.
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it("is answered 21704 for a service without senders", async () => {
    const { api } = createServiceWorld([]);
    expect(await ask(api, "POST", LIST, served)).toMatchObject({ status: 400, json: { code: 21704 } });
  });

  it.each<[number, number, string, string, string]>([
    [30400, 400, "neither Body nor Status", "POST", ""],
    [30400, 400, "both", "POST", "Body=&Status=canceled"],
    [30400, 400, "a Body that is not empty", "POST", "Body=x"],
    [30400, 400, "another Status", "POST", "Status=sent"],
    [30409, 409, "a cancel of what is not scheduled", "POST", "Status=canceled"],
    [20009, 409, "a redaction of what is unfinished", "POST", "Body="],
    [20009, 409, "a removal of what is unfinished", "DELETE", ""],
    [20004, 405, "another method", "PUT", ""],
  ])("to change a message is answered %i with status %i: %s", async (code, status, _, method, form) => {
    const { api, clock } = createServiceWorld();
    const SendAt = new Date(clock.now() + 600_000).toISOString();
    const isOpen = code === 20009;
    const made = isOpen ? { ...served, ScheduleType: "fixed", SendAt } : good;
    const { sid } = (await ask(api, "POST", LIST, made)).json;
    const answered = await ask(api, method, `${MESSAGES}/${sid}.json`, method === "POST" ? form : undefined);
    expect(answered).toMatchObject({ status, json: { code } });
    if (status === 405) expect(answered.headers.allow).toBe("GET, POST, DELETE");
  });

  it.each(["GET", "POST", "DELETE"])(
    "of a message that is not there is answered 20404: %s",
    async (method) => {
      const { api } = createRestWorld();
      for (const sid of [`SM${"a".repeat(32)}`, "SM1", "__proto__", "%E0%A4%A"]) {
        const form = method === "POST" ? { Body: "" } : undefined;
        const answered = await ask(api, method, `${MESSAGES}/${sid}`, form);
        expect(answered).toMatchObject({ status: 404, json: { code: 20404 } });
      }
    },
  );
});

describe("the list of messages", () => {
  /** Messages of the last second of a day, of the first of the next, and of ten seconds later. */
  async function filled(): Promise<RestWorld> {
    const world = createServiceWorld([POOL], createVirtualClock(Date.UTC(2026, 0, 31, 23, 59, 59)));
    for (let round = 0; round < 3; round++) {
      await ask(world.api, "POST", LIST, { To: PHONE, From: SENDER, Body: `direct ${round}` });
      const form = { To: "+14155550177", MessagingServiceSid: SERVICE, Body: `served ${round}` };
      await ask(world.api, "POST", LIST, form);
      await world.clock.advance(round === 0 ? 1_000 : 10_000);
    }
    return world;
  }

  const bodies = ({ json }: Answered): string[] =>
    json.messages.map(({ body }: { readonly body: string }) => body);

  it("is Twilio's envelope, newest first, of all services", async () => {
    const { api } = await filled();
    const answered = await ask(api, "GET", `${LIST}?PageSize=4`);
    const json = valid("list.messages", answered, 200);
    expect(bodies(answered)).toEqual(["served 2", "direct 2", "served 1", "direct 1"]);
    expect(json).toMatchObject({
      page: 0,
      page_size: 4,
      start: 0,
      end: 3,
      uri: `${LIST}?PageSize=4&Page=0`,
      first_page_uri: `${LIST}?PageSize=4&Page=0`,
      previous_page_uri: null,
      next_page_uri: expect.stringContaining(`${LIST}?PageSize=4&Page=1&PageToken=PA`),
    });
    const next = await ask(api, "GET", json.next_page_uri);
    expect(bodies(next)).toEqual(["served 0", "direct 0"]);
    expect(valid("list.messages", next, 200)).toMatchObject({
      page: 1,
      start: 4,
      end: 5,
      next_page_uri: null,
    });
    const back = await ask(api, "GET", next.json.previous_page_uri);
    expect(bodies(back)).toEqual(bodies(answered));
    expect(back.json).toMatchObject({ page: 0, previous_page_uri: null });
  });

  it("filters by To, From and DateSent, and its links keep the filters", async () => {
    const { api } = await filled();
    const of = async (query: string): Promise<string[]> => bodies(await ask(api, "GET", `${LIST}?${query}`));
    expect(await of("To=%2B14155550177")).toEqual(["served 2", "served 1", "served 0"]);
    expect(await of("To=%2B1%20(415)%20555-0177")).toHaveLength(3);
    expect(await of(`From=%2B14155550101`)).toEqual(["served 2", "served 1", "served 0"]);
    expect(await of("DateSent=2026-01-31")).toEqual(["served 0", "direct 0"]);
    expect(await of("DateSent=2026-01-31T00:00:00Z")).toEqual(["served 0", "direct 0"]);
    expect(await of("DateSent=2026-01-31T00:00:01Z")).toEqual([]);
    expect(await of("DateSent>=Sun, 01 Feb 2026 00:00:10 +0000")).toEqual(["served 2", "direct 2"]);
    expect(await of("DateSent%3E=2026-02-01")).toEqual(["served 2", "direct 2", "served 1", "direct 1"]);
    expect(await of("DateSent<=2026-01-31")).toEqual(["served 0", "direct 0"]);
    expect(await of("DateSent<=2026-02-01")).toHaveLength(6);
    expect(await of("DateSent>=2026-02-01T00:00:10Z")).toEqual(["served 2", "direct 2"]);
    const both = "DateSent>=2026-02-01&DateSent<=2026-02-01 00:00:05&To=%2B14155550123";
    expect(await of(both)).toEqual(["direct 1"]);
    const paged = await ask(api, "GET", `${LIST}?To=%2B14155550177&PageSize=2`);
    expect(paged.json.next_page_uri).toContain("To=%2B14155550177&PageSize=2&Page=1&PageToken=");
    expect(bodies(await ask(api, "GET", paged.json.next_page_uri))).toEqual(["served 0"]);
  });

  it.each([
    [20422, "PageSize=0"],
    [20422, "PageSize=ten"],
    [20422, "Page=-1"],
    [20422, "DateSent=yesterday-ish"],
    [20422, "DateSent=1"],
    [20422, "DateSent=2026-2-1"],
    [20422, "DateSent=2026-02-30"],
    [20422, "DateSent=abc 1"],
    [21481, "PageToken=x"],
    [21481, "PageToken=PAnonsense"],
    [21481, `PageToken=PA${Buffer.from("12").toString("base64url")}`],
  ])("answers %i to %s", async (code, query) => {
    const { api } = createRestWorld();
    expect(await ask(api, "GET", `${LIST}?${query}`)).toMatchObject({ status: 400, json: { code } });
  });

  it("names the sizes that a page can have", async () => {
    const { api } = createRestWorld();
    const { json } = await ask(api, "GET", `${LIST}?PageSize=0`);
    expect(json.message).toBe("PageSize is a whole number from 1 to 1000.");
  });

  it("holds inbound messages", async () => {
    const { api, carrier, clock } = createRestWorld();
    await carrier.handset(PHONE).text(SENDER, "Hello there");
    await clock.advance(1_000);
    const answered = await ask(api, "GET", `${LIST}?From=${encodeURIComponent(PHONE)}`);
    expect(valid("list.messages", answered, 200).messages).toMatchObject([
      { direction: "inbound", status: "received", body: "Hello there", from: PHONE, to: SENDER },
    ]);
  });
});

describe("Media and Feedback", () => {
  const PICTURES = ["https://media.example/a.png", "https://media.example/b"];

  async function sent(pictures = PICTURES): Promise<RestWorld & { readonly at: string }> {
    const world = createRestWorld();
    const { json } = await ask(world.api, "POST", LIST, {
      To: PHONE,
      From: SENDER,
      Body: "x",
      MediaUrl: pictures,
    });
    await world.clock.advance(5_000);
    return { ...world, at: `${MESSAGES}/${json.sid}` };
  }

  it("are listed, fetched, followed and removed", async () => {
    const { api, at } = await sent();
    const { media_list: list } = valid("list.media", await ask(api, "GET", `${at}/Media.json`), 200);
    expect(list).toMatchObject([{ content_type: "image/png" }, { content_type: null }]);
    const [first, second] = list;
    const fetched = await ask(api, "GET", first.uri);
    expect(valid("api.v2010.account.message.media", fetched, 200)).toEqual(first);
    const followed = await ask(api, "GET", first.uri.replace(".json", ""));
    expect(followed).toMatchObject({ status: 307, headers: { location: PICTURES[0] } });
    expect((await ask(api, "DELETE", first.uri)).status).toBe(204);
    expect((await ask(api, "GET", first.uri)).status).toBe(404);
    expect((await ask(api, "GET", `${at}/Media`)).json.media_list).toEqual([second]);
    expect((await ask(api, "GET", `${at}.json`)).json.num_media).toBe("1");
  });

  it("are followed to a URL that a header can hold", async () => {
    const { api, at } = await sent(["https://media.example/日本 é.png"]);
    const { media_list: list } = (await ask(api, "GET", `${at}/Media.json`)).json;
    const followed = await ask(api, "GET", list[0].uri.replace(".json", ""));
    expect(followed.headers.location).toBe("https://media.example/%E6%97%A5%E6%9C%AC%20%C3%A9.png");
  });

  it("are paged and filtered", async () => {
    const { api, at } = await sent();
    const page = await ask(api, "GET", `${at}/Media.json?PageSize=1`);
    const next = await ask(api, "GET", page.json.next_page_uri);
    expect(valid("list.media", next, 200)).toMatchObject({ page: 1, next_page_uri: null });
    expect((await ask(api, "GET", next.json.previous_page_uri)).json.media_list).toEqual(
      page.json.media_list,
    );
    expect((await ask(api, "GET", `${at}/Media.json?DateCreated%3C=2001-01-01`)).json.media_list).toEqual([]);
  });

  it("say what became of the message", async () => {
    const { api, at } = await sent();
    const first = valid(
      "api.v2010.account.message.message_feedback",
      await ask(api, "POST", `${at}/Feedback.json`, { Outcome: "unconfirmed" }),
      200,
    );
    expect(first.outcome).toBe("unconfirmed");
    const second = await ask(api, "POST", `${at}/Feedback.json`, {});
    expect(second.json).toMatchObject({ outcome: "confirmed", date_created: first.date_created });
    expect(await ask(api, "POST", `${at}/Feedback`, { Outcome: "perhaps" })).toMatchObject({ status: 400 });
    expect((await ask(api, "DELETE", `${at}.json`)).status).toBe(204);
    expect(await ask(api, "POST", `${at}/Feedback`, {})).toMatchObject({
      status: 404,
      json: { code: 20404 },
    });
  });
});
