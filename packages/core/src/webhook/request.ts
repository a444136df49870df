import { createHash } from "node:crypto";
import { parseUrl, withoutUserInfo } from "../url.ts";
import { renderForm } from "../wire/form-render.ts";
import { signTwilioRequest } from "../wire/signature.ts";

/** What we call ourselves in requests of our own. */
export const USER_AGENT = "messaging-service/0.1";

/** Marks a request to a URL that code did not name: it is signed as the carrier's are, and must not pass for one of them. */
export const GUARDED_HEADER = "X-Guarded-Webhook";

/** What {@link prepareRequest} turns into a request. */
export interface RequestInput {
  /** Absolute, without a fragment. */
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly parameters: Readonly<Record<string, string>>;
  /** A POST carries JSON instead of a form. */
  readonly json: boolean;
  readonly token: string;
  /** False: whoever named the URL is not code. Default true. */
  readonly trusted?: boolean | undefined;
}

/** Who calls. */
export interface Identity {
  /** Signs the request. */
  readonly authToken: string;
  readonly userAgent: string;
}

/** A request ready to be written. */
export interface PreparedRequest {
  /** As it is sent, which is what was signed, and with the user information, which goes into a header. */
  readonly url: URL;
  readonly method: "GET" | "HEAD" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * A webhook request as Twilio makes it: parameters in the query of a GET or the form of a POST, `X-Twilio-Signature` over the
 * URL as it is sent (normalised, with user information), `I-Twilio-Idempotency-Token`. A JSON body is vouched for by
 * `bodySHA256` in the URL.
 *
 * @see https://www.twilio.com/docs/usage/security#validating-requests
 */
export function prepareRequest(input: RequestInput, identity: Identity): PreparedRequest {
  const { method, parameters } = input;
  const json = input.json && method === "POST";
  const body = method === "GET" ? "" : json ? JSON.stringify(parameters) : renderForm(parameters);
  const query =
    method === "GET"
      ? renderQuery(parameters)
      : json
        ? `bodySHA256=${createHash("sha256").update(body).digest("hex")}`
        : "";
  const url = withQuery(input.url, query);
  const { authToken, userAgent } = identity;
  const signed = method === "POST" && !json ? parameters : undefined;
  const headers: Record<string, string> = {
    Accept: "*/*",
    "Accept-Encoding": "identity",
    "User-Agent": userAgent,
    "I-Twilio-Idempotency-Token": input.token,
    "X-Twilio-Signature": signTwilioRequest({ authToken, url: url.href, parameters: signed }),
  };
  if (method === "POST")
    headers["Content-Type"] = json ? "application/json" : "application/x-www-form-urlencoded";
  if (input.trusted === false) headers[GUARDED_HEADER] = "1";
  if (url.username !== "" || url.password !== "") headers.Authorization = basicAuth(url);
  return { url, method, headers, body };
}

/** The URL for logs, alerts and `ErrorUrl`: without its user information and fragment. Works on what is no URL, too. */
export function withoutCredentials(url: string): string {
  const [text = ""] = url.split("#", 1);
  const parsed = parseUrl(text);
  if (parsed === undefined || !isHttp(parsed)) return withoutUserInfo(text);
  if (parsed.username === "" && parsed.password === "") return text;
  parsed.username = "";
  parsed.password = "";
  return parsed.href;
}

/** Whether a URL is one we call. */
export function isHttp(url: URL): boolean {
  return url.protocol === "http:" || url.protocol === "https:";
}

/** What of a URL a request line names: with the `?` of an empty query, which was signed. */
export function pathOf({ pathname, search, href }: URL): string {
  return pathname + search + (search === "" && href.endsWith("?") ? "?" : "");
}

/** A `?` stays as it is: `validateExpressRequest` of Twilio's SDK reads every escaped one of a query so. */
function renderQuery(parameters: Readonly<Record<string, string>>): string {
  return renderForm(parameters).replaceAll("%3F", "?");
}

/** Appended as text: `URLSearchParams` would write the rest of the query anew. */
function withQuery(url: URL, query: string): URL {
  if (query === "") return url;
  const extended = new URL(url);
  extended.search = url.search === "" ? query : `${url.search}&${query}`;
  return extended;
}

function basicAuth({ username, password }: URL): string {
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64")}`;
}

/** An escape that is none stays as written. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
