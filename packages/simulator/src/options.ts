import { type Clock, MessagingError, systemClock } from "@messaging-service/core";
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

/** Completes and checks the options. Throws UNKNOWN_OPTION or INVALID_OPTION. */
export function resolveOptions(options: CarrierOptions): CarrierSettings {
  for (const name of Object.keys(options))
    if (!Object.hasOwn(DEFAULTS, name))
      throw new MessagingError(
        "UNKNOWN_OPTION",
        `createCarrier has no option ${name}; it has ${Object.keys(DEFAULTS).join(", ")}.`,
      );
  const { numbers, ...given } = options;
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const senders = numbers?.map((entry) => (typeof entry === "string" ? { number: entry } : entry));
  const settings: CarrierSettings = { ...DEFAULTS, ...defined, numbers: senders };
  validate(settings);
  return Object.freeze({
    ...settings,
    sentDelayMs: Math.min(settings.sentDelayMs, settings.deliveryDelayMs),
  });
}

function validate(settings: CarrierSettings): void {
  const { accountSid, authToken, optOutHandling, webhookMethod, numbers } = settings;
  check(/^AC[0-9a-f]{32}$/i.test(accountSid), "accountSid", accountSid, "AC and 32 hexadecimal digits");
  check(authToken !== "", "authToken", authToken, "not empty");
  for (const name of ["latencyMs", "sentDelayMs", "deliveryDelayMs"] as const)
    check(settings[name] >= 0, name, settings[name], "0 or more milliseconds");
  const handlings = ["none", "default", "advanced"];
  check(handlings.includes(optOutHandling), "optOutHandling", optOutHandling, handlings.join(", "));
  check(["GET", "POST"].includes(webhookMethod), "webhookMethod", webhookMethod, "GET or POST");
  for (const { number } of numbers ?? [])
    check(
      isSenderAddress(number),
      "numbers",
      number,
      "phone numbers, short codes, sender IDs or channel addresses",
    );
}

function check(valid: boolean, name: string, value: unknown, allowed: string): void {
  if (!valid)
    throw new MessagingError("INVALID_OPTION", `${name} must be ${allowed}, not ${JSON.stringify(value)}.`);
}
