import type { Recipient } from "../phone/address.ts";
import { overlaysOf } from "../phone/nanp.ts";
import type { Channel, SenderType } from "../types.ts";
import { acceptsSenderId, isUsOrCanada } from "./countries.ts";
import { NO_COUNTRY, type PoolPlace, type SenderPool } from "./pool.ts";
import type { PlanReason } from "./reasons.ts";
import { reachableTollFree } from "./rules.ts";

/** A place of the pool, or none. */
export type Places = readonly (PoolPlace | undefined)[];

/** A way to narrow senders down: the first with a sender in it is taken. */
export interface Tier {
  readonly reason: PlanReason;
  readonly places: Places;
}

/** Where the pool's SMS and MMS senders stand for one recipient. */
export interface TextPlaces {
  readonly shortCodes: Places;
  readonly shortCodesHere: Places;
  readonly senderIds: Places;
  /** Those of the recipient's country, and those of none. */
  readonly senderIdsHere: Places;
  readonly tollFree: Places;
  /** Long codes and toll-free that may reach the recipient at all. */
  readonly numbers: Places;
  /** Of those: numbers as local as the recipient. */
  readonly numbersHere: Places;
  /** What may be chosen at all. */
  readonly open: Places;
  /** The types, best first, with the places they may be taken from. */
  readonly types: readonly Tier[];
  /** Country geomatch: same country, then a US number, for the US a Canadian one, then any. */
  readonly countries: readonly Tier[];
  /** Area code geomatch: same area code, then those that overlay it. None outside the US and Canada. */
  readonly areaCodes: readonly Tier[];
}

/** The sender types of each channel. */
const TYPES_OF_CHANNEL: Readonly<Record<Channel, readonly SenderType[]>> = {
  sms: ["short-code", "alphanumeric", "toll-free", "long-code"],
  whatsapp: ["whatsapp"],
  rcs: ["rcs"],
};

/** Where the senders of a channel stand. */
export function placesOf(pool: SenderPool, channel: Channel): Places {
  const { byChannel } = seenIn(pool);
  let places = byChannel.get(channel);
  if (places === undefined) {
    places = TYPES_OF_CHANNEL[channel].map((type) => pool.place(type));
    byChannel.set(channel, places);
  }
  return places;
}

/** Finds the places that matter for a recipient. They are the same for all of one area, until a sender joins or leaves. */
export function placesFor(pool: SenderPool, to: Recipient): TextPlaces {
  const { byArea } = seenIn(pool);
  const isTollFreeReachable = reachableTollFree(to);
  // Numbers of one country that begin otherwise have no area code either.
  const area = to.areaCode ?? (isTollFreeReachable ? "+1" : "");
  let areas = byArea.get(to.country);
  if (areas === undefined) {
    areas = new Map();
    byArea.set(to.country, areas);
  }
  let places = areas.get(area);
  if (places === undefined) {
    places = findPlaces(pool, to, isTollFreeReachable);
    areas.set(area, places);
  }
  return places;
}

/** What was found in a pool since it last changed. */
interface Seen {
  readonly version: number;
  readonly byChannel: Map<Channel, Places>;
  readonly byArea: Map<string | undefined, Map<string, TextPlaces>>;
}

const seen = new WeakMap<SenderPool, Seen>();

function seenIn(pool: SenderPool): Seen {
  const known = seen.get(pool);
  if (known?.version === pool.version) return known;
  const fresh: Seen = { version: pool.version, byChannel: new Map(), byArea: new Map() };
  seen.set(pool, fresh);
  return fresh;
}

function findPlaces(pool: SenderPool, to: Recipient, isTollFreeReachable: boolean): TextPlaces {
  const country = to.country ?? "";
  const tollFree = pool.place("toll-free");
  const longCodes = pool.place("long-code");
  const longCodesHere = pool.place("long-code", country);
  const shortCodesHere = pool.place("short-code", country);
  const senderIdsHere = [pool.place("alphanumeric", country), pool.place("alphanumeric", NO_COUNTRY)];
  const numbers = isTollFreeReachable ? [longCodes, tollFree] : [longCodes];
  const numbersHere = isUsOrCanada(to.country) ? [longCodesHere, tollFree] : [longCodesHere];
  const american = pool.place("long-code", "US");
  // None where the country takes none, or where a short code of it is in the pool.
  const openIds = shortCodesHere === undefined && acceptsSenderId(to.country) ? senderIdsHere : [];
  const [openIdsHere, openIdsAnywhere] = openIds;
  return {
    shortCodes: [pool.place("short-code")],
    shortCodesHere: [shortCodesHere],
    senderIds: [pool.place("alphanumeric")],
    senderIdsHere,
    tollFree: [tollFree],
    numbers,
    numbersHere,
    open: [shortCodesHere, ...openIds, ...numbers],
    types: [
      { reason: "TYPE_SHORT_CODE", places: [shortCodesHere] },
      { reason: "TYPE_SENDER_ID_OF_COUNTRY", places: [openIdsHere] },
      { reason: "TYPE_SENDER_ID", places: [openIdsAnywhere] },
      ...tier(to.country === "CA", "TYPE_TOLL_FREE", [tollFree]),
      { reason: "TYPE_NUMBER", places: numbers },
    ],
    countries: [
      { reason: "COUNTRY_SAME", places: numbersHere },
      { reason: "COUNTRY_US", places: isTollFreeReachable ? [american, tollFree] : [american] },
      ...tier(to.country === "US", "COUNTRY_CANADA", [pool.place("long-code", "CA")]),
      { reason: "COUNTRY_ANY", places: numbers },
    ],
    areaCodes: areaCodeTiers(pool, to),
  };
}

function tier(isThere: boolean, reason: PlanReason, places: Places): readonly Tier[] {
  return isThere ? [{ reason, places }] : [];
}

function areaCodeTiers(pool: SenderPool, { country, areaCode }: Recipient): readonly Tier[] {
  if (areaCode === undefined || country === undefined) return [];
  const longCodesWith = (code: string) => pool.place("long-code", country, code);
  return [
    { reason: "AREA_CODE_SAME", places: [longCodesWith(areaCode)] },
    { reason: "AREA_CODE_OVERLAY", places: overlaysOf(areaCode).map(longCodesWith) },
  ];
}
