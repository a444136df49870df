import { timingSafeEqual } from "node:crypto";
import {
  type DeliveryReceipt,
  type HttpResponse,
  type InboundEvent,
  MessagingError,
  type OptOutType,
  type Provider,
  type ProviderMessage,
  type ProviderReply,
  type ProviderResult,
  type RefusalMeaning,
  type Verdict,
  type WebhookRequest,
} from "@messaging-service/core";
import type { Exchange } from "./exchange.ts";
import { keywordOf } from "./inbound/opt-out.ts";
import { type Submission, submit } from "./message/submission.ts";
import { channelOf } from "./wire/address.ts";
import { signRequest } from "./wire/signature.ts";
import { renderTwiml } from "./wire/twiml.ts";

/** What a refusal means to the service. */
const MEANINGS: Readonly<Record<number, RefusalMeaning>> = {
  21610: "opted-out",
  21212: "sender",
  21606: "sender",
  21611: "sender",
  21612: "sender",
  21621: "sender",
  21659: "sender",
  30011: "not-mms",
  63035: "not-rcs",
  63036: "not-rcs",
};
/** Milliseconds after which the in-process provider gives up on an answer, as an HTTP client would. */
const PATIENCE_MS = 10_000;

/** The provider that hands messages straight to the carrier. Its webhooks speak Twilio's form wire. */
export function createProvider(exchange: Exchange): Provider {
  const { settings, life, phones } = exchange;
  return Object.freeze({
    name: "simulator",
    accountSid: settings.accountSid,
    signingToken: settings.authToken,
    simulated: true,
    async send(message: ProviderMessage): Promise<ProviderResult> {
      if (life.closed)
        return { outcome: "not-sent", errorCode: 11202, errorMessage: "The carrier is closed." };
      const submission = submit(exchange, toForm(message), { via: "provider", reference: message.sid });
      const patience = submission.kind === "hang" ? PATIENCE_MS : submission.latencyMs;
      if (patience > 0) await life.wait(patience);
      return toResult(submission);
    },
    rcsCapable: async (to: string) => phones.find(to)?.traits.rcs ?? false,
    webhook: Object.freeze({
      verify: (request: WebhookRequest) => verify(settings.authToken, request),
      parseInbound: (request: WebhookRequest) => [
        parseInbound(request, settings.optOutHandling === "default", life.now()),
      ],
      parseReceipts: (request: WebhookRequest) => [parseReceipt(request)],
      renderReply: (replies: readonly ProviderReply[]) => xml(renderTwiml(replies)),
      renderAck: () => xml(renderTwiml([])),
    }),
  });
}

function toForm({
  from,
  to,
  kind,
  body,
  mediaUrl,
  validityPeriod,
  ...rest
}: ProviderMessage): URLSearchParams {
  const form = new URLSearchParams({
    To: channelOf(from) === "rcs" && channelOf(to) === "sms" ? `rcs:${to}` : to,
    From: from,
    ValidityPeriod: String(Math.min(36_000, Math.max(1, Math.ceil(validityPeriod)))),
  });
  const { contentSid, contentVariables, statusCallback } = rest;
  if (body !== "") form.set("Body", body);
  for (const url of mediaUrl) form.append("MediaUrl", url);
  if (kind === "MMS" && mediaUrl.length === 0) form.set("SendAsMms", "true");
  if (contentSid !== undefined) form.set("ContentSid", contentSid);
  if (contentVariables !== undefined) form.set("ContentVariables", contentVariables);
  if (statusCallback !== undefined) form.set("StatusCallback", statusCallback);
  return form;
}

function toResult(submission: Submission): ProviderResult {
  switch (submission.kind) {
    case "accepted":
      return { outcome: "accepted", providerSid: submission.message.sid, status: "queued" };
    case "refused": {
      const { code, message } = submission.refusal;
      const { retryAfterSeconds } = submission;
      if (retryAfterSeconds !== undefined)
        return {
          outcome: "not-sent",
          errorCode: code,
          errorMessage: message,
          retryAfterMs: retryAfterSeconds * 1000,
        };
      return { outcome: "refused", errorCode: code, errorMessage: message, meaning: MEANINGS[code] };
    }
    case "server-error":
      return {
        outcome: "ambiguous",
        errorCode: 20500,
        errorMessage: `HTTP ${submission.httpStatus} without an answer.`,
      };
    case "hang":
      return { outcome: "ambiguous", errorCode: null, errorMessage: "The carrier did not answer in time." };
    case "reset":
      return { outcome: "ambiguous", errorCode: null, errorMessage: "The connection was reset." };
  }
}

function verify(authToken: string, request: WebhookRequest): Verdict {
  const given = request.headers["x-twilio-signature"];
  if (given === undefined) return { ok: false, code: "MISSING_SIGNATURE" };
  const parameters = request.method === "GET" ? {} : formOf(request);
  // In this process the caller may not know the service's publicUrl; it signed the origin it passed along.
  const urls = [request.absoluteUrl, ...(request.origin === undefined ? [] : [request.origin + request.url])];
  const ok = urls.some((url) => isEqual(given, signRequest(authToken, url, parameters)));
  return ok ? { ok: true } : { ok: false, code: "INVALID_SIGNATURE" };
}

const utf8 = new TextDecoder();

/** The parameters of the body alone, not of the query beside it. */
function formOf({ body, parameters }: WebhookRequest): WebhookRequest["parameters"] {
  if (body === undefined) return parameters;
  const form = Object.create(null) as Record<string, string | string[]>;
  new URLSearchParams(utf8.decode(body)).forEach((value, name) => {
    const earlier = form[name];
    form[name] = earlier === undefined ? value : [earlier, value].flat();
  });
  return form;
}

function isEqual(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function parseInbound(request: WebhookRequest, answersKeywords: boolean, now: number): InboundEvent {
  const parameters = flatten(request.parameters);
  const { MessageSid: providerSid, From: from, To: to, Body: body = "" } = parameters;
  if (!providerSid || !from || !to)
    throw new MessagingError("MALFORMED_REQUEST", "An inbound message needs MessageSid, From and To.");
  const count = Number(parameters.NumMedia ?? 0);
  const media = Array.from(
    { length: Number.isInteger(count) && count >= 0 && count <= 10 ? count : 0 },
    (_, index) => ({
      url: parameters[`MediaUrl${index}`] ?? "",
      contentType: parameters[`MediaContentType${index}`] ?? null,
    }),
  );
  const optOutType = (["STOP", "START", "HELP"] as const).find((type) => type === parameters.OptOutType);
  const answered = answersKeywords && keywordOf(body) !== undefined;
  return {
    providerSid,
    from,
    to,
    body,
    media: media.filter(({ url }) => url !== ""),
    numSegments: Number(parameters.NumSegments ?? 1),
    ...(optOutType !== undefined && { optOutType: optOutType satisfies OptOutType }),
    ...(answered && { answeredByProvider: true }),
    receivedAt: now,
    parameters,
  };
}

function parseReceipt(request: WebhookRequest): DeliveryReceipt {
  const parameters = flatten(request.parameters);
  const { MessageSid: providerSid, MessageStatus: status, ErrorCode: code, From: from } = parameters;
  if (!providerSid || !status || !isStatus(status))
    throw new MessagingError("MALFORMED_REQUEST", "A receipt needs MessageSid and a known MessageStatus.");
  const sid = sidOf(request.absoluteUrl);
  const date = parameters.RawDlrDoneDate;
  const errorCode = code === undefined || code === "" ? null : Number(code);
  const meaning = errorCode === null ? undefined : MEANINGS[errorCode];
  return {
    providerSid,
    ...(sid !== null && { sid }),
    status,
    errorCode,
    ...(meaning !== undefined && { meaning }),
    ...(date !== undefined && { rawDlrDoneDate: date }),
    ...(from !== undefined && from !== "" && { from }),
    parameters,
  };
}

/** The service's own SID, from the query of the callback's URL. */
function sidOf(url: string): string | null {
  const question = url.indexOf("?");
  return question === -1 ? null : new URLSearchParams(url.slice(question)).get("sid");
}

function isStatus(status: string): status is DeliveryReceipt["status"] {
  return /^(?:queued|sending|sent|delivered|undelivered|failed|read|canceled)$/.test(status);
}

function flatten(parameters: WebhookRequest["parameters"]): Record<string, string> {
  const flat = Object.create(null) as Record<string, string>;
  for (const name of Object.keys(parameters)) {
    const value = parameters[name] ?? "";
    flat[name] = typeof value === "string" ? value : (value.at(-1) ?? "");
  }
  return flat;
}

function xml(body: string): HttpResponse {
  return { status: 200, headers: { "content-type": "text/xml; charset=utf-8" }, body };
}
