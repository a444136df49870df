import type { AlertCode } from "../alert.ts";
import type { ProviderResult } from "../provider.ts";
import type { FlowContext } from "./context.ts";

/** Hand-overs that must fail within {@link WINDOW_MS} before it is trouble: one hiccup is none. */
const MANY = 5;
const WINDOW_MS = 60_000;

/** Twilio's numbers, which providers translate theirs to: authentication, account suspended or closed, access denied. */
const AUTH_REFUSED: ReadonlySet<number> = new Set([20003, 20005, 20006, 30002]);
/** Too many requests, and a sender's queue at the provider that is full. */
const RATE_LIMITED: ReadonlySet<number> = new Set([20429, 21611]);

interface Streak {
  since: number;
  count: number;
}

/**
 * What hand-overs say of a provider. Refused credentials are told at once; failures that come and go are told from the fifth of
 * a kind within a minute on. Called for what was not accepted alone.
 */
export function createProviderAlerts(
  ctx: Pick<FlowContext, "clock" | "events">,
): (provider: string, sid: string, result: Exclude<ProviderResult, { outcome: "accepted" }>) => void {
  const streaks = new Map<string, Streak>();

  return function judge(provider, sid, { outcome, errorCode, errorMessage }): void {
    const details = { provider, sid, errorCode };
    if (outcome === "refused") {
      if (errorCode !== null && AUTH_REFUSED.has(errorCode))
        ctx.events.alert(
          "PROVIDER_AUTH_REFUSED",
          `${provider} does not accept this account or its credentials: ${errorMessage}`,
          details,
          { subject: provider, errorCode },
        );
      return;
    }
    const limited = errorCode !== null && RATE_LIMITED.has(errorCode);
    const code: AlertCode =
      outcome === "ambiguous"
        ? "PROVIDER_AMBIGUOUS"
        : limited
          ? "PROVIDER_RATE_LIMITED"
          : "PROVIDER_UNAVAILABLE";
    const count = countOf(`${code} ${provider}`);
    if (count >= MANY)
      ctx.events.alert(
        code,
        `${count} hand-overs to ${provider} failed within a minute, the last with: ${errorMessage}`,
        details,
        { subject: provider },
      );
  };

  /** How many there were in this minute. As many streaks as providers and kinds. */
  function countOf(key: string): number {
    const now = ctx.clock.now();
    const streak = streaks.get(key);
    if (streak === undefined || now - streak.since > WINDOW_MS) {
      streaks.set(key, { since: now, count: 1 });
      return 1;
    }
    streak.count += 1;
    return streak.count;
  }
}
