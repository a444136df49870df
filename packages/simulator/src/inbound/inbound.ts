import { randomUUID } from "node:crypto";
import { parseUrl } from "@messaging-service/core";
import { connectionOf, type Exchange, senderOf } from "../exchange.ts";
import { httpTransport } from "../http/http-transport.ts";
import { peerTransport } from "../http/peer.ts";
import { callWebhook, type Transport, type WebhookAnswer } from "../http/webhook-call.ts";
import type { MessageRecord } from "../message/message.ts";
import { bareAddress, channelOf } from "../wire/address.ts";
import { countSegments } from "../wire/segment-count.ts";
import { createSid } from "../wire/sid.ts";
import { readAnswer, type TwimlMessage } from "../wire/twiml.ts";
import { inboundParameters } from "./inbound-parameters.ts";
import type { Phone, ReceivedText } from "./phone-book.ts";
import { sendReplies } from "./replies.ts";

/** How a webhook for inbound texts is called. */
export interface InboundWebhookOptions {
  /** Default "POST". */
  readonly method?: "GET" | "POST" | undefined;
  /** Only for texts to this sender. Default: every sender without one of its own. */
  readonly sender?: string | undefined;
  /** Called with `ErrorCode` and `ErrorUrl` when the webhook fails. */
  readonly fallbackUrl?: string | undefined;
  /** Default "POST". */
  readonly fallbackMethod?: "GET" | "POST" | undefined;
}
/** A webhook for inbound texts. */
export interface InboundWebhook extends InboundWebhookOptions {
  readonly url: string;
}

/** What a handset sends beside its text. */
export interface TextContent {
  readonly body: string;
  readonly mediaUrl: readonly string[];
  readonly sid: string | undefined;
  readonly optOutType: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  readonly duplicates: number;
  readonly concurrent: boolean;
}

/** One answer of the webhook. */
export interface TextAnswer {
  /** 0 when no answer came. */
  readonly status: number;
  readonly body: string;
  readonly contentType: string | undefined;
}
/** What became of a text to one of our senders. */
export interface TextResult extends TextAnswer {
  /** SID of the inbound message. */
  readonly sid: string;
  /** Texts of the answer that came back to this handset. */
  readonly replies: readonly ReceivedText[];
  /** Twilio's number of what went wrong with the webhook (11200 and its kin, 12100 …), or `null`. */
  readonly errorCode: number | null;
  /** Attempts at the webhook, retries included. */
  readonly attempts: number;
  /** The answers to the deliveries of this text: one, or with `duplicates` one each. */
  readonly answers: readonly TextAnswer[];
}

interface Route {
  readonly webhook: InboundWebhook;
  readonly transport: Transport;
  readonly inProcess: boolean;
}

/** Carries a text from a phone to one of our senders: log, opt-out handling, webhook, fallback, replies. */
export async function receiveText(
  exchange: Exchange,
  webhooks: ReadonlyMap<string, InboundWebhook>,
  phone: Phone,
  to: string,
  content: TextContent,
): Promise<TextResult> {
  const message = record(exchange, phone, to, content);
  const parameters = {
    ...inboundParameters(exchange, phone, message, content.optOutType),
    ...content.parameters,
  };
  const route = routeOf(exchange, webhooks, to);
  if (route === undefined)
    return {
      sid: message.sid,
      status: 0,
      body: "",
      contentType: undefined,
      replies: [],
      errorCode: null,
      attempts: 0,
      answers: [],
    };
  const answers = await deliverCopies(exchange, route, parameters, content);
  const used =
    (content.concurrent ? answers.find(({ errorCode }) => errorCode === null) : undefined) ?? answers.at(-1);
  const outcome = await follow(exchange, route, parameters, used);
  const replies = sendReplies(exchange, message, outcome.replies, route.inProcess);
  return {
    ...toTextAnswer(outcome.answer),
    sid: message.sid,
    replies: replies.filter((reply) => exchange.phones.at(reply.to) === phone),
    errorCode: outcome.errorCode,
    attempts: answers.reduce((sum, { attempts }) => sum + attempts, 0),
    answers: answers.map(toTextAnswer),
  };
}

async function deliverCopies(
  { life, settings }: Exchange,
  { webhook: { url, method = "POST" }, transport }: Route,
  parameters: Readonly<Record<string, string>>,
  { duplicates, concurrent }: TextContent,
): Promise<readonly WebhookAnswer[]> {
  const token = randomUUID();
  const deliver = (): Promise<WebhookAnswer> =>
    callWebhook(life, settings.authToken, { url, method, parameters, transport, token });
  if (concurrent) return Promise.all(Array.from({ length: 1 + duplicates }, deliver));
  const answers: WebhookAnswer[] = [];
  for (let copy = 0; copy <= duplicates; copy++) answers.push(await deliver());
  return answers;
}

interface Followed {
  readonly answer: WebhookAnswer | undefined;
  readonly replies: readonly (TwimlMessage & { readonly base: string })[];
  readonly errorCode: number | null;
}
const MAX_REDIRECTS = 10;
const TOO_MANY_REDIRECTS = 11215;

/** Reads an answer, follows its redirects, and calls the fallback URL when either fails. */
async function follow(
  exchange: Exchange,
  route: Route,
  parameters: Readonly<Record<string, string>>,
  first: WebhookAnswer | undefined,
): Promise<Followed> {
  const { life, settings } = exchange;
  const { transport, webhook } = route;
  const replies: (TwimlMessage & { readonly base: string })[] = [];
  let url = webhook.url;
  let answer = first;
  let errorCode: number | null = null;
  let fallenBack = false;
  for (let hops = 0; answer !== undefined; hops++) {
    const reading =
      answer.errorCode === null
        ? readAnswer(answer.headers["content-type"], answer.body)
        : ({ ok: false, errorCode: answer.errorCode } as const);
    if (reading.ok) {
      const base = url;
      replies.push(...reading.messages.map((message) => ({ ...message, base })));
      if (reading.redirect === undefined) break;
      if (hops >= MAX_REDIRECTS) {
        errorCode ??= TOO_MANY_REDIRECTS;
        break;
      }
      url = parseUrl(reading.redirect.url, url)?.href ?? reading.redirect.url;
      answer = await callWebhook(life, settings.authToken, {
        url,
        method: reading.redirect.method,
        parameters,
        transport,
      });
      continue;
    }
    errorCode ??= reading.errorCode;
    if (webhook.fallbackUrl === undefined || fallenBack) break;
    fallenBack = true;
    const failure = { ErrorCode: String(reading.errorCode), ErrorUrl: url };
    url = webhook.fallbackUrl;
    answer = await callWebhook(life, settings.authToken, {
      url,
      method: webhook.fallbackMethod ?? "POST",
      parameters: { ...parameters, ...failure },
      transport: httpTransport,
    });
  }
  return { answer, replies, errorCode };
}

function routeOf(
  exchange: Exchange,
  webhooks: ReadonlyMap<string, InboundWebhook>,
  to: string,
): Route | undefined {
  const webhook = webhooks.get(to) ?? webhooks.get("");
  if (webhook !== undefined) return { webhook, transport: httpTransport, inProcess: false };
  const connection = connectionOf(exchange, to);
  if (connection === undefined) return undefined;
  const { overrides, peer } = connection;
  const url = `${connection.base()}/inbound/simulator${overrides === undefined ? "" : `#${overrides}`}`;
  return { webhook: { url }, transport: peerTransport(peer, "inbound"), inProcess: true };
}

function record(exchange: Exchange, phone: Phone, to: string, content: TextContent): MessageRecord {
  const { settings, life, log } = exchange;
  const now = new Date(life.now());
  const sms = channelOf(to) === "sms";
  const message: MessageRecord = {
    sid: content.sid ?? createSid(content.mediaUrl.length > 0 ? "MM" : "SM"),
    accountSid: settings.accountSid,
    messagingServiceSid: senderOf(settings, to)?.messagingServiceSid ?? null,
    direction: "inbound",
    from: channelOf(to) === "rcs" ? `rcs:${bareAddress(phone.number)}` : phone.number,
    to,
    body: content.body,
    mediaUrl: content.mediaUrl,
    status: "received",
    errorCode: null,
    numSegments: sms && content.mediaUrl.length === 0 ? countSegments(content.body) : 1,
    dateCreated: now,
    dateUpdated: now,
    dateSent: now,
    via: "handset",
    reference: null,
    statusCallback: null,
    parameters: {},
    callbacks: [],
  };
  log.set(message.sid, message);
  return message;
}

function toTextAnswer(answer: WebhookAnswer | undefined): TextAnswer {
  return {
    status: answer?.status ?? 0,
    body: answer?.body ?? "",
    contentType: answer?.headers["content-type"],
  };
}
