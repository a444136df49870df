import { type HttpRequest, memoryStore, type Store, silentLogger } from "@messaging-service/core";
import { type RestApi, type RestApiOptions, restApi } from "@messaging-service/rest-api";
import {
  type Carrier,
  createCarrier,
  createVirtualClock,
  type VirtualClock,
} from "@messaging-service/simulator";
import { onTestFinished } from "vitest";

export const ACCOUNT = `AC${"1".repeat(32)}`;
export const TOKEN = "12345678901234567890123456789012";
export const SENDER = "+14155550100";
export const PHONE = "+14155550123";

/** An API on a simulated carrier and a virtual clock, of an account that owns one number; all of it ends with the test. */
export interface RestWorld {
  readonly api: RestApi;
  readonly carrier: Carrier;
  readonly clock: VirtualClock;
  /** What the API was given, for services made in code beside it. */
  readonly store: Store;
}

export function createRestWorld(options: Partial<RestApiOptions> = {}): RestWorld {
  const clock = (options.clock as VirtualClock | undefined) ?? createVirtualClock();
  const carrier = createCarrier({ clock });
  const store = (options.store as Store | undefined) ?? memoryStore({ clock, sweepEveryMs: 600_000 });
  const api = restApi({
    accountSid: ACCOUNT,
    authToken: TOKEN,
    provider: carrier.provider,
    inventory: [SENDER],
    publicUrl: "https://app.example",
    ...options,
    store,
    serviceOptions: { logger: silentLogger, heartbeatMs: 600_000, ...options.serviceOptions },
    clock,
  });
  carrier.connect(api, { origin: "https://app.example" });
  onTestFinished(async () => {
    await carrier.close();
    const closing = api.close({ timeoutMs: 0 });
    await clock.advance(10_000);
    await closing;
  });
  return { api, carrier, clock, store };
}

/** The header of Basic authentication. */
export function basic(user: string = ACCOUNT, password: string = TOKEN): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** An answer with its JSON. */
export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects.
  readonly json: any;
}

/** One authenticated request to the handler itself. */
export async function ask(
  api: RestApi,
  method: string,
  url: string,
  form?: Readonly<Record<string, string | readonly string[]>> | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  const request: HttpRequest = {
    method,
    url,
    headers: {
      authorization: basic(),
      ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      ...headers,
    },
    body: form === undefined ? undefined : Buffer.from(typeof form === "string" ? form : render(form)),
    origin: "http://localhost:3000",
  };
  const { status, headers: answered, body } = await api(request);
  return { status, headers: answered, json: body.length === 0 ? undefined : JSON.parse(String(body)) };
}

function render(form: Readonly<Record<string, string | readonly string[]>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(form))
    for (const each of typeof value === "string" ? [value] : value) parameters.append(name, each);
  return parameters.toString();
}
