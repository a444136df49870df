/** What a call may be retried on: an answer of that class, no connection (`ct`), no answer in time or a lost connection (`rt`). */
export type RetryReason = "4xx" | "5xx" | "ct" | "rt";

/** How one URL wants to be called. Frozen. */
export interface ConnectionOverrides {
  /** The URL without its fragment, otherwise as written. */
  readonly url: string;
  /** Attempts after the first, 0–5; default 1. */
  readonly retryCount: number;
  /** Default `ct` alone: an answer, even a 500, is not asked for twice. */
  readonly retryOn: ReadonlySet<RetryReason>;
  /** To be connected, TLS included: 100–10,000, default 5,000. */
  readonly connectTimeoutMs: number;
  /** From the request to the answer, and between two packets of it: 100–15,000, default 15,000. */
  readonly readTimeoutMs: number;
  /** All attempts at this URL together: 100–15,000, default 15,000. */
  readonly totalTimeoutMs: number;
}

const REASONS: readonly RetryReason[] = ["4xx", "5xx", "ct", "rt"];

/**
 * Reads Twilio's connection overrides from a URL's fragment: `rc` retries, `rp` retry policy (a list of `4xx`, `5xx`, `ct`,
 * `rt`, or `all`), and the timeouts `ct`, `rt` and `tt` in ms. A number beyond its bounds becomes the bound; what is no whole
 * number, or no known policy, becomes the default. Other keys (`e`, `sni`) are tolerated without effect, and so is a fragment
 * that holds no overrides. Never throws.
 *
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
export function parseOverrides(url: string): ConnectionOverrides {
  const hash = url.indexOf("#");
  const pairs = new URLSearchParams(hash === -1 ? "" : url.slice(hash + 1));
  return Object.freeze({
    url: hash === -1 ? url : url.slice(0, hash),
    retryCount: bounded(pairs.get("rc"), 0, 5, 1),
    retryOn: readPolicy(pairs.get("rp")),
    connectTimeoutMs: bounded(pairs.get("ct"), 100, 10_000, 5_000),
    readTimeoutMs: bounded(pairs.get("rt"), 100, 15_000, 15_000),
    totalTimeoutMs: bounded(pairs.get("tt"), 100, 15_000, 15_000),
  });
}

/** No more time than `limitMs` for any of it; `undefined` for no further limit. */
export function limited(overrides: ConnectionOverrides, limitMs: number | undefined): ConnectionOverrides {
  if (limitMs === undefined) return overrides;
  const { connectTimeoutMs, readTimeoutMs, totalTimeoutMs } = overrides;
  return Object.freeze({
    ...overrides,
    connectTimeoutMs: Math.min(connectTimeoutMs, limitMs),
    readTimeoutMs: Math.min(readTimeoutMs, limitMs),
    totalTimeoutMs: Math.min(totalTimeoutMs, limitMs),
  });
}

function bounded(text: string | null, least: number, most: number, byDefault: number): number {
  if (text === null || !/^-?\d+$/.test(text)) return byDefault;
  return Math.min(Math.max(Number(text), least), most);
}

function readPolicy(text: string | null): ReadonlySet<RetryReason> {
  const words = (text ?? "").toLowerCase().split(",");
  if (words.some((word) => word.trim() === "all")) return new Set(REASONS);
  const named = REASONS.filter((reason) => words.some((word) => word.trim() === reason));
  return new Set(named.length === 0 ? ["ct"] : named);
}
