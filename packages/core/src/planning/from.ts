import { parseAddress } from "../phone/address.ts";
import type { Sender } from "../sender.ts";
import type { Address, MessageKind, RuleName } from "../types.ts";
import { chooseContent, wantsMms } from "./media.ts";
import { conclude, isOutsideWindow, type Outcome, quote, refuse, refuseOutsideWindow } from "./outcome.ts";
import { PLAN_REASONS, type PlanReason } from "./reasons.ts";
import { resolveSender } from "./resolve-sender.ts";
import { cannotServe } from "./rules.ts";
import { decide, type Run, record } from "./run.ts";
import { leaveSticky } from "./sticky.ts";

/**
 * `from` given: that sender or a refusal, no selection. A mapping is left alone; where there is none, one is claimed.
 * A sender without MMS that somebody named is refused media, not converted: the MMS converter is for recipients who
 * cannot receive. @see Twilio "Messaging Services", MMS Converter.
 */
export function planFrom(run: Run, from: Address): Outcome {
  const { pool, request } = run;
  const { to } = request;
  if (request.fallbackFrom !== undefined) {
    return refuse(run, "FALLBACK_WITH_FROM", `Both from ${quote(from)} and a fallbackFrom are given.`);
  }
  if (from === to.address)
    return refuse(run, "SAME_RECIPIENT", `The sender and the recipient are ${quote(from)}.`);
  const sender = pool.get(from, to.country);
  if (sender === undefined) {
    record(run, "from", "FROM_NOT_IN_POOL", pool.size, 0);
    return refuse(run, "SENDER_NOT_IN_POOL", `Sender ${quote(from)} is not in this pool.`);
  }
  if (sender.channel !== to.channel) {
    record(run, "channel", "FROM_OTHER_CHANNEL", 1, 0);
    return refuse(run, "CHANNEL_MISMATCH", `Sender ${quote(from)} cannot send to ${quote(to.address)}.`);
  }
  record(run, "from", "FROM_GIVEN", pool.size, 1);
  if (to.channel === "sms" && wantsMms(request) && request.isReply !== true && !sendsMms(sender)) {
    record(run, "content", "FROM_WITHOUT_MMS", 1, 0, () => [sender.id]);
    return refuse(run, "SENDER_WITHOUT_MMS", `Sender ${quote(from)} has no MMS.`);
  }
  return serveWith(run, sender, run.settings.stickySender && to.channel !== "rcs");
}

/** `fallbackFrom` given: that SMS or MMS sender, of the pool or of the same account. */
export function planFallbackFrom(run: Run, address: Address): Outcome {
  const { pool, request } = run;
  if (address === request.to.address) {
    return refuse(run, "SAME_RECIPIENT", `fallbackFrom and the recipient are ${quote(address)}.`);
  }
  const member = pool.get(address, request.to.country);
  const sender = member ?? outsideSender(run, address);
  if (sender === undefined || sender.channel !== "sms") {
    return refuse(run, "INVALID_FALLBACK_FROM", `fallbackFrom ${quote(address)} is no SMS or MMS sender.`);
  }
  record(run, "from", "FALLBACK_FROM_GIVEN", pool.size, 1);
  return serveWith(run, sender, run.settings.stickySender && member !== undefined);
}

function serveWith(run: Run, sender: Sender, mayClaim: boolean): Outcome {
  const { to } = run.request;
  if (isOutsideWindow(run)) return refuseOutsideWindow(run, 1);
  const content =
    to.channel === "sms"
      ? chooseContent(run.request, run.settings, run.facts, () => sendsMms(sender))
      : undefined;
  const kind: MessageKind | null = content === undefined ? NATIVE_KIND[to.channel] : content.kind;
  if (kind === null) return cannotReach(run, sender, "content", content?.reason ?? "CANNOT_CARRY");
  const reason =
    run.facts.excluded?.has(sender.id) === true ? "EXCLUDED" : cannotServe(sender, to, kind, run.facts);
  if (reason !== undefined) return cannotReach(run, sender, RULE_OF[reason] ?? "type", reason);
  record(run, "content", content?.reason ?? "CONTENT_CHANNEL", 1, 1);
  const sticky = leaveSticky(run, mayClaim);
  return conclude(run, decide(sender, kind, "from"), sticky, content?.reason === "CONTENT_LINK");
}

function sendsMms({ capabilities }: Sender): boolean {
  return capabilities.includes("MMS");
}

const NATIVE_KIND = { sms: "SMS", whatsapp: "WHATSAPP", rcs: "RCS" } as const;

const RULE_OF: Partial<Record<PlanReason, RuleName>> = { EXCLUDED: "excluded", CANNOT_CARRY: "capability" };

function cannotReach(run: Run, sender: Sender, rule: RuleName, reason: PlanReason): Outcome {
  record(run, rule, reason, 1, 0, () => [sender.id]);
  const to = quote(run.request.to.address);
  return refuse(
    run,
    "SENDER_CANNOT_REACH",
    `Sender ${quote(sender.id)} cannot send this to ${to}. ${PLAN_REASONS[reason]}`,
  );
}

/** A sender of the account that is in no pool: it belongs to the RCS sender's provider, and to no membership. */
function outsideSender(run: Run, address: Address): Sender | undefined {
  const parsed = parseAddress(address);
  if (parsed === undefined || parsed.channel !== "sms") return undefined;
  const country = run.request.to.country;
  if (parsed.kind === "short-code" && country === undefined) return undefined;
  const context = { defaultProvider: rcsProvider(run), membership: "" };
  return resolveSender(
    parsed.kind === "short-code" ? { shortCode: parsed.address, country: country ?? "" } : parsed.address,
    context,
  );
}

function rcsProvider(run: Run): string {
  for (const lineup of run.pool.place("rcs")?.lineups ?? []) {
    for (const { sender } of lineup.members) return sender.provider;
  }
  return "";
}
