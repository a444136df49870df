import { describe, expect, it } from "vitest";
import { ACCOUNT, ask, createRestWorld, PHONE, SENDER } from "./support/api.ts";
import { clientOf, listen, SERVERS } from "./support/servers.ts";

const SECOND = "+12125550100";

describe.each(SERVERS)("on $name, the official client", (server) => {
  async function createServed() {
    const world = createRestWorld({ inventory: [SENDER, SECOND], publicUrl: undefined });
    const origin = await listen(world.api, server);
    return { ...world, origin, client: clientOf(origin) };
  }

  it("creates, fetches, updates, lists and deletes a service", async () => {
    const { client, origin } = await createServed();
    const { sid } = await client.messaging.v1.services.create({ friendlyName: "Bookings" });
    const service = await client.messaging.v1.services(sid).fetch();
    expect(service).toMatchObject({
      accountSid: ACCOUNT,
      friendlyName: "Bookings",
      inboundRequestUrl: null,
      inboundMethod: "POST",
      fallbackUrl: null,
      fallbackMethod: "POST",
      statusCallback: null,
      stickySender: true,
      mmsConverter: true,
      smartEncoding: true,
      areaCodeGeomatch: true,
      fallbackToLongCode: true,
      scanMessageContent: "inherit",
      synchronousValidation: false,
      validityPeriod: 36_000,
      usecase: "undeclared",
      usAppToPersonRegistered: false,
      useInboundWebhookOnNumber: false,
      url: `${origin}/v1/Services/${sid}`,
    });
    expect(service.dateCreated).toBeInstanceOf(Date);
    expect(Object.keys(service.links)).toEqual(
      expect.arrayContaining([
        ...["phone_numbers", "short_codes", "alpha_senders", "messages", "channel_senders"],
        ...["us_app_to_person", "us_app_to_person_usecases", "destination_alpha_senders"],
      ]),
    );
    const updated = await client.messaging.v1.services(sid).update({ stickySender: false, usecase: "poll" });
    expect(updated).toMatchObject({ friendlyName: "Bookings", stickySender: false, usecase: "poll" });
    expect((await client.messaging.v1.services.list()).map((each) => each.sid)).toEqual([sid]);
    expect(await client.messaging.v1.services(sid).remove()).toBe(true);
    await expect(client.messaging.v1.services(sid).fetch()).rejects.toMatchObject({
      status: 404,
      code: 20404,
    });
    await expect(client.messaging.v1.services(sid).remove()).rejects.toMatchObject({ status: 404 });
  });

  it("adds an owned number, sends, and sees StickySender switched off with the next send", async () => {
    const { client, api, clock } = await createServed();
    const { sid } = await client.messaging.v1.services.create({ friendlyName: "Bookings" });
    const owned = await client.incomingPhoneNumbers.list();
    expect(owned.map(({ phoneNumber }) => phoneNumber)).toEqual([SENDER, SECOND]);
    const pool = client.messaging.v1.services(sid).phoneNumbers;
    for (const number of owned) await pool.create({ phoneNumberSid: number.sid });
    expect((await pool.list()).map(({ phoneNumber }) => phoneNumber)).toEqual([SENDER, SECOND]);
    const service = await api.service(sid);
    await service?.sticky.pin(PHONE, SECOND);
    expect((await service?.send({ to: PHONE, body: "1" }))?.from).toBe(SECOND);
    await client.messaging.v1.services(sid).update({ stickySender: false });
    expect((await service?.send({ to: PHONE, body: "2" }))?.from).toBe(SENDER);
    await clock.advance(5_000);
  });

  it("pages through a thousand services", async () => {
    const { client, api } = await createServed();
    const made: string[] = [];
    for (let n = 0; n < 1_000; n++)
      made.unshift((await ask(api, "POST", "/v1/Services", { FriendlyName: `S${n}` })).json.sid);
    const listed = await client.messaging.v1.services.list({ pageSize: 100 });
    expect(listed.map(({ sid }) => sid)).toEqual(made);
    const page = await client.messaging.v1.services.page({ pageSize: 300 });
    const second = await page.nextPage();
    const back = await second?.previousPage();
    expect(back?.instances.map(({ sid }) => sid)).toEqual(made.slice(0, 300));
  });
});

describe("a parameter that is wrong", () => {
  it.each([
    [{}, 20002],
    [{ FriendlyName: "" }, 20002],
    [{ FriendlyName: "x".repeat(65) }, 20002],
    [{ InboundRequestUrl: "example.com" }, 11100],
    [{ InboundRequestUrl: "ftp://example.com" }, 11100],
    [{ FallbackUrl: "x" }, 11100],
    [{ StatusCallback: "x" }, 21609],
    [{ StatusCallback: `https://example.com/${"x".repeat(4_000)}` }, 21609],
    [{ StatusCallback: "https://a_b.example.com" }, 21609],
    [{ InboundMethod: "PUT" }, 20422],
    [{ FallbackMethod: "PUT" }, 20422],
    [{ StickySender: "maybe" }, 20422],
    [{ MmsConverter: "1" }, 20422],
    [{ SmartEncoding: "x" }, 20422],
    [{ AreaCodeGeomatch: "x" }, 20422],
    [{ FallbackToLongCode: "x" }, 20422],
    [{ SynchronousValidation: "x" }, 20422],
    [{ UseInboundWebhookOnNumber: "x" }, 20422],
    [{ ScanMessageContent: "x" }, 20422],
    [{ ValidityPeriod: "36001" }, 90007],
    [{ ValidityPeriod: "0" }, 90014],
    [{ ValidityPeriod: "-1" }, 90014],
    [{ ValidityPeriod: "1.5" }, 90014],
    [{ ValidityPeriod: "soon" }, 90014],
    [{ Usecase: "spam" }, 21713],
  ])("%j is answered by %i, and nothing is made", async (form, code) => {
    const { api } = createRestWorld();
    const valid = "FriendlyName" in form || code === 20002 ? {} : { FriendlyName: "A" };
    const { status, json } = await ask(api, "POST", "/v1/Services", { ...valid, ...form } as never);
    expect([status, json.code]).toEqual([400, code]);
    expect((await ask(api, "GET", "/v1/Services")).json.services).toEqual([]);
  });

  it("of an update changes nothing; an unknown one is ignored", async () => {
    const { api } = createRestWorld();
    const { json } = await ask(api, "POST", "/v1/Services", { FriendlyName: "A", Colour: "red" });
    const bad = await ask(api, "POST", `/v1/Services/${json.sid}`, {
      StickySender: "false",
      ValidityPeriod: "0",
    });
    expect(bad.status).toBe(400);
    expect((await ask(api, "GET", `/v1/Services/${json.sid}`)).json.sticky_sender).toBe(true);
  });
});

describe("what a service does with an inbound message", () => {
  async function createInbound(form: Readonly<Record<string, string>>) {
    const world = createRestWorld({
      inventory: [{ phoneNumber: SENDER, smsUrl: "https://own.example/sms" }],
    });
    const { json } = await ask(world.api, "POST", "/v1/Services", { FriendlyName: "A", ...form });
    const numbers = await ask(world.api, "GET", `/2010-04-01/Accounts/${ACCOUNT}/IncomingPhoneNumbers.json`);
    const [number] = numbers.json.incoming_phone_numbers;
    await ask(world.api, "POST", `/v1/Services/${json.sid}/PhoneNumbers`, { PhoneNumberSid: number.sid });
    const service = await world.api.service(json.sid);
    if (service === undefined) throw new Error("no service");
    return { ...world, service, sid: json.sid as string, number: number.sid as string };
  }

  it("is nothing without a URL, and it leaves no record", async () => {
    const { carrier, service } = await createInbound({});
    await carrier.handset(PHONE).text(SENDER, "Hello");
    expect(service.settings.inboundHandling).toBe("drop");
    expect(await service.messages()).toHaveLength(0);
  });

  it("is a call to its URL, whose address is checked", async () => {
    const { service } = await createInbound({
      InboundRequestUrl: "https://app.example/sms",
      InboundMethod: "GET",
      FallbackUrl: "https://app.example/sorry",
    });
    expect(service.settings).toMatchObject({
      inboundHandling: "webhook",
      webhook: {
        url: "https://app.example/sms",
        method: "GET",
        fallbackUrl: "https://app.example/sorry",
        fallbackMethod: "POST",
        guarded: true,
      },
    });
  });

  it("is no call into this network, unless allowPrivateHosts says so", async () => {
    const { carrier, service, clock, api, sid } = await createInbound({
      InboundRequestUrl: "http://127.0.0.1:1/sms",
      StatusCallback: "http://127.0.0.1:1/status",
    });
    await carrier.handset(PHONE).text(SENDER, "Hello");
    await service.send({ to: PHONE, body: "x" });
    await clock.advance(60_000);
    const { alerts } = (await ask(api, "GET", `/v1/Services/${sid}/Alerts`)).json;
    const texts: string[] = alerts.map(({ alert_text }: { alert_text: string }) => alert_text);
    for (const what of ["The webhook", "The status callback"])
      expect(texts.filter((text) => text.startsWith(what)).join()).toContain("no public address");
  });

  it("is left to the number's own webhook, which can be changed without losing a mapping", async () => {
    const { api, service, number } = await createInbound({ UseInboundWebhookOnNumber: "true" });
    expect(service.settings.inboundHandling).toBe("defer");
    await service.sticky.pin(PHONE, SENDER);
    const url = `/2010-04-01/Accounts/${ACCOUNT}/IncomingPhoneNumbers/${number}.json`;
    const { json } = await ask(api, "POST", url, { SmsUrl: "https://other.example/sms", SmsMethod: "GET" });
    expect(json).toMatchObject({ sms_url: "https://other.example/sms", sms_method: "GET" });
    expect(service.senders.list()[0]?.webhook).toEqual({
      url: "https://other.example/sms",
      method: "GET",
      guarded: true,
    });
    expect((await service.sticky.get(PHONE))?.sender).toBe(SENDER);
  });

  it("goes back to nothing when the URL is taken away", async () => {
    const { api, service, sid } = await createInbound({
      InboundRequestUrl: "https://app.example/sms",
      StatusCallback: "https://app.example/status",
    });
    expect(service.settings.statusCallback).toEqual({ url: "https://app.example/status", guarded: true });
    const { json } = await ask(api, "POST", `/v1/Services/${sid}`, {
      InboundRequestUrl: "",
      StatusCallback: "",
    });
    expect(json).toMatchObject({ inbound_request_url: null, status_callback: null });
    expect(service.settings).toMatchObject({
      webhook: undefined,
      statusCallback: undefined,
      inboundHandling: "drop",
    });
  });
});

it("lists the use cases", async () => {
  const { api } = createRestWorld();
  const { json } = await ask(api, "GET", "/v1/Services/Usecases");
  expect(json.usecases.map(({ usecase }: { usecase: string }) => usecase)).toContain("notifications");
});
