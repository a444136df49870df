import { MessagingError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { isSid } from "./sid.ts";
import { parseUrl, withoutUserInfo } from "./url.ts";

/** The error of a wrong option: its name, what it is, and what it takes. */
export function invalid(option: string, value: unknown, allowed: string): MessagingError {
  return new MessagingError("INVALID_OPTION", `Option "${option}" is ${show(value)}, but takes ${allowed}.`, {
    details: { option, allowed },
  });
}

/** No longer than it takes to recognise a text. */
const MOST_SHOWN = 64;

/** A value as an error's message shows it: short, on one line. Never throws, whatever the value is. */
export function show(value: unknown): string {
  if (typeof value === "string")
    return JSON.stringify(value.length > MOST_SHOWN ? `${value.slice(0, MOST_SHOWN)}…` : value);
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return String(value);
}

/** Whether a value is an object to be read by its keys. A list is none, nor is a Map: it would look like an object without any. */
export function isKeyed(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !(Symbol.iterator in value);
}

/** What should have been a URL, for an error: without its user name and password, since errors are told in alerts. */
export function showUrl(value: unknown): string {
  return show(typeof value === "string" ? withoutUserInfo(value) : value);
}

/**
 * What a call is given: an object that holds nothing but these fields.
 *
 * @throws MessagingError INVALID_OPTION, UNKNOWN_REQUEST_OPTION naming the nearest field.
 */
export function fields(call: string, value: unknown, known: readonly string[]): void {
  if (!isKeyed(value))
    throw new MessagingError("INVALID_OPTION", `${call} takes an object with ${known.join(", ")}.`);
  for (const key of Object.keys(value)) {
    if (!known.includes(key))
      throw new MessagingError(
        "UNKNOWN_REQUEST_OPTION",
        `${call} has no field "${key}"; did you mean "${nearest(key, known)}"?`,
      );
  }
}

/** Refuses options that something does not have, and would pass over in silence. @throws MessagingError UNKNOWN_OPTION naming the nearest. */
export function optionNames(of: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new MessagingError(
      "UNKNOWN_OPTION",
      `${of} has no option "${unknown}"; did you mean "${nearest(unknown, known)}"?`,
    );
}

/** How many a page holds at most, between 1 and `most`. @throws MessagingError INVALID_OPTION for what is no whole number. */
export function pageSize(limit: unknown, usual: number, most: number): number {
  if (limit === undefined) return usual;
  if (typeof limit === "number" && Number.isInteger(limit)) return Math.max(1, Math.min(limit, most));
  throw invalid("limit", limit, "a whole number");
}

/** Refuses what is no time; `undefined` is none asked for. */
export function date(option: string, value: unknown): void {
  if (value === undefined || (value instanceof Date && !Number.isNaN(value.getTime()))) return;
  throw invalid(option, value, "a Date");
}

/** Text of a length. */
export function text(option: string, value: unknown, least: number, most: number): string {
  if (typeof value === "string" && value.length >= least && value.length <= most) return value;
  throw invalid(option, value, `text of ${least} to ${most} characters`);
}

/** A list of texts. */
export function texts(option: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((each) => typeof each === "string"))
    return Object.freeze([...value]);
  throw invalid(option, value, "a list of texts");
}

/** A whole number in a range. */
export function integer(option: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw invalid(option, value, `a whole number from ${least} to ${most}`);
}

/** A SID, or `undefined`. */
export function sid(option: string, value: unknown, prefix: "AC" | "MG"): string | undefined {
  if (value === undefined || isSid(value, prefix)) return value;
  throw invalid(option, value, `${prefix} and 32 hexadecimal digits`);
}

/** An http(s) origin without a trailing slash, or `undefined`. */
export function origin(option: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  const url = typeof value === "string" ? parseUrl(value) : undefined;
  // Read as written: the URL's parts lack blanks around it, and a ? or # with nothing behind.
  if (url === undefined || !/^https?:\/\/[^\s/?#\\]+\/?$/i.test(value as string))
    throw invalid(
      option,
      value,
      'an http(s) origin such as "https://example.com", without path, query or blanks',
    );
  return (value as string).replace(/\/$/, "");
}

/** Where a server is seen: an http(s) origin, and the path under which a proxy has it, without a trailing slash. `path` comes after that. */
export function publicBase(value: unknown, path: string): string | undefined {
  if (value === undefined) return undefined;
  const [, start = "", base = ""] = /^(https?:\/\/[^\s/?#\\]+)(\/.*?)?\/?$/i.exec(String(value)) ?? [];
  if (parseUrl(start) === undefined || (base !== "" && !isPath(base)))
    throw invalid(
      "publicUrl",
      value,
      'an absolute http(s) URL such as "https://example.com", without query or blanks; with a path only where a proxy has this server under one',
    );
  if (base.endsWith(path))
    throw invalid("publicUrl", value, `a URL without the service's own path: ${path} is added to it`);
  if (path.startsWith(`${base}/`) && base !== "")
    throw invalid("path", path, `what follows the path of publicUrl: "${path.slice(base.length)}"`);
  // As written: a signature covers the port exactly as the provider was given it.
  return start + base;
}

/** An origin like {@link origin}'s, on another host than `publicUrl`: every seven characters under it are a link. */
export function linkOrigin(value: unknown, publicUrl: string | undefined): string | undefined {
  const linkUrl = origin("linkUrl", value);
  if (linkUrl === undefined || publicUrl === undefined) return linkUrl;
  if (new URL(linkUrl).hostname !== new URL(publicUrl).hostname) return linkUrl;
  throw invalid(
    "linkUrl",
    value,
    "a domain of its own, other than publicUrl's: all its short paths are links",
  );
}

/** A path with a leading slash and no trailing one, as a request has it: written otherwise it would never be asked for. */
export function mountPath(value: unknown): string {
  if (isPath(value)) return value;
  throw invalid(
    "path",
    value,
    'a path such as "/messaging": a leading slash, no trailing one, letters beyond ASCII percent-encoded',
  );
}

function isPath(value: unknown): value is string {
  const isWritten = typeof value === "string" && /^(\/[^/?#\s]+)+$/.test(value);
  return isWritten && new URL(value, "http://localhost").pathname === value;
}

/** Codes that CLDR names although ISO 3166-1 assigns them to no country. */
const NO_COUNTRY: ReadonlySet<string> = new Set(["EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"]);

let countryNames: Intl.DisplayNames | undefined;

/** Whether a value is an ISO 3166-1 alpha-2 code in capitals that is in use: "GB" is, "UK" is not. */
export function isCountry(value: unknown): value is string {
  if (typeof value !== "string" || !/^[A-Z]{2}$/.test(value) || NO_COUNTRY.has(value)) return false;
  countryNames ??= new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });
  const isCurrent = Intl.getCanonicalLocales(`und-${value}`)[0] === `und-${value}`;
  return isCurrent && countryNames.of(value) !== undefined;
}

/** ISO 3166-1 alpha-2, or `undefined`. */
export function country(value: unknown): string | undefined {
  if (value === undefined || isCountry(value)) return value;
  throw invalid("defaultCountry", value, 'an ISO 3166-1 alpha-2 code such as "US" or "GB"');
}

/** True or false. */
export function flag(option: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw invalid(option, value, "true or false");
}

/** A copy of an object whose values are texts, or `undefined`: its owner may go on changing it. */
export function textMap<T extends object>(option: string, value: T | undefined): T | undefined {
  if (value === undefined) return undefined;
  if (isKeyed(value) && Object.values(value).every((each) => typeof each === "string")) return { ...value };
  throw invalid(option, value, "an object of texts");
}

const KEYV_METHODS = ["get", "set", "delete"];
const STORE_METHODS = [
  ...KEYV_METHODS,
  "getMany",
  "setMany",
  "setIfAbsent",
  "compareAndSet",
  "append",
  "range",
];

/** A Keyv, or a Store with all its methods. A Map or an adapter alone is neither: only a Keyv holds an adapter in `store`. */
export function keyvOrStore<T>(value: T): T {
  const has = (names: readonly string[]): boolean =>
    names.every((name) => typeof (value as Record<string, unknown>)[name] === "function");
  const isObject = typeof value === "object" && value !== null;
  if (isObject && (has(STORE_METHODS) || ("store" in value && has(KEYV_METHODS)))) return value;
  throw invalid("store", value, 'a Keyv instance (new Keyv(adapter)), a Store, or "memory"');
}

/** A function, or `undefined`. */
export function fn<T>(option: string, value: T): T {
  if (value === undefined || typeof value === "function") return value;
  throw invalid(option, value, "a function");
}

/** An object with these methods. */
export function methods<T extends object>(option: string, value: T, names: readonly string[]): T {
  const has = (name: string): boolean => typeof (value as Record<string, unknown>)[name] === "function";
  if (typeof value === "object" && value !== null && names.every(has)) return value;
  throw invalid(option, value, `an object with ${names.join(", ")}`);
}
