import type { Recipient } from "../phone/address.ts";
import { overlaysOf } from "../phone/nanp.ts";
import type { Sender } from "../sender.ts";
import type { MessageKind } from "../types.ts";
import { acceptsSenderId, isUsOrCanada } from "./countries.ts";
import type { PlanFacts } from "./plan-types.ts";
import { NO_COUNTRY, type PoolPlace, type SenderPool } from "./pool.ts";
import type { PlanReason } from "./reasons.ts";
import type { Places } from "./run.ts";

/** Where the pool's SMS and MMS senders stand for one recipient. */
export interface TextPlaces {
  readonly shortCodes: PoolPlace | undefined;
  readonly shortCodesHere: PoolPlace | undefined;
  readonly senderIds: PoolPlace | undefined;
  readonly senderIdsHere: PoolPlace | undefined;
  readonly senderIdsAnywhere: PoolPlace | undefined;
  readonly tollFree: PoolPlace | undefined;
  readonly longCodes: PoolPlace | undefined;
  /** Long codes and toll-free that may reach the recipient at all. */
  readonly numbers: Places;
  /** Of those: numbers as local as the recipient. */
  readonly numbersHere: Places;
}

/** A way to narrow numbers down: the first with a sender in it is taken. */
export interface Tier {
  readonly reason: PlanReason;
  readonly places: Places;
}

/** Finds the places that matter for a recipient. */
export function placesFor(pool: SenderPool, to: Recipient): TextPlaces {
  const country = to.country ?? "";
  const tollFree = pool.place("toll-free");
  const longCodes = pool.place("long-code");
  const longCodesHere = pool.place("long-code", country);
  return {
    shortCodes: pool.place("short-code"),
    shortCodesHere: pool.place("short-code", country),
    senderIds: pool.place("alphanumeric"),
    senderIdsHere: pool.place("alphanumeric", country),
    senderIdsAnywhere: pool.place("alphanumeric", NO_COUNTRY),
    tollFree,
    longCodes,
    numbers: reachableTollFree(to) ? [longCodes, tollFree] : [longCodes],
    numbersHere: isUsOrCanada(to.country) ? [longCodesHere, tollFree] : [longCodesHere],
  };
}

/** Country geomatch: same country, then a US number, for the US a Canadian one, then any. */
export function countryTiers(pool: SenderPool, to: Recipient, places: TextPlaces): readonly Tier[] {
  const us = pool.place("long-code", "US");
  return [
    { reason: "COUNTRY_SAME", places: places.numbersHere },
    { reason: "COUNTRY_US", places: reachableTollFree(to) ? [us, places.tollFree] : [us] },
    ...(to.country === "US"
      ? [{ reason: "COUNTRY_CANADA", places: [pool.place("long-code", "CA")] } as const]
      : []),
    { reason: "COUNTRY_ANY", places: places.numbers },
  ];
}

/** Area code geomatch: same area code, then those that overlay it. None outside the US and Canada. */
export function areaCodeTiers(pool: SenderPool, { country, areaCode }: Recipient): readonly Tier[] {
  if (areaCode === undefined || country === undefined) return [];
  const longCodesWith = (code: string) => pool.place("long-code", country, code);
  return [
    { reason: "AREA_CODE_SAME", places: [longCodesWith(areaCode)] },
    { reason: "AREA_CODE_OVERLAY", places: overlaysOf(areaCode).map(longCodesWith) },
  ];
}

/** Why a sender of the recipient's channel cannot take this message to this recipient; `undefined` when it can. */
export function cannotServe(
  sender: Sender,
  to: Recipient,
  kind: MessageKind,
  facts: PlanFacts,
): PlanReason | undefined {
  if (!sender.capabilities.includes(kind)) return "CANNOT_CARRY";
  switch (sender.type) {
    case "short-code":
      if (sender.country !== to.country) return "SHORT_CODE_OTHER_COUNTRY";
      return facts.carrier !== undefined && sender.unsupportedCarriers?.includes(facts.carrier) === true
        ? "SHORT_CODE_CARRIER"
        : undefined;
    case "alphanumeric":
      if (!acceptsSenderId(to.country)) return "SENDER_ID_NOT_ACCEPTED";
      return sender.country !== undefined && sender.country !== to.country
        ? "SENDER_ID_OTHER_COUNTRY"
        : undefined;
    case "toll-free":
      return reachableTollFree(to) ? undefined : "TOLL_FREE_ABROAD";
    default:
      return undefined;
  }
}

/** Whether a number is as local as the recipient. Toll-free numbers are local to both the US and Canada. */
export function isLocal(sender: Sender, to: Recipient): boolean {
  return sender.type === "toll-free" ? isUsOrCanada(to.country) : sender.country === to.country;
}

function reachableTollFree(to: Recipient): boolean {
  return to.number.startsWith("+1");
}
