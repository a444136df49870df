import type { DebuggerWebhook } from "./alert.ts";
import { MessagingError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import type { OptOutOptions } from "./opt-out/keywords.ts";
import { invalid, isKeyed } from "./option-checks.ts";
import type { InboundHandling, StatusCallback, Webhook } from "./types.ts";
import { parseUrl } from "./url.ts";

/**
 * What `service.update()` can change while the service runs. Names are those of Twilio's Service resource, camelCased.
 *
 * @see https://www.twilio.com/docs/messaging/api/service-resource
 */
export interface SettingsInput {
  /** The service's webhook for inbound messages: a function, or `{ url, method, fallbackUrl, fallbackMethod }`. Default, and what `null` goes back to: none. */
  readonly webhook?: Webhook | null | undefined;
  /**
   * What happens to inbound messages that are no keyword. "defer" (default): the sender's own webhook, else the service's,
   * else the next route. "webhook": always the service's. "drop": nothing, and no record. "conversation": kept in a conversation, which
   * the first message begins (docs/conversations.md).
   */
  readonly inboundHandling?: InboundHandling | undefined;
  /** Milliseconds until the provider is answered whatever the webhook does; later replies leave as messages. Default 8,000. */
  readonly respondWithin?: number | undefined;
  /** Keep one sender per recipient. Default true. */
  readonly stickySender?: boolean | undefined;
  /** Days after which an unused sticky mapping is forgotten. Default 365. */
  readonly stickyIdleDays?: number | undefined;
  /** In the US and Canada prefer a sender with the recipient's area code or an overlay of it. Default true. */
  readonly areaCodeGeomatch?: boolean | undefined;
  /** Replace look-alike characters so that a text fits GSM-7. Default true. */
  readonly smartEncoding?: boolean | undefined;
  /** Where MMS does not reach, send an SMS with a link instead. Default true. */
  readonly mmsConverter?: boolean | undefined;
  /** Ask for the type and size of media (a HEAD of each URL, at most 5 s) before a send is accepted. Default false: nothing is fetched. */
  readonly checkMedia?: boolean | undefined;
  /** Alert when a sender ID goes to a country that wants it registered. Default true. */
  readonly preRegistrationAlert?: boolean | undefined;
  /** Alert when more than this part of a day's messages was answered by an opt-out, 0–1; false for never. Default 0.05. */
  readonly optOutRateAlert?: number | false | undefined;
  /** Posts alerts as Twilio's Debugger does, signed: `{ url, level? }`; see docs/alerts.md. Default, and what `null` goes back to: none. */
  readonly debuggerWebhook?: DebuggerWebhook | null | undefined;
  /** Seconds a message may wait here, 1–36,000. Default 36,000. WhatsApp is clamped to 14,400. */
  readonly validityPeriod?: number | undefined;
  /** Called with each change of a message's status: a URL or a function. Default, and what `null` goes back to: none. */
  readonly statusCallback?: StatusCallback | null | undefined;
  /** Add `SequenceNumber` and `Timestamp` to status callbacks, which Twilio's do not have. Default false. */
  readonly statusCallbackSequence?: boolean | undefined;
  /** Seconds a message is kept after its final status. Default 2,592,000 (30 days). */
  readonly retention?: number | undefined;
  /** What becomes of a message of which nobody knows whether it left: "fail" (default) after 15 minutes, or "resend". */
  readonly onAmbiguous?: "fail" | "resend" | undefined;
  /** Keywords, replies and policies of opt-out; see docs/opt-out.md. Default, and what `null` goes back to: the standard words. */
  readonly optOut?: OptOutOptions | null | undefined;
}

/** What `service.update()` takes: settings, or a function that makes them of those in force in the store, called again where another process is faster. */
export type SettingsChange = SettingsInput | ((settings: Settings) => SettingsInput);

/** A complete snapshot of the settings. Frozen; `service.update()` replaces it whole. */
export interface Settings {
  readonly webhook: Webhook | undefined;
  readonly inboundHandling: InboundHandling;
  readonly respondWithin: number;
  readonly stickySender: boolean;
  readonly stickyIdleDays: number;
  readonly areaCodeGeomatch: boolean;
  readonly smartEncoding: boolean;
  readonly mmsConverter: boolean;
  readonly checkMedia: boolean;
  readonly preRegistrationAlert: boolean;
  readonly optOutRateAlert: number | false;
  readonly debuggerWebhook: DebuggerWebhook | undefined;
  readonly validityPeriod: number;
  readonly statusCallback: StatusCallback | undefined;
  readonly statusCallbackSequence: boolean;
  readonly retention: number;
  readonly onAmbiguous: "fail" | "resend";
  readonly optOut: OptOutOptions | undefined;
}

const DEFAULTS: Settings = Object.freeze({
  webhook: undefined,
  inboundHandling: "defer",
  respondWithin: 8_000,
  stickySender: true,
  stickyIdleDays: 365,
  areaCodeGeomatch: true,
  smartEncoding: true,
  mmsConverter: true,
  checkMedia: false,
  preRegistrationAlert: true,
  optOutRateAlert: 0.05,
  debuggerWebhook: undefined,
  validityPeriod: 36_000,
  statusCallback: undefined,
  statusCallbackSequence: false,
  retention: 2_592_000,
  onAmbiguous: "fail",
  optOut: undefined,
});

/** The names `service.update()` accepts. */
export const SETTING_NAMES: readonly string[] = Object.freeze(Object.keys(DEFAULTS));

/** What each setting allows, in words for the error, and as a check. */
const ALLOWED: Readonly<
  Record<keyof Settings, readonly [words: string, check: (value: unknown) => boolean]>
> = {
  webhook: [
    "a function or { url, method?, fallbackUrl?, fallbackMethod?, format? } with absolute http(s) URLs",
    isWebhook,
  ],
  inboundHandling: ['"defer", "webhook", "conversation" or "drop"', (value) => isInboundHandling(value)],
  respondWithin: ["whole milliseconds from 1 to 60,000", within(1, 60_000)],
  stickySender: ["true or false", isBoolean],
  stickyIdleDays: ["whole days from 1 to 3,650", within(1, 3_650)],
  areaCodeGeomatch: ["true or false", isBoolean],
  smartEncoding: ["true or false", isBoolean],
  mmsConverter: ["true or false", isBoolean],
  checkMedia: ["true or false", isBoolean],
  preRegistrationAlert: ["true or false", isBoolean],
  optOutRateAlert: ["a number above 0 and up to 1, or false", isRate],
  debuggerWebhook: ['{ url, level?: "ERROR" | "WARNING" } with an absolute http(s) URL', isDebuggerWebhook],
  validityPeriod: ["whole seconds from 1 to 36,000", within(1, 36_000)],
  statusCallback: [
    "an absolute http(s) URL of at most 4,000 characters, { url, method?, guarded? }, or a function",
    isStatusCallback,
  ],
  statusCallbackSequence: ["true or false", isBoolean],
  retention: ["whole seconds from 1 to 315,360,000", within(1, 315_360_000)],
  onAmbiguous: ['"fail" or "resend"', oneOf("fail", "resend")],
  optOut: [
    "an object of opt-out options",
    (value) => value === undefined || (typeof value === "object" && value !== null),
  ],
};

/**
 * The settings that `input` names over `base` (default: the defaults), checked and frozen. Other keys are ignored: the
 * caller says which are known.
 *
 * @throws MessagingError INVALID_OPTION naming the setting and what it allows.
 */
export function resolveSettings(input: SettingsInput, base: Settings = DEFAULTS): Settings {
  const settings: Record<string, unknown> = { ...base };
  for (const name of SETTING_NAMES as readonly (keyof Settings)[]) {
    const value = input[name];
    if (value === undefined) continue;
    // Left out it would keep what is there; `null` goes back to none.
    if (value === null && DEFAULTS[name] === undefined) {
      settings[name] = undefined;
      continue;
    }
    const [words, check] = ALLOWED[name];
    if (!check(value)) throw invalid(name, value, words);
    settings[name] = value;
  }
  return Object.freeze(settings) as unknown as Settings;
}

/**
 * Refuses names that are no settings. `fixed` are those of options that cannot change while a service runs.
 *
 * @throws MessagingError INVALID_OPTION, UNKNOWN_OPTION naming the nearest setting.
 */
export function checkSettingNames(input: object, fixed: readonly string[] = []): void {
  if (!isKeyed(input)) throw new MessagingError("INVALID_OPTION", "update takes an object of settings.");
  for (const key of Object.keys(input)) {
    if (!SETTING_NAMES.includes(key)) {
      if (fixed.includes(key))
        throw new MessagingError(
          "UNKNOWN_OPTION",
          `"${key}" is no setting but an option of createMessagingService: it is read when the service is made.`,
        );
      throw new MessagingError(
        "UNKNOWN_OPTION",
        `There is no setting "${key}"; did you mean "${nearest(key, SETTING_NAMES)}"?`,
      );
    }
  }
}

/** Whether a value is an absolute http(s) URL with a host, as status callbacks and webhooks must be. */
export function isHttpUrl(value: unknown, most = 4_000): value is string {
  return (
    typeof value === "string" &&
    value.length <= most &&
    /^https?:\/\//i.test(value) &&
    parseUrl(value) !== undefined
  );
}

/** Whether a value is a webhook: a function, or a URL with what belongs to it and nothing else. */
export function isWebhook(value: unknown): value is Webhook {
  if (typeof value === "function") return true;
  if (typeof value !== "object" || value === null) return false;
  const { url, method, fallbackUrl, fallbackMethod, format, guarded, ...rest } = value as Record<
    string,
    unknown
  >;
  const isMethod = (name: unknown): boolean => name === undefined || name === "GET" || name === "POST";
  const urls = isHttpUrl(url) && (fallbackUrl === undefined || isHttpUrl(fallbackUrl));
  const isFormat = format === undefined || format === "form" || format === "json";
  const isFlag = guarded === undefined || isBoolean(guarded);
  const isKnown = Object.keys(rest).length === 0;
  return urls && isFormat && isFlag && isMethod(method) && isMethod(fallbackMethod) && isKnown;
}

function isDebuggerWebhook(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { url, level, guarded, ...rest } = value as Record<string, unknown>;
  const isLevel = level === undefined || level === "ERROR" || level === "WARNING";
  const isFlag = guarded === undefined || isBoolean(guarded);
  return isHttpUrl(url) && isLevel && isFlag && Object.keys(rest).length === 0;
}

function isRate(value: unknown): boolean {
  return value === false || (typeof value === "number" && value > 0 && value <= 1);
}

/** Whether a value is a status callback: a function, or a URL alone or with what belongs to it and nothing else. */
export function isStatusCallback(value: unknown): value is StatusCallback {
  if (typeof value !== "object" || value === null) return typeof value === "function" || isHttpUrl(value);
  const { url, method, guarded, ...rest } = value as Record<string, unknown>;
  const isMethod = method === undefined || method === "GET" || method === "POST";
  const isFlag = guarded === undefined || isBoolean(guarded);
  return isHttpUrl(url) && isMethod && isFlag && Object.keys(rest).length === 0;
}

function isBoolean(value: unknown): boolean {
  return typeof value === "boolean";
}

/** How inbound messages may be handled. */
export const isInboundHandling: (value: unknown) => boolean = oneOf(
  "defer",
  "webhook",
  "conversation",
  "drop",
);

function oneOf(...values: readonly string[]): (value: unknown) => boolean {
  return (value) => typeof value === "string" && values.includes(value);
}

function within(least: number, most: number): (value: unknown) => boolean {
  return (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}
