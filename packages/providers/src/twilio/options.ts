import { MessagingError, parseUrl } from "@messaging-service/core";

/** What {@link twilio} needs to know. */
export interface TwilioOptions {
  /** `AC` and 32 hexadecimal digits. */
  readonly accountSid: string;
  /**
   * The auth token. Of several, the first authenticates what we send (unless `apiKey` does) and all may have signed a webhook: during
   * a rotation give the new and the old one.
   */
  readonly authToken: string | readonly string[];
  /** Authenticates what we send instead of the auth token; webhooks are signed with the auth token all the same. */
  readonly apiKey?: { readonly sid: string; readonly secret: string } | undefined;
  /** Absolute http(s) URL of the API. Default `https://api.twilio.com`. */
  readonly baseUrl?: string | undefined;
  /**
   * Who answers STOP, START and HELP. `"default"`: Twilio does, on +1 long codes and toll-free numbers, by its default words and
   * without saying so. `"advanced"` (Advanced Opt-Out): Twilio does, and says so. `"off"`: we do; on toll-free numbers the network still
   * answers STOP, START and UNSTOP. Default `"default"`.
   */
  readonly optOutHandling?: "default" | "advanced" | "off" | undefined;
  /** Milliseconds a request to the API may take; beyond, its outcome is unknown. Default 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Names this account where a service has several: in `sender.provider` and in the webhooks' path. Default `"twilio"`. */
  readonly name?: string | undefined;
  /** Default: the platform's `fetch`. */
  readonly fetch?: typeof fetch | undefined;
}

/** {@link TwilioOptions}, checked and complete. */
export interface ResolvedTwilioOptions {
  readonly accountSid: string;
  readonly authTokens: readonly [string, ...string[]];
  /** User name and password of requests to the API. */
  readonly credentials: { readonly user: string; readonly password: string };
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly optOutHandling: "default" | "advanced" | "off";
  readonly timeoutMs: number;
  readonly name: string;
  readonly fetch: typeof fetch | undefined;
}

const KNOWN = [
  "accountSid",
  "authToken",
  "apiKey",
  "baseUrl",
  "optOutHandling",
  "timeoutMs",
  "name",
  "fetch",
];

/** Checks and completes the options. Throws INVALID_OPTION or UNKNOWN_OPTION, naming the option and never a secret's value. */
export function resolveTwilioOptions(options: TwilioOptions): ResolvedTwilioOptions {
  for (const name of Object.keys(options))
    if (!KNOWN.includes(name))
      throw new MessagingError(
        "UNKNOWN_OPTION",
        `twilio() has no option "${name}"; it has ${KNOWN.join(", ")}.`,
      );
  const { accountSid, authToken, apiKey, optOutHandling = "default", timeoutMs = 10_000 } = options;
  const { baseUrl = "https://api.twilio.com", name = "twilio" } = options;
  check(/^AC[0-9a-f]{32}$/.test(accountSid), "accountSid", "must be AC and 32 lower-case hexadecimal digits");

  const [first, ...others] = typeof authToken === "string" ? [authToken] : (authToken ?? []);
  const authTokens = [first ?? "", ...others] as const;
  check(authTokens.every(isFilled), "authToken", "must be a non-empty token or a list of them");
  if (apiKey !== undefined)
    check(isFilled(apiKey.sid) && isFilled(apiKey.secret), "apiKey", "must hold a sid and a secret");

  check(isHttpUrl(baseUrl), "baseUrl", "must be an absolute http(s) URL without query or fragment");
  check(
    ["default", "advanced", "off"].includes(optOutHandling),
    "optOutHandling",
    'must be "default", "advanced" or "off"',
  );
  check(
    Number.isFinite(timeoutMs) && timeoutMs > 0,
    "timeoutMs",
    "must be a positive number of milliseconds",
  );
  check(
    typeof name === "string" && /^[A-Za-z0-9_-]+$/.test(name),
    "name",
    "must be letters, digits, - and _",
  );
  return Object.freeze({
    accountSid,
    authTokens,
    credentials: {
      user: apiKey?.sid ?? accountSid,
      password: apiKey?.secret ?? authTokens[0],
    },
    baseUrl: baseUrl.replace(/\/+$/, ""),
    optOutHandling,
    timeoutMs,
    name,
    fetch: options.fetch,
  });
}

function check(holds: boolean, option: string, rule: string): void {
  if (!holds)
    throw new MessagingError("INVALID_OPTION", `twilio(): ${option} ${rule}.`, { details: { option } });
}

function isFilled(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "";
}

function isHttpUrl(value: unknown): boolean {
  const url = typeof value === "string" ? parseUrl(value) : undefined;
  if (url === undefined) return false;
  const { protocol, search, hash } = url;
  return (protocol === "https:" || protocol === "http:") && search === "" && hash === "";
}
