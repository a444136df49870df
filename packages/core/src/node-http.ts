import type { IncomingMessage, ServerResponse } from "node:http";
import { MessagingError } from "./errors.ts";
import type { HttpRequest, HttpResponse } from "./provider.ts";
import { parseForm } from "./wire/form.ts";

/** A Node request, with what frameworks and body parsers hang on it. Structural, so that it fits every framework's major. */
export type NodeRequest = IncomingMessage & {
  /** Express: the URL before mounting stripped it. */
  originalUrl?: string | undefined;
  body?: unknown;
  /** Bytes that a parser's `verify` hook kept. */
  rawBody?: unknown;
  /** body-parser's mark: the body was read. */
  _body?: boolean | undefined;
};

/** Limits of {@link fromNodeRequest}. */
export interface ReadLimits {
  /** Most bytes of a body. */
  readonly maxBodyBytes: number;
  /** Milliseconds until the whole body must have arrived. */
  readonly bodyTimeoutMs: number;
}

/**
 * A Node request in the one shape every adapter hands in. Reads the body unless a parser was there before; then the
 * parser's result is passed along, with the raw bytes if it kept them.
 *
 * @throws MessagingError BODY_TOO_LARGE without having buffered it, REQUEST_TIMEOUT.
 */
export async function fromNodeRequest(request: NodeRequest, limits: ReadLimits): Promise<HttpRequest> {
  const body =
    bytes(request.rawBody) ??
    bytes(request.body) ??
    (isRead(request) ? undefined : await readBody(request, limits));
  return {
    method: request.method ?? "GET",
    url: request.originalUrl ?? request.url ?? "/",
    headers: toHeaders(request),
    body,
    parsed: body === undefined ? request.body : undefined,
    origin: toOrigin(request),
  };
}

/** Leaves on the request what the framework's own parser would have left, so that parsers behind us pass it by. */
export function leaveParsed(request: NodeRequest, read: HttpRequest): void {
  if (request._body === true || read.body === undefined || request.method === "GET") return;
  const type = (read.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  const text = new TextDecoder().decode(read.body);
  request.rawBody = read.body;
  request._body = true;
  if (type === "application/json") request.body = text === "" ? {} : (JSON.parse(text) as unknown);
  else if (type === "application/x-www-form-urlencoded") request.body = { ...parseForm(text) };
  else request.body = text;
}

/** Writes an answer. Its length is counted in bytes. */
export function writeNodeResponse(response: ServerResponse, answer: HttpResponse): void {
  const body = typeof answer.body === "string" ? Buffer.from(answer.body) : answer.body;
  response.writeHead(answer.status, { ...answer.headers, "content-length": body.byteLength });
  response.end(body);
}

/** Most bytes of a route's answer that are kept for a duplicate of the request. */
const MOST_CAPTURED = 65_536;

/**
 * What a route answers, as it writes it; `undefined` when the connection closed before, or the answer is too large to
 * keep. A duplicate of the webhook is answered with it.
 */
export function captureNodeResponse(response: ServerResponse): Promise<HttpResponse | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  const keep = (chunk: unknown, encoding: unknown): void => {
    if (typeof chunk !== "string" && !(chunk instanceof Uint8Array)) return;
    const part =
      typeof chunk === "string"
        ? Buffer.from(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8")
        : Buffer.from(chunk);
    size += part.byteLength;
    if (size <= MOST_CAPTURED) chunks.push(part);
  };
  const { write, end } = response;
  response.write = function captured(this: ServerResponse, ...args: Parameters<typeof write>): boolean {
    keep(args[0], args[1]);
    return write.apply(this, args);
  } as typeof write;
  response.end = function captured(this: ServerResponse, ...args: Parameters<typeof end>): ServerResponse {
    keep(args[0], args[1]);
    return end.apply(this, args);
  } as typeof end;
  return new Promise((resolve) => {
    response.once("close", () => {
      if (!response.writableEnded || size > MOST_CAPTURED) return resolve(undefined);
      const type = response.getHeader("content-type");
      const headers: Record<string, string> = typeof type === "string" ? { "content-type": type } : {};
      resolve({ status: response.statusCode, headers, body: Buffer.concat(chunks).toString("utf8") });
    });
  });
}

/** Whether a parser had the body before us. A GET has none to read. */
function isRead(request: NodeRequest): boolean {
  return (
    request._body === true || request.readableEnded || (request.body !== undefined && request.body !== null)
  );
}

function bytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  // A text parser's result is the body, decoded: forms and JSON are UTF-8.
  return typeof value === "string" ? Buffer.from(value) : undefined;
}

function toHeaders(request: IncomingMessage): Record<string, string | undefined> {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers))
    headers[name] = Array.isArray(value) ? value.join(", ") : value;
  return headers;
}

function toOrigin(request: IncomingMessage): string | undefined {
  const { host } = request.headers;
  const secure = "encrypted" in request.socket && request.socket.encrypted === true;
  return host === undefined ? undefined : `${secure ? "https" : "http"}://${host}`;
}

function readBody(
  request: IncomingMessage,
  { maxBodyBytes, bodyTimeoutMs }: ReadLimits,
): Promise<Uint8Array> {
  const declared = Number(request.headers["content-length"] ?? 0);
  const tooLarge = (): MessagingError =>
    new MessagingError("BODY_TOO_LARGE", `The body is larger than ${maxBodyBytes} bytes.`);
  if (declared > maxBodyBytes) return Promise.reject(tooLarge());
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(
      () => settle(new MessagingError("REQUEST_TIMEOUT", `The body took longer than ${bodyTimeoutMs} ms.`)),
      bodyTimeoutMs,
    );
    const onData = (chunk: Buffer): void => {
      size += chunk.byteLength;
      if (size > maxBodyBytes) settle(tooLarge());
      else chunks.push(chunk);
    };
    const onEnd = (): void => settle(undefined);
    const onLost = (): void =>
      settle(new MessagingError("MALFORMED_REQUEST", "The connection was lost before the body ended."));
    const settle = (error: MessagingError | undefined): void => {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("error", onLost).off("close", onLost);
      if (error === undefined) {
        resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
        return;
      }
      // What still comes is thrown away, not kept: the answer says "connection: close".
      request.resume();
      reject(error);
    };
    request.on("data", onData).on("end", onEnd).on("error", onLost).on("close", onLost);
  });
}
