import { isMessagingError } from "../errors.ts";
import type { RetryReason } from "./overrides.ts";

/** Why a call gave no answer. */
export interface Failure {
  /** Twilio's number: 11200 and its family, 11750, or that of unusable TwiML. */
  readonly errorCode: number;
  /** Ends a sentence that begins with the URL: "answered 500". Holds nothing that was sent or received. */
  readonly reason: string;
  /** The retry policy it falls under; `undefined` when trying again would not help. */
  readonly retry?: RetryReason | undefined;
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  /** The address is not public. */
  readonly blocked?: boolean | undefined;
  /** A kept connection broke before it carried an answer. */
  readonly stale?: boolean | undefined;
  readonly cause?: unknown;
}

/** An answer that is neither 2xx nor a redirect we follow. */
export function statusFailure(status: number): Failure {
  const retry = status >= 500 ? "5xx" : status >= 400 ? "4xx" : undefined;
  return { errorCode: 11200, reason: `answered ${status}`, retry, status };
}

/** The three ways to be too slow; the time is the limit that was passed. */
export function timeoutFailure(phase: "connect" | "read" | "total", limitMs: number): Failure {
  if (phase === "connect")
    return { errorCode: 11201, reason: `was not connected within ${limitMs} ms`, retry: "ct" };
  if (phase === "read") return { errorCode: 11203, reason: `sent nothing for ${limitMs} ms`, retry: "rt" };
  // Without a retry: the limit holds for the retries too.
  return { errorCode: 11203, reason: `took longer than ${limitMs} ms in all` };
}

/** Codes of a certificate that was refused; others of TLS begin with what {@link TLS} lists. */
const CERTIFICATE: Readonly<Record<string, readonly [errorCode: number, reason: string]>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: [11235, "has a certificate for another host"],
  CERT_HAS_EXPIRED: [11236, "has a certificate that has expired"],
  CERT_NOT_YET_VALID: [11236, "has a certificate that is not valid yet"],
};
const UNTRUSTED = /^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|CERT_)/;
const TLS = /^(ERR_SSL|ERR_TLS|EPROTO)/;

/** What an error of the connection means, `connected` or before. @see https://www.twilio.com/docs/api/errors/11200 */
export function connectionFailure(cause: unknown, connected: boolean, secure: boolean): Failure {
  if (isMessagingError(cause, "WEBHOOK_BLOCKED"))
    return { errorCode: 11210, reason: "is at no public address", blocked: true, cause };
  const code = codeOf(cause);
  const certificate = CERTIFICATE[code];
  if (certificate !== undefined) return { errorCode: certificate[0], reason: certificate[1], cause };
  if (UNTRUSTED.test(code))
    return { errorCode: 11237, reason: "has a certificate nobody vouches for", cause };
  if (code.startsWith("HPE_") || code === "UND_ERR_HEADERS_OVERFLOW")
    return { errorCode: 11206, reason: `broke the HTTP protocol (${code})`, cause };
  if (TLS.test(code) || (secure && !connected && code === "ECONNRESET"))
    return { errorCode: 11220, reason: `failed the TLS handshake (${code})`, retry: "ct", cause };
  if (connected) return { errorCode: 11205, reason: `lost the connection (${code})`, retry: "rt", cause };
  if (code === "ENOTFOUND" || code.startsWith("EAI_"))
    return { errorCode: 11210, reason: `has a host without an address (${code})`, retry: "ct", cause };
  if (code === "ECONNREFUSED")
    return { errorCode: 11202, reason: "refused the connection", retry: "ct", cause };
  if (code === "ETIMEDOUT")
    return { errorCode: 11201, reason: "was not connected in time", retry: "ct", cause };
  return { errorCode: 11205, reason: `could not be connected (${code})`, retry: "ct", cause };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "no code";
  if ("code" in error && typeof error.code === "string") return error.code;
  // What the parser refuses has a name, and not always a code.
  return error.name === "HTTPParserError" ? "HPE_INVALID" : "no code";
}
