import { bareAddress, channelOf } from "../wire/address.ts";

/** A text as it arrived on a handset. */
export interface ReceivedText {
  readonly sid: string;
  readonly from: string;
  readonly to: string;
  readonly body: string;
  readonly mediaUrl: readonly string[];
  readonly at: Date;
}

/** What a phone is, as the network knows it. */
export interface PhoneTraits {
  /** What it can receive; default SMS and MMS. Without SMS a text ends `undelivered` 30006, without MMS media end 30011. */
  readonly capabilities?: readonly ("SMS" | "MMS")[] | undefined;
  /** Name of its network, for `carrier.lookupCarrier`. */
  readonly carrier?: string | undefined;
  /** Whether it can be reached by RCS. Default false. */
  readonly rcs?: boolean | undefined;
  /** A WhatsApp profile's name. Default "Simulator". */
  readonly profileName?: string | undefined;
}

/** A phone: what it is, what it got, and who waits for more. */
export interface Phone {
  readonly number: string;
  traits: PhoneTraits;
  readonly inbox: ReceivedText[];
  readonly listeners: Set<() => void>;
}

/** Every phone the carrier has heard of. */
export interface PhoneBook {
  /** The phone at that address; known from then on. RCS and SMS reach the same phone, WhatsApp is one of its own. */
  at(address: string): Phone;
  find(address: string): Phone | undefined;
  deliver(text: ReceivedText): void;
}

/** An empty phone book. */
export function createPhoneBook(): PhoneBook {
  const phones = new Map<string, Phone>();
  const keyOf = (address: string): string => (channelOf(address) === "rcs" ? bareAddress(address) : address);
  const at = (address: string): Phone => {
    const number = keyOf(address);
    const phone = phones.get(number) ?? { number, traits: {}, inbox: [], listeners: new Set() };
    phones.set(number, phone);
    return phone;
  };
  return Object.freeze({
    at,
    find: (address: string) => phones.get(keyOf(address)),
    deliver(text: ReceivedText): void {
      const { inbox, listeners } = at(text.to);
      inbox.push(Object.freeze(text));
      for (const listener of [...listeners]) listener();
    },
  });
}
