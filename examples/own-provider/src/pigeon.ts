import { createHmac, timingSafeEqual } from "node:crypto";
import {
  type DeliveryReceipt,
  type InboundEvent,
  type MessageStatus,
  MessagingError,
  type Provider,
  type ProviderMessage,
  type ProviderResult,
  parseQuery,
  type RefusalMeaning,
  type Verdict,
  type WebhookRequest,
} from "@messaging-service/core";

/** Pigeon's words for a message's status, in ours. */
const STATUSES: Readonly<Record<string, MessageStatus>> = {
  in_loft: "queued",
  in_flight: "sent",
  landed: "delivered",
  lost: "undelivered",
};

/** Pigeon's codes: the field's number for each, and what a refusal means to us, where that is more than "no". */
const CODES: Readonly<Record<string, { readonly number: number; readonly meaning?: RefusalMeaning }>> = {
  invalid_recipient: { number: 21211 },
  recipient_opted_out: { number: 21610, meaning: "opted-out" },
  invalid_api_key: { number: 20003 },
  sender_not_yours: { number: 21606, meaning: "sender" },
  too_many_pigeons: { number: 20429 },
  window_closed: { number: 30003 },
};

/** Failures from before a byte of the request was written. After any other, nobody knows what Pigeon got. */
const NOT_SENT =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|ERR_SSL_\S+_HANDSHAKE_FAILURE|ERR_TLS_CERT_ALTNAME_INVALID|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/;

/** A webhook older than this is somebody's recording. */
const MOST_AGE_MS = 300_000;

/** What {@link pigeon} needs to know. */
export interface PigeonOptions {
  readonly apiKey: string;
  /** Signs Pigeon's webhooks. */
  readonly webhookSecret: string;
  readonly baseUrl?: string | undefined;
  /** Milliseconds a request may take; beyond, its outcome is unknown. Default 10,000. */
  readonly timeoutMs?: number | undefined;
}

/** Pigeon, a carrier that does not exist: JSON over HTTP, webhooks signed with HMAC-SHA256. */
export function pigeon(options: PigeonOptions): Provider {
  return Object.freeze<Provider>({
    name: "pigeon",
    send: (message) => send(options, message),
    // Its webhooks cannot carry a reply, so there is no renderReply: replies leave by send.
    webhook: {
      verify: (request, now) => verify(options.webhookSecret, request, now),
      parseInbound: (request) => eventsOf(request, "message.received").map(toInboundEvent),
      parseReceipts: (request) =>
        eventsOf(request, "message.status").flatMap((event) => toReceipt(event, request)),
    },
  });
}

async function send(options: PigeonOptions, message: ProviderMessage): Promise<ProviderResult> {
  const { apiKey, baseUrl = "https://api.pigeon.example", timeoutMs = 10_000 } = options;
  let response: Response;
  let answer: Json;
  try {
    response = await fetch(`${baseUrl}/v1/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({
        from: message.from,
        to: message.to,
        text: message.body,
        media: message.mediaUrl,
        ttl: message.validityPeriod,
        callback: message.statusCallback,
      }),
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    answer = parseJson(await response.text().catch(() => ""));
  } catch (error) {
    const code = codeOf(error);
    const errorMessage = `Pigeon could not be reached (${code}).`;
    return { outcome: NOT_SENT.test(code) ? "not-sent" : "ambiguous", errorCode: null, errorMessage };
  }
  return outcomeOf(response, answer, apiKey);
}

function outcomeOf({ ok, status, headers }: Response, answer: Json, apiKey: string): ProviderResult {
  const { code, message } = isJson(answer.error) ? answer.error : {};
  const { number = null, meaning } = CODES[String(code)] ?? {};
  // A proxy may quote our request in its error page.
  const said = typeof message === "string" ? message.replaceAll(apiKey, "[secret]") : "";
  const failure = { errorCode: number, errorMessage: `Pigeon answered HTTP ${status}. ${said}`.trim() };
  if (ok && typeof answer.id === "string") return { outcome: "accepted", providerSid: answer.id };
  if (status === 429) return { outcome: "not-sent", ...failure, ...retryAfter(headers) };
  // Success without an ID, a timeout of theirs, a crash of theirs: it may have left.
  if (ok || status === 408 || status >= 500) return { outcome: "ambiguous", ...failure };
  return { outcome: "refused", ...failure, meaning };
}

/** `Retry-After` is seconds or a date; a date is read against theirs, for clocks differ. */
function retryAfter(headers: Headers): { readonly retryAfterMs?: number } {
  const value = headers.get("retry-after") ?? "";
  const ms = /^\d+$/.test(value)
    ? Number(value) * 1_000
    : Date.parse(value) - Date.parse(headers.get("date") ?? "");
  return Number.isFinite(ms) ? { retryAfterMs: Math.max(0, ms) } : {};
}

/** `x-pigeon-signature: t=SECONDS,v1=HEX`: HMAC-SHA256 of `SECONDS.BODY`, the body byte by byte. */
function verify(secret: string, request: WebhookRequest, now: number): Verdict {
  const signature = request.headers["x-pigeon-signature"] ?? "";
  if (signature === "") return { ok: false, code: "MISSING_SIGNATURE" };
  if (request.body === undefined) return { ok: false, code: "BODY_CONSUMED" };
  const [, seconds = "", given = ""] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature) ?? [];
  const expected = createHmac("sha256", secret).update(`${seconds}.`).update(request.body).digest("hex");
  if (given === "" || !timingSafeEqual(Buffer.from(given), Buffer.from(expected)))
    return { ok: false, code: "INVALID_SIGNATURE" };
  if (Math.abs(now - Number(seconds) * 1_000) > MOST_AGE_MS)
    return { ok: false, code: "INVALID_SIGNATURE", hint: "It was signed more than five minutes ago." };
  return { ok: true };
}

/** One webhook brings several events, of several types: `{ events: [{ type, id, … }] }`. */
function eventsOf({ json }: WebhookRequest, type: string): readonly Json[] {
  if (!isJson(json) || !Array.isArray(json.events))
    throw new MessagingError("MALFORMED_REQUEST", "A webhook of Pigeon's is JSON with a list of events.");
  return json.events.filter(isJson).filter((event) => event.type === type);
}

function toInboundEvent(event: Json): InboundEvent {
  const { id, from, to, text = "", media = [], ...others } = event;
  if (typeof id !== "string" || typeof from !== "string" || typeof to !== "string")
    throw new MessagingError("MALFORMED_REQUEST", "A message of Pigeon's has an id, a from and a to.");
  return {
    providerSid: id,
    from,
    to,
    body: String(text),
    media: Array.isArray(media) ? media.map((url) => ({ url: String(url), contentType: null })) : [],
    parameters: Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)])),
  };
}

/** A status that is new to us tells us nothing. */
function toReceipt({ id, status, code, ...others }: Json, request: WebhookRequest): DeliveryReceipt[] {
  const known = STATUSES[String(status)];
  if (typeof id !== "string" || known === undefined) return [];
  // Our own SID came back in the callback's URL.
  const { sid } = parseQuery(request.url);
  return [
    {
      providerSid: id,
      sid: typeof sid === "string" ? sid : undefined,
      status: known,
      errorCode: CODES[String(code)]?.number ?? null,
      parameters: Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)])),
    },
  ];
}

type Json = Readonly<Record<string, unknown>>;

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null;
}

function parseJson(text: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? value : {};
  } catch {
    return {};
  }
}

/** `fetch` wraps the reason in `cause`; of a host with several addresses each has its own. */
function codeOf(error: unknown): string {
  const { cause, code, errors, name } = isJson(error) ? error : ({} as Json);
  if (cause !== undefined) return codeOf(cause);
  if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0]);
  return String(code ?? name);
}
