import type { ServerResponse } from "node:http";
import type { Route, RouteMessaging } from "./flows/arrival.ts";
import type { Endpoint } from "./http.ts";
import { toErrorResponse } from "./http.ts";
import type { MessagingService } from "./messaging-service.ts";
import { captureNodeResponse, fromNodeRequest, leaveParsed, type NodeRequest } from "./node-http.ts";
import type { HttpRequest, HttpResponse } from "./provider.ts";

/** What a framework on Node lends to serve one request. */
export interface NodeExchange {
  readonly request: NodeRequest;
  readonly response: ServerResponse;
  /** Writes an answer as the framework does. */
  respond(answer: HttpResponse): void;
  /** Goes on to the next handler; with `messaging` when an inbound message is its turn. */
  next(messaging: RouteMessaging | undefined): unknown;
}

/** Where under `path` a request points: by its whole URL, or by what mounting left of it. Reads nothing else. */
export function locateNode(
  service: MessagingService,
  request: NodeRequest,
): ReturnType<MessagingService["locate"]> {
  return service.locate(request.originalUrl ?? request.url ?? "/") ?? service.locate(request.url ?? "/");
}

/**
 * Serves one request of a framework on Node: reads it, hands it to the service, writes the answer or goes on. The whole
 * protocol is here and behind; what is left for an adapter is to name its framework's parts.
 */
export async function serveNode(
  service: MessagingService,
  endpoint: Endpoint,
  rest: string | undefined,
  exchange: NodeExchange,
): Promise<void> {
  const { request, response } = exchange;
  let read: HttpRequest;
  try {
    read = await fromNodeRequest(request, service.limits);
  } catch (error) {
    return exchange.respond(toErrorResponse(error));
  }
  const route: Route = {
    async next(messaging) {
      leaveParsed(request, read);
      const captured = messaging === undefined ? undefined : captureNodeResponse(response);
      await exchange.next(messaging);
      return captured;
    },
    respond: exchange.respond,
  };
  const answer = await service.handle(endpoint, read, { rest, route });
  if (answer !== undefined) exchange.respond(answer);
}
