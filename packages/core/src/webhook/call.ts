import type { Clock } from "../clock.ts";
import { isMessagingError, MessagingError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { type Attempted, createAttempter, type UrlFailure, type WebhookAnswer } from "./attempt.ts";
import { destinationOf } from "./destination.ts";
import type { Failure } from "./failure.ts";
import { createGate } from "./gate.ts";
import { createGuard, type Guard } from "./guard.ts";
import { limited } from "./overrides.ts";
import { USER_AGENT, withoutCredentials } from "./request.ts";

export type { UrlFailure, WebhookAnswer } from "./attempt.ts";

/** One call of a user's webhook. */
export interface WebhookCall {
  /** Absolute http(s) URL; see {@link parseOverrides} for its fragment. User information becomes Basic authentication. */
  readonly url: string;
  readonly method: "GET" | "POST";
  /** Called once the first URL has failed, with `ErrorCode` and `ErrorUrl` added. Has overrides and time of its own. */
  readonly fallbackUrl?: string | undefined;
  /** Default POST. */
  readonly fallbackMethod?: "GET" | "POST" | undefined;
  /** The same as `trusted`, of the fallback. Default `trusted`. */
  readonly fallbackTrusted?: boolean | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  /** Given in code, so any address is right. URLs from REST, TwiML or a store are not, and the guard judges them. */
  readonly trusted: boolean;
  /** `I-Twilio-Idempotency-Token`: the same on each retry, and at the fallback. */
  readonly token: string;
  /** A POST carries JSON, signed by `bodySHA256` in the URL, instead of a form. */
  readonly json?: boolean | undefined;
  /** Most milliseconds for all attempts at one URL, whatever its fragment says. Default: what the fragment says. */
  readonly limitMs?: number | undefined;
  /** Name of a parameter that counts the attempts before this one. Default: none. */
  readonly retryParameter?: string | undefined;
  /** Calls of one lane wait for each other, not for those of another. Default: the URL's host. */
  readonly lane?: string | undefined;
  /** Throws when the answer is of no use (parseTwiml does). Then the fallback is called, and nothing retried. */
  readonly check?: ((answer: WebhookAnswer) => unknown) | undefined;
}

/** Calls webhooks as Twilio would. */
export interface WebhookCaller {
  /**
   * Resolves with the first answer of the 200s. Throws WEBHOOK_FAILED, or WEBHOOK_BLOCKED where the guard refused the URL,
   * after retries and fallback, with {@link WebhookErrorDetails}; SERVICE_CLOSED after {@link WebhookCaller.close}.
   */
  call(call: WebhookCall): Promise<WebhookAnswer>;
  /** Drops every connection at once; calls under way reject with SERVICE_CLOSED. */
  close(): Promise<void>;
  /** Calls that have not settled, those included that wait for their turn. */
  readonly active: number;
}

/** The `details` of WEBHOOK_FAILED and WEBHOOK_BLOCKED: what became of the URL, and of its fallback. */
export interface WebhookErrorDetails extends UrlFailure {
  readonly fallback?: UrlFailure | undefined;
}
/** What {@link createWebhookCaller} takes. */
export interface WebhookCallerOptions {
  /** Signs the calls; the receiver verifies them with it. */
  readonly authToken: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Calls at a time; default 256. */
  readonly maxConcurrent?: number | undefined;
  /** Calls at a time on one lane; default 64. No lane takes more places than are free. */
  readonly maxPerLane?: number | undefined;
  /** Calls that may wait for their turn; default 10,000. No lane takes more of them than are free; one more fails. */
  readonly maxWaiting?: number | undefined;
  /** Of an answer; default 65,536, Twilio's 64 kB. */
  readonly maxBodyBytes?: number | undefined;
  /** Default {@link createGuard} without exceptions. */
  readonly guard?: Guard | undefined;
  readonly userAgent?: string | undefined;
}

interface FailedUrl {
  readonly answer?: undefined;
  readonly failure: Failure;
  readonly attempts: number;
}
type UrlResult = { readonly answer: WebhookAnswer } | FailedUrl;

/**
 * A caller of webhooks with connections of its own. One URL gets its attempts within its total time, then the fallback URL,
 * if any, gets the same. Time spent waiting for a turn does not count.
 *
 * Throws INVALID_OPTION for an empty authToken (a key that everybody has) or a bound below 1 (maxWaiting: 0).
 *
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
export function createWebhookCaller(options: WebhookCallerOptions): WebhookCaller {
  const { authToken, clock, logger, guard = createGuard(), userAgent = USER_AGENT } = options;
  const { maxConcurrent = 256, maxPerLane = 64, maxWaiting = 10_000, maxBodyBytes = 65_536 } = options;
  if (authToken === "") throw invalidOption("authToken", "is empty");
  for (const [name, value] of Object.entries({ maxConcurrent, maxPerLane, maxBodyBytes }))
    if (!(value >= 1)) throw invalidOption(name, `is ${value}, not 1 or more`);
  if (!(maxWaiting >= 0)) throw invalidOption("maxWaiting", `is ${maxWaiting}, not 0 or more`);
  const gate = createGate({ maxConcurrent, maxPerLane, maxWaiting });
  const attempter = createAttempter({ authToken, userAgent, clock, guard });
  let active = 0;

  /** What the fallback answers, where the first URL failed. */
  async function fallBack(request: WebhookCall, first: FailedUrl): Promise<WebhookAnswer> {
    const { fallbackUrl, fallbackMethod = "POST", fallbackTrusted = request.trusted, parameters } = request;
    const details = describe(request, first.failure, first.attempts);
    if (fallbackUrl === undefined) throw toError(details, first.failure);
    logger.info("A webhook failed; its fallback is called.", { ...details });
    const again: WebhookCall = {
      ...request,
      url: fallbackUrl,
      method: fallbackMethod,
      trusted: fallbackTrusted,
      parameters: { ...parameters, ErrorCode: String(details.errorCode), ErrorUrl: details.url },
    };
    const second = await callUrl(again);
    if (second.answer !== undefined) return Object.freeze({ ...second.answer, failed: details });
    const fallback = describe(again, second.failure, second.attempts);
    throw toError({ ...details, fallback }, first.failure);
  }

  /** All attempts at one URL. */
  async function callUrl(request: WebhookCall): Promise<UrlResult> {
    const { overrides: given, url } = destinationOf(request.url);
    if (url === undefined) return { failure: { errorCode: 11100, reason: "is no http(s) URL" }, attempts: 0 };
    const overrides = limited(given, request.limitMs);
    const leave = await gate.enter(request.lane ?? url.host);
    if (leave === undefined)
      return {
        failure: { errorCode: 11200, reason: "was not called: too many calls wait already" },
        attempts: 0,
      };
    try {
      const deadline = clock.now() + overrides.totalTimeoutMs;
      const target = { ...request, url, json: request.json ?? false };
      for (let attempts = 1; ; attempts++) {
        const limits = { deadline, maxBodyBytes, ...overrides };
        const attempted = await attempter.attempt(numbered(target, attempts - 1), limits);
        const result = checked(attempted, request.check);
        if (result.answer !== undefined) return result;
        const { retry, reason, errorCode } = result.failure;
        const again = retry !== undefined && overrides.retryOn.has(retry) && clock.now() < deadline;
        if (!again || attempts > overrides.retryCount) return { ...result, attempts };
        logger.debug("A webhook is tried again.", {
          url: withoutCredentials(request.url),
          reason,
          errorCode,
        });
      }
    } finally {
      leave();
    }
  }

  return Object.freeze({
    async call(request: WebhookCall): Promise<WebhookAnswer> {
      active++;
      try {
        const first = await callUrl(request);
        return first.answer ?? (await fallBack(request, first));
      } finally {
        active--;
      }
    },
    async close(): Promise<void> {
      const closed = new MessagingError("SERVICE_CLOSED", "The caller of webhooks is closed.");
      gate.close(closed);
      attempter.close(closed);
    },
    get active() {
      return active;
    },
  });
}

function numbered<T extends Pick<WebhookCall, "parameters" | "retryParameter">>(
  target: T,
  retries: number,
): T {
  const { retryParameter, parameters } = target;
  return retryParameter === undefined
    ? target
    : { ...target, parameters: { ...parameters, [retryParameter]: String(retries) } };
}

function checked(attempted: Attempted, check: WebhookCall["check"]): Attempted {
  if (attempted.answer === undefined) return attempted;
  const { status } = attempted.answer;
  try {
    check?.(attempted.answer);
    return attempted;
  } catch (cause) {
    const errorCode = twilioCodeOf(cause) ?? 11200;
    return { failure: { errorCode, reason: `gave an answer of no use (${errorCode})`, status, cause } };
  }
}

/** The number of the particular fault, where the error names one, goes before that of its kind. */
function twilioCodeOf(error: unknown): number | undefined {
  if (!isMessagingError(error)) return undefined;
  const details: unknown = error.details;
  const particular =
    typeof details === "object" && details !== null && "twilioCode" in details
      ? details.twilioCode
      : undefined;
  return typeof particular === "number" ? particular : (error.twilioCode ?? undefined);
}

function describe(
  { url, method }: WebhookCall,
  { errorCode, reason, status }: Failure,
  attempts: number,
): UrlFailure {
  return Object.freeze({ url: withoutCredentials(url), method, attempts, errorCode, reason, status });
}

function toError(details: WebhookErrorDetails, failure: Failure): MessagingError {
  const { url, reason, errorCode, fallback } = details;
  const also = fallback === undefined ? "" : ` Its fallback ${fallback.url} ${fallback.reason}.`;
  return new MessagingError(
    failure.blocked ? "WEBHOOK_BLOCKED" : "WEBHOOK_FAILED",
    `${url} ${reason} (${errorCode}).${also}`,
    { cause: failure.cause, details: Object.freeze(details) },
  );
}

function invalidOption(option: string, problem: string): MessagingError {
  return new MessagingError("INVALID_OPTION", `${option} ${problem}.`, {
    details: Object.freeze({ option }),
  });
}
