import { MessagingError } from "../errors.ts";
import { show } from "../option-checks.ts";
import type { Address, Channel } from "../types.ts";
import { personOf } from "./aliases.ts";
import { cleanAddress } from "./digits.ts";
import { parseFormattedNumber } from "./formatted-number.ts";
import { areaCodeOf } from "./nanp.ts";
import { isPhoneNumber, mayHoldTrunkZero, routingCountry } from "./number.ts";

/** What an address names. `agent` is an RCS sender (`rcs:acme_agent`). */
export type AddressKind = "phone-number" | "short-code" | "sender-id" | "agent";

/** An address, understood. */
export interface ParsedAddress {
  readonly address: Address;
  readonly channel: Channel;
  readonly kind: AddressKind;
  /** E.164 of phone numbers, also behind `whatsapp:` and `rcs:`. */
  readonly number?: string | undefined;
}

/** How to read an address. */
export interface AddressOptions {
  /** Whose national format to accept, ISO 3166-1 alpha-2. Default: none. */
  readonly defaultCountry?: string | undefined;
}

/** Someone a message can go to. */
export interface Recipient {
  /** Canonical: `+14155552671`, `whatsapp:+14155552671` or `rcs:+14155552671`. */
  readonly address: Address;
  readonly channel: Channel;
  /** E.164, without the channel. */
  readonly number: string;
  /** The number all forms of this number share (see `personOf`). */
  readonly person: string;
  /** Routing country, ISO 3166-1 alpha-2; `undefined` for numbers of no country. */
  readonly country: string | undefined;
  /** Area code of US and Canadian numbers. */
  readonly areaCode: string | undefined;
}

/** A letter somewhere, at most 11 of GSM's plain characters. Source: 3GPP TS 23.040 §9.1.2.5 and Twilio's sender ID rules. */
const SENDER_ID = /^(?=.*[A-Za-z])[A-Za-z0-9 \-_+&]{1,11}$/;
const SHORT_CODE = /^[0-9]{3,8}$/;
/** Where national numbers are as short as short codes, they have 7 or 8 digits (Singapore, Norway, Iceland). */
const NATIONAL_OR_SHORT_CODE = /^[0-9]{7,8}$/;
/** An RCS agent's ID, of Twilio (`acme_agent`) or Google (`acme_x1@rbm.goog`). */
const AGENT = /^(?=.*[A-Za-z_])[A-Za-z0-9_.\-@]{1,128}$/;
const CHANNEL_PREFIX = /^(whatsapp|rcs):/i;
const TEL = /^tel:/i;

/**
 * Understands an address of any kind: E.164, a short code (3 to 8 digits), a sender ID, `whatsapp:+…`, `rcs:+…` or
 * `rcs:agent`. Numbers may be written for people ("+44 (0)20 7946 0958", "tel:+1-415-555-2671"), and nationally where
 * `defaultCountry` is given; then 7 or 8 digits that are a possible number of that country are one, not a short code.
 * A trunk 0 left in a number goes ("+4407911123456" is +447911123456), so that it is the same person's.
 * `undefined` when it is none of these: an extension, a trailing letter or surrounding words are not guessed away.
 */
export function parseAddress(value: string, options: AddressOptions = {}): ParsedAddress | undefined {
  if (isPhoneNumber(value) && !mayHoldTrunkZero(value)) return phoneNumber("sms", value);
  const text = cleanAddress(value);
  const prefix = CHANNEL_PREFIX.exec(text);
  if (prefix === null) return parsePlain(text, options.defaultCountry);
  const channel = prefix[1]?.toLowerCase() === "rcs" ? "rcs" : "whatsapp";
  const rest = text.slice(prefix[0].length).trim();
  const number = parseNumber(rest, options.defaultCountry);
  if (number !== undefined) return phoneNumber(channel, number);
  if (channel !== "rcs" || !AGENT.test(rest)) return undefined;
  return { address: `rcs:${rest}`, channel, kind: "agent" };
}

/**
 * Understands what a message is to be sent to: a phone number, alone or behind `whatsapp:` or `rcs:`, in any writing
 * {@link parseAddress} accepts. Assignment is not checked: test and fictional numbers are recipients.
 *
 * @throws MessagingError INVALID_RECIPIENT, naming the value and why.
 */
export function parseRecipient(to: string, options: AddressOptions = {}): Recipient {
  const parsed = typeof to === "string" ? parseAddress(to, options) : undefined;
  if (parsed?.number === undefined) {
    throw new MessagingError("INVALID_RECIPIENT", `${show(to)} ${whyNoRecipient(to, parsed, options)}.`);
  }
  const { address, channel, number } = parsed;
  return {
    address,
    channel,
    number,
    person: personOf(number),
    country: routingCountry(number),
    areaCode: areaCodeOf(number),
  };
}

/** How somebody is reached: a recipient's channel and person. */
export type Reach = Pick<Recipient, "channel" | "person">;

/** The channel and the person of a canonical address, as it stands in a record: {@link parseRecipient} without the rest. */
export function reachOf(to: Address): Reach {
  return isPhoneNumber(to) ? { channel: "sms", person: personOf(to) } : parseRecipient(to);
}

function parsePlain(text: string, defaultCountry: string | undefined): ParsedAddress | undefined {
  if (SHORT_CODE.test(text)) {
    const number = NATIONAL_OR_SHORT_CODE.test(text) ? parseNumber(text, defaultCountry) : undefined;
    if (number !== undefined) return phoneNumber("sms", number);
    return { address: text, channel: "sms", kind: "short-code" };
  }
  const number = parseNumber(text.replace(TEL, ""), defaultCountry);
  if (number !== undefined) return phoneNumber("sms", number);
  return SENDER_ID.test(text) ? { address: text, channel: "sms", kind: "sender-id" } : undefined;
}

function parseNumber(text: string, defaultCountry: string | undefined): string | undefined {
  const whole = isPhoneNumber(text) ? text : undefined;
  if (whole !== undefined && !mayHoldTrunkZero(whole)) return whole;
  const number = parseFormattedNumber(text, defaultCountry);
  if (number === undefined || !isPhoneNumber(number)) return whole;
  // Another 0 may stand behind the one that went.
  return number === text ? number : parseNumber(number, defaultCountry);
}

function phoneNumber(channel: Channel, number: string): ParsedAddress {
  return {
    address: channel === "sms" ? number : `${channel}:${number}`,
    channel,
    kind: "phone-number",
    number,
  };
}

const REFUSED_KINDS: Readonly<Record<string, string>> = {
  "short-code": "is a short code, which cannot receive from a sender",
  "sender-id": "is a sender ID, which cannot receive",
  agent: "is an RCS agent, which cannot receive from a sender",
};

function whyNoRecipient(to: unknown, parsed: ParsedAddress | undefined, options: AddressOptions): string {
  if (typeof to !== "string") return "is not a string";
  if (parsed !== undefined) return REFUSED_KINDS[parsed.kind] ?? "is not a phone number";
  const text = cleanAddress(to).replace(CHANNEL_PREFIX, "").replace(TEL, "");
  if (text === "") return "is empty";
  if (/[^\d\s+().\-/]/.test(text)) return "is not a phone number alone";
  if (text.startsWith("+1")) return "is not +1 and ten digits";
  if (text.startsWith("+")) return "is not a calling code in use and 7 to 15 digits in all";
  if (options.defaultCountry !== undefined) return `is not a phone number of ${options.defaultCountry}`;
  return "is not in E.164, and no defaultCountry says whose national number it would be";
}
