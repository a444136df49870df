import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { parseUrl } from "../url.ts";
import { decodeComponent } from "./form.ts";

type SignedParameters = Readonly<Record<string, string | readonly string[]>>;
/** What {@link verifyTwilioSignature} judges. */
export interface TwilioSignatureInput {
  /** The account's auth token; several during a rotation, any of which may have signed. */
  readonly authToken: string | readonly string[];
  /** The `X-Twilio-Signature` header. */
  readonly signature: string | undefined;
  /** The URL as the provider called it, with its query. */
  readonly url: string;
  /** The form of a POST, not trimmed; nothing for a GET or a JSON body. */
  readonly parameters?: SignedParameters | undefined;
  /** The raw body, where the URL carries `bodySHA256`. Without body and parameters the body counts as `{}`, as in Twilio's SDK. */
  readonly body?: Uint8Array | string | undefined;
}

/** What {@link explainSignature} searches. */
export interface SignatureExplanationInput extends TwilioSignatureInput {
  /** Hosts the request named (`Host`, `X-Forwarded-Host`): one of them may be the one that was signed. The first two are tried. */
  readonly otherHosts?: readonly string[] | undefined;
}

/**
 * Whether a webhook was signed with (one of) the auth token(s): HMAC-SHA1 over the URL and the sorted form parameters, in base64.
 * A URL that carries `bodySHA256` signs a body that is no form: then the body's SHA-256 must be that value.
 *
 * As lenient about the URL as Twilio's Node SDK 6: the port may be left out or standard, and the query may have been escaped
 * by `new URL()` or Node's legacy `querystring`. Compares in constant time; never throws.
 *
 * @see https://www.twilio.com/docs/usage/security#validating-requests
 */
export function verifyTwilioSignature(input: TwilioSignatureInput): boolean {
  return urlMatches(input, input.url) && (!signsBody(input) || bodyMatches(input));
}

/** What {@link signTwilioRequest} signs. */
export interface TwilioRequestToSign {
  readonly authToken: string;
  /** The URL to call. Its fragment (connection overrides) is not sent, so it is not signed. */
  readonly url: string;
  /** The form of a POST; nothing for a GET, or for a JSON body, whose URL must carry `bodySHA256`. */
  readonly parameters?: SignedParameters | undefined;
}

const sortReceived = createSortNames();
const sortSent = createSortNames();
/** The `X-Twilio-Signature` of a request that we make as Twilio would. */
export function signTwilioRequest(request: TwilioRequestToSign): string {
  const [sent = ""] = request.url.split("#", 1);
  return hmac(request.authToken, sent + joinParameters(request.parameters, sortSent));
}

/** Beyond this much form text nothing is explained: a flood of forged requests must stay cheap to refuse. */
const LONGEST_EXPLAINED = 16_384;

/**
 * Why a signature does not match, as far as trying tells: it would with another scheme, host or port, another trailing slash,
 * or without the query or the parameters. For the log, never for the network. `undefined` when it matches, or when no guess does.
 */
export function explainSignature(input: SignatureExplanationInput): string | undefined {
  const { signature, url } = input;
  if (!signature) return "The signature header is missing or empty.";
  if (!/^[A-Za-z0-9+/]{27}=$/.test(signature)) return "The signature is not 20 bytes in base64.";
  if (urlMatches(input, url))
    return signsBody(input) && !bodyMatches(input)
      ? "The URL's signature matches, the body's bodySHA256 does not: the bytes are not those that were sent."
      : undefined;
  const parts = splitUrl(url);
  if (!parts || joinParameters(input.parameters).length > LONGEST_EXPLAINED) return undefined;
  const origin = url.slice(0, url.length - parts.tail.length);
  const guesses = [
    ...guessOrigins(parts, input.otherHosts ?? []).map((guess) => ({
      ...guess,
      url: guess.url + parts.tail,
    })),
    ...guessTails(parts.tail).map((guess) => ({ ...guess, url: origin + guess.url })),
  ];
  const found = guesses.find((guess) => asReceived(guess.url).some((candidate) => matches(input, candidate)));
  if (found) return `The signature matches ${found.change}.`;
  const bare = { ...input, parameters: {} };
  return asReceived(url).some((candidate) => matches(bare, candidate))
    ? "The signature matches without the parameters."
    : undefined;
}

interface Guess {
  readonly url: string;
  readonly change: string;
}

function guessOrigins(url: UrlParts, otherHosts: readonly string[]): Guess[] {
  const scheme = url.scheme.toLowerCase();
  const otherScheme = scheme === "https://" ? "http://" : "https://";
  const schemeChange = `with scheme ${otherScheme} instead of ${scheme}`;
  const own = url.host + url.port;
  const hosts = otherHosts.filter((host) => host !== own && /^[\w.:[\]-]{1,255}$/.test(host)).slice(0, 2);
  return [
    { url: otherScheme + url.userInfo + own, change: schemeChange },
    ...hosts.flatMap((host) => {
      const change = `with host ${host} instead of ${own}`;
      return [
        { url: scheme + url.userInfo + host, change },
        { url: otherScheme + url.userInfo + host, change: `${schemeChange}, ${change}` },
      ];
    }),
  ];
}

function guessTails(tail: string): Guess[] {
  const question = tail.indexOf("?");
  const path = question === -1 ? tail : tail.slice(0, question);
  const query = tail.slice(path.length);
  const slash = path.endsWith("/")
    ? { url: path.slice(0, -1) + query, change: "without the trailing slash" }
    : { url: `${path}/${query}`, change: "with a trailing slash" };
  return query === "" ? [slash] : [slash, { url: path, change: "without the query" }];
}

/** Parameters that are signed vouch for themselves; what they do not cover must be covered by the body's hash. */
function signsBody({ url, parameters, body }: TwilioSignatureInput): boolean {
  return url.includes("bodySHA256") && (body !== undefined || joinParameters(parameters) === "");
}

function bodyMatches({ url, body }: TwilioSignatureInput): boolean {
  const claimed = parseUrl(url)?.searchParams.get("bodySHA256") ?? "";
  const expected = createHash("sha256")
    .update(body ?? "{}")
    .digest("hex");
  return isEqual(Buffer.from(claimed), Buffer.from(expected));
}

function urlMatches(input: TwilioSignatureInput, url: string): boolean {
  if (!input.signature) return false;
  // Most often it was signed just so.
  if (matches(input, url)) return true;
  const tried = asReceived(url);
  if (tried.some((candidate) => candidate !== url && matches(input, candidate))) return true;
  const parsed = parseUrl(url);
  if (parsed === undefined) return false;
  const normalized = asReceived(parsed.href);
  return [...normalized, ...normalized.map(withLegacyQuery)].some(
    (candidate) => !tried.includes(candidate) && matches(input, candidate),
  );
}

function matches(input: TwilioSignatureInput, url: string): boolean {
  const { authToken, signature = "" } = input;
  const given = Buffer.from(signature);
  const text = signsBody(input) ? url : url + joinParameters(input.parameters);
  // An empty token would be a key that everybody has.
  for (const token of typeof authToken === "string" ? [authToken] : authToken)
    if (token !== "" && isEqual(given, Buffer.from(hmac(token, text)))) return true;
  return false;
}

function hmac(token: string, text: string): string {
  return createHmac("sha1", token).update(text, "utf8").digest("base64");
}

/** The length of the expected value is no secret, its bytes are. */
function isEqual(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Names in code-unit order, each with its value; of a repeated name the distinct values, sorted. */
function joinParameters(parameters: SignedParameters | undefined, sort: SortNames = sortReceived): string {
  if (parameters === undefined) return "";
  let joined = "";
  for (const name of sort(Object.keys(parameters))) {
    const value = parameters[name] ?? "";
    if (typeof value === "string") joined += name + value;
    else for (const single of [...new Set(value)].sort()) joined += name + single;
  }
  return joined;
}

type SortNames = (names: readonly string[]) => readonly string[];
/** What is remembered stays small, whatever comes. */
const MOST_NAMES = 64;

/** Sorting takes longer than joining, and who sends a form sends the same names in the same order each time: the last order is kept. */
function createSortNames(): SortNames {
  let last: readonly string[] = [];
  let sorted: readonly string[] = [];
  return (names) => {
    if (names.length === last.length && names.every((name, index) => name === last[index])) return sorted;
    const ordered = names.toSorted();
    if (names.length <= MOST_NAMES) [last, sorted] = [names, ordered];
    return ordered;
  };
}

interface UrlParts {
  /** With its `://`. */
  readonly scheme: string;
  /** With its `@`. */
  readonly userInfo: string;
  readonly host: string;
  /** With its colon; empty without one. */
  readonly port: string;
  readonly tail: string;
}

/** Cuts without normalising, since what was signed are the characters as they were. */
function splitUrl(url: string): UrlParts | undefined {
  const head = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)/i.exec(url);
  if (!head) return undefined;
  const [whole, scheme = "", authority = ""] = head;
  const hostStart = authority.lastIndexOf("@") + 1;
  const colon = authority.indexOf(":", Math.max(hostStart, authority.lastIndexOf("]") + 1));
  const hostEnd = colon === -1 ? authority.length : colon;
  return {
    scheme,
    userInfo: authority.slice(0, hostStart),
    host: authority.slice(hostStart, hostEnd),
    port: authority.slice(hostEnd),
    tail: url.slice(whole.length),
  };
}

/** The URL without its port and with it: Twilio signs either. */
function asReceived(url: string): string[] {
  const parts = splitUrl(url);
  if (!parts) return [url];
  const { scheme, userInfo, host, port, tail } = parts;
  const standardPort = scheme.toLowerCase() === "https://" ? ":443" : ":80";
  const bare = scheme + userInfo + host;
  return [bare + tail, bare + (port === "" ? standardPort : port) + tail];
}

/** Re-escapes the query as Node's legacy `querystring` module does: parsed (at most 1,000 pairs), grouped by name, written again. */
function withLegacyQuery(url: string): string {
  const question = url.indexOf("?");
  if (question === -1 || question === url.length - 1) return url;
  const groups: Record<string, string[]> = Object.create(null);
  for (const pair of url.slice(question + 1).split("&", 1_000)) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const name = decodeComponent(equals === -1 ? pair : pair.slice(0, equals));
    groups[name] ??= [];
    groups[name].push(equals === -1 ? "" : decodeComponent(pair.slice(equals + 1)));
  }
  const query = Object.entries(groups).flatMap(([name, values]) =>
    values.map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  );
  return `${url.slice(0, question)}?${query.join("&")}`;
}
