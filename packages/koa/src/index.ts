import {
  type HttpHandler,
  locateNode,
  type MessagingService,
  type MessagingServiceOptions,
  type Place,
  type RouteMessaging,
  type ServiceHandles,
  serveNode,
  toHttpHandler,
} from "@messaging-service/core";
import type { Context, Middleware } from "koa";

declare module "koa" {
  interface DefaultContext {
    /** The inbound message that is this route's turn; set by `messagingService`. {@link messagingOf} narrows it. */
    messaging?: RouteMessaging | undefined;
  }
}

/** The middleware, and its handles: the two webhooks as route handlers of your own. */
export interface HandlerMiddleware extends Middleware {
  /** For `router.post("/sms", messaging.inbound, handler)`: your route is the sender's webhook. */
  readonly inbound: Middleware;
  /** For `router.post("/status", messaging.status)`. */
  readonly status: Middleware;
}

/** The same for one service; with the service and its `send`. */
export interface MessagingMiddleware extends HandlerMiddleware, ServiceHandles {}

/**
 * Koa middleware for a messaging service, for the options of one, or for a handler over several (`restApi`): `app.use(messaging)`, or on a router
 * `router.all("/messaging/{*path}", messaging)`. Answers under the service's `path`; a request outside it is never read.
 * An inbound message that is neither a keyword nor for a webhook goes on to the next middleware as `ctx.messaging`.
 */
export function messagingService(input: MessagingService | MessagingServiceOptions): MessagingMiddleware;
export function messagingService(input: HttpHandler): HandlerMiddleware;
export function messagingService(input: HttpHandler | MessagingServiceOptions): HandlerMiddleware {
  const { handler, ...own } = toHttpHandler(input);
  const serveAt =
    (place?: Place): Middleware =>
    (ctx, next) =>
      serveNode(handler, place ?? locateNode(handler, ctx), {
        request: ctx.req,
        response: ctx.res,
        url: ctx.originalUrl,
        parsed: ctx.request,
        remoteAddress: () => ctx.ip,
        leave: (body, raw) => Object.assign(ctx.request, { body, rawBody: raw.toString() }),
        respond({ status, headers, body }) {
          ctx.status = status;
          ctx.set(headers);
          ctx.body = typeof body === "string" ? body : Buffer.from(body);
        },
        next(messaging) {
          if (messaging !== undefined) ctx.messaging = messaging;
          return next();
        },
      });
  const inbound = serveAt({ endpoint: "inbound", rest: undefined });
  const status = serveAt({ endpoint: "status", rest: undefined });
  return Object.assign(serveAt(), { ...own, inbound, status });
}

/** `ctx.messaging`, or an error that says why it is missing. */
export function messagingOf(ctx: Context): RouteMessaging {
  if (ctx.messaging !== undefined) return ctx.messaging;
  throw new Error("No inbound message is this route's turn: mount messagingService before the route.");
}
