import type { Recipient } from "../phone/address.ts";
import type { Sender } from "../sender.ts";
import type { MessageKind } from "../types.ts";
import { acceptsSenderId, isUsOrCanada } from "./countries.ts";
import type { PlanFacts } from "./plan-types.ts";
import type { PlanReason } from "./reasons.ts";

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

/** Toll-free numbers reach no other country. */
export function reachableTollFree(to: Pick<Recipient, "number">): boolean {
  return to.number.startsWith("+1");
}
