import { describe, expect, it } from "vitest";
import { ACCOUNT, ask, createRestWorld, PHONE, SENDER } from "./support/api.ts";
import { clientOf, listen, SERVERS, type Server } from "./support/servers.ts";

const SECOND = "+12125550100";
const [EXPRESS] = SERVERS as readonly [Server];
const MG_NONE = `/v1/Services/MG${"0".repeat(32)}`;

async function createService(options: Parameters<typeof createRestWorld>[0] = {}) {
  const world = createRestWorld({ inventory: [SENDER, SECOND], ...options });
  const { sid } = (await ask(world.api, "POST", "/v1/Services", { FriendlyName: "A" })).json;
  const service = await world.api.service(sid);
  if (service === undefined) throw new Error("no service");
  await service.senders.add(SENDER);
  await service.senders.add(SECOND);
  return { ...world, sid: sid as string, path: `/v1/Services/${sid}`, service };
}

const encoded = encodeURIComponent;

describe("OptOuts", () => {
  it("are written, read, listed once each and lifted, all on record", async () => {
    const { api, path, sid, service } = await createService();
    const made = await ask(api, "POST", `${path}/OptOuts`, {
      Address: PHONE,
      Source: "website",
      Note: "form 7",
    });
    expect(made).toMatchObject({
      status: 201,
      json: {
        address: PHONE,
        service_sid: sid,
        account_sid: ACCOUNT,
        status: "opted-out",
        source: "website",
      },
    });
    await ask(api, "POST", `${path}/OptOuts`, { Address: PHONE });
    for (const n of [4, 5, 6]) await ask(api, "POST", `${path}/OptOuts`, { Address: `+1415555012${n}` });
    expect((await ask(api, "GET", `${path}/OptOuts/${encoded(PHONE)}`)).json.address).toBe(PHONE);
    const seen: string[] = [];
    for (let url: string | null = `${path}/OptOuts?PageSize=2`; url !== null; ) {
      const { json } = await ask(api, "GET", url.replace("https://app.example", ""));
      seen.push(...json.opt_outs.map(({ address }: { address: string }) => address));
      url = json.meta.next_page_url;
    }
    expect(seen.sort()).toEqual([PHONE, "+14155550124", "+14155550125", "+14155550126"]);
    expect((await ask(api, "DELETE", `${path}/OptOuts/${encoded(PHONE)}`)).status).toBe(409);
    expect((await ask(api, "DELETE", `${path}/OptOuts/${encoded(PHONE)}?Force=true`)).status).toBe(204);
    expect((await ask(api, "GET", `${path}/OptOuts/${encoded(PHONE)}`)).status).toBe(404);
    const history: string[] = [];
    for await (const { status } of service.consent.history(PHONE)) history.push(status);
    expect(history).toEqual(["opted-out", "opted-out", "opted-in", "opted-in"]);
  });

  it.each([
    [{}, 21211],
    [{ Address: "nobody" }, 21211],
    [{ Address: PHONE, Source: "keyword" }, 20422],
    [{ Address: PHONE, DateOfConsent: "yesterday" }, 20422],
    [{ Address: PHONE, DateOfConsent: "1" }, 20422],
    [{ Address: PHONE, DateOfConsent: "2025-02-30" }, 20422],
  ])("answer %j by %i", async (form, code) => {
    const { api, path } = await createService();
    const { status, json } = await ask(api, "POST", `${path}/OptOuts`, form as never);
    expect([status, json.code]).toEqual([400, code]);
  });

  it("of one category are answered, fetched and lifted by its name", async () => {
    const { api, path, service, clock } = await createService();
    const form = { Address: PHONE, Category: "marketing" };
    const made = await ask(api, "POST", `${path}/OptOuts`, form);
    expect([made.status, made.json.status]).toEqual([201, "opted-out"]);
    const one = `${path}/OptOuts/${encoded(PHONE)}`;
    expect((await ask(api, "GET", one)).status).toBe(404);
    expect((await ask(api, "GET", `${one}?Category=marketing`)).json).toEqual(made.json);
    await clock.advance(11_000);
    expect((await ask(api, "DELETE", one)).status).toBe(404);
    expect((await ask(api, "DELETE", `${one}?Category=marketing`)).status).toBe(204);
    expect((await service.consent.get(PHONE, { category: "marketing" })).status).toBe("opted-in");
  });

  it("are those of one service", async () => {
    const { api, path } = await createService();
    const other = (await ask(api, "POST", "/v1/Services", { FriendlyName: "B" })).json.sid;
    await ask(api, "POST", `${path}/OptOuts`, { Address: PHONE });
    expect((await ask(api, "GET", `/v1/Services/${other}/OptOuts`)).json.opt_outs).toEqual([]);
    expect((await ask(api, "GET", `${MG_NONE}/OptOuts`)).json.code).toBe(21701);
  });
});

describe("StickyMappings", () => {
  it("are pinned, read, listed and cleared", async () => {
    const { api, path, service } = await createService();
    const pinned = await ask(api, "POST", `${path}/StickyMappings`, { To: PHONE, Sender: SECOND });
    expect(pinned).toMatchObject({ status: 201, json: { to: PHONE, sender: SECOND } });
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
    expect((await ask(api, "GET", `${path}/StickyMappings/${encoded(PHONE)}`)).json).toEqual(pinned.json);
    expect((await ask(api, "GET", `${path}/StickyMappings`)).json.sticky_mappings).toEqual([pinned.json]);
    expect((await ask(api, "DELETE", `${path}/StickyMappings/${encoded(PHONE)}`)).status).toBe(204);
    expect((await ask(api, "DELETE", `${path}/StickyMappings/${encoded(PHONE)}`)).status).toBe(404);
  });

  it.each([
    [{ Sender: SECOND }, 400, 21211],
    [{ To: PHONE }, 404, 21711],
    [{ To: PHONE, Sender: "+13125550100" }, 404, 21711],
    [{ To: `whatsapp:${PHONE}`, Sender: SECOND }, 400, 21910],
  ])("answer %j by %i and %i", async (form, status, code) => {
    const { api, path } = await createService();
    const answer = await ask(api, "POST", `${path}/StickyMappings`, form as never);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });
});

describe("Explanations", () => {
  it("answer the plan, and send nothing", async () => {
    const { api, path, service } = await createService();
    const { status, json } = await ask(api, "POST", `${path}/Explanations`, {
      To: PHONE,
      Body: "Hi “there”",
    });
    expect([status, json.from, json.kind, json.encoding, json.num_segments]).toEqual([
      200,
      SENDER,
      "SMS",
      "GSM-7",
      1,
    ]);
    expect(json.body).toBe('Hi "there"');
    expect(json.steps.map(({ rule }: { rule: string }) => rule)).toContain("area-code-geomatch");
    expect(await service.messages()).toHaveLength(0);
  });

  it("show a refusal, and refuse only what is itself wrong", async () => {
    const { api, path, service } = await createService();
    await service.consent.set(PHONE, { status: "opted-out", source: "website" });
    const { json } = await ask(api, "POST", `${path}/Explanations`, { To: PHONE, Body: "x" });
    expect(json.opted_out).toBe(true);
    const codes: unknown[] = [];
    for (const form of [{}, { To: "x", Body: "x" }, { To: PHONE }, { To: PHONE, Body: "x".repeat(1_601) }])
      codes.push((await ask(api, "POST", `${path}/Explanations`, form as never)).json.code);
    expect(codes).toEqual([21604, 21211, 21619, 21617]);
  });

  it("answer what the same parameters would come to as a message", async () => {
    const optOut = { exemptCategories: ["otp"] };
    const { api, path, service } = await createService({ serviceOptions: { optOut } });
    await service.consent.set(PHONE, { status: "opted-out", source: "website" });
    const explain = (form: Readonly<Record<string, string | readonly string[]>>) =>
      ask(api, "POST", `${path}/Explanations`, { To: PHONE, Body: "x", ...form });
    expect((await explain({ MessageIntent: "otp" })).json.opted_out).toBe(false);
    expect((await explain({ MessageIntent: "marketing", MediaUrl: "" })).json.opted_out).toBe(true);
    expect((await explain({ MessageIntent: "none" })).json.code).toBe(20422);
    expect((await explain({ To: [PHONE, PHONE] })).json.code).toBe(21653);
    expect((await explain({ SendAt: "2016-07-31T00:00:00Z" })).json.code).toBe(35126);
  });
});

describe("Alerts", () => {
  it("are listed, newest first", async () => {
    const { api, path, service, carrier, clock } = await createService();
    await service.update({ webhook: () => Promise.reject(new Error("broken")), inboundHandling: "webhook" });
    await ask(api, "POST", `${path}/PhoneNumbers`, { PhoneNumberSid: "x" });
    carrier.connect(service, { origin: "https://app.example" });
    await carrier.handset(PHONE).text(SENDER, "Hello");
    await clock.advance(1_000);
    const { json } = await ask(api, "GET", `${path}/Alerts`);
    expect(json.meta.key).toBe("alerts");
    expect(json.alerts[0]).toMatchObject({
      sid: expect.stringMatching(/^NO[0-9a-f]{32}$/),
      account_sid: ACCOUNT,
      error_name: "WEBHOOK_FAILED",
      count: 1,
    });
    expect(json.alerts[0].alert_text).toContain("broken");
    const none = await ask(api, "GET", `${path}/Alerts?EndDate=2001-01-01`);
    expect(none.json.alerts).toEqual([]);
    for (const query of ["LogLevel=loud", "StartDate=soon"]) {
      const wrong = await ask(api, "GET", `${path}/Alerts?${query}`);
      expect([wrong.status, wrong.json.code]).toEqual([400, 20422]);
    }
  });
});

describe("OptOutConfiguration", () => {
  it("shows the words in force by type, language and country", async () => {
    const { api, path, sid } = await createService();
    const { json } = await ask(api, "GET", `${path}/OptOutConfiguration`);
    expect(json).toMatchObject({
      service_sid: sid,
      enabled: true,
      opt_out_sid: expect.stringMatching(/^OO/),
    });
    const of = (type: string, place: string) =>
      json.config.filter(
        (each: { keyword_type: string; message_type: string }) =>
          each.keyword_type === type && each.message_type === place,
      );
    expect(of("STOP.ENGLISH", "ALL")[0].keywords).toContain("STOP");
    expect(of("STOP.FRENCH", "CA")[0].keywords).toContain("ARRET");
  });

  it("begins with what serviceOptions say, for every service", async () => {
    const { api, path, service, carrier } = await createService({
      serviceOptions: { optOut: { brand: "Acme", supportContact: "help@acme.example" } },
    });
    expect((await ask(api, "GET", `${path}/OptOutConfiguration`)).json.brand).toBe("Acme");
    carrier.connect(service, { origin: "https://app.example" });
    await carrier.handset(PHONE).text(SENDER, "HELP");
    expect(carrier.handset(PHONE).inbox[0]?.body).toContain("help@acme.example");
    await ask(api, "POST", `${path}/OptOutConfiguration`, { SupportContact: "" });
    expect(service.settings.optOut).toEqual({ brand: "Acme" });
    await ask(api, "DELETE", `${path}/OptOutConfiguration`);
    expect(service.settings.optOut).toMatchObject({ supportContact: "help@acme.example" });
  });

  it("takes words, messages and policies, and drives the next message", async () => {
    const { api, path, service, carrier } = await createService();
    const edit = async (method: string, at: string, form?: Record<string, string>) =>
      (await ask(api, method, `${path}/OptOutConfiguration${at}`, form)).status;
    expect(await edit("POST", "", { Brand: "Acme", Languages: "SPANISH" })).toBe(200);
    const place = { KeywordType: "STOP.ENGLISH", MessageType: "ALL" };
    expect(await edit("POST", "/Keywords", { ...place, Keyword: "HALT" })).toBe(201);
    expect(await edit("POST", "/Messages", { ...place, Message: "Bye from {brand}." })).toBe(201);
    expect(await edit("DELETE", "/Keywords/STOP.ENGLISH/ALL/CANCEL")).toBe(204);
    carrier.connect(service, { origin: "https://app.example" });
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "cancel");
    expect((await service.consent.get(PHONE)).status).toBe("unknown");
    await phone.text(SENDER, "halt");
    expect((await service.consent.get(PHONE)).status).toBe("opted-out");
    expect(phone.inbox.at(-1)?.body).toContain("Bye from Acme.");
    await carrier.handset("+34612345678").text(SENDER, "BAJA");
    expect((await service.consent.get("+34612345678")).status).toBe("opted-out");
    expect(await edit("DELETE", "/Keywords/STOP.ENGLISH/ALL/HALT")).toBe(204);
    expect(await edit("DELETE", "")).toBe(204);
    expect(service.settings.optOut).toBeUndefined();
  });

  it.each([
    ["STOP.SPANISH", "MX"],
    ["STOP.ENGLISH", "MX"],
    ["STOP.SPANISH", "CA"],
    ["STOP.XHOSA", "ALL"],
  ])("takes back the only word of %s in %s, and its set with it", async (KeywordType, MessageType) => {
    const { api, path } = await createService();
    const at = `${path}/OptOutConfiguration`;
    const before = (await ask(api, "GET", at)).json.config;
    const added = await ask(api, "POST", `${at}/Keywords`, { KeywordType, MessageType, Keyword: "AWAY" });
    expect(added.json.config).toHaveLength(before.length + 1);
    await ask(api, "POST", `${at}/Messages`, { KeywordType, MessageType, Message: "Gone." });
    expect((await ask(api, "DELETE", `${at}/Keywords/${KeywordType}/${MessageType}/away`)).status).toBe(204);
    expect((await ask(api, "GET", at)).json.config).toEqual(before);
  });

  it.each([
    ["", { Scope: "planet" }],
    ["/Keywords", { KeywordType: "STOP.ENGLISH", Keyword: "x".repeat(35) }],
    ["/Keywords", { KeywordType: "STOP.KLINGON", Keyword: "x" }],
    ["/Keywords", { KeywordType: "PAUSE.ENGLISH", Keyword: "x" }],
    ["/Keywords", { KeywordType: "STOP.ENGLISH", MessageType: "Mars", Keyword: "x" }],
    ["/Keywords", { KeywordType: "STOP.ENGLISH", Keyword: "HELP" }],
    ["/Keywords", { KeywordType: "STOP.ENGLISH" }],
    ["/Messages", { KeywordType: "STOP.ENGLISH", Message: "x".repeat(321) }],
    ["/Messages", { KeywordType: "STOP.ENGLISH" }],
  ])("answers a wrong %s %j by 20422, and changes nothing", async (at, form) => {
    const { api, path, service } = await createService();
    const { status, json } = await ask(api, "POST", `${path}/OptOutConfiguration${at}`, form as never);
    expect([status, json.code]).toEqual([400, 20422]);
    expect(service.settings.optOut).toBeUndefined();
  });
});

describe("Consents/Bulk", () => {
  const item = (changes: Record<string, unknown> = {}) => ({
    contact_id: PHONE,
    correlation_id: "ad388b5a46b33b874b0d41f7226db2ef",
    status: "opt-out",
    source: "website",
    ...changes,
  });

  it("writes each item down, by service or by number, the later word last", async () => {
    const { api, sid, service } = await createService();
    const client = clientOf(await listen(api, EXPRESS));
    const other = "+14155550124";
    const { items } = await client.accounts.v1.bulkConsents.create({
      items: [
        item({ sender_id: sid, date_of_consent: "2019-02-28T10:05:27Z" }),
        item({ sender_id: sid, contact_id: other, correlation_id: "b".repeat(32) }),
        item({
          sender_id: sid,
          contact_id: other,
          status: "opt-in",
          source: "opt-in-message",
          date_of_consent: "",
        }),
      ],
    });
    expect(items).toMatchObject([
      { correlation_id: "ad388b5a46b33b874b0d41f7226db2ef", error_code: 0, error_messages: [] },
      { error_code: 0 },
      expect.anything(),
    ]);
    expect(await service.consent.get(PHONE)).toMatchObject({
      status: "opted-out",
      since: new Date("2019-02-28T10:05:27Z"),
    });
  });

  it("says per item what is wrong with it", async () => {
    const { api, sid } = await createService();
    const wrong = [
      item({ sender_id: sid, contact_id: "nobody", date_of_consent: "soon" }),
      item({ sender_id: `MG${"0".repeat(32)}` }),
      item({ sender_id: "+13125550100", correlation_id: "x" }),
      item({ sender_id: sid, status: "maybe", source: "rumour" }),
    ].map((each) => JSON.stringify(each));
    const { status, json } = await ask(api, "POST", "/v1/Consents/Bulk", { Items: [...wrong, "{", "[]"] });
    expect(status).toBe(201);
    expect(json.items.map(({ error_code }: { error_code: number }) => error_code)).toEqual(
      Array(6).fill(30646),
    );
    expect(
      json.items.slice(0, 4).map(({ error_messages }: { error_messages: string[] }) => error_messages),
    ).toEqual([
      ["INVALID_CONTACT_ID", "INVALID_DATE_OF_CONSENT"],
      ["INVALID_SENDER_ID"],
      ["INVALID_CORRELATION_ID", "INVALID_SENDER_ID"],
      ["INVALID_STATUS", "INVALID_SOURCE"],
    ]);
  });

  it("takes the name of what every object has for no status and no source", async () => {
    const { api, sid, service } = await createService();
    const items = [
      item({ sender_id: sid }),
      item({ sender_id: sid, status: "constructor", source: "toString" }),
      item({ sender_id: sid, status: "__proto__", source: "hasOwnProperty" }),
    ].map((each) => JSON.stringify(each));
    const { status, json } = await ask(api, "POST", "/v1/Consents/Bulk", { Items: items });
    expect(status).toBe(201);
    expect(json.items).toMatchObject([
      { error_code: 0 },
      { error_code: 30646, error_messages: ["INVALID_STATUS", "INVALID_SOURCE"] },
      { error_code: 30646, error_messages: ["INVALID_STATUS", "INVALID_SOURCE"] },
    ]);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
  });

  it("takes 25 items at most", async () => {
    const { api, sid } = await createService();
    const items = Array(26).fill(JSON.stringify(item({ sender_id: sid })));
    expect((await ask(api, "POST", "/v1/Consents/Bulk", { Items: items })).json.code).toBe(20422);
    expect((await ask(api, "POST", "/v1/Consents/Bulk", {})).json.code).toBe(20422);
  });
});
