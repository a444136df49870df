import { MessagingError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { flag, invalid, isKeyed, show, showUrl, text, textMap } from "./option-checks.ts";
import { parseAddress, parseRecipient, type Recipient } from "./phone/address.ts";
import { isHttpUrl, isStatusCallback, type Settings } from "./settings.ts";
import { parseTime } from "./time.ts";
import type { Address, SendRequest, StatusCallback } from "./types.ts";

/** A {@link SendRequest}, checked and complete: what planning and delivery work on. */
export interface Draft {
  readonly to: Recipient;
  readonly text: string;
  readonly mediaUrl: readonly string[];
  /** The sender asked for; `undefined` to have one chosen. */
  readonly from: Address | undefined;
  /** `from` is who was written to, and nobody's choice. */
  readonly isReply: boolean;
  readonly fallbackFrom: Address | undefined;
  readonly contentSid: string | undefined;
  /** JSON text, as providers take it. */
  readonly contentVariables: string | undefined;
  readonly sendAsMms: boolean;
  readonly smartEncoding: boolean;
  readonly validityPeriod: number;
  /** Milliseconds; `undefined` for now. */
  readonly sendAt: number | undefined;
  readonly statusCallback: StatusCallback | undefined;
  readonly category: string | undefined;
  readonly tags: Readonly<Record<string, string>> | undefined;
  readonly idempotencyKey: string | undefined;
  readonly refusals: "reject" | "status";
}

/** What a request is completed from. */
export interface DraftContext {
  readonly settings: Settings;
  readonly serviceSid: string;
  readonly defaultCountry: string | undefined;
  /** Default false. */
  readonly isReply?: boolean | undefined;
}

const FIELDS = [
  ...[
    "to",
    "body",
    "mediaUrl",
    "from",
    "fallbackFrom",
    "contentSid",
    "contentVariables",
    "validityPeriod",
    "sendAt",
  ],
  ...["smartEncoded", "sendAsMms", "statusCallback", "category", "tags", "idempotencyKey", "refusals"],
];

/** @see Twilio, Message resource: Body at most 1,600 characters, 10 media; scheduling from 5 minutes to 35 days. */
const LONGEST_BODY = 1_600;
const MOST_MEDIA = 10;
/** One for all messages without media. */
const NONE: readonly never[] = Object.freeze([]);
const SOONEST_MS = 300_000;
const LATEST_MS = 35 * 86_400_000;
/** WhatsApp keeps a message at most four hours. @see Twilio "Messaging Services", Validity Period. */
const LONGEST_WHATSAPP_VALIDITY = 14_400;

/**
 * Checks a request and completes it from the settings.
 *
 * @throws MessagingError with the code of what is wrong: INVALID_RECIPIENT, MISSING_CONTENT, BODY_TOO_LONG, …
 */
export function parseSendRequest(request: SendRequest, context: DraftContext): Draft {
  if (typeof request !== "object" || request === null) {
    throw new MessagingError("INVALID_RECIPIENT", "send takes an object with `to` and `body`.");
  }
  for (const key of Object.keys(request)) {
    if (!FIELDS.includes(key)) {
      throw new MessagingError(
        "UNKNOWN_REQUEST_OPTION",
        `send has no field "${key}"; did you mean "${nearest(key, FIELDS)}"?`,
      );
    }
  }
  const to = parseRecipient(request.to, { defaultCountry: context.defaultCountry });
  const mediaUrl = parseMedia(request.mediaUrl);
  const text = parseBody(request.body, mediaUrl.length > 0 || request.contentSid !== undefined);
  const from = parseFrom(request.from, context);
  if (request.fallbackFrom !== undefined && from !== undefined) {
    throw new MessagingError("FALLBACK_WITH_FROM", "Both from and fallbackFrom are given.");
  }
  const validityPeriod = parseValidity(request.validityPeriod ?? context.settings.validityPeriod);
  return {
    to,
    text,
    mediaUrl,
    from,
    isReply: context.isReply ?? false,
    fallbackFrom: parseFallback(request.fallbackFrom),
    contentSid: parseContentSid(request.contentSid),
    contentVariables: parseContentVariables(request.contentVariables, request.contentSid),
    sendAsMms: flag("sendAsMms", request.sendAsMms ?? false),
    smartEncoding: flag("smartEncoded", request.smartEncoded ?? context.settings.smartEncoding),
    validityPeriod:
      to.channel === "whatsapp" ? Math.min(validityPeriod, LONGEST_WHATSAPP_VALIDITY) : validityPeriod,
    sendAt: parseSendAt(request.sendAt),
    statusCallback: parseCallback(request.statusCallback),
    category: optionalText("category", request.category),
    tags: textMap("tags", request.tags),
    idempotencyKey: optionalText("idempotencyKey", request.idempotencyKey),
    refusals: parseRefusals(request.refusals ?? "reject"),
  };
}

/** Short text, where it is given. */
function optionalText(field: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : text(field, value, 1, 255);
}

/** The text of a message or a reply. @throws MessagingError MISSING_CONTENT, BODY_TOO_LONG. */
export function parseBody(body: unknown, otherContent: boolean): string {
  if (body === undefined || body === null || body === "") {
    if (otherContent) return "";
    throw new MessagingError("MISSING_CONTENT", "The message has no body, no media and no content template.");
  }
  if (typeof body !== "string")
    throw new MessagingError("MISSING_CONTENT", `body is ${typeof body}, not text.`);
  if (body.length > LONGEST_BODY) {
    throw new MessagingError(
      "BODY_TOO_LONG",
      `The body has ${body.length} characters; at most ${LONGEST_BODY} are allowed.`,
    );
  }
  return body;
}

/** Media URLs as a list. @throws MessagingError TOO_MANY_MEDIA, INVALID_MEDIA_URL. */
export function parseMedia(mediaUrl: SendRequest["mediaUrl"]): readonly string[] {
  if (mediaUrl === undefined) return NONE;
  const urls: readonly unknown[] = Array.isArray(mediaUrl) ? mediaUrl : [mediaUrl];
  if (urls.length > MOST_MEDIA)
    throw new MessagingError("TOO_MANY_MEDIA", `mediaUrl holds ${urls.length} URLs.`);
  for (const url of urls) {
    if (!isHttpUrl(url))
      throw new MessagingError("INVALID_MEDIA_URL", `mediaUrl ${showUrl(url)} is no absolute http(s) URL.`);
    const { username, password } = new URL(url);
    if (username !== "" || password !== "")
      throw new MessagingError("INVALID_MEDIA_URL", "A mediaUrl has a user name or a password.");
  }
  return [...(urls as readonly string[])];
}

/** An own service SID in `from` means: choose. @see Twilio, Message resource, From. */
function parseFrom(from: string | undefined, context: DraftContext): Address | undefined {
  if (from === undefined || from === context.serviceSid) return undefined;
  const parsed =
    typeof from === "string" ? parseAddress(from, { defaultCountry: context.defaultCountry }) : undefined;
  if (parsed === undefined) throw new MessagingError("INVALID_SENDER", `from ${show(from)} is no sender.`);
  return parsed.address;
}

function parseFallback(fallbackFrom: string | undefined): Address | undefined {
  if (fallbackFrom === undefined) return undefined;
  const parsed = typeof fallbackFrom === "string" ? parseAddress(fallbackFrom) : undefined;
  if (parsed?.channel === "sms") return parsed.address;
  throw new MessagingError(
    "INVALID_FALLBACK_FROM",
    `fallbackFrom ${show(fallbackFrom)} is no SMS or MMS sender.`,
  );
}

function parseContentSid(contentSid: string | undefined): string | undefined {
  const isSid = typeof contentSid === "string" && /^HX[0-9a-fA-F]{32}$/.test(contentSid);
  if (contentSid === undefined || isSid) return contentSid;
  throw new MessagingError("INVALID_CONTENT_SID", `contentSid ${show(contentSid)} is no content SID.`);
}

function parseContentVariables(
  variables: SendRequest["contentVariables"],
  contentSid: string | undefined,
): string | undefined {
  if (variables === undefined) return undefined;
  if (contentSid === undefined)
    throw new MessagingError("CONTENT_SID_MISSING", "contentVariables came without contentSid.");
  let value: unknown = variables;
  try {
    if (typeof variables === "string") value = JSON.parse(variables);
  } catch (cause) {
    throw new MessagingError("INVALID_CONTENT_VARIABLES", "contentVariables are no JSON.", { cause });
  }
  const entries = isKeyed(value) ? Object.values(value) : undefined;
  if (entries === undefined || entries.length > 100 || !entries.every((each) => typeof each === "string")) {
    throw new MessagingError(
      "INVALID_CONTENT_VARIABLES",
      "contentVariables are no object of at most 100 strings.",
    );
  }
  return JSON.stringify(value);
}

function parseValidity(seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 36_000) return seconds;
  throw new MessagingError("INVALID_VALIDITY_PERIOD", `validityPeriod is ${show(seconds)}.`);
}

function parseSendAt(sendAt: SendRequest["sendAt"]): number | undefined {
  if (sendAt === undefined) return undefined;
  // Of a text without its zone each machine would make another time.
  const at =
    sendAt instanceof Date
      ? sendAt.getTime()
      : typeof sendAt === "string"
        ? parseTime(sendAt, { zoned: true })
        : Number.NaN;
  if (Number.isNaN(at)) throw new MessagingError("INVALID_SEND_AT", `sendAt ${show(sendAt)} is no time.`);
  return at;
}

/**
 * Checks a schedule against the time: apart from the rest, because a request repeated under its idempotency key is the
 * earlier message, however near that has come.
 *
 * @throws MessagingError SCHEDULE_TOO_SOON, SCHEDULE_TOO_LATE.
 */
export function checkSchedule(sendAt: number, now: number): void {
  if (sendAt - now < SOONEST_MS)
    throw new MessagingError("SCHEDULE_TOO_SOON", "sendAt is less than 5 minutes ahead.");
  if (sendAt - now > LATEST_MS)
    throw new MessagingError("SCHEDULE_TOO_LATE", "sendAt is more than 35 days ahead.");
}

/** @throws MessagingError INVALID_STATUS_CALLBACK. */
export function parseCallback(callback: StatusCallback | undefined): StatusCallback | undefined {
  // @see Twilio error 21609: a host with an underscore is refused.
  if (callback === undefined || typeof callback === "function") return callback;
  const url = typeof callback === "object" ? callback?.url : callback;
  if (isStatusCallback(callback) && !new URL(String(url)).hostname.includes("_")) return callback;
  throw new MessagingError("INVALID_STATUS_CALLBACK", `statusCallback ${showUrl(url)} is no usable URL.`);
}

function parseRefusals(refusals: unknown): Draft["refusals"] {
  if (refusals === "reject" || refusals === "status") return refusals;
  throw invalid("refusals", refusals, '"reject" or "status"');
}
