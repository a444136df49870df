import { check, checkFields, listOf, type Rule, rules } from "./checks.ts";
import type { CarrierPeer, ConnectOptions } from "./http/peer.ts";
import { type BlockList, createBlockList } from "./inbound/opt-out.ts";
import { createPhoneBook, type PhoneBook } from "./inbound/phone-book.ts";
import { createLifetime, type Lifetime } from "./lifetime.ts";
import type { MessageRecord } from "./message/message.ts";
import type { CarrierNumber, CarrierSettings } from "./options.ts";
import { createOutcomeRules, type OutcomeRules } from "./outcomes.ts";
import { bareAddress, channelOf, isSenderAddress } from "./wire/address.ts";

/** A service in this process, and where it answers. */
export interface Connection {
  readonly peer: CarrierPeer;
  /** Origin and path of its webhooks, without a trailing slash. */
  base(): string;
  readonly overrides: string | undefined;
}

/** What the parts of one carrier share. */
export interface Exchange {
  readonly settings: CarrierSettings;
  readonly life: Lifetime;
  readonly phones: PhoneBook;
  readonly rules: OutcomeRules;
  readonly blocks: BlockList;
  /** Outbound messages in order of acceptance. */
  readonly messages: MessageRecord[];
  /** The account's log, inbound and outbound, oldest first; what the REST API lists and deletes. */
  readonly log: Map<string, MessageRecord>;
  /** SIDs of the log that were deleted: a page token may name one. */
  readonly deleted: Set<string>;
  /** Connected services by sender; under "" the one for every other sender. */
  readonly connections: Map<string, Connection>;
  /** Origin of the service's status callbacks, once seen. */
  origin: string | undefined;
}

/** An exchange with nothing in it. */
export function createExchange(settings: CarrierSettings): Exchange {
  return {
    settings,
    life: createLifetime(settings.clock),
    phones: createPhoneBook(),
    rules: createOutcomeRules(),
    blocks: createBlockList(),
    messages: [],
    log: new Map(),
    deleted: new Set(),
    connections: new Map(),
    origin: undefined,
  };
}

const CONNECT_FIELDS: Readonly<Record<keyof ConnectOptions, Rule>> = {
  path: [(value) => typeof value === "string" && /^(\/|$)/.test(value), "a path that begins with a slash"],
  origin: rules.url,
  senders: listOf([(value) => typeof value === "string" && isSenderAddress(value), "senders"]),
  overrides: [(value) => typeof value === "string", "the fragment of a webhook URL"],
};

/** Connects a service; the function returned disconnects it. Throws UNKNOWN_OPTION or INVALID_OPTION. */
export function connect(exchange: Exchange, peer: CarrierPeer, options: ConnectOptions): () => void {
  check(typeof peer?.handle === "function", "what is connected", peer, "a service, or what has its handle()");
  checkFields("connect", options, CONNECT_FIELDS);
  const { path = "/messaging", origin, overrides, senders } = options;
  const connection: Connection = {
    peer,
    base: () => (origin ?? exchange.origin ?? "http://localhost") + path.replace(/\/+$/, ""),
    overrides,
  };
  const { connections } = exchange;
  for (const sender of senders ?? [""]) connections.set(sender, connection);
  return () => {
    for (const [sender, connected] of connections) if (connected === connection) connections.delete(sender);
  };
}

/** The service that a sender is connected to. */
export function connectionOf({ connections }: Exchange, sender: string | null): Connection | undefined {
  return connections.get(sender ?? "") ?? connections.get("");
}

/** The account's entry of that sender. */
export function senderOf(settings: CarrierSettings, address: string): CarrierNumber | undefined {
  if (settings.numbers === undefined) return { number: address };
  return settings.numbers.find(({ number }) => number === address);
}

/** The sender a Messaging Service sends by: the first of its pool on the recipient's channel that can carry the content. */
export function chooseSender(
  settings: CarrierSettings,
  messagingServiceSid: string,
  to: string,
  hasMedia: boolean,
): string | undefined {
  const numbers: readonly CarrierNumber[] = settings.numbers ?? [{ number: "+15005550006" }];
  const grouped = numbers.some((entry) => entry.messagingServiceSid !== undefined);
  return numbers.find(
    (entry) =>
      (!grouped || entry.messagingServiceSid === messagingServiceSid) &&
      channelOf(entry.number) === channelOf(to) &&
      bareAddress(entry.number) !== bareAddress(to) &&
      (!hasMedia || canSendMedia(entry)),
  )?.number;
}

/** Whether media may leave from it. */
export function canSendMedia({ number, capabilities }: CarrierNumber): boolean {
  return channelOf(number) !== "sms" || capabilities === undefined || capabilities.includes("MMS");
}

/** Who is bound by an opt-out at this sender: its Messaging Service, or itself. */
export function optOutScope(settings: CarrierSettings, sender: string): string {
  return senderOf(settings, sender)?.messagingServiceSid ?? sender;
}
