import type { IncomingMessage, ServerResponse } from "node:http";
import {
  createMessagingService,
  isMessagingService,
  locateNode,
  type MessagingService,
  type MessagingServiceOptions,
  type NodeRequest,
  type Place,
  type RouteMessaging,
  serveNode,
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

/** The middleware, and its handles: the service, its `send`, and the two webhooks as route handlers of your own. */
export interface MessagingMiddleware extends MessagingHandler {
  readonly service: MessagingService;
  readonly send: MessagingService["send"];
  /** For `app.post("/sms", messaging.inbound, handler)`: your route is the sender's webhook. */
  readonly inbound: MessagingHandler;
  /** For `app.post("/status", messaging.status)`. */
  readonly status: MessagingHandler;
}

/**
 * Express middleware for a messaging service, or for the options of one. Answers under the service's `path`; a request
 * outside it is never read. An inbound message that is neither a keyword nor for a webhook goes on to the next route
 * as `req.messaging`.
 */
export function messagingService(input: MessagingService | MessagingServiceOptions): MessagingMiddleware {
  const service = isMessagingService(input) ? input : createMessagingService(input);
  const serveAt =
    (place?: Place): MessagingHandler =>
    (req: NodeRequest & Messaged, res, next) => {
      serveNode(service, place ?? locateNode(service, req), {
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
  return Object.assign(serveAt(), { service, send: service.send, inbound, status });
}

/** `req.messaging`, or an error that says why it is missing. */
export function messagingOf(req: Messaged): RouteMessaging {
  if (req.messaging !== undefined) return req.messaging;
  throw new Error("No inbound message is this route's turn: mount messagingService before the route.");
}
