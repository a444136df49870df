import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type HttpHandler,
  locateNode,
  type MessagingService,
  type MessagingServiceOptions,
  type NodeRequest,
  type Place,
  type RouteMessaging,
  type ServiceHandles,
  serveNode,
  toHttpHandler,
  writeNodeResponse,
} from "@messaging-service/core";

/** A request that may carry an inbound message. */
export interface Messaged {
  /** The inbound message that is this route's turn; set by `messagingService`. {@link messagingOf} narrows it. */
  messaging?: RouteMessaging | undefined;
}

declare global {
  namespace Express {
    interface Request extends Messaged {}
  }
}

/** A request handler. Structural, so that it fits the types of every Express. */
export type MessagingHandler = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** The middleware, and its handles: the two webhooks as route handlers of your own. */
export interface HandlerMiddleware extends MessagingHandler {
  /** For `app.post("/sms", messaging.inbound, handler)`: your route is the sender's webhook. */
  readonly inbound: MessagingHandler;
  /** For `app.post("/status", messaging.status)`. */
  readonly status: MessagingHandler;
}

/** The same for one service; with the service and its `send`. */
export interface MessagingMiddleware extends HandlerMiddleware, ServiceHandles {}

/**
 * Express middleware for a messaging service, for the options of one, or for a handler over several (`restApi`). Answers
 * under the service's `path`; a request outside it is never read. An inbound message that is neither a keyword nor for a webhook goes on to the next route
 * as `req.messaging`.
 */
export function messagingService(input: MessagingService | MessagingServiceOptions): MessagingMiddleware;
export function messagingService(input: HttpHandler): HandlerMiddleware;
export function messagingService(input: HttpHandler | MessagingServiceOptions): HandlerMiddleware {
  const { handler, ...own } = toHttpHandler(input);
  const serveAt =
    (place?: Place): MessagingHandler =>
    (req: NodeRequest & Messaged, res, next) => {
      serveNode(handler, place ?? locateNode(handler, req), {
        request: req,
        response: res,
        url: req.originalUrl ?? req.url ?? "/",
        parsed: req,
        leave: (body, rawBody) => Object.assign(req, { body, rawBody, _body: true }),
        respond: (answer) => writeNodeResponse(res, answer),
        next(messaging) {
          if (messaging !== undefined) req.messaging = messaging;
          next();
        },
      }).catch(next);
    };
  const inbound = serveAt({ endpoint: "inbound", rest: undefined });
  const status = serveAt({ endpoint: "status", rest: undefined });
  return Object.assign(serveAt(), { ...own, inbound, status });
}

/** `req.messaging`, or an error that says why it is missing. */
export function messagingOf(req: Messaged): RouteMessaging {
  if (req.messaging !== undefined) return req.messaging;
  throw new Error("No inbound message is this route's turn: mount messagingService before the route.");
}
