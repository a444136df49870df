import type { Address, Capability, Channel, InboundHandling, SenderType, Webhook } from "./types.ts";

/** A member of the sender pool. Frozen. */
export interface Sender {
  /** The canonical address; what `from` names. */
  readonly id: Address;
  readonly type: SenderType;
  readonly channel: Channel;
  /** ISO 3166-1 alpha-2. Of a sender ID: the one country it is for, or `undefined` for every country that accepts it. */
  readonly country?: string | undefined;
  /** NANP area code of a US or Canadian long code. */
  readonly areaCode?: string | undefined;
  readonly capabilities: readonly Capability[];
  /** Units per second (segments for SMS) of everything but MMS; default by type and country. */
  readonly throughput?: number | undefined;
  /** This sender's own webhook, used when inbound handling is "defer". */
  readonly webhook?: Webhook | undefined;
  readonly inboundHandling?: InboundHandling | undefined;
  /** Name of the provider that owns this sender; default the service's first. */
  readonly provider: string;
  /** Carriers a short code cannot reach, as `lookupCarrier` names them. */
  readonly unsupportedCarriers?: readonly string[] | undefined;
  /** Sender ID pre-registered in its country: silences the pre-registration alert. */
  readonly registered?: boolean | undefined;
  /** New at every addition: a sticky mapping belongs to a membership, so removing a sender drops its mappings without a scan. */
  readonly membership: string;
}

/** A sender as the user writes it: an address, or an object with what the address does not say. */
export type SenderInput = string | PhoneNumberSender | ShortCodeSender | AlphanumericSender;

interface SenderOptions {
  readonly capabilities?: readonly Capability[] | undefined;
  readonly throughput?: number | undefined;
  readonly webhook?: Webhook | undefined;
  readonly inboundHandling?: InboundHandling | undefined;
  readonly provider?: string | undefined;
}
/** A phone number, or a WhatsApp or RCS sender (`whatsapp:+1…`, `rcs:agent`). */
export interface PhoneNumberSender extends SenderOptions {
  readonly phoneNumber: string;
  readonly country?: string | undefined;
}
export interface ShortCodeSender extends SenderOptions {
  readonly shortCode: string;
  /** ISO 3166-1 alpha-2; required: a short code lives in one country. */
  readonly country: string;
  readonly unsupportedCarriers?: readonly string[] | undefined;
}
export interface AlphanumericSender extends SenderOptions {
  readonly senderId: string;
  /** Only for recipients of this country; beats a sender ID without one. */
  readonly country?: string | undefined;
  readonly registered?: boolean | undefined;
}
