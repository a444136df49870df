import type { IncomingMessage, ServerResponse } from "node:http";
import { mediaTypeOf } from "./http.ts";
import { type ReadLimits, readBody } from "./node-body.ts";
import type { HttpRequest, HttpResponse } from "./provider.ts";
import { parseForm } from "./wire/form.ts";

/** What body parsers leave behind: on the request (Express), on `ctx.request` (Koa). */
export interface ParsedBody {
  body?: unknown;
  /** Bytes, or their text, that a parser or its `verify` hook kept. */
  rawBody?: unknown;
  /** body-parser's mark: the body was read. */
  _body?: boolean | undefined;
}

/** A Node request, with what frameworks and body parsers hang on it. Structural, so that it fits every framework's major. */
export type NodeRequest = IncomingMessage &
  ParsedBody & {
    /** Express: the URL before mounting stripped it. */
    originalUrl?: string | undefined;
    /** Express: the host and the client's address, as far as its proxies are trusted. */
    hostname?: string | undefined;
    ip?: string | undefined;
  };

/** What a framework knows of a request better than Node. */
export interface ReadHints {
  /** Path and query before mounting stripped them. Default: `originalUrl`, else `url`. */
  readonly url?: string | undefined;
  /** Where parsers leave a {@link ParsedBody}. Default: the request. */
  readonly parsed?: object | undefined;
  /** The client's address. Default: `ip`, else the connection's. */
  readonly remoteAddress?: string | undefined;
}

/**
 * A Node request in the one shape every adapter hands in. Reads the body unless a parser was there before; then the
 * parser's result is passed along, with the raw bytes if it kept them. The body of a GET or HEAD is not read.
 *
 * @throws MessagingError BODY_TOO_LARGE without having buffered it, REQUEST_TIMEOUT, MALFORMED_REQUEST when the
 *   connection is lost.
 */
export async function fromNodeRequest(
  request: NodeRequest,
  limits: ReadLimits,
  hints: ReadHints = {},
): Promise<HttpRequest> {
  const left = hints.parsed ?? request;
  const url = hints.url ?? request.originalUrl ?? request.url ?? "/";
  const remoteAddress = hints.remoteAddress ?? request.ip ?? request.socket.remoteAddress;
  const body = bodyOf(request, left, limits, isUnread(request, left));
  return toHttpRequest(request, { url, left, remoteAddress, body: await body });
}

/** The request's body as far as it can be had; a promise only where it must be read. */
export function bodyOf(
  request: NodeRequest,
  left: ParsedBody,
  limits: ReadLimits,
  unread: boolean,
): Uint8Array | undefined | Promise<Uint8Array> {
  if (request.method === "GET" || request.method === "HEAD") return undefined;
  return keptBytes(request, left) ?? (unread ? readBody(request, limits) : undefined);
}

/** What is known of a request beside what Node says of it. */
export interface RequestParts {
  readonly url: string;
  readonly left: ParsedBody;
  readonly remoteAddress: string | undefined;
  readonly body: Uint8Array | undefined;
}

/** The request in the one shape every adapter hands in. */
export function toHttpRequest(request: NodeRequest, parts: RequestParts): HttpRequest {
  const { url, left, remoteAddress, body } = parts;
  return {
    method: request.method ?? "GET",
    url,
    // Node has joined repeated headers; the one it lists is no request's.
    headers: request.headers as HttpRequest["headers"],
    body,
    parsed: body === undefined && !isNothing(left.body) ? left.body : undefined,
    origin: toOrigin(request),
    remoteAddress,
  };
}

/**
 * Whether the body is still in the stream. Some parsers leave an empty object beside a body that they did not read, so
 * that is no sign of one that was.
 */
export function isUnread(request: NodeRequest, { _body, body }: ParsedBody = request): boolean {
  return _body !== true && !request.readableEnded && isNothing(body);
}

function isNothing(body: unknown): boolean {
  return body === undefined || body === null || (typeof body === "object" && Object.keys(body).length === 0);
}

/** What a framework's own parser would have made of the bytes, by their content type: a form counts as one that lost it. */
export function parseAsLeft({ headers, body = new Uint8Array() }: HttpRequest): unknown {
  const type = mediaTypeOf(headers);
  if (type === "" || type === "application/x-www-form-urlencoded") return { ...parseForm(body) };
  if (type === "application/json") return body.byteLength === 0 ? {} : (JSON.parse(textOf(body)) as unknown);
  return type.startsWith("text/") ? textOf(body) : body;
}

/** Writes an answer, unless there is one. Its length is counted in bytes. */
export function writeNodeResponse(response: ServerResponse, answer: HttpResponse): void {
  if (response.headersSent) return;
  const { status, headers, body } = answer;
  // 204 and 304 have no body, and must not say how long it is.
  const length = status === 204 || status === 304 ? {} : { "content-length": Buffer.byteLength(body) };
  response.writeHead(status, { ...headers, ...length });
  // Text leaves in one write with its headers; bytes would take two.
  response.end(body);
}

/** The raw bytes, where a parser kept them or handed them on. A text parser's result is the body, decoded from UTF-8. */
function keptBytes(request: NodeRequest, left: ParsedBody): Uint8Array | undefined {
  const kept = left.rawBody ?? request.rawBody;
  if (kept instanceof Uint8Array) return kept;
  if (typeof kept === "string") return Buffer.from(kept);
  if (left.body instanceof Uint8Array) return left.body;
  return typeof left.body === "string" ? Buffer.from(left.body) : undefined;
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
}

function toOrigin({ headers, socket }: IncomingMessage): string | undefined {
  // HTTP/2 has the host in a place of its own.
  const host = headers[":authority"] ?? headers.host;
  const secure = "encrypted" in socket && socket.encrypted === true;
  return host === undefined ? undefined : `${secure ? "https" : "http"}://${host}`;
}
