import { createHmac } from "node:crypto";
import type { WebhookRequest } from "@messaging-service/core";
import { expect, it } from "vitest";
import { describeProvider } from "../../../test/contracts/describe-provider.ts";
import { pigeon } from "../src/pigeon.ts";

const NOW = Date.UTC(2026, 0, 1);
const apiKey = "loft-key-of-the-tests";
const webhookSecret = "coo-coo-coo";
const ours = `SM${"f".repeat(32)}`;

function webhook(path: string, ...events: readonly object[]): WebhookRequest {
  const json = { events };
  const body = JSON.stringify(json);
  const seconds = NOW / 1_000;
  const signature = createHmac("sha256", webhookSecret).update(`${seconds}.${body}`).digest("hex");
  return {
    method: "POST",
    url: path,
    absoluteUrl: `https://example.test${path}`,
    headers: { "content-type": "application/json", "x-pigeon-signature": `t=${seconds},v1=${signature}` },
    body: Buffer.from(body),
    parameters: {},
    json,
  };
}

const text = { type: "message.received", id: "pg_1", from: "+14155550123", to: "+14155550100", text: "Coo?" };
const receipt = (status: string, more: object = {}) =>
  webhook(`/messaging/status/pigeon?sid=${ours}`, { type: "message.status", id: "pg_2", status, ...more });
const refusal = (status: number, code: string) => ({
  status,
  body: JSON.stringify({ error: { code, message: "No." } }),
});

describeProvider("pigeon", {
  create: ({ baseUrl, timeoutMs, otherSecret = false }) =>
    pigeon({ apiKey, webhookSecret: otherSecret ? "another" : webhookSecret, baseUrl, timeoutMs }),
  signatureHeaders: ["x-pigeon-signature"],
  secrets: [apiKey, webhookSecret],
  inbound: {
    "a text": {
      request: webhook("/messaging/inbound/pigeon", text),
      events: [
        {
          providerSid: "pg_1",
          from: "+14155550123",
          to: "+14155550100",
          body: "Coo?",
          media: [],
          parameters: {},
        },
      ],
    },
    "two texts, one with a picture, and a receipt between": {
      request: webhook(
        "/messaging/inbound/pigeon",
        text,
        { type: "message.status", id: "pg_9", status: "landed" },
        { ...text, id: "pg_3", text: undefined, media: ["https://example.test/nest.png"], wind: "west" },
      ),
      events: [
        { providerSid: "pg_1" },
        {
          providerSid: "pg_3",
          body: "",
          media: [{ url: "https://example.test/nest.png", contentType: null }],
          parameters: { type: "message.received", wind: "west" },
        },
      ],
    },
  },
  receipts: {
    "a message in flight": {
      request: receipt("in_flight"),
      events: [{ providerSid: "pg_2", sid: ours, status: "sent" }],
    },
    "a message landed": {
      request: receipt("landed"),
      events: [{ sid: ours, status: "delivered", errorCode: null }],
    },
    "a message lost": {
      request: receipt("lost", { code: "window_closed" }),
      events: [{ sid: ours, status: "undelivered", errorCode: 30003 }],
    },
    "a status of tomorrow": { request: receipt("moulting"), events: [] },
  },
  message: {
    sid: ours,
    from: "+14155550100",
    to: "+14155550123",
    kind: "SMS",
    body: "Hello from the loft",
    mediaUrl: [],
    validityPeriod: 3_600,
    statusCallback: `https://example.test/messaging/status/pigeon?sid=${ours}`,
  },
  sentAs: [
    "POST /v1/messages ",
    '"from":"+14155550100","to":"+14155550123","text":"Hello from the loft"',
    '"ttl":3600',
    `"callback":"https://example.test/messaging/status/pigeon?sid=${ours}"`,
  ],
  accepted: { status: 202, body: JSON.stringify({ id: "pg_2" }), providerSid: "pg_2" },
  refusals: {
    "an opt-out": {
      answer: refusal(403, "recipient_opted_out"),
      result: { outcome: "refused", errorCode: 21610, meaning: "opted-out" },
    },
    "a sender that cannot": {
      answer: refusal(403, "sender_not_yours"),
      result: { outcome: "refused", errorCode: 21606, meaning: "sender" },
    },
    "a key that is not theirs": {
      answer: refusal(401, "invalid_api_key"),
      result: { outcome: "refused", errorCode: 20003 },
    },
    "a bad recipient": {
      answer: refusal(422, "invalid_recipient"),
      result: { outcome: "refused", errorCode: 21211, errorMessage: "Pigeon answered HTTP 422. No." },
    },
    "a full sky": {
      answer: refusal(429, "too_many_pigeons"),
      result: { outcome: "not-sent", errorCode: 20429 },
    },
  },
});

it("does not believe a recording", () => {
  const { webhook: hook } = pigeon({ apiKey, webhookSecret });
  const request = webhook("/messaging/inbound/pigeon", text);
  expect(hook.verify(request, NOW + 300_000)).toEqual({ ok: true });
  expect(hook.verify(request, NOW + 300_001)).toMatchObject({ ok: false, code: "INVALID_SIGNATURE" });
});

it("needs the bytes that were signed", () => {
  const { webhook: hook } = pigeon({ apiKey, webhookSecret });
  const request = { ...webhook("/messaging/inbound/pigeon", text), body: undefined };
  expect(hook.verify(request, NOW)).toEqual({ ok: false, code: "BODY_CONSUMED" });
});
