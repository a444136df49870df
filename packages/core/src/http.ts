import { isMessagingError, MessagingError } from "./errors.ts";
import type { HttpRequest, HttpResponse, WebhookRequest } from "./provider.ts";
import { calledUrl, withoutBase } from "./url.ts";
import { createParameters, type FormParameters, parseForm, parseQuery } from "./wire/form.ts";

/** What a request asks for: a part of a service under its `path`, or a resource of a REST API over services. */
export type Endpoint = "inbound" | "status" | "media" | "rest";

/** A request's place: the endpoint, and what follows it: the provider, the link code, or a resource's path and query. */
export interface Place {
  readonly endpoint: Endpoint;
  readonly rest: string | undefined;
}

const ENDPOINTS: Readonly<Record<string, Endpoint>> = { inbound: "inbound", status: "status", m: "media" };
const SLASH = 0x2f;
/** Where most requests go. */
const INBOUND = "/inbound";
const THE_INBOUND: Place = Object.freeze({ endpoint: "inbound", rest: undefined });

/** Where under `path` a URL points, or `undefined` when it is not ours; a path that `publicUrl` has may stand before. Reads nothing but the URL. */
export function placeOf(url: string, path: string, publicUrl?: string | undefined): Place | undefined {
  const place = placeUnder(path, url);
  if (place !== undefined || publicUrl === undefined) return place;
  const rest = withoutBase(url, publicUrl);
  return rest === undefined ? undefined : placeUnder(path, rest);
}

function placeUnder(path: string, url: string): Place | undefined {
  if (!url.startsWith(path) || url.charCodeAt(path.length) !== SLASH) return undefined;
  if (url.length === path.length + INBOUND.length && url.endsWith(INBOUND)) return THE_INBOUND;
  const end = url.search(/[?#]/);
  const [name = "", rest, ...more] = url.slice(path.length + 1, end === -1 ? undefined : end).split("/");
  const endpoint = Object.hasOwn(ENDPOINTS, name) ? ENDPOINTS[name] : undefined;
  return endpoint === undefined || more.length > 0
    ? undefined
    : { endpoint, rest: rest === "" ? undefined : rest && decoded(rest) };
}

/** As the provider is named, whatever of it a URL had to escape. An escape that is none stays as written. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The place of a link on a domain of its own: its path is the code, and nothing else is ours there. */
export function linkPlaceOf(url: string): Place | undefined {
  const rest = /^\/([0-9a-z]{7})(?:[?#]|$)/.exec(url)?.[1];
  return rest === undefined ? undefined : { endpoint: "media", rest };
}

/** The name in a Host header, without its port; names are told apart in any case. */
export function hostnameOf(host: string): string {
  return host.replace(/:\d*$/, "").toLowerCase();
}

/**
 * Reads a webhook's parameters: from the query of a GET, from the form of a POST, or from what a body parser made of it.
 * A JSON body is parsed beside them.
 *
 * @throws MessagingError MALFORMED_REQUEST, METHOD_NOT_ALLOWED.
 */
export function toWebhookRequest(request: HttpRequest, publicUrl: string | undefined): WebhookRequest {
  const { method, url, headers, body, parsed, origin } = request;
  if (method !== "GET" && method !== "POST")
    throw new MessagingError("METHOD_NOT_ALLOWED", `${method} is no webhook's method.`);
  const isJson = method === "POST" && mediaTypeOf(headers) === "application/json";
  const absoluteUrl =
    publicUrl === undefined ? `${origin ?? "http://localhost"}${url}` : calledUrl(publicUrl, url);
  const parameters = isJson ? {} : parametersOf(request);
  // Part by part: a spread costs more than all the rest of this function.
  const webhook = { method, url, headers, body, parsed, origin, absoluteUrl, parameters };
  return isJson ? { ...webhook, json: parseJson(request) } : webhook;
}

/** Twilio sends a form even where a proxy lost the content type. */
function parametersOf({ method, url, body, parsed }: HttpRequest): FormParameters {
  if (method === "GET") return parseQuery(url);
  return body === undefined ? fromParsed(parsed) : parseForm(body);
}

/** The content type without its parameters, in lower case; `""` without one. */
export function mediaTypeOf(headers: { readonly "content-type"?: string | undefined }): string {
  const type = headers["content-type"] ?? "";
  const end = type.indexOf(";");
  return (end === -1 ? type : type.slice(0, end)).trim().toLowerCase();
}

function parseJson(request: HttpRequest): unknown {
  if (request.body === undefined) return request.parsed;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(request.body)) as unknown;
  } catch (cause) {
    throw new MessagingError("MALFORMED_REQUEST", "The body is no JSON.", { cause });
  }
}

/**
 * A parsed form as `parseForm` would have given it: own names only, values text or lists of text.
 *
 * @throws MessagingError BODY_CONSUMED for values that nest: an extended parser took names such as `a[b]` apart, and what was
 *   signed cannot be told any more.
 */
function fromParsed(parsed: unknown): FormParameters {
  if (typeof parsed === "string") return parseForm(parsed);
  if (parsed instanceof Uint8Array) return parseForm(parsed);
  const parameters = createParameters();
  if (typeof parsed !== "object" || parsed === null) return parameters;
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value === "string") parameters[name] = value;
    else if (Array.isArray(value) && value.every((each) => typeof each === "string"))
      parameters[name] = value;
    else throw new MessagingError("BODY_CONSUMED", `The parameter ${name} was parsed into a structure.`);
  }
  return parameters;
}

/** Seconds a provider is asked to wait before it comes again. */
const RETRY_AFTER_S = "5";

/**
 * The answer to a request that could not be served: 4xx for what the caller did, 503 for everything else, never 500.
 * It says the code and the remedy; nothing that was not written for the network.
 */
export function toErrorResponse(error: unknown): HttpResponse {
  const known = isMessagingError(error) ? error : undefined;
  const status = known !== undefined && known.status < 500 ? known.status : 503;
  const body =
    status === 503 ? { code: "UNAVAILABLE", help: "Try again." } : { code: known?.code, help: known?.help };
  return {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      ...(status === 503 ? { "retry-after": RETRY_AFTER_S } : {}),
      ...(status === 405 ? { allow: "GET, POST" } : {}),
      // Whoever is that slow is not waited for a second time.
      ...(status === 408 ? { connection: "close" } : {}),
    },
    body: JSON.stringify(body),
  };
}
