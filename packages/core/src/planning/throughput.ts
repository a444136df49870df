import type { Sender } from "../sender.ts";
import type { MessageKind, SenderType } from "../types.ts";
import { isUsOrCanada } from "./countries.ts";

/**
 * Units per second by sender type, as of 2026-11-23: segments for SMS, messages for the rest. Sources: Twilio's error
 * pages 30001 and 21611 (long codes, short codes), its articles on toll-free and alphanumeric throughput, its scaling
 * guide (numbers outside the US and Canada), Meta's published rate for WhatsApp numbers. For RCS no figure is published:
 * that of other senders outside the US.
 */
const UNITS_PER_SECOND: Readonly<Record<SenderType, number>> = {
  "long-code": 10,
  "toll-free": 3,
  "short-code": 100,
  alphanumeric: 10,
  whatsapp: 80,
  rcs: 10,
};

const NORTH_AMERICAN_LONG_CODE = 1;
/** Messages per second of a long code (Twilio changelog, 2019-08-26). */
const LONG_CODE_MMS = 1;

/**
 * How many units per second a sender may send by default: segments for SMS, messages for MMS, WhatsApp and RCS. The
 * sender's own `throughput` is taken instead for everything but MMS.
 */
export function defaultThroughput(sender: Sender, kind: MessageKind): number {
  if (kind === "MMS" && sender.type === "long-code") return LONG_CODE_MMS;
  if (kind !== "MMS" && sender.throughput !== undefined) return sender.throughput;
  if (sender.type === "long-code" && isUsOrCanada(sender.country)) return NORTH_AMERICAN_LONG_CODE;
  return UNITS_PER_SECOND[sender.type];
}
