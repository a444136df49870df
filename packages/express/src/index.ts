import {
  createMessagingService,
  isMessagingService,
  locateNode,
  type MessagingService,
  type MessagingServiceOptions,
  type Place,
  type RouteMessaging,
  serveNode,
  writeNodeResponse,
} from "@messaging-service/core";
import type { NextFunction, Request, RequestHandler, Response } from "express";

declare global {
  namespace Express {
    interface Request {
      /** The inbound message that is this route's turn; set by `messagingService`. {@link messagingOf} narrows it. */
      messaging?: RouteMessaging | undefined;
    }
  }
}

/** The middleware, and its handles: the service, its `send`, and the two webhooks as route handlers of your own. */
export interface MessagingMiddleware extends RequestHandler {
  readonly service: MessagingService;
  readonly send: MessagingService["send"];
  /** For `app.post("/sms", messaging.inbound, handler)`: your route is the sender's webhook. */
  readonly inbound: RequestHandler;
  /** For `app.post("/status", messaging.status)`. */
  readonly status: RequestHandler;
}

/**
 * Express middleware for a messaging service, or for the options of one. Answers under the service's `path`; a request
 * outside it is never read. An inbound message that is neither a keyword nor for a webhook goes on to the next route
 * as `req.messaging`.
 */
export function messagingService(input: MessagingService | MessagingServiceOptions): MessagingMiddleware {
  const service = isMessagingService(input) ? input : createMessagingService(input);
  const serve = (place: Place | undefined, req: Request, res: Response, next: NextFunction): void => {
    serveNode(service, place, {
      request: req,
      response: res,
      url: req.originalUrl,
      parsed: req,
      leave: (body, rawBody) => Object.assign(req, { body, rawBody, _body: true }),
      respond: (answer) => writeNodeResponse(res, answer),
      next(messaging) {
        if (messaging !== undefined) req.messaging = messaging;
        next();
      },
    }).catch(next);
  };
  const middleware: RequestHandler = (req, res, next) => serve(locateNode(service, req), req, res, next);
  const inbound: RequestHandler = (req, res, next) =>
    serve({ endpoint: "inbound", rest: undefined }, req, res, next);
  const status: RequestHandler = (req, res, next) =>
    serve({ endpoint: "status", rest: undefined }, req, res, next);
  return Object.assign(middleware, { service, send: service.send, inbound, status });
}

/** `req.messaging`, or an error that says why it is missing. */
export function messagingOf(req: Request): RouteMessaging {
  if (req.messaging !== undefined) return req.messaging;
  throw new Error("No inbound message is this route's turn: mount messagingService before the route.");
}
