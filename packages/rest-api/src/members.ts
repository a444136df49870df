import type { Sender } from "@messaging-service/core";
import { kindOf, type Owned } from "./inventory.ts";
import type { Member } from "./pools.ts";
import { resourceSid } from "./sids.ts";

/** The member that an owned sender becomes. */
export function toMember({ sid, kind, sender }: Owned, at: number): Member {
  const { type, id: address, country, capabilities } = sender;
  return { sid, kind, type, address, country: country ?? null, capabilities, at };
}

/** The member that a sender ID becomes; its SID follows from service, name and country. */
export function toAlphanumeric(service: string, address: string, country: string | null, at: number): Member {
  return {
    sid: resourceSid("AI", service, address, country ?? ""),
    kind: "alphanumeric",
    type: "alphanumeric",
    address,
    country,
    capabilities: ["SMS"],
    at,
  };
}

/** A member that code lists; `sidOf` names what the inventory would call it. */
export function toFixed(
  service: string,
  sender: Sender,
  at: number,
  sidOf: (sender: Sender) => string,
): Member {
  const { type, id: address, country = null, capabilities } = sender;
  if (type === "alphanumeric") return { ...toAlphanumeric(service, address, country, at), fixed: true };
  return { sid: sidOf(sender), kind: kindOf(sender), type, address, country, capabilities, at, fixed: true };
}
