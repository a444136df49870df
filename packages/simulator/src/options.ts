import { type Clock, systemClock } from "@messaging-service/core";
import { check, checkFields, listOf, oneOf, type Rule, rules } from "./checks.ts";
import type { CarrierOptOutHandling } from "./inbound/opt-out.ts";
import { isSenderAddress } from "./wire/address.ts";

/** A sender of the account, with what its address does not say. */
export interface CarrierNumber {
  readonly number: string;
  /** Default SMS and MMS. Media from a sender without MMS are refused: 21621. */
  readonly capabilities?: readonly ("SMS" | "MMS")[] | undefined;
  /** The Messaging Service it belongs to (MG…): reported with its texts, chosen for the service's sends, and the scope of opt-outs. */
  readonly messagingServiceSid?: string | undefined;
}

/** Options of {@link createCarrier}. */
export interface CarrierOptions {
  /** Everything timed runs on it. Default the machine's clock. */
  readonly clock?: Clock | undefined;
  /** AC and 32 hexadecimal digits. Default a fixed one, the same in every process. */
  readonly accountSid?: string | undefined;
  /** Key of Basic authentication and of signatures. Default a fixed one. */
  readonly authToken?: string | undefined;
  /** The account's senders; any other `From` is refused (21659). Default: every valid sender is the account's. */
  readonly numbers?: readonly (string | CarrierNumber)[] | undefined;
  /** Milliseconds until a submission is answered; the message is on its way meanwhile. Default 0. */
  readonly latencyMs?: number | undefined;
  /** Milliseconds from acceptance to `sent`. Default 10, or deliveryDelayMs if that is less. */
  readonly sentDelayMs?: number | undefined;
  /** Milliseconds from acceptance to `delivered`. Default 30. */
  readonly deliveryDelayMs?: number | undefined;
  /** Where texts to our senders are posted; see {@link Carrier.setInboundWebhook}. Default: to the connected service. */
  readonly webhookUrl?: string | undefined;
  /** Default "POST". */
  readonly webhookMethod?: "GET" | "POST" | undefined;
  /** false: the network gives no delivery receipts, so messages stay `sent`. Default true. */
  readonly receipts?: boolean | undefined;
  /**
   * "default": the carrier answers STOP, START and HELP and blocks who opted out (21610), without a word in the webhook.
   * "advanced": also sends `OptOutType`. Default "none".
   */
  readonly optOutHandling?: CarrierOptOutHandling | undefined;
}

/** The options, complete. */
export interface CarrierSettings {
  readonly clock: Clock;
  readonly accountSid: string;
  readonly authToken: string;
  readonly numbers: readonly CarrierNumber[] | undefined;
  readonly latencyMs: number;
  readonly sentDelayMs: number;
  readonly deliveryDelayMs: number;
  readonly webhookUrl: string | undefined;
  readonly webhookMethod: "GET" | "POST";
  readonly receipts: boolean;
  readonly optOutHandling: CarrierOptOutHandling;
}

const DEFAULTS: CarrierSettings = {
  clock: systemClock,
  accountSid: "AC51a1a7012ca221e25147015047ed0000",
  authToken: "5e1f51a1a7012ca221e2702e47015047",
  numbers: undefined,
  latencyMs: 0,
  sentDelayMs: 10,
  deliveryDelayMs: 30,
  webhookUrl: undefined,
  webhookMethod: "POST",
  receipts: true,
  optOutHandling: "none",
};

const FIELDS: Readonly<Record<keyof CarrierOptions, Rule>> = {
  clock: [isClock, "a clock, such as createVirtualClock()"],
  accountSid: [
    (value) => typeof value === "string" && /^AC[0-9a-f]{32}$/i.test(value),
    "AC and 32 hexadecimal digits",
  ],
  authToken: rules.text,
  numbers: [Array.isArray, "a list of senders"],
  latencyMs: rules.milliseconds,
  sentDelayMs: rules.milliseconds,
  deliveryDelayMs: rules.milliseconds,
  webhookUrl: rules.url,
  webhookMethod: rules.method,
  receipts: rules.flag,
  optOutHandling: oneOf("none", "default", "advanced"),
};
const NUMBER_FIELDS: Readonly<Record<keyof CarrierNumber, Rule>> = {
  number: [
    (value) => typeof value === "string" && isSenderAddress(value),
    "a phone number, short code, sender ID or channel address",
  ],
  capabilities: listOf(oneOf("SMS", "MMS")),
  messagingServiceSid: [
    (value) => typeof value === "string" && /^MG[0-9a-f]{32}$/i.test(value),
    "MG and 32 hexadecimal digits",
  ],
};

/** Completes and checks the options. Throws UNKNOWN_OPTION or INVALID_OPTION. */
export function resolveOptions(options: CarrierOptions): CarrierSettings {
  checkFields("createCarrier", options, FIELDS);
  const { numbers, ...given } = options;
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const senders = numbers?.map((entry) => (typeof entry === "string" ? { number: entry } : entry));
  for (const sender of senders ?? []) {
    checkFields("an entry of numbers", sender, NUMBER_FIELDS);
    check(sender.number !== undefined, "number of an entry of numbers", undefined, NUMBER_FIELDS.number[1]);
  }
  const settings: CarrierSettings = { ...DEFAULTS, ...defined, numbers: senders };
  return Object.freeze({
    ...settings,
    sentDelayMs: Math.min(settings.sentDelayMs, settings.deliveryDelayMs),
  });
}

function isClock(value: unknown): boolean {
  const { now, schedule } = (value ?? {}) as Partial<Clock>;
  return typeof now === "function" && typeof schedule === "function";
}
