import { randomUUID } from "node:crypto";
import type { MessageStatus } from "@messaging-service/core";
import { connectionOf, type Exchange } from "../exchange.ts";
import { httpTransport } from "../http/http-transport.ts";
import { peerTransport } from "../http/peer.ts";
import { callWebhook, type Transport } from "../http/webhook-call.ts";
import type { OutcomeRule } from "../outcomes.ts";
import { channelOf } from "../wire/address.ts";
import { describeCode } from "../wire/refusals.ts";
import type { CarrierCallback, MessageRecord } from "./message.ts";

/** What a callback says, fixed at the moment of the change. */
export interface Report {
  readonly status: MessageStatus;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A callback for the message as it stands now. */
export function reportOf(message: MessageRecord, now: number): Report {
  const { status, sid, accountSid, messagingServiceSid, from, to, errorCode } = message;
  const channel = channelOf(from ?? to);
  const failed = status === "failed" || status === "undelivered";
  const code = failed && errorCode !== null ? errorCode : undefined;
  return {
    status,
    parameters: {
      MessageSid: sid,
      MessageStatus: status,
      SmsSid: sid,
      SmsStatus: status,
      AccountSid: accountSid,
      From: from ?? "",
      To: to,
      ApiVersion: "2010-04-01",
      ...(messagingServiceSid !== null && { MessagingServiceSid: messagingServiceSid }),
      ...(code !== undefined && { ErrorCode: String(code) }),
      ...(channel === "sms" && {
        ...((status === "delivered" || status === "undelivered") && { RawDlrDoneDate: dlrDate(now) }),
      }),
      ...(channel !== "sms" && {
        ChannelPrefix: channel,
        ChannelInstallSid: `XE${accountSid.slice(2)}`,
        ...(["read", "delivered", "undelivered"].includes(status) && { EventType: status.toUpperCase() }),
        ...(code !== undefined && { ChannelStatusMessage: describeCode(code) }),
      }),
    },
  };
}

/**
 * Posts one report to the message's StatusCallback, as often as the rule says. A message of the in-process provider (or
 * a reply to a connected service) reports to that service, at its own URL or at `/status/simulator?sid=…` of its path.
 */
export async function postReport(
  exchange: Exchange,
  message: MessageRecord,
  { status, parameters }: Report,
  { rule, inProcess }: { readonly rule: OutcomeRule | undefined; readonly inProcess: boolean },
): Promise<void> {
  const target = targetOf(exchange, message, inProcess);
  if (target === undefined || rule?.callbacks === false) return;
  const token = randomUUID();
  const copies = 1 + (rule?.duplicateCallbacks ?? 0);
  for (let copy = 0; copy < copies && !exchange.life.closed; copy++) {
    const callback: { -readonly [Field in keyof CarrierCallback]: CarrierCallback[Field] } = {
      status,
      url: target.url,
      parameters,
      responseStatus: undefined,
      attempts: 0,
      at: new Date(exchange.life.now()),
    };
    message.callbacks.push(callback);
    const answer = await callWebhook(exchange.life, exchange.settings.authToken, {
      url: target.url,
      transport: target.transport,
      method: "POST",
      parameters,
      token,
    });
    callback.responseStatus = answer.status;
    callback.attempts = answer.attempts;
  }
}

function targetOf(
  exchange: Exchange,
  { statusCallback, reference, from }: MessageRecord,
  inProcess: boolean,
): { readonly url: string; readonly transport: Transport } | undefined {
  const connection = inProcess ? connectionOf(exchange, from) : undefined;
  if (connection !== undefined) {
    const own =
      reference === null
        ? undefined
        : `${connection.base()}/status/simulator?sid=${encodeURIComponent(reference)}`;
    const url = statusCallback ?? own;
    return url === undefined ? undefined : { url, transport: peerTransport(connection.peer, "status") };
  }
  return statusCallback === null ? undefined : { url: statusCallback, transport: httpTransport };
}

const MINUTE_MS = 60_000;
let minute = { at: -1, text: "" };

/** `YYMMDDhhmm` in UTC, as carriers write it. */
function dlrDate(now: number): string {
  const at = Math.floor(now / MINUTE_MS);
  if (at !== minute.at) minute = { at, text: new Date(now).toISOString().replace(/\D/g, "").slice(2, 12) };
  return minute.text;
}
