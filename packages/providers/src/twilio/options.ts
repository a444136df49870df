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
  /** Absolute http(s) URL of the API, without credentials. Default `https://api.twilio.com`. */
  readonly baseUrl?: string | undefined;
  /**
   * Who answers STOP, START and HELP. `"default"`: Twilio does, on +1 long codes and toll-free numbers, by its default words and
   * without saying so. `"advanced"` (Advanced Opt-Out): Twilio does, and says so. `"off"`: we do; on toll-free numbers the network still
   * answers STOP, START and UNSTOP. Default `"default"`.
   */
  readonly optOutHandling?: "default" | "advanced" | "off" | undefined;
  /** Milliseconds a request to the API may take, 1 to 2,147,483,647; beyond, its outcome is unknown. Default 10,000. */
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

/** What a timer holds; a longer one would end at once. */
const LONGEST_TIMEOUT_MS = 2_147_483_647;

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
  check(
    typeof options === "object" && options !== null,
    "accountSid",
    "and authToken must be given, in an object",
  );
  for (const name of Object.keys(options))
    if (!KNOWN.includes(name))
      throw new MessagingError(
        "UNKNOWN_OPTION",
        `twilio() has no option "${name}"; it has ${KNOWN.join(", ")}.`,
      );
  const { accountSid, authToken, apiKey, optOutHandling = "default", timeoutMs = 10_000 } = options;
  const { baseUrl = "https://api.twilio.com", name = "twilio" } = options;
  check(/^AC[0-9a-f]{32}$/.test(accountSid), "accountSid", "must be AC and 32 lower-case hexadecimal digits");

  const [first = "", ...others] = [authToken].flat();
  const authTokens = [first, ...others] as const;
  check(authTokens.every(isFilled), "authToken", "must be a non-empty token or a list of them");
  if (apiKey !== undefined)
    check(isFilled(apiKey?.sid) && isFilled(apiKey?.secret), "apiKey", "must hold a sid and a secret");

  check(
    isHttpUrl(baseUrl),
    "baseUrl",
    "must be an absolute http(s) URL without credentials, query or fragment",
  );
  check(
    ["default", "advanced", "off"].includes(optOutHandling),
    "optOutHandling",
    'must be "default", "advanced" or "off"',
  );
  check(
    Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= LONGEST_TIMEOUT_MS,
    "timeoutMs",
    `must be a whole number of milliseconds from 1 to ${LONGEST_TIMEOUT_MS}`,
  );
  check(
    typeof name === "string" && /^[A-Za-z0-9_-]+$/.test(name),
    "name",
    "must be letters, digits, - and _",
  );
  check(options.fetch === undefined || typeof options.fetch === "function", "fetch", "must be a function");
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
  const { protocol, username, password, search, hash } = url;
  // `fetch` refuses a URL with credentials, each time.
  return /^https?:$/.test(protocol) && [username, password, search, hash].every((part) => part === "");
}
