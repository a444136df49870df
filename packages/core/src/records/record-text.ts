import type { Explanation } from "../types.ts";
import { sharedTextOf } from "./explanations.ts";
import type { InboundPart, MessageRecord, OutboundPart, StoredAttempt } from "./message-record.ts";

/** From the opening brace on. The explanation comes last: messages that were planned alike share its text in memory. */
export function fixedText(record: MessageRecord): string {
  const { body, explanation, outbound } = record;
  const text = quote(body);
  const own = [
    '{"sid":',
    quote(record.sid),
    ',"direction":"',
    record.direction,
    '","to":',
    quote(record.to),
    ',"body":',
    text,
    record.mediaUrl.length === 0 ? ',"mediaUrl":[]' : `,"mediaUrl":${JSON.stringify(record.mediaUrl)}`,
    ',"kind":"',
    record.kind,
    '","encoding":',
    orNull(record.encoding),
    ',"numSegments":',
    record.numSegments,
    ',"createdAt":',
    record.createdAt,
    ',"validityPeriod":',
    record.validityPeriod,
    record.sendAt === null && record.category === null && record.tags === null
      ? NO_WISHES
      : wishesText(record),
    ',"provider":',
    orNull(record.provider),
    record.optOutType === null ? ',"optOutType":null' : `,"optOutType":${quote(record.optOutType)}`,
    callbackText(record),
    optional("conversation", record.conversation),
    outbound === undefined
      ? ""
      : outboundText(outbound, outbound.text === body ? text : quote(outbound.text)),
    ',"explanation":',
  ].join("");
  return own + explanationText(explanation);
}

/** What most messages are sent without. */
const NO_WISHES = ',"sendAt":null,"category":null,"tags":null';

function wishesText({ sendAt, category, tags }: MessageRecord): string {
  const labels = tags === null ? "null" : JSON.stringify(tags);
  return `,"sendAt":${sendAt ?? "null"},"category":${orNull(category)},"tags":${labels}`;
}

function outboundText(outbound: OutboundPart, text: string): string {
  return [
    ',"outbound":{"owner":',
    quote(outbound.owner),
    ',"text":',
    text,
    ',"smartEncoding":',
    outbound.smartEncoding,
    outbound.excluded.length === 0 ? ',"excluded":[]' : `,"excluded":${JSON.stringify(outbound.excluded)}`,
    outbound.claimed === undefined ? "" : `,"claimed":${quote(outbound.claimed)}`,
    optional("requestedFrom", outbound.requestedFrom),
    optional("fallbackFrom", outbound.fallbackFrom),
    optional("contentSid", outbound.contentSid),
    optional("contentVariables", outbound.contentVariables),
    optional("sendAsMms", outbound.sendAsMms),
    optional("idempotencyKey", outbound.idempotencyKey),
    optional("rcsFailed", outbound.rcsFailed),
    optional("rcsSid", outbound.rcsSid),
    optional("mmsFailed", outbound.mmsFailed),
    optional("mmsSid", outbound.mmsSid),
    optional("ambiguousUntil", outbound.ambiguousUntil),
    optional("confirmation", outbound.confirmation),
    optional("inReplyTo", outbound.inReplyTo),
    optional("redacted", outbound.redacted),
    "}",
  ].join("");
}

function callbackText({ statusCallback, guardedCallback, callbackMethod }: MessageRecord): string {
  return (
    optional("statusCallback", statusCallback) +
    optional("guardedCallback", guardedCallback) +
    optional("callbackMethod", callbackMethod)
  );
}

function explanationText(explanation: Explanation | null): string {
  return explanation === null ? "null" : (sharedTextOf(explanation) ?? JSON.stringify(explanation));
}

/** What the steps of a message's way write. */
export function changingText(record: MessageRecord): string {
  const { errorCode, errorMessage, error, sentAt, providerSid, ambiguous, attempts } = record;
  const isFine = errorCode === null && errorMessage === null && error === null;
  const isUntried = sentAt === null && providerSid === null && !ambiguous && attempts.length === 0;
  return [
    ',"from":',
    orNull(record.from),
    ',"status":"',
    record.status,
    isFine ? FINE : failureText(record),
    record.updatedAt,
    isUntried ? UNTRIED : triesText(record),
    ',"sequence":',
    record.sequence,
    optional("callbacks", record.callbacks),
  ].join("");
}

/** What most messages are, and most before they are handed over. */
const FINE = '","errorCode":null,"errorMessage":null,"error":null,"updatedAt":';
const UNTRIED = ',"sentAt":null,"providerSid":null,"ambiguous":false,"attempts":[]';

function failureText({ errorCode, errorMessage, error }: MessageRecord): string {
  const said = `"errorMessage":${orNull(errorMessage)},"error":${orNull(error)}`;
  return `","errorCode":${errorCode ?? "null"},${said},"updatedAt":`;
}

function triesText({ sentAt, providerSid, ambiguous, attempts }: MessageRecord): string {
  const tries = attempts.length === 0 ? "[]" : `[${attempts.map(attemptText).join(",")}]`;
  return `,"sentAt":${sentAt ?? "null"},"providerSid":${orNull(providerSid)},"ambiguous":${ambiguous},"attempts":${tries}`;
}

function attemptText({ from, at, outcome, errorCode, errorMessage }: StoredAttempt): string {
  const error =
    errorCode === null && errorMessage === null
      ? '"errorCode":null,"errorMessage":null'
      : `"errorCode":${errorCode ?? "null"},"errorMessage":${orNull(errorMessage)}`;
  return `{"from":${quote(from)},"at":${at},"outcome":"${outcome}",${error}}`;
}

/** All of it but the parameters, which are most of it and stay as they came. */
export function inboundText(inbound: InboundPart): string {
  return [
    '"state":"',
    inbound.state,
    '","lease":',
    inbound.lease,
    ',"owner":',
    quote(inbound.owner),
    ',"channel":"',
    inbound.channel,
    '","media":',
    list(inbound.media),
    optional("hint", inbound.hint),
    optional("answeredByProvider", inbound.answeredByProvider),
    optional("answer", inbound.answer),
  ].join("");
}

/** What JSON writes as it is, between quotes. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** A text as JSON. */
export function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function orNull(text: string | null): string {
  return text === null ? "null" : quote(text);
}

function list(items: readonly unknown[]): string {
  return items.length === 0 ? "[]" : JSON.stringify(items);
}

function optional(name: string, value: unknown): string {
  return value === undefined ? "" : `,"${name}":${JSON.stringify(value)}`;
}
