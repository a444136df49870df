import type { MessageStatus, ProviderResult, RefusalMeaning } from "@messaging-service/core";

/**
 * Refusals that mean more than "this message is wrong". `sender`: another sender may do.
 *
 * @see https://www.twilio.com/docs/api/errors
 */
const MEANINGS: Readonly<Record<number, RefusalMeaning>> = {
  21610: "opted-out", // the recipient unsubscribed
  21212: "sender", // invalid From
  21601: "sender", // From is no messaging number
  21606: "sender", // From cannot be used for this destination or account
  21612: "sender", // To is not reachable from From
  21616: "sender", // From matches several accounts
  21621: "sender", // From has no MMS
  21657: "sender", // sender ID invalid
  21659: "sender", // From is no Twilio number, or a short code of another country
  21660: "sender", // From belongs to another account
  21661: "sender", // From has no SMS
  30024: "sender", // numeric sender not provisioned on this carrier
  30032: "sender", // toll-free number not verified
  30034: "sender", // US long code not registered for A2P 10DLC
  30035: "sender", // number still being configured
  30040: "sender", // sender ID must be registered in this country
  30041: "sender", // sender ID not registered in the UK
  30042: "sender", // sender ID generic or blocked
  63007: "sender", // From is on no such channel
  30011: "not-mms", // the recipient's network takes no MMS
  63035: "not-rcs", // agent not launched for this recipient
  63036: "not-rcs", // recipient not reachable by RCS
};

/** The sender's queue is full: the message did not enter it, and may later. */
const QUEUE_FULL = 21611;
/** What an answer without a number of its own is told apart by. */
const NUMBER_OF_STATUS: Readonly<Record<number, number>> = { 401: 20003, 429: 20429 };

/** Failures before a byte of the request is written: no address, no connection, no trust. */
const NOT_SENT: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "EAI_NODATA",
  "EAI_NONAME",
  "UND_ERR_CONNECT_TIMEOUT",
  // The peer speaks no TLS, or none that we accept.
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "ERR_SSL_PACKET_LENGTH_TOO_LONG",
  "ERR_SSL_UNSUPPORTED_PROTOCOL",
  "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
  "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
  // The same since OpenSSL 3.2 (Node 22).
  "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE",
  "ERR_TLS_HANDSHAKE_TIMEOUT",
  // Its certificate is not accepted. Names: X509_V_ERR_* of OpenSSL, as Node lists them (tls, "X509 certificate error codes").
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "CERT_CHAIN_TOO_LONG",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_REJECTED",
  "CERT_REVOKED",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "HOSTNAME_MISMATCH",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** Not sent when connecting failed so; on an open connection the same codes leave it open what the peer got. */
const NOT_SENT_WHEN_CONNECTING: ReadonlySet<string> = new Set([
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ECONNABORTED",
  "EADDRNOTAVAIL",
  "EACCES",
]);

const STATUSES: Readonly<Record<string, MessageStatus>> = {
  accepted: "accepted",
  scheduled: "scheduled",
  queued: "queued",
  sending: "sending",
  sent: "sent",
  delivered: "delivered",
  undelivered: "undelivered",
  failed: "failed",
  read: "read",
  canceled: "canceled",
};

/** Status of an outbound message by Twilio's word, any case; `undefined` for words we do not know. */
export function statusOf(word: string | undefined): MessageStatus | undefined {
  const lower = word?.toLowerCase() ?? "";
  return Object.hasOwn(STATUSES, lower) ? STATUSES[lower] : undefined;
}

/** What a refusal or a failed delivery of that number means beyond "this message is wrong". */
export function meaningOf(errorCode: number | null): RefusalMeaning | undefined {
  return errorCode === null ? undefined : MEANINGS[errorCode];
}

/** The API's answer to a send. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  /** `""` where it could not be read to its end. */
  readonly body: string;
}

/**
 * What became of a message by the API's answer: 2xx with a SID is accepted, 429 and a full queue are not-sent, any other 3xx or 4xx is a
 * refusal, and everything else (5xx, 408, 2xx without a SID) leaves it open.
 */
export function outcomeOf({ status, headers, body }: ApiAnswer): ProviderResult {
  const answer = parseAnswer(body);
  const errorCode = answer.code ?? NUMBER_OF_STATUS[status] ?? null;
  const errorMessage = answer.message ?? `Twilio answered HTTP ${status}.`;
  if (status >= 200 && status < 300)
    return answer.sid === undefined
      ? { outcome: "ambiguous", errorCode, errorMessage: `Twilio answered HTTP ${status} without a SID.` }
      : { outcome: "accepted", providerSid: answer.sid, ...withStatus(answer.status) };
  if (status < 300 || status === 408 || status >= 500)
    return { outcome: "ambiguous", errorCode, errorMessage };
  if (status === 429 || errorCode === QUEUE_FULL)
    return { outcome: "not-sent", errorCode, errorMessage, ...withRetryAfter(headers) };
  const meaning = meaningOf(errorCode);
  return { outcome: "refused", errorCode, errorMessage, ...(meaning && { meaning }) };
}

/**
 * What became of a message whose request failed without an answer: not-sent when it certainly never left, else ambiguous. Says
 * the failure's code, never its text, which may quote the request.
 */
export function outcomeOfFailure(error: unknown): ProviderResult {
  const failures = rootCauses(error);
  const codes = [...new Set(failures.map((failure) => failure.code ?? failure.name ?? "unknown"))].join(", ");
  const isNotSent = failures.every(
    ({ code = "", syscall }) =>
      NOT_SENT.has(code) || (syscall === "connect" && NOT_SENT_WHEN_CONNECTING.has(code)),
  );
  return isNotSent
    ? { outcome: "not-sent", errorCode: null, errorMessage: `Twilio could not be reached (${codes}).` }
    : { outcome: "ambiguous", errorCode: null, errorMessage: `The request to Twilio failed (${codes}).` };
}

interface Failure {
  readonly name?: string | undefined;
  readonly code?: string | undefined;
  readonly syscall?: string | undefined;
}

/** `fetch` wraps the reason in `cause`; a host with several addresses fails with one error per address. */
function rootCauses(error: unknown, depth = 0): Failure[] {
  if (typeof error !== "object" || error === null) return [{}];
  const { cause, errors, name, code, syscall } = error as Record<string, unknown>;
  if (depth < 5 && Array.isArray(errors) && errors.length > 0)
    return errors.flatMap((single) => rootCauses(single, depth + 1));
  if (depth < 5 && cause !== undefined && cause !== null) return rootCauses(cause, depth + 1);
  return [{ name: textOf(name), code: textOf(code), syscall: textOf(syscall) }];
}

interface ParsedAnswer {
  readonly sid?: string | undefined;
  readonly status?: string | undefined;
  readonly code?: number | undefined;
  readonly message?: string | undefined;
}

function parseAnswer(body: string): ParsedAnswer {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return {}; // A gateway's page, or nothing.
  }
  if (typeof json !== "object" || json === null) return {};
  const { sid, status, code, message } = json as Record<string, unknown>;
  const number = typeof code === "number" || textOf(code) ? Number(code) : Number.NaN;
  return {
    sid: textOf(sid),
    status: textOf(status),
    code: Number.isSafeInteger(number) ? number : undefined,
    message: textOf(message),
  };
}

function withStatus(word: string | undefined): { readonly status?: MessageStatus } {
  const status = statusOf(word);
  return status === undefined ? {} : { status };
}

/** Retry-After in seconds or as a date, the latter against the server's own clock where it tells the time. */
function withRetryAfter(headers: ApiAnswer["headers"]): { readonly retryAfterMs?: number } {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,9}(\.\d+)?$/.test(value)) return { retryAfterMs: Math.ceil(Number(value) * 1_000) };
  // Date.parse finds a year in many a number.
  if (!/^[a-z]/i.test(value)) return {};
  const serverNow = Date.parse(headers.get("date") ?? "");
  const retryAfterMs = Date.parse(value) - (Number.isNaN(serverNow) ? Date.now() : serverNow);
  return Number.isNaN(retryAfterMs) ? {} : { retryAfterMs: Math.max(0, retryAfterMs) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
