import { onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { silentLogger } from "../../src/logger.ts";
import {
  createWebhookCaller,
  type WebhookCall,
  type WebhookCaller,
  type WebhookCallerOptions,
} from "../../src/webhook/call.ts";

export const AUTH_TOKEN = "12345";

/** A caller for the length of a test. */
export function startCaller(options: Partial<WebhookCallerOptions> = {}): WebhookCaller {
  const caller = createWebhookCaller({
    authToken: AUTH_TOKEN,
    clock: systemClock,
    logger: silentLogger,
    ...options,
  });
  onTestFinished(() => caller.close());
  return caller;
}

/** A trusted POST of one parameter. */
export function callOf(url: string, call: Partial<WebhookCall> = {}): WebhookCall {
  return { url, method: "POST", parameters: { Body: "hi" }, trusted: true, token: "token-1", ...call };
}

/** What a call that must fail fails with. */
export async function failureOf(promise: Promise<unknown>): Promise<{
  readonly code: string;
  readonly message: string;
  readonly details: Record<string, unknown>;
}> {
  return promise.then(
    () => {
      throw new Error("The call did not fail.");
    },
    (error) => error,
  );
}
