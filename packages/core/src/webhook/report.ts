import type { AlertAbout } from "../alert.ts";
import { isMessagingError } from "../errors.ts";
import { parseUrl } from "../url.ts";
import type { UrlFailure, WebhookErrorDetails } from "./call.ts";

/** What an alert says of one URL that failed, or of a function that threw. */
export interface FailureReport {
  /** It is the fallback that failed. */
  readonly fallback: boolean;
  /** Ends a sentence; without credentials. */
  readonly reason: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly about: AlertAbout;
}

/** The subject of alerts about the user's functions. */
const FUNCTION = "function";

/**
 * What there is to report of a webhook that failed: the URL, and its fallback where that failed too. Alerts of one origin and number
 * are one. What is no failure of a URL is one of the user's function, which has no number.
 */
export function reportFailure(
  error: unknown,
  parameters: Readonly<Record<string, string>> = {},
): readonly FailureReport[] {
  const reason = error instanceof Error ? error.message : String(error);
  const failure = failureOf(error);
  if (failure === undefined)
    return [{ fallback: false, reason, details: {}, about: { subject: FUNCTION, errorCode: null } }];
  const { fallback, ...first } = failure;
  if (fallback === undefined) return [reportUrl(first, reason, parameters)];
  const why = `${fallback.url} ${fallback.reason} (${fallback.errorCode}).`;
  const told = { ...parameters, ErrorCode: String(first.errorCode), ErrorUrl: first.url };
  return [reportUrl(first, reason, parameters), { ...reportUrl(fallback, why, told), fallback: true }];
}

/** The same of a URL alone. */
export function reportUrl(
  { url, method, errorCode, status, attempts }: UrlFailure,
  reason: string,
  parameters: Readonly<Record<string, string>>,
): FailureReport {
  return {
    fallback: false,
    reason,
    details: { url, status: status ?? null, attempts },
    about: {
      subject: originOf(url),
      errorCode,
      webhook: { method, url, parameters, status: status ?? null },
    },
  };
}

/** What alerts about a URL have as their subject. What is no URL is its own. */
export function originOf(url: string): string {
  return parseUrl(url)?.origin ?? url;
}

function failureOf(error: unknown): WebhookErrorDetails | undefined {
  const isOne = isMessagingError(error, "WEBHOOK_FAILED") || isMessagingError(error, "WEBHOOK_BLOCKED");
  if (!isOne) return undefined;
  const { details } = error;
  return typeof details === "object" && details !== null && "errorCode" in details
    ? (details as WebhookErrorDetails)
    : undefined;
}
