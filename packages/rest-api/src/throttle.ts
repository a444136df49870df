import type { Clock } from "@messaging-service/core";
import { fault } from "./errors.ts";

/** How many requests a credential may make. */
export interface RateLimit {
  /** Requests a second, in the long run. */
  readonly perSecond: number;
  /** Requests at once after a pause. Default: those of one second, at least 1. */
  readonly burst?: number | undefined;
}

/** Counts a request of a credential. @throws Fault 20429 with `Retry-After`. */
export type Throttle = (key: string) => void;

/** A bucket for each credential that was used; without a limit, none. */
export function createThrottle(limit: RateLimit | undefined, clock: Clock): Throttle {
  if (limit === undefined) return () => {};
  const { perSecond, burst = Math.max(1, perSecond) } = limit;
  const buckets = new Map<string, { tokens: number; at: number }>();
  return (key) => {
    const now = clock.now();
    const bucket = buckets.get(key) ?? { tokens: burst, at: now };
    buckets.set(key, bucket);
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1_000) * perSecond);
    bucket.at = now;
    if (bucket.tokens < 1)
      throw fault(20429, undefined, { "retry-after": String(Math.ceil((1 - bucket.tokens) / perSecond)) });
    bucket.tokens -= 1;
  };
}
