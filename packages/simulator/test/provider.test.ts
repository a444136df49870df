import type { HttpRequest, HttpResponse, ProviderMessage, WebhookRequest } from "@messaging-service/core";
import twilio from "twilio";
import { describe, expect, it } from "vitest";
import type { Carrier, CarrierPeer } from "../src/index.ts";
import { PERSON, SENDER, virtualCarrier } from "./support/carrier.ts";
import { webhookServer } from "./support/webhook-server.ts";

const message: ProviderMessage = {
  sid: `SM${"a".repeat(32)}`,
  from: SENDER,
  to: PERSON,
  kind: "SMS",
  body: "hello",
  mediaUrl: [],
  validityPeriod: 3600,
};

interface Call {
  readonly kind: string;
  readonly request: HttpRequest;
}

/** A service that takes webhooks as core does: absolute URL from `publicUrl`, parameters from the form. */
function peerOf(
  carrier: Carrier,
  publicUrl: string,
  answer: (call: Call, webhook: WebhookRequest) => HttpResponse | undefined | Promise<HttpResponse>,
): CarrierPeer & { readonly calls: Call[] } {
  const calls: Call[] = [];
  return {
    calls,
    async handle(kind, request) {
      calls.push({ kind, request });
      const webhook: WebhookRequest = {
        ...request,
        absoluteUrl: publicUrl + request.url,
        parameters: Object.fromEntries(new URLSearchParams(new TextDecoder().decode(request.body))),
      };
      expect(carrier.provider.webhook.verify(webhook, 0)).toEqual({ ok: true });
      return answer({ kind, request }, webhook);
    },
  };
}
const ack: HttpResponse = { status: 200, headers: { "Content-Type": "text/xml" }, body: "<Response/>" };

describe("the in-process provider", () => {
  it("is named simulator, is simulated, and hands messages to the carrier", async () => {
    const { carrier, clock } = virtualCarrier();
    expect(carrier.provider).toMatchObject({
      name: "simulator",
      simulated: true,
      accountSid: carrier.accountSid,
    });
    const result = await carrier.provider.send({
      ...message,
      mediaUrl: ["https://example.com/a.png"],
      kind: "MMS",
    });
    expect(result).toMatchObject({ outcome: "accepted", status: "queued" });
    await clock.advance(100);
    expect(carrier.messages).toMatchObject([
      {
        sid: result.outcome === "accepted" && result.providerSid,
        via: "provider",
        reference: message.sid,
        status: "delivered",
      },
    ]);
    expect(carrier.handset(PERSON).inbox).toMatchObject([
      { from: SENDER, body: "hello", mediaUrl: ["https://example.com/a.png"] },
    ]);
  });

  it.each([
    [{ refuse: 21610 }, { outcome: "refused", errorCode: 21610, meaning: "opted-out" }],
    [{ refuse: 21606 }, { outcome: "refused", errorCode: 21606, meaning: "sender" }],
    [{ refuse: 63036 }, { outcome: "refused", errorCode: 63036, meaning: "not-rcs" }],
    [{ refuse: 21211 }, { outcome: "refused", errorCode: 21211, meaning: undefined }],
    [{ throttle: 3 }, { outcome: "not-sent", errorCode: 20429, retryAfterMs: 3000 }],
    [{ serverError: 500 }, { outcome: "ambiguous", errorCode: 20500 }],
    [{ reset: true }, { outcome: "ambiguous", errorCode: null }],
  ])("says what %o comes to", async (rule, result) => {
    const { carrier } = virtualCarrier();
    carrier.outcome(rule);
    expect(await carrier.provider.send(message)).toMatchObject(result);
    expect(carrier.messages).toEqual([]);
  });

  it("gives up on a carrier that hangs after 10 s: ambiguous, and the message may have left", async () => {
    const { carrier, clock } = virtualCarrier();
    carrier.outcome({ hang: true, accepted: true });
    const result = carrier.provider.send(message);
    await clock.advance(10_000);
    expect(await result).toMatchObject({ outcome: "ambiguous" });
    expect(carrier.handset(PERSON).inbox).toHaveLength(1);
  });

  it("posts receipts to the message's status callback where no service is connected", async () => {
    const { carrier, clock } = virtualCarrier();
    const hook = await webhookServer();
    await carrier.provider.send({ ...message, statusCallback: `${hook.url}/status?sid=1` });
    await clock.advance(100);
    expect(hook.hits.map(({ path, parameters }) => [path, parameters.MessageStatus])).toEqual([
      ["/status?sid=1", "sent"],
      ["/status?sid=1", "delivered"],
    ]);
  });

  it("knows who can be reached by RCS, and fails who cannot with 63036", async () => {
    const { carrier, clock } = virtualCarrier();
    const phone = carrier.handset(PERSON, { rcs: true });
    const other = carrier.handset("+14155550124");
    expect(await carrier.provider.rcsCapable?.(PERSON, "rcs:acme")).toBe(true);
    expect(await carrier.provider.rcsCapable?.(other.number, "rcs:acme")).toBe(false);
    await carrier.provider.send({ ...message, kind: "RCS", from: "rcs:acme" });
    await carrier.provider.send({ ...message, kind: "RCS", from: "rcs:acme", to: other.number });
    await clock.advance(100);
    expect(phone.inbox).toMatchObject([{ from: "rcs:acme", to: `rcs:${PERSON}` }]);
    expect(carrier.messages[1]).toMatchObject({ status: "failed", errorCode: 63036 });
  });
});

describe("a connected service", () => {
  it("is handed texts as signed requests, and its replies arrive", async () => {
    const { carrier, clock } = virtualCarrier();
    const peer = peerOf(carrier, "https://example.com", ({ kind }, webhook) => {
      if (kind === "status") return ack;
      const [event] = carrier.provider.webhook.parseInbound(webhook);
      expect(event).toMatchObject({ from: PERSON, to: SENDER, body: "hi", media: [], numSegments: 1 });
      return carrier.provider.webhook.renderReply?.([
        {
          body: 'a < b & "c"',
          mediaUrl: ["https://example.com/?a=1&b=2"],
          statusCallback: "https://example.com/messaging/status/simulator?sid=SM9&x=1",
        },
      ]);
    });
    carrier.connect(peer);
    const phone = carrier.handset(PERSON);
    const result = await phone.text(SENDER, "hi");
    expect(result).toMatchObject({ status: 200, errorCode: null });
    expect(phone.inbox).toMatchObject([
      { from: SENDER, body: 'a < b & "c"', mediaUrl: ["https://example.com/?a=1&b=2"] },
    ]);
    await clock.advance(100);
    expect(peer.calls.map(({ kind, request }) => [kind, request.method, request.url])).toEqual([
      ["inbound", "POST", "/messaging/inbound/simulator"],
      ["status", "POST", "/messaging/status/simulator?sid=SM9&x=1"],
      ["status", "POST", "/messaging/status/simulator?sid=SM9&x=1"],
    ]);
  });

  it("gets receipts at its own path when the message names no callback", async () => {
    const { carrier, clock } = virtualCarrier();
    const receipts: unknown[] = [];
    const peer = peerOf(carrier, "https://example.com", (_, webhook) => {
      receipts.push(...carrier.provider.webhook.parseReceipts(webhook));
      return ack;
    });
    carrier.connect(peer, { path: "/text/" });
    const result = await carrier.provider.send(message);
    await clock.advance(100);
    expect(peer.calls[0]?.request.url).toBe(`/text/status/simulator?sid=${message.sid}`);
    const providerSid = result.outcome === "accepted" ? result.providerSid : "";
    expect(receipts).toMatchObject([
      { providerSid, sid: message.sid, status: "sent", errorCode: null, from: SENDER },
      { providerSid, sid: message.sid, status: "delivered", rawDlrDoneDate: "2601011200" },
    ]);
  });

  it("gets them at the callback's own URL otherwise, signed for it", async () => {
    const { carrier, clock } = virtualCarrier();
    const peer = peerOf(carrier, "https://example.com", () => ack);
    carrier.connect(peer);
    await carrier.provider.send({
      ...message,
      statusCallback: "https://example.com/m/status/simulator?sid=1",
    });
    await clock.advance(100);
    const { request } = peer.calls[0] ?? { request: undefined };
    expect(request?.url).toBe("/m/status/simulator?sid=1");
    const form = Object.fromEntries(new URLSearchParams(new TextDecoder().decode(request?.body)));
    const signature = request?.headers["x-twilio-signature"] ?? "";
    const url = "https://example.com/m/status/simulator?sid=1";
    expect(twilio.validateRequest(carrier.authToken, signature, url, form)).toBe(true);
  });

  it("signs texts for the origin it is given", async () => {
    const { carrier } = virtualCarrier();
    const calls: HttpRequest[] = [];
    const handle = async (_: string, request: HttpRequest): Promise<HttpResponse> => {
      calls.push(request);
      return ack;
    };
    carrier.connect({ handle }, { origin: "https://public.example" });
    await carrier.handset(PERSON).text(SENDER, "hi");
    const form = Object.fromEntries(new URLSearchParams(new TextDecoder().decode(calls[0]?.body)));
    const signature = calls[0]?.headers["x-twilio-signature"] ?? "";
    const url = "https://public.example/messaging/inbound/simulator";
    expect(twilio.validateRequest(carrier.authToken, signature, url, form)).toBe(true);
  });

  it("is called again as its overrides say", async () => {
    const { carrier } = virtualCarrier();
    let calls = 0;
    const handle = async (): Promise<HttpResponse> => ({ ...ack, status: ++calls < 3 ? 503 : 200 });
    carrier.connect({ handle }, { overrides: "rc=5&rp=all" });
    expect(await carrier.handset(PERSON).text(SENDER, "hi")).toMatchObject({ status: 200, attempts: 3 });
  });

  it("answers 404 when it takes the request for none of its own, and 500 when it throws", async () => {
    const { carrier } = virtualCarrier();
    carrier.connect({ handle: async () => undefined });
    expect(await carrier.handset(PERSON).text(SENDER, "hi")).toMatchObject({ status: 404, errorCode: 11200 });
    const disconnect = carrier.connect({
      handle: () => {
        throw new Error("broken");
      },
    });
    expect(await carrier.handset(PERSON).text(SENDER, "hi")).toMatchObject({ status: 500, errorCode: 11200 });
    disconnect();
    expect(await carrier.handset(PERSON).text(SENDER, "hi")).toMatchObject({ status: 0, errorCode: null });
  });
});

describe("the provider's webhook", () => {
  const request = (
    carrier: Carrier,
    fields: Record<string, string>,
    changes: Partial<WebhookRequest> = {},
  ): WebhookRequest => {
    const url = "https://example.com/messaging/inbound";
    return {
      method: "POST",
      url: "/messaging/inbound",
      absoluteUrl: url,
      headers: { "x-twilio-signature": twilio.getExpectedTwilioSignature(carrier.authToken, url, fields) },
      body: new TextEncoder().encode(new URLSearchParams(fields).toString()),
      parameters: fields,
      ...changes,
    };
  };
  const fields = { MessageSid: "SM1", From: PERSON, To: SENDER, Body: "STOP", NumMedia: "0" };

  it("verifies what the official library signs, from bytes or from what a parser left", () => {
    const { carrier } = virtualCarrier();
    const { verify } = carrier.provider.webhook;
    expect(verify(request(carrier, fields), 0)).toEqual({ ok: true });
    expect(verify(request(carrier, fields, { body: undefined }), 0)).toEqual({ ok: true });
  });

  it("refuses a changed body, another URL, and no signature", () => {
    const { carrier } = virtualCarrier();
    const { verify } = carrier.provider.webhook;
    const changed = new TextEncoder().encode("MessageSid=SM2");
    expect(verify(request(carrier, fields, { body: changed }), 0)).toMatchObject({
      code: "INVALID_SIGNATURE",
    });
    expect(verify(request(carrier, fields, { absoluteUrl: "https://example.com/" }), 0)).toMatchObject({
      code: "INVALID_SIGNATURE",
    });
    expect(verify(request(carrier, fields, { headers: {} }), 0)).toMatchObject({ code: "MISSING_SIGNATURE" });
  });

  it("refuses what is no message and no receipt as malformed", () => {
    const { carrier } = virtualCarrier();
    const { parseInbound, parseReceipts } = carrier.provider.webhook;
    expect(() => parseInbound(request(carrier, { From: PERSON }))).toThrow(
      expect.objectContaining({ code: "MALFORMED_REQUEST" }),
    );
    expect(() => parseReceipts(request(carrier, { MessageSid: "SM1", MessageStatus: "lost" }))).toThrow(
      expect.objectContaining({ code: "MALFORMED_REQUEST" }),
    );
  });

  it("says when the carrier answered the keyword by itself", () => {
    const advanced = virtualCarrier({ optOutHandling: "advanced" }).carrier;
    expect(
      advanced.provider.webhook.parseInbound(request(advanced, { ...fields, OptOutType: "STOP" })),
    ).toMatchObject([{ optOutType: "STOP" }]);
    const standard = virtualCarrier({ optOutHandling: "default" }).carrier;
    expect(standard.provider.webhook.parseInbound(request(standard, fields))).toMatchObject([
      { answeredByProvider: true },
    ]);
    const off = virtualCarrier().carrier;
    expect(off.provider.webhook.parseInbound(request(off, fields))[0]).not.toHaveProperty(
      "answeredByProvider",
    );
  });
});
