// Compiled against the packed packages, outside the workspace; never run. What it pins down: every entry has types, and they are not `any`.
import {
  createMessagingService,
  isMessagingError,
  type Message,
  MessagingError,
  type MessagingService,
  type Provider,
  type Queue,
  type Store,
  segment,
  toFetchHandler,
} from "@messaging-service/core";
import { messagingOf, messagingService as onExpress } from "@messaging-service/express";
import { messagingService as onKoa } from "@messaging-service/koa";
import { lmdbStore } from "@messaging-service/lmdb";
import { twilio } from "@messaging-service/providers/twilio";
import { type RestApi, restApi } from "@messaging-service/rest-api";
import { type Carrier, createCarrier } from "@messaging-service/simulator";
import express from "express";
import Koa from "koa";

const provider: Provider = twilio({ accountSid: `AC${"0".repeat(32)}`, authToken: "secret" });
const carrier: Carrier = createCarrier();
const store: Store = lmdbStore("data");
export const service: MessagingService = createMessagingService({
  provider: [provider, carrier.provider],
  senders: ["+14155550100", { shortCode: "12345", country: "US" }],
  store,
  webhook: async (message, { reply }) => {
    await reply(message.body.toUpperCase());
    // @ts-expect-error a message's text is no number
    message.body.toFixed();
  },
});

const app = express();
app.use(onExpress(service));
app.use("/mounted", onExpress({ provider, store: "memory" }));
const api: RestApi = restApi({ accountSid: `AC${"0".repeat(32)}`, authToken: "secret", provider, store });
app.use(onExpress(api));
// @ts-expect-error an API is of several services: it has no send
onExpress(api).send;
app.post("/sms", onExpress(service).inbound, async (req, res) => {
  const text: string = messagingOf(req).message.body;
  await req.messaging?.reply(text);
  // @ts-expect-error it may be missing
  req.messaging.reply(text);
  res.end();
});

const koa = new Koa();
koa.use(onKoa(service));
koa.use(onKoa(api));
export const fetchApi: (request: Request) => Promise<Response> = toFetchHandler(api);
koa.use(async (ctx, next) => {
  await ctx.messaging?.reply("hello");
  // @ts-expect-error a reply is a text or its parts
  await ctx.messaging?.reply(1);
  await next();
});

export async function use(queue: Queue): Promise<string | null> {
  const message: Message = await service.send({ to: "+14155550123", body: "hi" });
  // @ts-expect-error a status is one of Twilio's words
  if (message.status === "gone") return null;
  const { numSegments } = segment(message.body);
  const size: number = queue.size() + numSegments;
  const response: Response = await toFetchHandler(service)(
    new Request("https://example.com/messaging/inbound"),
  );
  const error: unknown = new MessagingError("OPTED_OUT", `${size} ${response.status}`);
  return isMessagingError(error, "OPTED_OUT") ? error.docs : message.from;
}
