import { MessagingError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { isCountry, show } from "../option-checks.ts";
import { type AddressKind, type ParsedAddress, parseAddress } from "../phone/address.ts";
import { areaCodeOf } from "../phone/nanp.ts";
import { isTollFree, routingCountry } from "../phone/number.ts";
import type {
  AlphanumericSender,
  PhoneNumberSender,
  Sender,
  SenderInput,
  ShortCodeSender,
} from "../sender.ts";
import { isInboundHandling, isWebhook } from "../settings.ts";
import type { Capability, SenderType } from "../types.ts";
import { isUsOrCanada } from "./countries.ts";

export { defaultThroughput } from "./throughput.ts";

/** What a sender takes from its service. */
export interface SenderContext {
  /** Provider of senders that name none. */
  readonly defaultProvider: string;
  /** The membership to give it: new at every addition. */
  readonly membership: string;
  /** Whose national numbers to accept. */
  readonly defaultCountry?: string | undefined;
}

/** Every field any sender may have. */
type SenderFields = {
  readonly [Field in keyof (PhoneNumberSender & ShortCodeSender & AlphanumericSender)]?:
    | (PhoneNumberSender & ShortCodeSender & AlphanumericSender)[Field]
    | undefined;
};

const CAPABILITIES: Readonly<Record<SenderType, readonly Capability[]>> = {
  "long-code": ["SMS", "MMS"],
  "toll-free": ["SMS", "MMS"],
  "short-code": ["SMS", "MMS"],
  alphanumeric: ["SMS"],
  whatsapp: ["WHATSAPP"],
  rcs: ["RCS"],
};

/**
 * The sender a user means, complete and frozen. Capabilities default by type and country: SMS and MMS for US and
 * Canadian long codes, toll-free numbers and US short codes, SMS for the rest (a number availability list of 2026-04; US
 * short codes after Bird's country guide); WhatsApp and RCS senders have their channel's.
 *
 * @throws MessagingError INVALID_SENDER: not an address, of another kind than the field it is in, a short code without
 * a country, a country that is not ISO 3166-1 alpha-2, a toll-free number outside the US and Canada, a capability the
 * type cannot have, a throughput that is not a positive number, a webhook or handling that is none, a field it does not know.
 */
export function resolveSender(input: SenderInput, context: SenderContext): Sender {
  const fields: SenderFields = typeof input === "object" && input !== null ? input : {};
  checkFields(input, fields);
  const parsed = parseSender(input, fields, context.defaultCountry);
  const type = typeOf(parsed);
  const country = countryOf(parsed, type, fields.country);
  const { throughput } = fields;
  if (throughput !== undefined && !(Number.isFinite(throughput) && throughput > 0)) {
    throw invalid(parsed.address, `has a throughput of ${show(throughput)}, which is not a positive number`);
  }
  return Object.freeze({
    id: parsed.address,
    type,
    channel: parsed.channel,
    country,
    areaCode: type === "long-code" ? areaCodeOf(parsed.address) : undefined,
    capabilities: Object.freeze(capabilitiesOf(parsed.address, type, country, fields.capabilities)),
    throughput,
    webhook: fields.webhook,
    inboundHandling: fields.inboundHandling,
    provider: fields.provider ?? context.defaultProvider,
    unsupportedCarriers: fields.unsupportedCarriers && Object.freeze([...fields.unsupportedCarriers]),
    registered: fields.registered,
    membership: context.membership,
  });
}

/** The field an object names its sender in, and what may stand there. */
const FIELDS = [
  ["phoneNumber", ["phone-number", "agent"]],
  ["shortCode", ["short-code"]],
  ["senderId", ["sender-id"]],
] as const satisfies readonly (readonly [keyof SenderFields, readonly AddressKind[]])[];

const FIELD_NAMES: readonly string[] = [
  ...FIELDS.map(([field]) => field),
  ...["country", "capabilities", "throughput", "webhook", "inboundHandling", "provider"],
  ...["unsupportedCarriers", "registered"],
];

/** Refuses what would be passed over in silence: a misspelt field, a webhook that can never be called. */
function checkFields(input: unknown, fields: SenderFields): void {
  const unknown = Object.keys(fields).find((field) => !FIELD_NAMES.includes(field));
  if (unknown !== undefined)
    throw invalid(input, `has no field "${unknown}" (did you mean "${nearest(unknown, FIELD_NAMES)}"?)`);
  const { webhook, inboundHandling, capabilities, unsupportedCarriers, provider, registered } = fields;
  if (webhook !== undefined && !isWebhook(webhook))
    throw invalid(input, "has a webhook that is neither a function nor { url } with an absolute http(s) URL");
  if (inboundHandling !== undefined && !isInboundHandling(inboundHandling))
    throw invalid(input, 'has an inboundHandling that is not "defer", "webhook", "conversation" or "drop"');
  for (const [field, list] of Object.entries({ capabilities, unsupportedCarriers }))
    if (list !== undefined && !isTexts(list)) throw invalid(input, `has ${field} that are no list of texts`);
  if (typeof (provider ?? "") !== "string")
    throw invalid(input, `has the provider ${show(provider)}, which is not the name of one`);
  if (typeof (registered ?? false) !== "boolean")
    throw invalid(input, `has registered as ${show(registered)}, which is neither true nor false`);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function parseSender(
  input: SenderInput,
  fields: SenderFields,
  defaultCountry: string | undefined,
): ParsedAddress {
  if (typeof input !== "object" || input === null) return parseOrRefuse(input, defaultCountry);
  const named = FIELDS.filter(([field]) => fields[field] !== undefined);
  const [first] = named;
  if (first === undefined || named.length > 1) {
    throw new MessagingError(
      "INVALID_SENDER",
      "A sender names none, or more than one, of phoneNumber, shortCode and senderId.",
    );
  }
  const [field, kinds] = first;
  const value = fields[field];
  // A short code may have the digits of a national number; the field already says which it is.
  const parsed = parseOrRefuse(value, field === "phoneNumber" ? defaultCountry : undefined);
  if (!(kinds as readonly AddressKind[]).includes(parsed.kind)) throw invalid(value, `is no ${field}`);
  return parsed;
}

function parseOrRefuse(value: unknown, defaultCountry: string | undefined): ParsedAddress {
  const parsed = typeof value === "string" ? parseAddress(value, { defaultCountry }) : undefined;
  if (parsed === undefined)
    throw invalid(value, "is no phone number, short code, sender ID, WhatsApp or RCS sender");
  return parsed;
}

function typeOf(parsed: ParsedAddress): SenderType {
  if (parsed.channel !== "sms") return parsed.channel;
  if (parsed.kind === "short-code") return "short-code";
  if (parsed.kind === "sender-id") return "alphanumeric";
  return isTollFree(parsed.address) ? "toll-free" : "long-code";
}

function countryOf(parsed: ParsedAddress, type: SenderType, given: string | undefined): string | undefined {
  const country = given ?? (parsed.number === undefined ? undefined : routingCountry(parsed.number));
  if (given !== undefined && given !== null && !isCountry(given))
    throw invalid(parsed.address, `has the country ${show(given)}, which is not ISO 3166-1 alpha-2`);
  if (type === "short-code" && country === undefined)
    throw invalid(parsed.address, "is a short code without a country");
  if (type === "toll-free" && !isUsOrCanada(country)) {
    throw invalid(parsed.address, `is toll-free in the US and Canada, not in ${country}`);
  }
  return country;
}

function capabilitiesOf(
  address: string,
  type: SenderType,
  country: string | undefined,
  given: readonly Capability[] | undefined,
): readonly Capability[] {
  const possible = CAPABILITIES[type];
  if (given === undefined) return sendsMms(type, country) ? possible : possible.slice(0, 1);
  const impossible = given.find((capability) => !possible.includes(capability));
  if (given.length === 0 || impossible !== undefined) {
    throw invalid(
      address,
      `has the capability ${impossible ?? "of nothing"}; a ${type} sender can have ${possible.join(", ")}`,
    );
  }
  return possible.filter((capability) => given.includes(capability));
}

function sendsMms(type: SenderType, country: string | undefined): boolean {
  return type === "short-code" ? country === "US" : isUsOrCanada(country);
}

function invalid(value: unknown, what: string): MessagingError {
  return new MessagingError("INVALID_SENDER", `Sender ${show(addressIn(value))} ${what}.`);
}

/** What tells a sender from the others of its pool, where it is an object: the first text in it. */
function addressIn(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const named = FIELDS.map(([field]) => (value as SenderFields)[field]);
  return [...named, ...Object.values(value)].find((each) => typeof each === "string") ?? value;
}
