import { randomUUID } from "node:crypto";
import type { Lifetime } from "../lifetime.ts";
import { renderForm } from "../wire/form.ts";
import { signRequest } from "../wire/signature.ts";

/** How long an attempt may take, in milliseconds. */
export interface CallLimits {
  readonly connectMs: number;
  readonly readMs: number;
  readonly totalMs: number;
}
/** One request of the carrier. */
export interface CallRequest {
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  /** The form, for POST. */
  readonly body: string | undefined;
}
/** An answer, or why there is none. */
export interface CallAnswer {
  /** 0 without an answer. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** `ct`: no connection came about. `rt`: it did, and no whole answer came. */
  readonly failure?: "ct" | "rt" | undefined;
  /** Twilio's number of the failure. */
  readonly errorCode: number | null;
}
/** What carries a request: HTTP, or a call in this process. Never rejects. */
export type Transport = (request: CallRequest, limits: CallLimits, life: Lifetime) => Promise<CallAnswer>;

/** A webhook to call. */
export interface WebhookCall {
  /** As configured, with its fragment of connection overrides. */
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly parameters: Readonly<Record<string, string>>;
  readonly transport: Transport;
  /** The event's idempotency token; default a new one. */
  readonly token?: string | undefined;
}
/** The last answer, and how many attempts it took. */
export interface WebhookAnswer extends CallAnswer {
  readonly attempts: number;
}

interface Overrides extends CallLimits {
  readonly retries: number;
  readonly policy: readonly string[];
}

/**
 * Calls a webhook as Twilio does: signed, with an `I-Twilio-Idempotency-Token`, and retried by the URL's fragment
 * (`#rc=2&rp=all`; default one retry, and only when no connection came about). All attempts share `tt` (15 s).
 *
 * @see https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
export async function callWebhook(
  life: Lifetime,
  authToken: string,
  { url: configured, method, parameters, transport, token = randomUUID() }: WebhookCall,
): Promise<WebhookAnswer> {
  const [address = "", fragment = ""] = configured.split("#", 2);
  const overrides = fragment === "" ? DEFAULTS : readOverrides(fragment);
  const form = renderForm(parameters);
  const url = method === "GET" ? `${address}${address.includes("?") ? "&" : "?"}${form}` : address;
  const request: CallRequest = {
    url,
    method,
    body: method === "POST" ? form : undefined,
    headers: {
      accept: "*/*",
      "user-agent": "TwilioProxy/1.1",
      "x-twilio-signature": signRequest(authToken, url, method === "POST" ? parameters : {}),
      "i-twilio-idempotency-token": token,
      ...(method === "POST" && {
        "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
        "content-length": String(Buffer.byteLength(form)),
      }),
    },
  };
  const deadline = life.now() + overrides.totalMs;
  for (let attempts = 1; ; attempts++) {
    const left = deadline - life.now();
    const answer = await life.track(transport(request, { ...overrides, totalMs: left }, life), {
      holdTime: true,
    });
    const again = attempts <= overrides.retries && isRetried(answer, overrides.policy);
    if (!again || life.closed || life.now() >= deadline) return { attempts, ...answer };
  }
}

function isRetried({ failure, status }: CallAnswer, policy: readonly string[]): boolean {
  const reason = failure ?? (status >= 500 ? "5xx" : status >= 400 ? "4xx" : undefined);
  return reason !== undefined && (policy.includes("all") || policy.includes(reason));
}

/** What a call without a fragment goes by. */
const DEFAULTS: Overrides = readOverrides("");

function readOverrides(fragment: string): Overrides {
  const fields = new URLSearchParams(fragment);
  const number = (name: string, lowest: number, highest: number, otherwise: number): number => {
    const value = fields.get(name);
    return value !== null && /^\d+$/.test(value)
      ? Math.min(highest, Math.max(lowest, Number(value)))
      : otherwise;
  };
  return {
    connectMs: number("ct", 100, 10_000, 5_000),
    readMs: number("rt", 100, 15_000, 15_000),
    totalMs: number("tt", 100, 15_000, 15_000),
    retries: number("rc", 0, 5, 1),
    policy: (fields.get("rp") ?? "ct").split(","),
  };
}
