import type {
  DeliveryReceipt,
  InboundEvent,
  Provider,
  ProviderMessage,
  ProviderResult,
  WebhookRequest,
} from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { describeSend } from "./describe-provider-send.ts";

/** One answer of the carrier's API. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | undefined;
}

/** A provider and what its carrier says, recorded. */
export interface ProviderBattery {
  /** The provider, its API at `baseUrl`; with `otherSecret` it must believe none of the fixtures. */
  create(options: {
    readonly baseUrl: string;
    readonly timeoutMs: number;
    readonly otherSecret?: boolean;
  }): Provider;
  /** Lower-case names of the headers that carry the signature. */
  readonly signatureHeaders: readonly string[];
  /** Signed webhooks, by name, and what they mean. */
  readonly inbound: Readonly<Record<string, WebhookFixture<InboundEvent>>>;
  readonly receipts: Readonly<Record<string, WebhookFixture<DeliveryReceipt>>>;
  /** A message, how the API is told of it (parts of the request's body, as sent), and the SID of its answer. */
  readonly message: ProviderMessage;
  readonly sentAs: readonly string[];
  readonly accepted: ApiAnswer & { readonly providerSid: string };
  /** Refusals by name, and what they mean. */
  readonly refusals: Readonly<
    Record<string, { readonly answer: ApiAnswer; readonly result: Partial<ProviderResult> }>
  >;
  /** Texts that no result may hold. */
  readonly secrets: readonly string[];
}
export interface WebhookFixture<Event> {
  readonly request: WebhookRequest;
  readonly events: readonly Partial<Event>[];
}

/** What every {@link Provider} keeps: its webhooks are believed only as signed, and `send` says what happened, whatever happens. */
export function describeProvider(name: string, battery: ProviderBattery): void {
  describe(`${name} is a provider`, () => {
    describeWebhooks(battery);
    describeSend(battery);
  });
}

function describeWebhooks(battery: ProviderBattery): void {
  const options = { baseUrl: "http://127.0.0.1:1", timeoutMs: 1_000 };
  const { webhook } = battery.create(options);
  const stranger = battery.create({ ...options, otherSecret: true }).webhook;
  const now = Date.UTC(2026, 0, 1);
  const empty = {
    method: "POST",
    url: "/",
    absoluteUrl: "https://example.test/",
    headers: {},
    parameters: {},
  };
  const fixtures = Object.entries({ ...battery.inbound, ...battery.receipts });

  describe.each(fixtures)("verifies %s", (_name, { request }) => {
    it("believes it as signed, every time", () => {
      expect(webhook.verify(request, now)).toEqual({ ok: true });
      expect(webhook.verify(request, now)).toEqual({ ok: true });
    });

    it("refuses it without a signature", () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).filter(([header]) => !battery.signatureHeaders.includes(header)),
      );
      expect(webhook.verify({ ...request, headers }, now)).toMatchObject({
        ok: false,
        code: "MISSING_SIGNATURE",
      });
    });

    it("refuses it with an empty or mangled signature", () => {
      for (const mangle of [() => "", (text: string) => `${text}x`, (text: string) => text.slice(1)]) {
        const mangled = battery.signatureHeaders.map((header) => [
          header,
          mangle(request.headers[header] ?? ""),
        ]);
        const headers = { ...request.headers, ...Object.fromEntries(mangled) };
        expect(webhook.verify({ ...request, headers }, now).ok).toBe(false);
      }
    });

    it("refuses it with a changed body", () => {
      expect(webhook.verify(tamper(request), now)).toMatchObject({ ok: false, code: "INVALID_SIGNATURE" });
    });

    it("refuses it signed by someone else", () => {
      expect(stranger.verify(request, now)).toMatchObject({ ok: false, code: "INVALID_SIGNATURE" });
    });
  });

  it.each(Object.entries(battery.inbound))("reads %s", (_name, { request, events }) => {
    expect(webhook.parseInbound(request)).toMatchObject(events);
    expect(webhook.parseInbound(request)).toHaveLength(events.length);
  });

  it.each(Object.entries(battery.receipts))("reads %s", (_name, { request, events }) => {
    expect(webhook.parseReceipts(request)).toMatchObject(events);
    expect(webhook.parseReceipts(request)).toHaveLength(events.length);
  });

  it("does not mind fields it has never seen", () => {
    for (const { request, events } of Object.values(battery.inbound))
      expect(webhook.parseInbound(extend(request))).toMatchObject(events);
    for (const { request, events } of Object.values(battery.receipts))
      expect(webhook.parseReceipts(extend(request))).toMatchObject(events);
  });

  it("refuses what is not its own", () => {
    const malformed = expect.objectContaining({ code: "MALFORMED_REQUEST" });
    expect(() => webhook.parseInbound(empty as WebhookRequest)).toThrow(malformed);
    expect(() => webhook.parseReceipts(empty as WebhookRequest)).toThrow(malformed);
    expect(webhook.verify(empty as WebhookRequest, now).ok).toBe(false);
  });

  it("acknowledges with a success", () => {
    expect(webhook.renderAck?.().status ?? 200).toBeLessThan(300);
  });

  it("renders the replies it can render, in order", () => {
    const replies = [
      { body: "first & <one>", mediaUrl: [] },
      { body: "second", mediaUrl: ["https://example.test/a.png"] },
    ];
    const answer = webhook.renderReply?.(replies) ?? { status: 200, body: "first second" };
    expect(answer.status).toBe(200);
    expect(String(answer.body)).toMatch(/first.*second/s);
  });
}

function tamper(request: WebhookRequest): WebhookRequest {
  const body = request.body && Buffer.from(request.body);
  if (body && body.length > 0) body[body.length - 1] = (body[body.length - 1] ?? 0) ^ 1;
  return {
    ...request,
    body,
    parameters: { ...request.parameters, Body: "forged", from: "forged" },
    absoluteUrl: request.method === "GET" ? `${request.absoluteUrl}&Body=forged` : request.absoluteUrl,
  };
}

function extend(request: WebhookRequest): WebhookRequest {
  const json =
    typeof request.json === "object" ? { ...request.json, brandNew: { field: [1] } } : request.json;
  return { ...request, json, parameters: { ...request.parameters, BrandNew: "1", Another: ["2", "3"] } };
}
