import type { MessageStatus } from "@messaging-service/core";
import { chooseSender, type Exchange, optOutScope } from "../exchange.ts";
import type { OutcomeRule, OutcomeStep } from "../outcomes.ts";
import { channelOf } from "../wire/address.ts";
import { countSegments } from "../wire/segment-count.ts";
import { postReport, type Report, reportOf } from "./callbacks.ts";
import type { MessageRecord } from "./message.ts";

/** What a message's way depends on beside the message. */
export interface Trip {
  readonly rule: OutcomeRule | undefined;
  /** Whether its callbacks go to the connected service. */
  readonly inProcess: boolean;
  /** The phone has it already. */
  readonly arrived?: boolean | undefined;
}

/** Statuses that a callback is made for; `queued` only when it is not the first. */
const REPORTED: readonly MessageStatus[] = [
  "queued",
  "sent",
  "delivered",
  "undelivered",
  "failed",
  "read",
  "canceled",
];
const STEP_MS = 10;

/**
 * Takes an accepted message through its statuses on the carrier's clock, hands it to the phone, and makes its status
 * callbacks one after another (unless a rule says otherwise). Resolves when the last callback was answered.
 */
export async function travel(exchange: Exchange, message: MessageRecord, trip: Trip): Promise<void> {
  const steps = pathOf(exchange, message, trip.rule);
  const reports: Report[] = [];
  const post = (report: Report): Promise<void> => postReport(exchange, message, report, trip);
  let posted: Promise<void> = Promise.resolve();
  let arrived = trip.arrived ?? false;
  for (const [index, step] of steps.entries()) {
    const afterMs = step.afterMs ?? STEP_MS;
    // The first step waits for the answer to the submission; what follows at once needs no turn of its own.
    if (index === 0 || afterMs > 0) await exchange.life.wait(afterMs);
    if (exchange.life.closed) return;
    if (message.status === "accepted" || message.status === "scheduled")
      leaveService(exchange, message, step.status);
    const changed = moveTo(message, step, exchange.life.now());
    if (!arrived && isArrival(step, index, steps)) {
      arrived = true;
      deliver(exchange, message);
    }
    if (!changed || !REPORTED.includes(step.status)) continue;
    const report = reportOf(message, exchange.life.now());
    if (trip.rule?.callbackOrder === "reversed") reports.unshift(report);
    else posted = posted.then(() => post(report));
  }
  for (const report of reports) posted = posted.then(() => post(report));
  await posted;
}

/** Writes a status on the message; false when it has it already. */
export function moveTo(message: MessageRecord, { status, errorCode }: OutcomeStep, now: number): boolean {
  if (message.status === status) return false;
  message.status = status;
  message.dateUpdated = new Date(now);
  if (status === "sent") message.dateSent = message.dateUpdated;
  if (errorCode !== undefined) message.errorCode = errorCode;
  return true;
}

/** Hands a message to the phone it is for. */
export function deliver({ phones, life }: Exchange, message: MessageRecord): void {
  phones.deliver({
    sid: message.sid,
    from: message.from ?? "",
    to: message.to,
    body: message.body,
    mediaUrl: message.mediaUrl,
    at: new Date(life.now()),
  });
}

/** How many segments the message is billed as: 1 for anything but a text. */
export function segmentsOf({ to, body, mediaUrl }: MessageRecord): number {
  return channelOf(to) === "sms" && mediaUrl.length === 0 ? countSegments(body) : 1;
}

/** The error that a message is bound to end with, as far as the network knows: its status and ErrorCode. */
export function obstacleTo(exchange: Exchange, message: MessageRecord): OutcomeStep | undefined {
  const { settings, blocks, phones } = exchange;
  const { messagingServiceSid, from, to, mediaUrl } = message;
  const sender =
    from ?? (messagingServiceSid && chooseSender(settings, messagingServiceSid, to, mediaUrl.length > 0));
  if (!sender) return { status: "failed", errorCode: settings.numbers?.length === 0 ? 21704 : 21703 };
  if (blocks.isBlocked(messagingServiceSid ?? optOutScope(settings, sender), to))
    return { status: "failed", errorCode: 21610 };
  const traits = phones.find(to)?.traits;
  if (channelOf(to) === "rcs" && traits !== undefined && traits.rcs !== true)
    return { status: "failed", errorCode: 63036 };
  const { capabilities } = traits ?? {};
  if (channelOf(to) !== "sms" || capabilities === undefined) return undefined;
  if (!capabilities.includes("SMS")) return { status: "undelivered", errorCode: 30006 };
  return mediaUrl.length > 0 && !capabilities.includes("MMS")
    ? { status: "undelivered", errorCode: 30011 }
    : undefined;
}

/** Whether the message will reach the phone. */
export function arrives(exchange: Exchange, message: MessageRecord, rule: OutcomeRule | undefined): boolean {
  return pathOf(exchange, message, rule).some(isArrival);
}

/** Without a receipt the phone gets the text as it is sent. */
function isArrival({ status }: OutcomeStep, index: number, steps: readonly OutcomeStep[]): boolean {
  return status === "delivered" || status === "read" || (status === "sent" && index === steps.length - 1);
}

/** The statuses ahead of a message. */
function pathOf(
  exchange: Exchange,
  message: MessageRecord,
  rule: OutcomeRule | undefined,
): readonly OutcomeStep[] {
  if (rule?.path !== undefined) return rule.path;
  const { settings } = exchange;
  const deliveryMs = rule?.deliveryDelayMs ?? settings.deliveryDelayMs;
  const sentMs = Math.min(rule?.sentDelayMs ?? settings.sentDelayMs, deliveryMs);
  const obstacle = obstacleTo(exchange, message);
  if (obstacle?.status === "failed") return [{ ...obstacle, afterMs: sentMs }];
  const start: OutcomeStep[] = [
    { status: "queued", afterMs: 0 },
    { status: "sending", afterMs: 0 },
  ];
  if (rule?.fail !== undefined)
    return [...start, { status: "failed", errorCode: rule.fail, afterMs: sentMs }];
  const sent: OutcomeStep[] = [...start, { status: "sent", afterMs: sentMs }];
  const afterMs = deliveryMs - sentMs;
  if (rule?.undelivered !== undefined)
    return [...sent, { status: "undelivered", errorCode: rule.undelivered, afterMs }];
  if (obstacle !== undefined) return [...sent, { ...obstacle, afterMs }];
  return (rule?.receipt ?? settings.receipts) ? [...sent, { status: "delivered", afterMs }] : sent;
}

/** A Messaging Service fixes the sender as the message leaves `accepted`; only then are there segments to count. */
function leaveService({ settings }: Exchange, message: MessageRecord, next: MessageStatus): void {
  if (next === "failed" || next === "canceled" || message.messagingServiceSid === null) return;
  message.from ??=
    chooseSender(settings, message.messagingServiceSid, message.to, message.mediaUrl.length > 0) ?? null;
  message.numSegments = segmentsOf(message);
}
