import { createChunks } from "./chunks.ts";
import { MessagingError } from "./errors.ts";
import type { Route, RouteMessaging } from "./flows/arrival.ts";
import { type Place, toErrorResponse } from "./http.ts";
import type { HttpHandler, MessagingService, ServiceHandles } from "./messaging-service.ts";
import type { ReadLimits } from "./node-body.ts";
import { MOST_CAPTURED, toAnswer } from "./node-capture.ts";
import { optionNames } from "./option-checks.ts";
import type { HttpRequest, HttpResponse } from "./provider.ts";

/**
 * What comes after the service: the application's turn with an inbound message, or, without `messaging`, with a request
 * that is none of the service's. Its body is unread. Answers with a Response, or with nothing after a `reply`.
 */
export type FetchNext = (
  request: Request,
  messaging: RouteMessaging | undefined,
  // biome-ignore lint/suspicious/noConfusingVoidType: a route that only replied returns nothing.
) => Response | undefined | void | Promise<Response | undefined | void>;

/** Options of {@link toFetchHandler}. */
export interface FetchHandlerOptions {
  /** Where requests go on to that name no `next` of their own. Default: 404, and messages are acknowledged. */
  readonly next?: FetchNext | undefined;
  /** Who calls: a request does not say. Asked for requests of the service alone. Default: nobody knows. */
  readonly remoteAddress?: ((request: Request) => string | undefined) | undefined;
}

const OPTION_NAMES: readonly string[] = ["next", "remoteAddress"];

/** Request in, Response out; and its handles: the two webhooks as handlers of your own routes. */
export interface HandlerFetch {
  (request: Request, next?: FetchNext): Promise<Response>;
  /** The sender's webhook, wherever you route it. */
  readonly inbound: (request: Request, next?: FetchNext) => Promise<Response>;
  /** The status callback, wherever you route it. */
  readonly status: (request: Request) => Promise<Response>;
}

/** The same for one service; with the service and its `send`. */
export interface FetchHandler extends HandlerFetch, ServiceHandles {}

/**
 * A messaging service, or a handler over several, for any server that speaks Request and Response (Hono, Bun, Deno, Next.js). Answers under the
 * service's `path`; a request outside it is never read. An inbound message that is neither a keyword nor for a webhook
 * goes on to `next`. Rejects with nothing but what `next` throws, and for an answer that cannot be written.
 *
 * @throws MessagingError INVALID_OPTION, UNKNOWN_OPTION naming the nearest option.
 */
export function toFetchHandler(service: MessagingService, options?: FetchHandlerOptions): FetchHandler;
export function toFetchHandler(handler: HttpHandler, options?: FetchHandlerOptions): HandlerFetch;
export function toFetchHandler(
  target: HttpHandler | MessagingService,
  options: FetchHandlerOptions = {},
): HandlerFetch {
  if (typeof target?.handle !== "function")
    throw new MessagingError(
      "INVALID_OPTION",
      "toFetchHandler takes a messaging service, or a handler over several.",
    );
  optionNames("toFetchHandler", options, OPTION_NAMES);
  const serve = (place: Place | undefined, request: Request, next = options.next): Promise<Response> =>
    serveFetch(target, place, request, next, options.remoteAddress);
  const handler = (request: Request, next?: FetchNext): Promise<Response> =>
    serve(target.locate(pathOf(request), hostOf(request)), request, next);
  const inbound: FetchHandler["inbound"] = (request, next) =>
    serve({ endpoint: "inbound", rest: undefined }, request, next);
  const status: FetchHandler["status"] = (request) => serve({ endpoint: "status", rest: undefined }, request);
  const own = "send" in target ? { service: target, send: target.send } : {};
  return Object.assign(handler, { ...own, inbound, status });
}

/** Requests whose message is some route's turn: it was handled, however often a handler stands on its way. */
const handedOn = new WeakSet<Request>();

async function serveFetch(
  target: HttpHandler,
  place: Place | undefined,
  request: Request,
  next: FetchNext | undefined,
  remoteAddress: FetchHandlerOptions["remoteAddress"],
): Promise<Response> {
  if (place === undefined || handedOn.has(request)) return (await next?.(request, undefined)) ?? notFound();
  let read: HttpRequest;
  try {
    // What is not answered here goes on unread, so a copy is read.
    read = {
      ...(await fromFetchRequest(next === undefined ? request : copyOf(request), target.limits)),
      remoteAddress: remoteAddress?.(request),
    };
  } catch (error) {
    return toResponse(target.refuse?.(error, place) ?? toErrorResponse(error));
  }
  return new Promise((resolve, reject) => {
    let reply: HttpResponse | undefined;
    let gone = false;
    const route = (after: FetchNext): Route => ({
      isOpen: () => reply === undefined && !gone,
      respond(answer) {
        reply ??= answer;
      },
      standIn(answer) {
        gone = true;
        resolve(toResponse(answer));
      },
      async next(messaging) {
        if (messaging !== undefined) handedOn.add(request);
        try {
          const given = await after(request, messaging);
          gone = true;
          if (reply !== undefined) {
            resolve(toResponse(reply));
            return reply;
          }
          const response = given ?? notFound();
          // Copied before it is handed over: afterwards its body is the server's.
          const captured = messaging === undefined ? undefined : capture(response);
          resolve(response);
          return await captured;
        } catch (error) {
          gone = true;
          reject(error);
          return { status: 500, headers: {}, body: "" };
        }
      },
    });
    const options = { rest: place.rest, route: next === undefined ? undefined : route(next) };
    target
      .handle(place.endpoint, read, options)
      .then((answer) => {
        if (answer !== undefined) resolve(toResponse(answer, request.method === "HEAD"));
      })
      // It may be one that no header can hold.
      .catch(reject);
  });
}

/** A fetch request in the one shape every adapter hands in. @throws MessagingError BODY_TOO_LARGE, REQUEST_TIMEOUT, MALFORMED_REQUEST. */
async function fromFetchRequest(request: Request, limits: ReadLimits): Promise<HttpRequest> {
  const unread = request.method !== "GET" && request.method !== "HEAD" && !request.bodyUsed;
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (unread && declared > limits.maxBodyBytes) throw tooLarge(limits);
  return {
    method: request.method,
    url: pathOf(request),
    headers: Object.fromEntries(request.headers),
    body: unread ? await readBody(request, limits) : undefined,
    origin: new URL(request.url).origin,
  };
}

/** A body that somebody read cannot be copied; that it is gone is seen when it is asked for. */
function copyOf(request: Request): Request {
  return request.bodyUsed ? request : request.clone();
}

/** Path and query as they stand in the URL. */
function pathOf({ url }: Request): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const path = start === -1 ? "/" : url.slice(start);
  const end = path.indexOf("#");
  return end === -1 ? path : path.slice(0, end);
}

/** The host with its port, as it stands in the URL. */
function hostOf({ url }: Request): string {
  return url.slice(url.indexOf("://") + 3).split(/[/?#]/, 1)[0] ?? "";
}

async function readBody({ body }: Request, limits: ReadLimits): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = (): MessagingError =>
      new MessagingError("REQUEST_TIMEOUT", `The body took longer than ${limits.bodyTimeoutMs} ms.`);
    timer = setTimeout(() => reject(error()), limits.bodyTimeoutMs);
  });
  const chunks = createChunks();
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read().catch(lost), late]);
      if (done) return chunks.join();
      size += value.byteLength;
      if (size > limits.maxBodyBytes) throw tooLarge(limits);
      chunks.add(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function lost(cause: unknown): never {
  throw new MessagingError("MALFORMED_REQUEST", "The connection was lost before the body ended.", { cause });
}

function tooLarge({ maxBodyBytes }: ReadLimits): MessagingError {
  return new MessagingError("BODY_TOO_LARGE", `The body is larger than ${maxBodyBytes} bytes.`);
}

function toResponse({ status, headers, body }: HttpResponse, withoutBody = false): Response {
  // 204 and 304 take no body, not even an empty one.
  return new Response(withoutBody || body.length === 0 ? null : body, { status, headers });
}

function notFound(): Response {
  return new Response(null, { status: 404 });
}

/** What a route answers, for a duplicate; the answer itself is not held back. */
async function capture(response: Response): Promise<HttpResponse | undefined> {
  const copy = response.bodyUsed ? response : response.clone();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of copy.body ?? []) {
      size += chunk.byteLength;
      if (size > MOST_CAPTURED) return undefined;
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  return toAnswer(response.status, response.headers.get("content-type"), Buffer.concat(chunks));
}
