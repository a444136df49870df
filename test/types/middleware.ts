/** Compiled, never run: one declaration of each middleware fits every major of its framework. */

import { Router } from "@koa/router";
import {
  createMessagingService,
  type InboundMessage,
  type Message,
  type MessagingService,
  type RouteMessaging,
  toFetchHandler,
} from "@messaging-service/core";
import { messagingOf as expressMessagingOf, messagingService as onExpress } from "@messaging-service/express";
import { messagingOf as koaMessagingOf, messagingService as onKoa } from "@messaging-service/koa";
import { createCarrier } from "@messaging-service/simulator";
import express5 from "express";
import type * as Express4 from "express-v4";
import Koa3 from "koa";
import type Koa2 from "koa-v2";

const service: MessagingService = createMessagingService({ provider: createCarrier().provider });

export function express(app4: Express4.Express): void {
  const messaging = onExpress(service);
  express5().use(messaging);
  express5().use("/api", messaging);
  express5().use(express5.Router().use(messaging));
  express5().post("/sms", messaging.inbound, (req, res) => {
    const perhaps: RouteMessaging | undefined = req.messaging;
    const message: InboundMessage = expressMessagingOf(req).message;
    res.send(perhaps === undefined ? message.body : "");
  });
  app4.use(messaging);
  app4.use("/api", messaging);
  app4.post("/sms", messaging.inbound, (req, res) => {
    res.send(expressMessagingOf(req).message.body);
  });
  app4.post("/receipts", messaging.status);
}

export function koa(app2: Koa2): void {
  const messaging = onKoa({ provider: createCarrier().provider });
  const sent: Promise<Message> = messaging.send({ to: "+14155550123", body: "hi" });
  sent.catch(() => {});
  const app = new Koa3();
  app.use(messaging);
  app.use(async (ctx) => {
    const perhaps: RouteMessaging | undefined = ctx.messaging;
    ctx.body = perhaps === undefined ? koaMessagingOf(ctx).message.body : "";
  });
  const router = new Router();
  router.all("/messaging/{*path}", messaging);
  router.post("/sms", messaging.inbound, async (ctx) => {
    await koaMessagingOf(ctx).reply("hi");
  });
  app2.use(messaging);
  app2.use(messaging.inbound);
}

export function fetchHandler(): (request: Request) => Promise<Response> {
  const messaging = toFetchHandler(service, { next: async (_, turn) => void (await turn?.reply("hi")) });
  const same: MessagingService = messaging.service;
  return (request) => (same.path === "" ? messaging.inbound(request) : messaging(request, () => undefined));
}

// @ts-expect-error Without narrowing, the message may be missing.
export const unsafe = (req: express5.Request): InboundMessage => req.messaging.message;
