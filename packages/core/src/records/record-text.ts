import type { Explanation } from "../types.ts";
import { sharedTextOf } from "./explanations.ts";
import type { InboundPart, MessageRecord, OutboundPart } from "./message-record.ts";

/** A record with the exact text it is stored as: what compareAndSet compares with. */
export interface Versioned {
  readonly record: MessageRecord;
  readonly raw: string;
  /** Where it is stored. */
  readonly key: string;
  /** The start of the text, which a step of delivery leaves as it is; `undefined` of a record that was read. */
  readonly fixed?: string | undefined;
  /** The same of what a provider said of an inbound message. */
  readonly said?: string | undefined;
}

/**
 * A record and its text: JSON, equal to what `JSON.stringify` says up to the order of the fields. What does not change from
 * step to step is written once per message: `before` is the version it follows from, whose text is taken over as far
 * as it holds.
 */
export function toVersioned(record: MessageRecord, key: string, before?: Versioned): Versioned {
  const known = before?.fixed !== undefined && isFixedAlike(before.record, record) ? before.fixed : undefined;
  const fixed = known ?? fixedText(record);
  const { inbound } = record;
  if (inbound === undefined) return { record, raw: `${fixed}${changingText(record)}}`, key, fixed };
  const isSaid = before?.said !== undefined && before.record.inbound?.parameters === inbound.parameters;
  const said = isSaid ? before.said : JSON.stringify(inbound.parameters);
  const raw = `${fixed}${changingText(record)},"inbound":{${inboundText(inbound)},"parameters":${said}}}`;
  return { record, raw, key, fixed, said };
}

/** Whether two versions have the same fixed part. Their objects are the very same, or it counts as another. */
function isFixedAlike(a: MessageRecord, b: MessageRecord): boolean {
  return (
    a.sid === b.sid &&
    a.outbound === b.outbound &&
    a.explanation === b.explanation &&
    a.body === b.body &&
    a.mediaUrl === b.mediaUrl &&
    a.tags === b.tags &&
    a.to === b.to &&
    a.kind === b.kind &&
    a.encoding === b.encoding &&
    a.numSegments === b.numSegments &&
    a.provider === b.provider &&
    a.createdAt === b.createdAt &&
    a.sendAt === b.sendAt &&
    a.validityPeriod === b.validityPeriod &&
    a.category === b.category &&
    a.optOutType === b.optOutType &&
    a.direction === b.direction &&
    a.statusCallback === b.statusCallback &&
    a.guardedCallback === b.guardedCallback &&
    a.callbackMethod === b.callbackMethod &&
    a.conversation === b.conversation
  );
}

/** From the opening brace on. The explanation comes last: messages that were planned alike share its text in memory. */
function fixedText(record: MessageRecord): string {
  const { explanation, outbound } = record;
  const own = [
    '{"sid":',
    quote(record.sid),
    ',"direction":"',
    record.direction,
    '","to":',
    quote(record.to),
    ',"body":',
    quote(record.body),
    ',"mediaUrl":',
    list(record.mediaUrl),
    ',"kind":"',
    record.kind,
    '","encoding":',
    orNull(record.encoding),
    ',"numSegments":',
    record.numSegments,
    ',"createdAt":',
    record.createdAt,
    ',"sendAt":',
    record.sendAt ?? "null",
    ',"validityPeriod":',
    record.validityPeriod,
    ',"category":',
    orNull(record.category),
    ',"tags":',
    record.tags === null ? "null" : JSON.stringify(record.tags),
    ',"provider":',
    orNull(record.provider),
    ',"optOutType":',
    orNull(record.optOutType),
    optional("statusCallback", record.statusCallback),
    optional("guardedCallback", record.guardedCallback),
    optional("callbackMethod", record.callbackMethod),
    optional("conversation", record.conversation),
    outbound === undefined ? "" : outboundText(outbound),
    ',"explanation":',
  ].join("");
  return own + explanationText(explanation);
}

function outboundText(outbound: OutboundPart): string {
  return [
    ',"outbound":{"owner":',
    quote(outbound.owner),
    ',"text":',
    quote(outbound.text),
    ',"smartEncoding":',
    outbound.smartEncoding,
    ',"excluded":',
    list(outbound.excluded),
    optional("requestedFrom", outbound.requestedFrom),
    optional("fallbackFrom", outbound.fallbackFrom),
    optional("contentSid", outbound.contentSid),
    optional("contentVariables", outbound.contentVariables),
    optional("sendAsMms", outbound.sendAsMms),
    optional("idempotencyKey", outbound.idempotencyKey),
    optional("claimed", outbound.claimed),
    optional("rcsFailed", outbound.rcsFailed),
    optional("rcsSid", outbound.rcsSid),
    optional("mmsFailed", outbound.mmsFailed),
    optional("mmsSid", outbound.mmsSid),
    optional("ambiguousUntil", outbound.ambiguousUntil),
    optional("confirmation", outbound.confirmation),
    optional("inReplyTo", outbound.inReplyTo),
    "}",
  ].join("");
}

function explanationText(explanation: Explanation | null): string {
  return explanation === null ? "null" : (sharedTextOf(explanation) ?? JSON.stringify(explanation));
}

/** What the steps of a message's way write. */
function changingText(record: MessageRecord): string {
  return [
    ',"from":',
    orNull(record.from),
    ',"status":"',
    record.status,
    '","errorCode":',
    record.errorCode ?? "null",
    ',"errorMessage":',
    orNull(record.errorMessage),
    ',"error":',
    orNull(record.error),
    ',"updatedAt":',
    record.updatedAt,
    ',"sentAt":',
    record.sentAt ?? "null",
    ',"providerSid":',
    orNull(record.providerSid),
    ',"ambiguous":',
    record.ambiguous,
    ',"attempts":',
    list(record.attempts),
    ',"sequence":',
    record.sequence,
    optional("callbacks", record.callbacks),
  ].join("");
}

/** All of it but the parameters, which are most of it and stay as they came. */
function inboundText(inbound: InboundPart): string {
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
