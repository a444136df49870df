import type { Address, Channel, MessageKind } from "../types.ts";
import { planFallbackFrom, planFrom } from "./from.ts";
import { serves } from "./lineup.ts";
import { chooseContent } from "./media.ts";
import {
  conclude,
  isOutsideWindow,
  type Outcome,
  quote,
  refuse,
  refuseNobody,
  refuseOutsideWindow,
} from "./outcome.ts";
import { placesOf } from "./places.ts";
import { chooseIn, countIn, type Run, record, sampleOf } from "./run.ts";
import { canServe, selectText, selectWhatsapp } from "./select.ts";
import { followSticky, leaveSticky } from "./sticky.ts";

/** Decides who sends, and records why. */
export function planDecision(run: Run): Outcome {
  const { pool, request } = run;
  if (pool.size === 0) return refuse(run, "EMPTY_POOL", "The sender pool is empty.");
  if (request.from !== undefined) return planFrom(run, request.from);
  if (request.fallbackFrom !== undefined && pool.place("rcs") === undefined) {
    return refuse(
      run,
      "FALLBACK_WITHOUT_RCS",
      `fallbackFrom is ${quote(request.fallbackFrom)}, but no sender is RCS.`,
    );
  }
  switch (request.to.channel) {
    case "whatsapp":
      return planWhatsapp(run);
    case "rcs":
      return planRcs(run);
    default:
      return planPlain(run);
  }
}

function planWhatsapp(run: Run): Outcome {
  const before = enterChannel(run, "whatsapp", "WHATSAPP");
  if (before === 0) return refuseNobody(run);
  if (isOutsideWindow(run)) return refuseOutsideWindow(run, before);
  record(run, "content", "CONTENT_CHANNEL", before, before);
  const { decision, sticky } = followSticky(run, "WHATSAPP", before);
  return conclude(run, decision ?? selectWhatsapp(run, before), sticky);
}

function planRcs(run: Run): Outcome {
  const before = enterChannel(run, "rcs", "RCS");
  if (run.facts.rcsCapable === false) {
    record(run, "rcs", "RCS_NOT_CAPABLE", before, 0, (limit) =>
      sampleOf(run, placesOf(run.pool, "rcs"), [], limit, isRcs),
    );
    return refuseNobody(run);
  }
  if (before === 0) return refuseNobody(run);
  record(run, "content", "CONTENT_CHANNEL", before, before);
  // RCS has no mappings to count: load alone decides.
  return conclude(
    run,
    chooseIn(run, placesOf(run.pool, "rcs"), "RCS", "channel", "lastUsed"),
    leaveSticky(run, false),
  );
}

/** A plain number: RCS where it reaches, then SMS or MMS. */
function planPlain(run: Run): Outcome {
  const places = placesOf(run.pool, "rcs");
  const agents = countIn(run, places, "RCS");
  if (agents > 0 && run.facts.rcsCapable === true) {
    record(run, "rcs", "RCS_FIRST", run.pool.size, agents);
    const decision = chooseIn(run, places, "RCS", "rcs", "lastUsed");
    const text = planText(run);
    if (run.request.fallbackFrom !== undefined && text.refusal !== null) return text;
    return { ...conclude(run, decision, leaveSticky(run, false)), fallback: text.decision };
  }
  if (agents > 0) {
    const reason = run.facts.rcsCapable === false ? "RCS_NOT_CAPABLE" : "RCS_UNKNOWN";
    record(run, "rcs", reason, run.pool.size, run.pool.size - agents);
  }
  return planText(run);
}

function planText(run: Run): Outcome {
  const { fallbackFrom } = run.request;
  if (fallbackFrom !== undefined) return planFallbackFrom(run, fallbackFrom);
  const content = chooseContent(run.request, run.settings, run.facts, () => canServe(run, "MMS"));
  const before = enterChannel(run, "sms", content.kind ?? "SMS");
  const { kind } = content;
  record(run, "content", content.reason, before, kind === null ? 0 : before);
  if (kind === null || before === 0) return refuseNobody(run);
  const { decision, sticky } = followSticky(run, kind, before);
  return conclude(run, decision ?? selectText(run, kind, before), sticky, content.reason === "CONTENT_LINK");
}

const CHANNEL_REASONS = { sms: "CHANNEL_SMS", whatsapp: "CHANNEL_WHATSAPP", rcs: "CHANNEL_RCS" } as const;
const CHANNELS: readonly Channel[] = ["sms", "whatsapp", "rcs"];

/** Sets aside other channels, excluded senders, and those that cannot carry the kind. Returns how many are left. */
function enterChannel(run: Run, channel: Channel, kind: MessageKind): number {
  const { pool, skip } = run;
  const places = placesOf(run.pool, channel);
  const all = places.reduce((sum, place) => sum + (place?.size ?? 0), 0);
  record(run, "channel", CHANNEL_REASONS[channel], pool.size, all, (limit) => {
    const others = CHANNELS.filter((other) => other !== channel).flatMap((other) =>
      placesOf(run.pool, other),
    );
    return sampleOf({ ...run, skip: [] }, others, [], limit, () => true);
  });
  const excluded = skip.filter(({ sender }) => sender.channel === channel);
  const allowed = all - excluded.length;
  if (excluded.length > 0) {
    record(run, "excluded", "EXCLUDED", all, allowed, (limit) => excluded.slice(0, limit).map(idOf));
  }
  const capable = countIn(run, places, kind);
  if (capable < allowed) {
    record(run, "capability", "CANNOT_CARRY", allowed, capable, (limit) =>
      sampleOf(run, places, [], limit, (lineup) => !serves(lineup, kind, undefined)),
    );
  }
  return capable;
}

function isRcs(lineup: { readonly capabilities: readonly string[] }): boolean {
  return lineup.capabilities.includes("RCS");
}

function idOf({ sender }: { readonly sender: { readonly id: Address } }): Address {
  return sender.id;
}
