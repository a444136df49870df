import { createMessagingService, silentLogger } from "@messaging-service/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { ACCOUNT, ask, createRestWorld, SENDER } from "./support/api.ts";
import { clientOf, listen, SERVERS, type Server } from "./support/servers.ts";

const SECOND = "+12125550100";
const [EXPRESS] = SERVERS as readonly [Server];
const INVENTORY = [
  SENDER,
  SECOND,
  { shortCode: "12345", country: "US" },
  "whatsapp:+14155550101",
  "rcs:acme_agent",
];
const NUMBERS = `/2010-04-01/Accounts/${ACCOUNT}/IncomingPhoneNumbers.json`;
const SHORT_CODES = `/2010-04-01/Accounts/${ACCOUNT}/SMS/ShortCodes.json`;

async function createPool(options: Parameters<typeof createRestWorld>[0] = {}) {
  const world = createRestWorld({ inventory: INVENTORY, ...options });
  const made = await ask(world.api, "POST", "/v1/Services", { FriendlyName: "A" });
  const numbers = await ask(world.api, "GET", NUMBERS);
  const codes = await ask(world.api, "GET", SHORT_CODES);
  return {
    ...world,
    service: `/v1/Services/${made.json.sid}`,
    sid: made.json.sid as string,
    numbers: numbers.json.incoming_phone_numbers.map(({ sid }: { sid: string }) => sid) as string[],
    codes: codes.json.short_codes.map(({ sid }: { sid: string }) => sid) as string[],
  };
}

describe("PhoneNumbers and ShortCodes", () => {
  it("have Twilio's fields, and one SID wherever they are", async () => {
    const { api, service, sid, numbers, codes } = await createPool();
    const added = await ask(api, "POST", `${service}/PhoneNumbers`, { PhoneNumberSid: numbers[0] ?? "" });
    expect(added).toMatchObject({
      status: 201,
      json: {
        sid: numbers[0],
        account_sid: ACCOUNT,
        service_sid: sid,
        phone_number: SENDER,
        country_code: "US",
        capabilities: ["SMS", "MMS"],
        date_created: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        url: `https://app.example${service}/PhoneNumbers/${numbers[0]}`,
      },
    });
    expect((await ask(api, "GET", `${service}/PhoneNumbers/${numbers[0]}`)).json).toEqual(added.json);
    const code = await ask(api, "POST", `${service}/ShortCodes`, { ShortCodeSid: codes[0] ?? "" });
    expect(code).toMatchObject({
      status: 201,
      json: { sid: codes[0], short_code: "12345", country_code: "US" },
    });
    const list = await ask(api, "GET", `${service}/ShortCodes`);
    expect(list.json).toMatchObject({ meta: { key: "short_codes" }, short_codes: [code.json] });
    expect((await ask(api, "DELETE", `${service}/PhoneNumbers/${numbers[0]}`)).status).toBe(204);
    expect((await ask(api, "GET", `${service}/PhoneNumbers`)).json.phone_numbers).toEqual([]);
  });

  it("say by number why they cannot be added or removed", async () => {
    const { api, service, numbers, codes } = await createPool();
    const other = `/v1/Services/${(await ask(api, "POST", "/v1/Services", { FriendlyName: "B" })).json.sid}`;
    const add = async (path: string, form: Record<string, string>) => {
      const { status, json } = await ask(api, "POST", path, form);
      return [status, json.code];
    };
    const [first = ""] = numbers;
    expect(await add(`${service}/PhoneNumbers`, {})).toEqual([400, 21421]);
    expect(await add(`${service}/PhoneNumbers`, { PhoneNumberSid: SENDER })).toEqual([400, 21421]);
    expect(await add(`${service}/PhoneNumbers`, { PhoneNumberSid: `PN${"0".repeat(32)}` })).toEqual([
      404, 30436,
    ]);
    expect(await add(`${service}/ShortCodes`, { ShortCodeSid: first })).toEqual([400, 21421]);
    await add(`${service}/PhoneNumbers`, { PhoneNumberSid: first });
    expect(await add(`${service}/PhoneNumbers`, { PhoneNumberSid: first })).toEqual([409, 21710]);
    expect(await add(`${other}/PhoneNumbers`, { PhoneNumberSid: first })).toEqual([409, 21712]);
    expect(await add(`/v1/Services/MG${"0".repeat(32)}/PhoneNumbers`, { PhoneNumberSid: first })).toEqual([
      404, 21701,
    ]);
    const gone = await ask(api, "DELETE", `${service}/ShortCodes/${codes[0]}`);
    expect([gone.status, gone.json.code]).toEqual([404, 21711]);
    const none = await ask(api, "GET", `${service}/ShortCodes/${codes[0]}`);
    expect([none.status, none.json.code]).toEqual([404, 20404]);
  });

  it("are as many as poolLimit says, together", async () => {
    const { api, service, numbers, codes } = await createPool({ poolLimit: 1 });
    await ask(api, "POST", `${service}/PhoneNumbers`, { PhoneNumberSid: numbers[0] ?? "" });
    const full = await ask(api, "POST", `${service}/ShortCodes`, { ShortCodeSid: codes[0] ?? "" });
    expect([full.status, full.json.code]).toEqual([409, 21714]);
    // Sender IDs do not count.
    expect((await ask(api, "POST", `${service}/AlphaSenders`, { AlphaSender: "ACME" })).status).toBe(201);
  });

  it("are listed in pages, both ways", async () => {
    const inventory = Array.from({ length: 7 }, (_, n) => `+1415555010${n}`);
    const { api, service, numbers } = await createPool({ inventory });
    const client = clientOf(await listen(api, EXPRESS));
    for (const sid of numbers) await ask(api, "POST", `${service}/PhoneNumbers`, { PhoneNumberSid: sid });
    const first = await ask(api, "GET", `${service}/PhoneNumbers?PageSize=3`);
    const path = (url: string): string => url.replace("https://app.example", "");
    const second = await ask(api, "GET", path(first.json.meta.next_page_url));
    const third = await ask(api, "GET", path(second.json.meta.next_page_url));
    expect(third.json.meta.next_page_url).toBeNull();
    const pages = [first, second, third].map(({ json }) => json.phone_numbers);
    expect(pages.flat().map(({ sid }) => sid)).toEqual(numbers);
    const back = await ask(api, "GET", path(third.json.meta.previous_page_url));
    expect(back.json.phone_numbers).toEqual(pages[1]);
    const wrong = await ask(api, "GET", `${service}/PhoneNumbers?PageToken=PAxyz`);
    expect([wrong.status, wrong.json.code]).toEqual([400, 21481]);
    const large = await ask(api, "GET", `${service}/PhoneNumbers?PageSize=1001`);
    expect([large.status, large.json.code]).toEqual([400, 20007]);
    expect(await client.incomingPhoneNumbers.list({ pageSize: 2 })).toHaveLength(7);
  });
});

describe("AlphaSenders and DestinationAlphaSenders", () => {
  it("keep a sender ID for every country, or for one", async () => {
    const { api, service, sid } = await createPool();
    const client = clientOf(await listen(api, EXPRESS));
    const resource = client.messaging.v1.services(sid);
    const everywhere = await resource.alphaSenders.create({ alphaSender: "ACME" });
    expect(everywhere).toMatchObject({ alphaSender: "ACME", capabilities: ["SMS"] });
    expect(everywhere.sid).toMatch(/^AI[0-9a-f]{32}$/);
    const there = await resource.destinationAlphaSenders.create({
      alphaSender: "ACME",
      isoCountryCode: "FR",
    });
    expect(there).toMatchObject({ alphaSender: "ACME", isoCountryCode: "FR" });
    expect((await resource.alphaSenders.list()).map((each) => each.sid)).toEqual([everywhere.sid]);
    const all = await resource.destinationAlphaSenders.list();
    expect(all.map(({ isoCountryCode }) => isoCountryCode)).toEqual(["", "FR"]);
    const french = await resource.destinationAlphaSenders.list({ isoCountryCode: "fr" });
    expect(french.map((each) => each.sid)).toEqual([there.sid]);
    const service_ = await api.service(sid);
    expect((await service_?.explain({ to: "+33612345678", body: "x" }))?.decision?.sender).toMatchObject({
      id: "ACME",
      country: "FR",
    });
    expect(await resource.destinationAlphaSenders(there.sid).remove()).toBe(true);
    expect((await ask(api, "GET", `${service}/DestinationAlphaSenders`)).json.alpha_senders).toHaveLength(1);
  });

  it.each([
    [{}, 400, 21708],
    [{ AlphaSender: "12345" }, 400, 21709],
    [{ AlphaSender: "TWELVE CHARS" }, 400, 21709],
    [{ AlphaSender: "ACME!" }, 400, 21709],
    [{ AlphaSender: "ACME", IsoCountryCode: "US" }, 400, 21709],
    [{ AlphaSender: "ACME", IsoCountryCode: "France" }, 400, 20422],
    [{ AlphaSender: "ACME", IsoCountryCode: "UK" }, 400, 20422],
    [{ AlphaSender: "ACME", IsoCountryCode: "ZZ" }, 400, 20422],
    [{ AlphaSender: "TAKEN" }, 409, 21710],
  ])("answer %j by %i and %i", async (form, status, code) => {
    const { api, service } = await createPool();
    await ask(api, "POST", `${service}/AlphaSenders`, { AlphaSender: "TAKEN" });
    const answer = await ask(api, "POST", `${service}/DestinationAlphaSenders`, form as never);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });
});

describe("ChannelSenders", () => {
  it("name the service and their list otherwise", async () => {
    const { api, sid } = await createPool();
    const client = clientOf(await listen(api, EXPRESS));
    const account = await ask(api, "GET", `/v1/Services/${sid}/ChannelSenders`);
    expect(account.json).toMatchObject({ meta: { key: "senders" }, senders: [] });
    const resource = client.messaging.v1.services(sid).channelSenders;
    const owned = ["whatsapp:+14155550101", "rcs:acme_agent"].map((address) => sidOf(address));
    for (const each of owned) await resource.create({ sid: each });
    expect(await resource.list()).toMatchObject([
      {
        sender: "whatsapp:+14155550101",
        senderType: "WhatsApp",
        countryCode: "US",
        messagingServiceSid: sid,
      },
      { sender: "rcs:acme_agent", senderType: "RCS", countryCode: null },
    ]);
    await expect(resource.create({ sid: owned[0] ?? "" })).rejects.toMatchObject({
      status: 409,
      code: 21710,
    });
  });
});

/** Which SID a channel sender has: it follows from account and address. */
function sidOf(address: string): string {
  const { createHash } = process.getBuiltinModule("node:crypto");
  const digest = createHash("sha256")
    .update(JSON.stringify([ACCOUNT, address]))
    .digest("hex");
  return `XE${digest.slice(0, 32)}`;
}

describe("IncomingPhoneNumbers", () => {
  it("are added, found by a part of the number, updated and given up", async () => {
    const { api } = await createPool();
    const client = clientOf(await listen(api, EXPRESS));
    const added = await client.incomingPhoneNumbers.create({
      phoneNumber: "+13125550100",
      friendlyName: "Chicago",
      smsUrl: "https://app.example/sms",
    });
    expect(added).toMatchObject({
      phoneNumber: "+13125550100",
      friendlyName: "Chicago",
      smsUrl: "https://app.example/sms",
      smsMethod: "POST",
      capabilities: { sms: true, mms: true, voice: false },
    });
    const found = await client.incomingPhoneNumbers.list({ phoneNumber: "312*55" });
    expect(found.map(({ sid }) => sid)).toEqual([added.sid]);
    expect(await client.incomingPhoneNumbers.list({ friendlyName: "Chicago" })).toHaveLength(1);
    const updated = await client.incomingPhoneNumbers(added.sid).update({ smsUrl: "", friendlyName: "C" });
    expect(updated).toMatchObject({ smsUrl: null, friendlyName: "C" });
    expect(await client.incomingPhoneNumbers(added.sid).remove()).toBe(true);
    await expect(client.incomingPhoneNumbers(added.sid).fetch()).rejects.toMatchObject({ status: 404 });
  });

  it("leave their service when they are given up", async () => {
    const { api, service, numbers } = await createPool();
    await ask(api, "POST", `${service}/PhoneNumbers`, { PhoneNumberSid: numbers[0] ?? "" });
    expect((await ask(api, "DELETE", NUMBERS.replace(".json", `/${numbers[0]}.json`))).status).toBe(204);
    expect((await ask(api, "GET", `${service}/PhoneNumbers`)).json.phone_numbers).toEqual([]);
  });

  it.each([
    [{}, 21421],
    [{ PhoneNumber: "hello" }, 21421],
    [{ AreaCode: "415" }, 21452],
    [{ PhoneNumber: SENDER }, 21422],
    [{ PhoneNumber: "+13125550100", SmsUrl: "x" }, 11100],
    [{ PhoneNumber: "+13125550100", SmsMethod: "PUT" }, 20422],
  ])("answer %j by %i", async (form, code) => {
    const { api } = await createPool();
    const { status, json } = await ask(api, "POST", NUMBERS, form as never);
    expect([status, json.code]).toEqual([400, code]);
  });
});

describe("a service made in code", () => {
  it("answers 409 and why where its code has the say", async () => {
    const world = await createPool();
    const { api, carrier, clock, numbers } = world;
    const service = createMessagingService({
      name: "code",
      accountSid: ACCOUNT,
      provider: carrier.provider,
      senders: [SENDER],
      clock,
      logger: silentLogger,
    });
    onTestFinished(async () => {
      const closing = service.close({ timeoutMs: 0 });
      await clock.advance(10_000);
      await closing;
    });
    api.register(service);
    const path = `/v1/Services/${service.sid}`;
    expect((await ask(api, "GET", path)).json).toMatchObject({ sid: service.sid, friendly_name: "code" });
    const removed = await ask(api, "DELETE", `${path}/PhoneNumbers/${numbers[0]}`);
    expect([removed.status, removed.json.code]).toEqual([409, 20409]);
    expect(removed.json.message).toContain("senders");
    expect((await ask(api, "DELETE", path)).status).toBe(409);
    const moved = await ask(api, "POST", `${world.service}/PhoneNumbers`, {
      PhoneNumberSid: numbers[0] ?? "",
    });
    expect([moved.status, moved.json.code]).toEqual([409, 21712]);
    const added = await ask(api, "POST", `${path}/PhoneNumbers`, { PhoneNumberSid: numbers[1] ?? "" });
    expect(added.status).toBe(201);
    expect(service.senders.list().map(({ id }) => id)).toEqual([SENDER, SECOND]);
    expect((await ask(api, "DELETE", `${path}/PhoneNumbers/${numbers[1]}`)).status).toBe(204);
  });
});
