import { type FormParameters, parseUrl } from "@messaging-service/core";
import { fault } from "./errors.ts";
import { flagOf, oneOf, textOf } from "./params.ts";
import { refusal } from "./service-errors.ts";
import type { ServiceProperties } from "./service-properties.ts";

/** Twilio's use cases; they change nothing here. */
export const USECASES = [
  "notifications",
  "marketing",
  "verification",
  "discussion",
  "poll",
  "undeclared",
] as const;

const METHODS = ["GET", "POST"] as const;
const LONGEST_URL = 4_000;
const MOST_SECONDS = 36_000;

/**
 * What a request says of a service: what it leaves out is not in it, and an empty URL takes the URL away. Unknown parameters are
 * ignored, as Twilio does (20001 is a warning).
 *
 * @throws Fault 20002 (FriendlyName), 11100 (InboundRequestUrl, FallbackUrl), 21609 (StatusCallback), 21713 (Usecase), 90007 and
 * 90014 (ValidityPeriod), 20422 for the rest.
 */
export function parseServiceParameters(form: FormParameters): Partial<ServiceProperties> {
  const friendlyName = textOf(form, "FriendlyName");
  if (friendlyName !== undefined && (friendlyName === "" || [...friendlyName].length > 64))
    throw refusal(20002);
  return given({
    friendlyName,
    inboundRequestUrl: urlOf(form, "InboundRequestUrl"),
    inboundMethod: oneOf(form, "InboundMethod", METHODS),
    fallbackUrl: urlOf(form, "FallbackUrl"),
    fallbackMethod: oneOf(form, "FallbackMethod", METHODS),
    useInboundWebhookOnNumber: flagOf(form, "UseInboundWebhookOnNumber"),
    statusCallback: urlOf(form, "StatusCallback"),
    stickySender: flagOf(form, "StickySender"),
    mmsConverter: flagOf(form, "MmsConverter"),
    smartEncoding: flagOf(form, "SmartEncoding"),
    areaCodeGeomatch: flagOf(form, "AreaCodeGeomatch"),
    validityPeriod: secondsOf(form),
    scanMessageContent: oneOf(form, "ScanMessageContent", ["inherit", "enable", "disable"] as const),
    fallbackToLongCode: flagOf(form, "FallbackToLongCode"),
    synchronousValidation: flagOf(form, "SynchronousValidation"),
    usecase: usecaseOf(form),
  });
}

/** A URL, or `null` where an empty text takes it away. @throws Fault 21609 for a status callback, else 11100. */
export function urlOf(form: FormParameters, name: string): string | null | undefined {
  const value = textOf(form, name);
  if (value === undefined) return undefined;
  if (value === "") return null;
  if (isUrl(value)) return value;
  throw name === "StatusCallback"
    ? fault(21609)
    : refusal(11100, `${name} is an absolute http(s) URL of at most 4,000 characters.`);
}

function isUrl(value: string): boolean {
  const isHttp = value.length <= LONGEST_URL && /^https?:\/\//i.test(value);
  return isHttp && parseUrl(value)?.hostname.includes("_") === false;
}

function secondsOf(form: FormParameters): number | undefined {
  const value = textOf(form, "ValidityPeriod");
  if (value === undefined || value === "") return undefined;
  if (!/^[0-9]{1,15}$/.test(value) || Number(value) === 0) throw fault(90014);
  if (Number(value) > MOST_SECONDS) throw fault(90007);
  return Number(value);
}

function usecaseOf(form: FormParameters): string | undefined {
  const value = textOf(form, "Usecase");
  if (value === undefined || value === "") return undefined;
  const found = USECASES.find((each) => each === value.toLowerCase());
  if (found === undefined) throw refusal(21713);
  return found;
}

function given<T extends object>(values: { readonly [Name in keyof T]: T[Name] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>;
}
