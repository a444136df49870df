import twilio from "twilio";
import { describe, expect, it } from "vitest";
import { PERSON, SENDER, virtualCarrier } from "./support/carrier.ts";
import { webhookServer } from "./support/webhook-server.ts";

const twiml = (inner: string): { body: string } => ({ body: `<Response>${inner}</Response>` });

describe("a text to one of our senders", () => {
  it("is posted with Twilio's parameters", async () => {
    const service = `MG${"2".repeat(32)}`;
    const { carrier } = virtualCarrier({ numbers: [{ number: SENDER, messagingServiceSid: service }] });
    const hook = await webhookServer();
    carrier.setInboundWebhook(`${hook.url}/sms`);
    const result = await carrier.handset("+447911123456").text(SENDER, "hello");
    expect(result).toMatchObject({ status: 200, errorCode: null, attempts: 1, replies: [] });
    expect(hook.hits[0]).toMatchObject({ method: "POST", path: "/sms" });
    expect(hook.hits[0]?.parameters).toEqual({
      MessageSid: result.sid,
      SmsSid: result.sid,
      SmsMessageSid: result.sid,
      AccountSid: carrier.accountSid,
      MessagingServiceSid: service,
      From: "+447911123456",
      To: SENDER,
      Body: "hello",
      NumMedia: "0",
      NumSegments: "1",
      SmsStatus: "received",
      ApiVersion: "2010-04-01",
      FromCountry: "GB",
      FromState: "",
      FromCity: "",
      FromZip: "",
      ToCountry: "US",
      ToState: "",
      ToCity: "",
      ToZip: "",
    });
  });

  it.each(["POST", "GET"] as const)(
    "bears a signature the official verifier accepts, by %s",
    async (method) => {
      const { carrier } = virtualCarrier();
      const hook = await webhookServer();
      carrier.setInboundWebhook(`${hook.url}/sms?tenant=7`, { method });
      await carrier.handset(PERSON).text(SENDER, "Ça va? 👋 & more");
      const hit = hook.hits[0];
      expect(hit?.method).toBe(method);
      expect(hit?.parameters.Body).toBe("Ça va? 👋 & more");
      const signature = String(hit?.headers["x-twilio-signature"]);
      const parameters = method === "POST" ? { ...hit?.parameters } : {};
      expect(twilio.validateRequest(carrier.authToken, signature, hook.url + hit?.path, parameters)).toBe(
        true,
      );
    },
  );

  it("carries media, segments, hints and further parameters", async () => {
    const { carrier } = virtualCarrier();
    const hook = await webhookServer();
    carrier.setInboundWebhook(hook.url);
    const phone = carrier.handset(PERSON);
    const sid = `SM${"3".repeat(32)}`;
    const result = await phone.text(SENDER, "Я".repeat(71), {
      messageSid: sid,
      optOutType: "STOP",
      parameters: { FromCity: "OAKLAND", ButtonText: "Yes" },
    });
    expect(result.sid).toBe(sid);
    expect(hook.hits[0]?.parameters).toMatchObject({
      MessageSid: sid,
      NumSegments: "2",
      OptOutType: "STOP",
      FromCity: "OAKLAND",
      ButtonText: "Yes",
    });
    const media = ["https://example.com/a.png", "https://example.com/b"];
    expect((await phone.text(SENDER, "", { mediaUrl: media })).sid).toMatch(/^MM/);
    expect(hook.hits[1]?.parameters).toMatchObject({
      Body: "",
      NumMedia: "2",
      MediaUrl0: media[0],
      MediaContentType0: "image/png",
      MediaUrl1: media[1],
      MediaContentType1: "image/jpeg",
    });
  });

  it("of a WhatsApp handset says its profile and no geography", async () => {
    const { carrier } = virtualCarrier();
    const hook = await webhookServer();
    carrier.setInboundWebhook(hook.url);
    const phone = carrier.handset(`whatsapp:${PERSON}`, { profileName: "Ada" });
    await phone.text(`whatsapp:${SENDER}`, "hello");
    expect(hook.hits[0]?.parameters).toMatchObject({
      From: `whatsapp:${PERSON}`,
      To: `whatsapp:${SENDER}`,
      ProfileName: "Ada",
      WaId: "14155550123",
      NumSegments: "1",
    });
    expect(hook.hits[0]?.parameters).not.toHaveProperty("FromCountry");
    await expect(phone.text(SENDER, "hello")).rejects.toMatchObject({ code: "CHANNEL_MISMATCH" });
  });

  it("goes to the sender's own webhook first", async () => {
    const { carrier } = virtualCarrier();
    const general = await webhookServer();
    const special = await webhookServer();
    carrier.setInboundWebhook(general.url);
    carrier.setInboundWebhook(special.url, { sender: "12345" });
    expect(carrier.inboundUrl).toBe(general.url);
    await carrier.handset(PERSON).text("12345", "to the short code");
    await carrier.handset(PERSON).text(SENDER, "to the number");
    expect(special.hits.map(({ parameters }) => parameters.Body)).toEqual(["to the short code"]);
    expect(general.hits.map(({ parameters }) => parameters.Body)).toEqual(["to the number"]);
  });

  it("is logged, and nothing else, where no webhook is set", async () => {
    const { carrier } = virtualCarrier();
    expect(await carrier.handset(PERSON).text(SENDER, "hello")).toMatchObject({ status: 0, answers: [] });
  });
});

describe("the answer", () => {
  it("sends its TwiML messages to the handset", async () => {
    const { carrier, clock } = virtualCarrier();
    const hook = await webhookServer(() =>
      twiml(
        '<Message>Tom &amp; Jerry &#x1F44B;</Message><Message><Body><![CDATA[<b>]]></Body><Media>/a.png</Media></Message><Message to="+14155550199" from="12345">else</Message>',
      ),
    );
    carrier.setInboundWebhook(`${hook.url}/sms`);
    const phone = carrier.handset(PERSON);
    const { replies } = await phone.text(SENDER, "hello");
    expect(phone.inbox).toEqual(replies);
    expect(replies).toMatchObject([
      { from: SENDER, body: "Tom & Jerry 👋", mediaUrl: [], at: new Date(clock.now()) },
      { from: SENDER, body: "<b>", mediaUrl: [`${hook.url}/a.png`] },
    ]);
    expect(carrier.handset("+14155550199").inbox).toMatchObject([{ from: "12345", body: "else" }]);
    expect(carrier.messages.map(({ direction }) => direction)).toEqual(Array(3).fill("outbound-reply"));
    await clock.advance(100);
    expect(carrier.messages.map(({ status }) => status)).toEqual(Array(3).fill("delivered"));
    expect(phone.inbox).toHaveLength(2);
  });

  it("reports a reply's statuses to its action, relative to the webhook", async () => {
    const { carrier, clock } = virtualCarrier();
    const hook = await webhookServer(({ path }) =>
      path === "/sms" ? twiml('<Message action="/done?n=1">hi</Message>') : {},
    );
    carrier.setInboundWebhook(`${hook.url}/sms`);
    const { replies } = await carrier.handset(PERSON).text(SENDER, "hello");
    await clock.advance(100);
    const calls = hook.hits
      .slice(1)
      .map(({ path, parameters }) => [path, parameters.MessageSid, parameters.MessageStatus]);
    expect(calls).toEqual([
      ["/done?n=1", replies[0]?.sid, "sent"],
      ["/done?n=1", replies[0]?.sid, "delivered"],
    ]);
  });

  it.each([
    ["plain text is one reply", { type: "text/plain", body: "plain" }, ["plain"]],
    ["an empty Response is none", { body: "<Response/>" }, []],
    ["an empty body is none", { status: 204, body: "" }, []],
    ["empty messages are none", twiml("<Message/><Message><Body></Body></Message>"), []],
    [
      "comments and declarations are skipped",
      { body: '<?xml version="1.0"?>\n<!-- a --><Response><!-- b --><Message>x</Message></Response>\n' },
      ["x"],
    ],
    [
      "a byte order mark is skipped",
      { body: `\uFEFF<?xml version="1.0"?>${twiml("<Message>x</Message>").body}` },
      ["x"],
    ],
    ["the official library's TwiML is read", { body: officialTwiml() }, ['it\'s <ok> & "fine"']],
  ])("%s", async (_name, answer, bodies) => {
    const { carrier } = virtualCarrier();
    const hook = await webhookServer(() => answer);
    carrier.setInboundWebhook(hook.url);
    const result = await carrier.handset(PERSON).text(SENDER, "hello");
    expect(result.errorCode).toBeNull();
    expect(result.replies.map(({ body }) => body)).toEqual(bodies);
  });

  it.each([
    ["another status", { status: 503 }, 11200],
    ["JSON", { type: "application/json", body: "{}" }, 12300],
    ["no content type", { type: "", body: "hi" }, 12300],
    ["unbalanced XML", { body: "<Response><Message>hi</Response>" }, 12100],
    ["the end of no CDATA section", { body: "<Response><Message>]]></Message></Response>" }, 12100],
    ["an unknown entity", { body: "<Response>&nbsp;</Response>" }, 12100],
    ["white space before the declaration", { body: ' <?xml version="1.0"?><Response/>' }, 12100],
    ["another root", { body: "<Reply/>" }, 12102],
    ["more than 64 kB", { body: `<Response>${" ".repeat(65_536)}</Response>` }, 11750],
  ])("counts %s as a failure", async (_name, answer, errorCode) => {
    const { carrier } = virtualCarrier();
    const hook = await webhookServer(() => answer);
    carrier.setInboundWebhook(hook.url);
    expect(await carrier.handset(PERSON).text(SENDER, "hello")).toMatchObject({
      errorCode,
      status: "status" in answer ? answer.status : 200,
      replies: [],
    });
  });

  it("follows a Redirect with the same parameters", async () => {
    const { carrier } = virtualCarrier();
    const hook = await webhookServer(({ path }) =>
      path === "/sms"
        ? twiml("<Message>one</Message><Redirect>other</Redirect>")
        : twiml("<Message>two</Message>"),
    );
    carrier.setInboundWebhook(`${hook.url}/sms`);
    const { replies, sid } = await carrier.handset(PERSON).text(SENDER, "hello");
    expect(replies.map(({ body }) => body)).toEqual(["one", "two"]);
    expect(hook.hits[1]).toMatchObject({ method: "POST", path: "/other", parameters: { MessageSid: sid } });
  });

  it("gives up on redirects that do not end", async () => {
    const { carrier } = virtualCarrier();
    const hook = await webhookServer(() => twiml("<Redirect>again</Redirect>"));
    carrier.setInboundWebhook(hook.url);
    expect(await carrier.handset(PERSON).text(SENDER, "hello")).toMatchObject({ errorCode: 11215 });
    expect(hook.hits).toHaveLength(11);
  });

  it("falls back with ErrorCode and ErrorUrl", async () => {
    const { carrier } = virtualCarrier();
    const hook = await webhookServer(({ path }) =>
      path === "/sms" ? { status: 500 } : twiml("<Message>sorry</Message>"),
    );
    carrier.setInboundWebhook(`${hook.url}/sms`, {
      fallbackUrl: `${hook.url}/fallback`,
      fallbackMethod: "GET",
    });
    const result = await carrier.handset(PERSON).text(SENDER, "hello");
    expect(result).toMatchObject({ status: 200, errorCode: 11200, replies: [{ body: "sorry" }] });
    expect(hook.hits[1]).toMatchObject({
      method: "GET",
      parameters: { ErrorCode: "11200", ErrorUrl: `${hook.url}/sms`, Body: "hello" },
    });
  });

  it("is asked for again as the fragment says", async () => {
    const { carrier } = virtualCarrier();
    const hook = await webhookServer((_, count) =>
      count < 3 ? { status: 503 } : twiml("<Message>ok</Message>"),
    );
    carrier.setInboundWebhook(`${hook.url}/sms#rc=5&rp=all`);
    const result = await carrier.handset(PERSON).text(SENDER, "hello");
    expect(result).toMatchObject({ status: 200, attempts: 3, errorCode: null, replies: [{ body: "ok" }] });
    expect(new Set(hook.hits.map(({ headers }) => headers["i-twilio-idempotency-token"])).size).toBe(1);
  });

  it("fails with 11202 when nobody listens, and 11203 when nobody answers", async () => {
    const { carrier, clock } = virtualCarrier();
    carrier.setInboundWebhook("http://127.0.0.1:1/sms");
    expect(await carrier.handset(PERSON).text(SENDER, "hello")).toMatchObject({
      status: 0,
      errorCode: 11202,
      attempts: 2,
    });
    const hook = await webhookServer(() => undefined);
    carrier.setInboundWebhook(hook.url);
    const result = carrier.handset(PERSON).text(SENDER, "hello");
    while (hook.hits.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(15_000);
    expect(await result).toMatchObject({ status: 0, errorCode: 11203 });
  });
});

function officialTwiml(): string {
  const response = new twilio.twiml.MessagingResponse();
  response.message('it\'s <ok> & "fine"');
  return response.toString();
}

describe("a webhook delivered more than once", () => {
  it.each([false, true])(
    "has one message SID and token, and its replies are sent once (concurrent: %s)",
    async (concurrent) => {
      const { carrier } = virtualCarrier();
      const hook = await webhookServer(() => twiml("<Message>hi</Message>"));
      carrier.setInboundWebhook(hook.url);
      const phone = carrier.handset(PERSON);
      const result = await phone.text(SENDER, "hello", { duplicates: 2, concurrent });
      expect(result.answers).toHaveLength(3);
      expect(new Set(hook.hits.map(({ parameters }) => parameters.MessageSid))).toEqual(
        new Set([result.sid]),
      );
      expect(new Set(hook.hits.map(({ headers }) => headers["i-twilio-idempotency-token"])).size).toBe(1);
      expect(phone.inbox.map(({ body }) => body)).toEqual(["hi"]);
    },
  );
});

describe("the carrier's own opt-out handling", () => {
  const blockedBy = async (optOutHandling: "none" | "default" | "advanced", word: string) => {
    const { carrier, clock } = virtualCarrier({ optOutHandling });
    const hook = await webhookServer();
    carrier.setInboundWebhook(hook.url);
    const phone = carrier.handset(PERSON);
    await phone.text(SENDER, word);
    const result = await carrier.provider.send({
      sid: "SM1",
      from: SENDER,
      to: PERSON,
      kind: "SMS",
      body: "x",
      mediaUrl: [],
      validityPeriod: 60,
    });
    await clock.advance(0);
    return { phone, hook, result, carrier };
  };

  it("is off by default", async () => {
    const { phone, result } = await blockedBy("none", "STOP");
    expect(phone.inbox).toEqual([]);
    expect(result.outcome).toBe("accepted");
  });

  it("default: answers STOP, blocks with 21610, and sends no OptOutType", async () => {
    const { phone, hook, result, carrier } = await blockedBy("default", " stop ");
    expect(phone.inbox).toHaveLength(1);
    expect(hook.hits[0]?.parameters).not.toHaveProperty("OptOutType");
    expect(result).toMatchObject({ outcome: "refused", errorCode: 21610, meaning: "opted-out" });
    expect(await carrier.handset("+14155550124").text(SENDER, "x")).toMatchObject({ status: 200 });
  });

  it("advanced: sends OptOutType too", async () => {
    const { hook } = await blockedBy("advanced", "Unsubscribe");
    expect(hook.hits[0]?.parameters.OptOutType).toBe("STOP");
  });

  it("needs the whole text to be the keyword", async () => {
    expect((await blockedBy("default", "stop it")).result.outcome).toBe("accepted");
  });

  it("lifts the block on START, and answers HELP only to who is not blocked", async () => {
    const { carrier } = virtualCarrier({ optOutHandling: "default" });
    const phone = carrier.handset(PERSON);
    const answers: number[] = [];
    for (const word of ["START", "HELP", "STOP", "HELP", "START", "HELP"]) {
      const before = phone.inbox.length;
      await phone.text(SENDER, word);
      answers.push(phone.inbox.length - before);
    }
    expect(answers).toEqual([0, 1, 1, 0, 1, 1]);
  });

  it("keeps a reply from who is blocked: failed 21610", async () => {
    const { carrier, clock } = virtualCarrier({ optOutHandling: "default" });
    const hook = await webhookServer(() => twiml("<Message>bye</Message>"));
    carrier.setInboundWebhook(hook.url);
    const { replies } = await carrier.handset(PERSON).text(SENDER, "STOP");
    await clock.advance(100);
    expect(replies).toEqual([]);
    expect(carrier.messages).toMatchObject([{ body: "bye", status: "failed", errorCode: 21610 }]);
  });
});
