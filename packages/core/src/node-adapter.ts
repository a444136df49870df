import type { ServerResponse } from "node:http";
import type { Route, RouteMessaging } from "./flows/arrival.ts";
import { type Place, toErrorResponse } from "./http.ts";
import type { HttpHandler } from "./messaging-service.ts";
import { captureNodeResponse, isGone, muteNodeResponse } from "./node-capture.ts";
import { bodyOf, isUnread, type NodeRequest, parseAsLeft, toHttpRequest } from "./node-http.ts";
import type { HttpResponse } from "./provider.ts";
import { endOfTurn } from "./turn.ts";

/** What a framework on Node lends to serve one request. */
export interface NodeExchange {
  readonly request: NodeRequest;
  readonly response: ServerResponse;
  /** Path and query before mounting stripped them. */
  readonly url: string;
  /** Where the framework's parsers leave a {@link ParsedBody}. */
  readonly parsed: object;
  /** The client's address, where the framework knows it better than Node. */
  remoteAddress?(): string | undefined;
  /** Hangs up what was read here and not answered, as the framework's own parser would. */
  leave(body: unknown, raw: Buffer): void;
  /** Answers as the framework does. */
  respond(answer: HttpResponse): void;
  /** Goes on to the next handler; with `messaging` when an inbound message is its turn. */
  next(messaging: RouteMessaging | undefined): unknown;
}

/** Where a request points: by its whole URL, or by what mounting left of it, and its host. Reads nothing else. */
export function locateNode(
  handler: HttpHandler,
  request: {
    readonly originalUrl?: string | undefined;
    readonly url?: string | undefined;
    /** The host, where the framework knows it better than Node. */
    readonly hostname?: string | undefined;
    readonly headers?: { readonly host?: string | undefined } | undefined;
  },
): Place | undefined {
  const { url = "/", originalUrl = url } = request;
  return (
    handler.locate(originalUrl) ??
    (url === originalUrl ? undefined : handler.locate(url)) ??
    // Last, since a framework has to work out what host it was.
    handler.locate(originalUrl, request.hostname ?? request.headers?.host)
  );
}

/** Requests whose message is some route's turn: it was handled, however often a middleware is mounted on its way. */
const handedOn = new WeakSet<object>();

/**
 * Serves one request of a framework on Node: reads it, hands it to the handler, answers or goes on. Without a place it
 * goes on and reads nothing. The whole protocol is here and behind; what is left for an adapter is to name its
 * framework's parts.
 *
 * Settles as soon as the framework may take over: Koa writes an answer only after its middlewares have returned. Rejects
 * with what the next handler throws, and for an answer that cannot be written, so that the framework's own error handling sees it.
 */
export async function serveNode(
  handler: HttpHandler,
  place: Place | undefined,
  exchange: NodeExchange,
): Promise<void> {
  const { request, response, url, parsed } = exchange;
  if (place === undefined || handedOn.has(request)) {
    await exchange.next(undefined);
    return;
  }
  const unread = isUnread(request, parsed);
  let body: Uint8Array | undefined;
  try {
    const reading = bodyOf(request, parsed, handler.limits, unread);
    body = reading instanceof Promise ? await reading : reading;
  } catch (error) {
    return exchange.respond(handler.refuse?.(error, place) ?? toErrorResponse(error));
  }
  const remoteAddress = place.endpoint === "media" ? visitorOf(exchange) : undefined;
  const read = toHttpRequest(request, { url, left: parsed, remoteAddress, body });
  if (place.endpoint === "rest") {
    // Nobody's turn but the API's.
    const answer = await handler.handle("rest", read, place);
    if (answer === undefined) return;
    await endOfTurn();
    exchange.respond(answer);
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const route: Route = {
      isOpen: () => !response.headersSent && !response.writableEnded && !isGone(response),
      respond: exchange.respond,
      standIn(answer) {
        exchange.respond(answer);
        // Koa writes only after its middlewares have returned.
        if (response.headersSent) muteNodeResponse(response);
        else response.once("finish", () => muteNodeResponse(response));
        resolve();
      },
      async next(messaging) {
        if (unread && body !== undefined) exchange.leave(parseAsLeft(read), Buffer.from(body));
        const captured = messaging === undefined ? undefined : captureNodeResponse(response);
        if (messaging !== undefined) handedOn.add(request);
        try {
          await exchange.next(messaging);
          resolve();
        } catch (error) {
          reject(error);
        }
        return captured;
      },
    };
    handler
      .handle(place.endpoint, read, { rest: place.rest, route })
      .then(async (answer) => {
        if (answer !== undefined) {
          await endOfTurn();
          exchange.respond(answer);
        }
        resolve();
      })
      // It may be one that no header can hold.
      .catch(reject);
  });
}

/** Links alone ask who comes: a framework has to work it out. */
function visitorOf({ request, remoteAddress }: NodeExchange): string | undefined {
  return remoteAddress?.() ?? request.ip ?? request.socket.remoteAddress;
}
