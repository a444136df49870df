import type { Capability, Provider, SenderInput } from "@messaging-service/core";

/** What an account owns, as the user writes it: an address, or an object with what the address does not say. */
export type InventoryInput = string | InventoryEntry;

/** One of `phoneNumber` (also `whatsapp:+1…`, `rcs:agent`), `shortCode` and `senderId`, and what Twilio's resource would say of it. */
export interface InventoryEntry {
  /** PN, SC or XE and 32 hexadecimal digits. Default: follows from account and address. */
  readonly sid?: string | undefined;
  readonly phoneNumber?: string | undefined;
  readonly shortCode?: string | undefined;
  /** An alphanumeric sender that may be named in `From`; it has no SID of its own here. */
  readonly senderId?: string | undefined;
  /** ISO 3166-1 alpha-2; required of a short code. */
  readonly country?: string | undefined;
  readonly friendlyName?: string | undefined;
  /** Default by type and country, as of a service's senders. */
  readonly capabilities?: readonly Capability[] | undefined;
  /** The number's own webhook: inbound messages of a service that defers to it, and of numbers in no service. */
  readonly smsUrl?: string | undefined;
  readonly smsMethod?: "GET" | "POST" | undefined;
  readonly smsFallbackUrl?: string | undefined;
  readonly smsFallbackMethod?: "GET" | "POST" | undefined;
  /** Units per second. Default by type and country. */
  readonly throughput?: number | undefined;
  /** Name of the provider it is at. Default: the first. */
  readonly provider?: Provider["name"] | undefined;
}

/** A number's own webhook. */
export interface NumberWebhook {
  readonly smsUrl: string | null;
  readonly smsMethod: "GET" | "POST";
  readonly smsFallbackUrl: string | null;
  readonly smsFallbackMethod: "GET" | "POST";
}

export const NO_WEBHOOK: NumberWebhook = Object.freeze({
  smsUrl: null,
  smsMethod: "POST",
  smsFallbackUrl: null,
  smsFallbackMethod: "POST",
});

/** A webhook with what of it was given. */
export function toNumberWebhook(
  base: NumberWebhook,
  given: Partial<Record<keyof NumberWebhook, string | null | undefined>>,
): NumberWebhook {
  const names = ["smsUrl", "smsMethod", "smsFallbackUrl", "smsFallbackMethod"] as const;
  const changed = names.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]);
  return { ...base, ...Object.fromEntries(changed) };
}

/** What stands in the code about an owned sender, as the pool takes it: the address alone where nothing else is said. */
export function toSenderInput(entry: InventoryInput, webhook?: NumberWebhook): SenderInput {
  if (typeof entry === "string" && webhook === undefined) return entry;
  const own: InventoryEntry = typeof entry === "string" ? { phoneNumber: entry } : entry;
  const { phoneNumber, shortCode, senderId, country, capabilities, throughput, provider } = own;
  const fields = defined({
    phoneNumber,
    shortCode,
    senderId,
    country,
    capabilities,
    throughput,
    provider,
    webhook: toWebhook(webhook ?? toNumberWebhook(NO_WEBHOOK, own), webhook !== undefined),
  });
  const isPlain = Object.keys(fields).length === 1 && phoneNumber !== undefined;
  return isPlain ? phoneNumber : (fields as unknown as SenderInput);
}

/** `guarded`: it came over REST, so its address is checked before it is called. */
function toWebhook(
  { smsUrl, smsMethod, smsFallbackUrl, smsFallbackMethod }: NumberWebhook,
  guarded: boolean,
) {
  if (smsUrl === null) return undefined;
  return {
    url: smsUrl,
    method: smsMethod,
    ...(smsFallbackUrl === null ? {} : { fallbackUrl: smsFallbackUrl, fallbackMethod: smsFallbackMethod }),
    ...(guarded ? { guarded } : {}),
  };
}

function defined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
