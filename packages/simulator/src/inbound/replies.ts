import { parseUrl } from "@messaging-service/core";
import type { Exchange } from "../exchange.ts";
import { arrives, deliver, segmentsOf, travel } from "../message/journey.ts";
import type { MessageRecord } from "../message/message.ts";
import { createSid } from "../wire/sid.ts";
import type { TwimlMessage } from "../wire/twiml.ts";
import type { ReceivedText } from "./phone-book.ts";

/**
 * Sends the messages of a TwiML answer: to whom texted unless they say otherwise, from the sender that was texted. The
 * phone has them at once; their statuses and callbacks run on the clock as for any message. Returns what arrived.
 */
export function sendReplies(
  exchange: Exchange,
  inbound: MessageRecord,
  replies: readonly (TwimlMessage & { readonly base: string })[],
  inProcess: boolean,
): readonly ReceivedText[] {
  const { phones, rules, life } = exchange;
  return replies
    .filter(({ body, mediaUrl }) => body !== "" || mediaUrl.length > 0)
    .flatMap((reply) => {
      const message = accept(exchange, inbound, reply);
      const { to, from, body } = message;
      const taken = rules.take({ to, from: from ?? "", body });
      // A reply has no submission that could be refused: the refusal shows as its status.
      const rule = taken?.refuse === undefined ? taken : { ...taken, fail: taken.refuse };
      const arrived = arrives(exchange, message, rule);
      if (arrived) deliver(exchange, message);
      void life.track(travel(exchange, message, { rule, inProcess, arrived }));
      return arrived ? phones.at(to).inbox.slice(-1) : [];
    });
}

function accept(
  { life, messages, log }: Exchange,
  inbound: MessageRecord,
  { body, mediaUrl, to, from, statusCallback, base }: TwimlMessage & { readonly base: string },
): MessageRecord {
  const now = new Date(life.now());
  const message: MessageRecord = {
    sid: createSid(mediaUrl.length > 0 ? "MM" : "SM"),
    accountSid: inbound.accountSid,
    messagingServiceSid: inbound.messagingServiceSid,
    direction: "outbound-reply",
    from: from ?? inbound.to,
    to: to ?? inbound.from ?? "",
    body,
    mediaUrl: Object.freeze(mediaUrl.map((url) => absolute(url, base))),
    status: "queued",
    errorCode: null,
    numSegments: 0,
    dateCreated: now,
    dateUpdated: now,
    dateSent: null,
    via: "reply",
    reference: null,
    statusCallback: statusCallback === undefined ? null : absolute(statusCallback, base),
    parameters: {},
    callbacks: [],
  };
  message.numSegments = segmentsOf(message);
  messages.push(message);
  log.set(message.sid, message);
  return message;
}

function absolute(url: string, base: string): string {
  return parseUrl(url) === undefined ? (parseUrl(url, base)?.href ?? url) : url;
}
