import { createHash } from "node:crypto";
import type { ProviderMessage, WebhookRequest } from "@messaging-service/core";
import twilioSdk from "twilio";
import { describe, expect, it } from "vitest";
import { type TwilioOptions, twilio } from "../../src/twilio.ts";
import { accountSid, authToken, inbound, inboundUrl, post, receipt, statusUrl } from "./fixtures.ts";

const provider = (options: Partial<TwilioOptions> = {}) => twilio({ accountSid, authToken, ...options });
const message: ProviderMessage = {
  sid: `SM${"f".repeat(32)}`,
  from: "+14155550100",
  to: "+15105550123",
  kind: "SMS",
  body: "Hi",
  mediaUrl: [],
  validityPeriod: 36_000,
};
const now = 0;

/** Sends through a fetch that answers so, and tells what it was asked. */
async function capture(changes: Partial<ProviderMessage>, options: Partial<TwilioOptions> = {}) {
  const calls: { url: string; form: URLSearchParams; authorization: string | null }[] = [];
  const fetch: typeof globalThis.fetch = async (url, init) => {
    const headers = new Headers(init?.headers);
    calls.push({
      url: String(url),
      form: new URLSearchParams(String(init?.body)),
      authorization: headers.get("authorization"),
    });
    return new Response(JSON.stringify({ sid: "SM1", status: "sent" }), { status: 201 });
  };
  const result = await provider({ fetch, ...options }).send({ ...message, ...changes });
  const [call] = calls;
  if (!call) throw new Error("nothing was sent");
  return { ...call, result };
}

describe("twilio() options", () => {
  it.each<[string, object]>([
    ["accountSid", { accountSid: "AC123" }],
    ["accountSid", { accountSid: `MG${"a".repeat(32)}` }],
    ["authToken", { authToken: "" }],
    ["authToken", { authToken: undefined }],
    ["authToken", { authToken: 42 }],
    ["authToken", { authToken: [] }],
    ["authToken", { authToken: ["good", " "] }],
    ["apiKey", { apiKey: { sid: "SK1", secret: "" } }],
    ["apiKey", { apiKey: null }],
    ["baseUrl", { baseUrl: "api.twilio.com" }],
    ["baseUrl", { baseUrl: "ftp://api.twilio.com" }],
    ["baseUrl", { baseUrl: "https://api.twilio.com?a=1" }],
    ["baseUrl", { baseUrl: "https://user:secret@api.twilio.com" }],
    ["optOutHandling", { optOutHandling: "on" }],
    ["timeoutMs", { timeoutMs: 0 }],
    ["timeoutMs", { timeoutMs: 2500.5 }],
    ["timeoutMs", { timeoutMs: 2 ** 31 }],
    ["fetch", { fetch: "fetch" }],
    ["name", { name: "a/b" }],
  ])("refuses a bad %s", (option, options) => {
    expect(() => provider(options)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(option) }),
    );
  });

  it.each([undefined, null, "AC1"])("refuses %j in place of options", (options) => {
    expect(() => twilio(options as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });

  it("refuses an option it does not have", () => {
    expect(() => provider({ authtoken: "x" } as object)).toThrow(
      expect.objectContaining({ code: "UNKNOWN_OPTION", message: expect.stringContaining("authtoken") }),
    );
  });

  it("never puts a secret in an error", () => {
    const secret = "do-not-tell-me";
    for (const options of [{ accountSid: "x", authToken: secret }, { apiKey: { sid: "", secret } }])
      expect(() => provider(options)).toThrow(
        expect.objectContaining({ message: expect.not.stringContaining(secret) }),
      );
  });

  it("is named twilio, or as told", () => {
    expect(provider()).toMatchObject({ name: "twilio", accountSid });
    expect(provider({ name: "twilio-eu" }).name).toBe("twilio-eu");
  });
});

describe("twilio().send", () => {
  it("authenticates with the first token, or the API key", async () => {
    const basic = (pair: string) => `Basic ${Buffer.from(pair).toString("base64")}`;
    expect(await capture({}, { authToken: ["new", "old"] })).toMatchObject({
      url: `https://api.twilio.com/2010-04-01/Accounts/${accountSid}/Messages.json`,
      authorization: basic(`${accountSid}:new`),
    });
    expect((await capture({}, { apiKey: { sid: "SK1", secret: "s" } })).authorization).toBe(basic("SK1:s"));
  });

  it("goes below the path of baseUrl", async () => {
    const { url } = await capture({}, { baseUrl: "https://proxy.test/twilio/" });
    expect(url).toBe(`https://proxy.test/twilio/2010-04-01/Accounts/${accountSid}/Messages.json`);
  });

  it("sends text and nothing that was not asked for", async () => {
    const { form, result } = await capture({});
    expect(Object.fromEntries(form)).toEqual({
      To: "+15105550123",
      From: "+14155550100",
      Body: "Hi",
      ValidityPeriod: "36000",
    });
    expect(result).toEqual({ outcome: "accepted", providerSid: "SM1", status: "sent" });
  });

  it("repeats MediaUrl for each medium", async () => {
    const { form } = await capture({
      kind: "MMS",
      body: "",
      mediaUrl: ["https://a.test/1", "https://a.test/2"],
    });
    expect(form.getAll("MediaUrl")).toEqual(["https://a.test/1", "https://a.test/2"]);
    expect(form.has("Body")).toBe(false);
    expect(form.has("SendAsMms")).toBe(false);
  });

  it("asks for an MMS without media", async () => {
    expect((await capture({ kind: "MMS" })).form.get("SendAsMms")).toBe("true");
  });

  it("writes to a plain number by RCS as to an RCS address", async () => {
    const rcs = { from: "rcs:acme_agent", kind: "RCS" } as const;
    expect((await capture(rcs)).form.get("To")).toBe("rcs:+15105550123");
    expect((await capture({ ...rcs, to: "rcs:+15105550123" })).form.get("To")).toBe("rcs:+15105550123");
  });

  it("sends a template with its variables", async () => {
    const { form } = await capture({ body: "", contentSid: "HX1", contentVariables: '{"1":"Ana"}' });
    expect(Object.fromEntries(form)).toMatchObject({ ContentSid: "HX1", ContentVariables: '{"1":"Ana"}' });
  });

  it.each([
    [0.4, "SMS", "1"],
    [59.9, "SMS", "59"],
    [99_999, "SMS", "36000"],
    [36_000, "WHATSAPP", "14400"],
  ] as const)("clamps a validity period of %d s for %s to %s", async (validityPeriod, kind, expected) => {
    expect((await capture({ validityPeriod, kind })).form.get("ValidityPeriod")).toBe(expected);
  });

  const failure = (properties: object) => Object.assign(new Error("secret details"), properties);
  it.each<[string, unknown, "not-sent" | "ambiguous"]>([
    ["an unknown host", failure({ code: "ENOTFOUND", syscall: "getaddrinfo" }), "not-sent"],
    ["a resolver that is down", failure({ code: "EAI_AGAIN", syscall: "getaddrinfo" }), "not-sent"],
    ["an untrusted certificate", failure({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" }), "not-sent"],
    ["another host's certificate", failure({ code: "ERR_TLS_CERT_ALTNAME_INVALID" }), "not-sent"],
    ["a connection that takes too long", failure({ code: "UND_ERR_CONNECT_TIMEOUT" }), "not-sent"],
    ["an unreachable host", failure({ code: "EHOSTUNREACH", syscall: "connect" }), "not-sent"],
    [
      "two addresses that both refuse",
      new AggregateError([
        failure({ code: "ECONNREFUSED", syscall: "connect" }),
        failure({ code: "ETIMEDOUT", syscall: "connect" }),
      ]),
      "not-sent",
    ],
    [
      "two addresses, one of which broke later",
      new AggregateError([failure({ code: "ECONNREFUSED" }), failure({ code: "ECONNRESET" })]),
      "ambiguous",
    ],
    ["a timeout on an open connection", failure({ code: "ETIMEDOUT", syscall: "read" }), "ambiguous"],
    ["a reset", failure({ code: "ECONNRESET", syscall: "read" }), "ambiguous"],
    ["a broken pipe", failure({ code: "EPIPE", syscall: "write" }), "ambiguous"],
    ["no answer in time", failure({ code: "UND_ERR_HEADERS_TIMEOUT" }), "ambiguous"],
    ["something that is no error", "secret details", "ambiguous"],
    ["nothing at all", undefined, "ambiguous"],
  ])("judges %s", async (_name, cause, outcome) => {
    const fetch = async () => {
      throw new TypeError("fetch failed", { cause });
    };
    const result = await provider({ fetch }).send(message);
    expect(result).toMatchObject({ outcome, errorCode: null });
    expect(JSON.stringify(result)).not.toContain("secret");
  });

  const answered = (status: number, body: string, headers: Record<string, string> = {}) =>
    provider({ fetch: async () => new Response(body, { status, headers }) }).send(message);

  it("tells no part of a secret where a long message is cut", async () => {
    const text = JSON.stringify({ code: 1, message: `${"x".repeat(490)}${authToken}` });
    const result = await answered(400, text);
    expect(JSON.stringify(result)).not.toContain(authToken.slice(0, 4));
    expect((result as { errorMessage: string }).errorMessage).toHaveLength(490 + "[secret]".length);
    const long = await answered(400, JSON.stringify({ code: 1, message: "x".repeat(900) }));
    expect((long as { errorMessage: string }).errorMessage).toHaveLength(500);
  });

  it("knows refused credentials by the status alone", async () => {
    expect(await answered(401, "<html>")).toMatchObject({ outcome: "refused", errorCode: 20003 });
    expect(await answered(401, '{"code":20005,"message":"No."}')).toMatchObject({ errorCode: 20005 });
  });

  it.each([
    ["2.5", 2_500],
    [" 7 ", 7_000],
    ["-1", undefined],
    ["5, 6", undefined],
    ["99999999999", undefined],
  ])("reads a Retry-After of %j", async (value, ms) => {
    const result = await answered(429, "", { "retry-after": value });
    expect(result).toMatchObject({ outcome: "not-sent", errorCode: 20429 });
    expect((result as { retryAfterMs?: number }).retryAfterMs).toBe(ms);
  });

  it("takes a 4xx whose body is lost for a refusal", async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error("reset")) });
    const fetch = async () => new Response(body, { status: 400 });
    expect(await provider({ fetch }).send(message)).toMatchObject({ outcome: "refused", errorCode: null });
  });
});

describe("twilio().webhook.verify", () => {
  const { verify } = provider({ authToken: ["new", authToken] }).webhook;
  const json = Buffer.from('{"a":1}');
  const hash = createHash("sha256").update(json).digest("hex");
  const jsonUrl = `https://example.test/hook?bodySHA256=${hash}`;
  const jsonRequest = (changes: Partial<WebhookRequest> = {}): WebhookRequest => {
    const absoluteUrl = changes.absoluteUrl ?? jsonUrl;
    return {
      method: "POST",
      url: "/hook",
      absoluteUrl,
      headers: {
        "content-type": "application/json",
        "x-twilio-signature": twilioSdk.getExpectedTwilioSignature(authToken, absoluteUrl, {}),
      },
      body: json,
      parameters: {},
      ...changes,
    };
  };

  it("accepts a webhook signed with the older token", () => {
    expect(verify(post(inboundUrl, inbound.sms), now)).toEqual({ ok: true });
  });

  it("accepts a form whose bytes a parser consumed", () => {
    const request = { ...post(inboundUrl, inbound.sms), body: undefined, parsed: inbound.sms };
    expect(verify(request, now)).toEqual({ ok: true });
  });

  it("accepts a form whose content type a proxy lost", () => {
    const request = post(inboundUrl, inbound.sms);
    const { "content-type": _lost, ...headers } = request.headers;
    expect(verify({ ...request, headers }, now)).toEqual({ ok: true });
    const parameters = { ...inbound.sms, Body: "forged" };
    expect(verify({ ...request, headers, parameters }, now).ok).toBe(false);
  });

  it("says when a form's bytes are gone", () => {
    const request = { ...post(inboundUrl, inbound.sms), body: undefined, parameters: {} };
    expect(verify(request, now)).toEqual({ ok: false, code: "BODY_CONSUMED" });
  });

  it("accepts a JSON body by its hash, and refuses another", () => {
    expect(verify(jsonRequest(), now)).toEqual({ ok: true });
    expect(verify(jsonRequest({ body: Buffer.from('{"a":2}') }), now)).toMatchObject({
      ok: false,
      code: "INVALID_SIGNATURE",
      hint: expect.stringContaining("bodySHA256"),
    });
  });

  it("says when a JSON body's bytes are gone", () => {
    expect(verify(jsonRequest({ body: undefined, parsed: { a: 1 } }), now)).toEqual({
      ok: false,
      code: "BODY_CONSUMED",
    });
  });

  it("takes a missing body for {}", () => {
    const empty = createHash("sha256").update("{}").digest("hex");
    const absoluteUrl = `https://example.test/hook?bodySHA256=${empty}`;
    for (const parsed of [undefined, {}])
      expect(verify(jsonRequest({ absoluteUrl, body: undefined, parsed }), now)).toEqual({ ok: true });
    expect(verify(jsonRequest({ absoluteUrl, body: new Uint8Array() }), now)).toEqual({ ok: true });
  });

  it("refuses a body that no signature covers", () => {
    const absoluteUrl = "https://example.test/hook";
    for (const changes of [{}, { body: undefined, parsed: { a: 1 } }])
      expect(verify(jsonRequest({ absoluteUrl, ...changes }), now)).toMatchObject({
        ok: false,
        code: "INVALID_SIGNATURE",
        hint: expect.stringContaining("no signature covers it"),
      });
  });

  it("hints at the host that was signed", () => {
    const request = post("https://public.example/messaging/inbound", inbound.sms);
    const seen = { ...request, absoluteUrl: "http://localhost:3000/messaging/inbound" };
    expect(verify(seen, now)).toMatchObject({
      ok: false,
      hint: "The signature matches with scheme https:// instead of http://, with host public.example instead of localhost:3000.",
    });
  });
});

describe("twilio().webhook.parseInbound", () => {
  const parse = (parameters: Record<string, string>, options: Partial<TwilioOptions> = {}) =>
    provider(options).webhook.parseInbound(post(inboundUrl, parameters))[0];
  const text = (to: string, body: string) => ({
    MessageSid: "SM1",
    From: "+15105550123",
    To: to,
    Body: body,
  });
  const longCode = "+14155550100";
  const tollFree = "+18885550100";

  it.each(["MessageSid", "From", "To"])("refuses a message without %s", (name) => {
    const { [name]: _absent, ...rest } = text(longCode, "Hi") as Record<string, string>;
    for (const parameters of [rest, { ...rest, [name]: "" }])
      expect(() => parse(parameters)).toThrow(
        expect.objectContaining({ code: "MALFORMED_REQUEST", message: expect.stringContaining(name) }),
      );
  });

  it("refuses a status callback", () => {
    expect(() => parse(receipt("delivered"))).toThrow(expect.objectContaining({ code: "MALFORMED_REQUEST" }));
  });

  it("knows a message by its deprecated SID", () => {
    const { MessageSid: _, ...rest } = text(longCode, "Hi");
    expect(parse({ ...rest, SmsSid: "SM2" } as unknown as Record<string, string>)?.providerSid).toBe("SM2");
  });

  it("keeps every parameter, new ones too", () => {
    expect(parse({ ...inbound.location, Tomorrow: "1" })?.parameters).toMatchObject({
      Latitude: "40.4168",
      Label: "Kilometre 0",
      WaId: "34600000000",
      Tomorrow: "1",
    });
  });

  it("believes the media that are there, not their number", () => {
    const one = { ...text(longCode, ""), MediaUrl0: "https://a.test/1", MediaContentType0: "image/png" };
    expect(parse({ ...one, NumMedia: "999999" })?.media).toEqual([
      { url: "https://a.test/1", contentType: "image/png" },
    ]);
    expect(parse({ ...one, NumMedia: "x" })?.media).toEqual([]);
  });

  it("takes the first value of a repeated parameter", () => {
    const request = { ...post(inboundUrl, {}), parameters: { ...text(longCode, ""), Body: ["a", "b"] } };
    expect(provider().webhook.parseInbound(request)[0]?.body).toBe("a");
  });

  it.each([
    "STOP",
    "stopall",
    "Unsubscribe",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "START",
    "UNSTOP",
    "YES",
    "HELP",
    " info\n",
  ])("knows that Twilio answers %j by default", (word) => {
    expect(parse(text(longCode, word))).toMatchObject({ answeredByProvider: true });
    expect(parse(text(tollFree, word))).toMatchObject({ answeredByProvider: true });
    expect(parse(text(longCode, word))).not.toHaveProperty("optOutType");
  });

  it.each(["STOP please", "STOP.", "OPT OUT", "ARRET", "", "no"])(
    "knows that Twilio does not answer %j",
    (body) => {
      expect(parse(text(longCode, body))).not.toHaveProperty("answeredByProvider");
    },
  );

  it.each(["12345", "ACME", "+447700900123", "whatsapp:+14155550101", "rcs:acme_agent"])(
    "knows that Twilio does not answer at %s",
    (to) => {
      expect(parse(text(to, "STOP"))).not.toHaveProperty("answeredByProvider");
    },
  );

  it.each(["advanced", "off"] as const)(
    "leaves words without a hint to us when handling is %s",
    (optOutHandling) => {
      expect(parse(text(longCode, "STOP"), { optOutHandling })).not.toHaveProperty("answeredByProvider");
      expect(parse(text(tollFree, "HELP"), { optOutHandling })).not.toHaveProperty("answeredByProvider");
      expect(parse(text(tollFree, "YES"), { optOutHandling })).not.toHaveProperty("answeredByProvider");
    },
  );

  it.each(["STOP", "start", "UNSTOP"])(
    "knows that the toll-free network answers %s whatever Twilio does",
    (word) => {
      for (const optOutHandling of ["default", "advanced", "off"] as const)
        expect(parse(text(tollFree, word), { optOutHandling })).toMatchObject({ answeredByProvider: true });
    },
  );

  it.each(["STOP", "START", "HELP"] as const)("takes over the hint %s", (optOutType) => {
    const parameters = { ...text("12345", "basta"), OptOutType: optOutType };
    expect(parse(parameters, { optOutHandling: "advanced" })).toMatchObject({
      optOutType,
      answeredByProvider: true,
    });
  });

  it.each(["", "MAYBE"])("ignores the hint %j", (hint) => {
    const event = parse({ ...text("12345", "STOP"), OptOutType: hint });
    expect(event).not.toHaveProperty("optOutType");
    expect(event).not.toHaveProperty("answeredByProvider");
  });
});

describe("twilio().webhook.parseReceipts", () => {
  const parse = (parameters: Record<string, string>, url = statusUrl) =>
    provider().webhook.parseReceipts(post(url, parameters));

  it.each([
    "accepted",
    "scheduled",
    "queued",
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "failed",
    "read",
    "canceled",
  ])("reads %s", (status) => {
    expect(parse(receipt(status))).toMatchObject([{ status }]);
    expect(parse(receipt(status.toUpperCase()))).toMatchObject([{ status }]);
  });

  it.each(["received", "receiving", "partially_delivered", "constructor"])(
    "tells nothing of %s",
    (status) => {
      expect(parse(receipt(status))).toEqual([]);
    },
  );

  it("knows our SID from the URL alone", () => {
    expect(parse(receipt("sent"))[0]?.sid).toBe(`SM${"f".repeat(32)}`);
    expect(parse({ ...receipt("sent"), sid: "forged" }, "https://example.test/status")[0]).not.toHaveProperty(
      "sid",
    );
  });

  it.each([
    ["30007", 30007],
    ["", null],
    ["0", null],
    ["oops", null],
  ])("reads the error code %j as %j", (ErrorCode, errorCode) => {
    expect(parse(receipt("failed", { ErrorCode }))[0]?.errorCode).toBe(errorCode);
  });

  it.each([
    ["21610", "opted-out"],
    ["30011", "not-mms"],
    ["63035", "not-rcs"],
    ["63036", "not-rcs"],
    ["30034", "sender"],
    ["30007", undefined],
    ["", undefined],
  ])("says what a failure with error code %j means", (ErrorCode, meaning) => {
    expect(parse(receipt("failed", { ErrorCode }))[0]?.meaning).toBe(meaning);
  });

  it.each(["MessageSid", "MessageStatus"])("refuses a callback without %s", (name) => {
    const parameters = Object.fromEntries(
      Object.entries(receipt("sent")).filter(([key]) => key !== name && !key.startsWith("Sms")),
    );
    expect(() => parse(parameters)).toThrow(
      expect.objectContaining({ code: "MALFORMED_REQUEST", message: expect.stringContaining(name) }),
    );
  });
});

describe("twilio().webhook answers", () => {
  it("replies as TwiML", () => {
    expect(provider().webhook.renderReply?.([{ body: "Hi", mediaUrl: [] }])).toEqual({
      status: 200,
      headers: { "content-type": "text/xml; charset=utf-8" },
      body: '<?xml version="1.0" encoding="UTF-8"?><Response><Message>Hi</Message></Response>',
    });
  });

  it("acknowledges with an empty response", () => {
    expect(provider().webhook.renderAck?.().body).toBe('<?xml version="1.0" encoding="UTF-8"?><Response/>');
  });
});
