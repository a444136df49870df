import { overlaysOf } from "../../src/phone/nanp.ts";
import { acceptsSenderId, receivesMediaLink, receivesMms } from "../../src/planning/countries.ts";
import type { PlanFacts, PlanRequest, PlanSettings } from "../../src/planning/plan.ts";
import type { SenderPool } from "../../src/planning/pool.ts";
import type { Sender } from "../../src/sender.ts";
import type { Address, Capability, MessageKind } from "../../src/types.ts";

/** What sender selection must come to: a refusal, or a kind and the senders that are equally good. */
export interface ReferencePlan {
  readonly refusal: string | null;
  readonly kind: MessageKind | null;
  readonly best: readonly Address[];
  /** Best senders when RCS does not get through. */
  readonly fallback: readonly Address[];
  readonly sticky: "used" | "dropped" | "untouched";
}

/** Sender selection read off its rules, over plain arrays: slow and obvious. The plan must agree with it. */
export function referencePlan(
  pool: SenderPool,
  settings: PlanSettings,
  request: PlanRequest,
  facts: PlanFacts,
): ReferencePlan {
  const { to } = request;
  const everybody = pool.list();
  const usable = everybody.filter(({ id }) => facts.excluded?.has(id) !== true && id !== to.address);
  const isPlusOne = to.number.startsWith("+1");
  const inPair = to.country === "US" || to.country === "CA";

  const refused = (refusal: string): ReferencePlan => ({
    refusal,
    kind: null,
    best: [],
    fallback: [],
    sticky: "untouched",
  });
  const carriesKind = (sender: Sender, kind: Capability) => sender.capabilities.includes(kind);
  const isNumber = ({ type }: Sender) => type === "long-code" || type === "toll-free";
  const isHere = (sender: Sender) => (sender.type === "toll-free" ? inPair : sender.country === to.country);

  function canReach(sender: Sender): boolean {
    switch (sender.type) {
      case "short-code":
        return (
          sender.country === to.country &&
          (facts.carrier === undefined || !(sender.unsupportedCarriers ?? []).includes(facts.carrier))
        );
      case "alphanumeric":
        return acceptsSenderId(to.country) && (sender.country === undefined || sender.country === to.country);
      case "toll-free":
        return isPlusOne;
      default:
        return true;
    }
  }

  function lightest(senders: readonly Sender[], order: "mappings" | "lastUsed"): Address[] {
    const loadOf = ({ id }: Sender) => {
      const load = pool.load(id);
      return load === undefined ? 0 : load[order] + (load.busy ? 1e15 : 0);
    };
    const least = Math.min(...senders.map(loadOf));
    return senders.filter((sender) => loadOf(sender) === least).map(({ id }) => id);
  }

  function firstNonEmpty(groups: readonly (readonly Sender[])[]): readonly Sender[] {
    return groups.find((group) => group.length > 0) ?? [];
  }

  const hasShortCodeHere = everybody.some(
    ({ type, country }) => type === "short-code" && country === to.country,
  );

  function candidatesFor(kind: "SMS" | "MMS"): readonly Sender[] {
    return usable.filter(
      (sender) =>
        sender.channel === "sms" &&
        carriesKind(sender, kind) &&
        canReach(sender) &&
        !(sender.type === "alphanumeric" && hasShortCodeHere),
    );
  }

  function select(kind: "SMS" | "MMS"): readonly Sender[] {
    const candidates = candidatesFor(kind);
    const ofType = (type: string) => candidates.filter((sender) => sender.type === type);
    const numbers = candidates.filter(isNumber);
    const overlays = new Set(overlaysOf(to.areaCode ?? ""));
    const here = numbers.filter(isHere);
    const longCodesHere = here.filter(({ type }) => type === "long-code");
    const geomatch = settings.areaCodeGeomatch && to.areaCode !== undefined;
    return firstNonEmpty([
      ofType("short-code"),
      ofType("alphanumeric").filter(({ country }) => country !== undefined),
      ofType("alphanumeric"),
      to.country === "CA" ? ofType("toll-free") : [],
      geomatch ? longCodesHere.filter(({ areaCode }) => areaCode === to.areaCode) : [],
      geomatch ? longCodesHere.filter(({ areaCode }) => overlays.has(areaCode ?? "")) : [],
      here,
      numbers.filter(({ type, country }) => country === "US" || type === "toll-free"),
      to.country === "US" ? numbers.filter(({ country }) => country === "CA") : [],
      numbers,
    ]);
  }

  function stickyVerdict(kind: MessageKind): { used?: Sender; dropped?: boolean } {
    if (!settings.stickySender || facts.sticky === undefined) return {};
    const sender = everybody.find(({ membership }) => membership === facts.sticky);
    if (sender === undefined || !usable.includes(sender)) return { dropped: true };
    if (sender.channel !== to.channel || !carriesKind(sender, kind)) return { dropped: true };
    if (to.channel !== "sms") return { used: sender };
    if (!canReach(sender) || (sender.type === "alphanumeric" && hasShortCodeHere)) return { dropped: true };
    const foreign = isNumber(sender) && !isHere(sender);
    const localOnes = candidatesFor(kind as "SMS" | "MMS").filter(
      (one) => one.type !== "alphanumeric" && isHere(one),
    );
    return foreign && localOnes.length > 0 ? { dropped: true } : { used: sender };
  }

  function kindOf(hasMmsSender: boolean): "SMS" | "MMS" | null {
    const media = request.mediaUrl.length > 0;
    if (!media && request.sendAsMms !== true) return "SMS";
    if (receivesMms(to.country) && facts.mmsFailed !== true && hasMmsSender) return "MMS";
    if (media && !receivesMediaLink(to.country)) return null;
    return settings.mmsConverter ? "SMS" : null;
  }

  function planText(): ReferencePlan {
    const kind = kindOf(candidatesFor("MMS").length > 0);
    if (kind === null) return refused("NO_SENDER");
    return afterSticky(
      kind,
      usable.some((sender) => sender.channel === "sms" && carriesKind(sender, kind)),
      () => select(kind),
    );
  }

  function afterSticky(kind: MessageKind, anybody: boolean, choose: () => readonly Sender[]): ReferencePlan {
    if (!anybody) return refused("NO_SENDER");
    const verdict = stickyVerdict(kind);
    if (verdict.used !== undefined) {
      return { refusal: null, kind, best: [verdict.used.id], fallback: [], sticky: "used" };
    }
    const sticky = verdict.dropped === true ? "dropped" : "untouched";
    const candidates = choose();
    if (candidates.length === 0) return { ...refused("NO_SENDER"), sticky };
    const best = lightest(candidates, settings.stickySender ? "mappings" : "lastUsed");
    return { refusal: null, kind, best, fallback: [], sticky };
  }

  function planFrom(from: Address): ReferencePlan {
    if (from === to.address) return refused("SAME_RECIPIENT");
    const sender = pool.get(from);
    if (sender === undefined) return refused("SENDER_NOT_IN_POOL");
    if (sender.channel !== to.channel) return refused("CHANNEL_MISMATCH");
    if (outsideWindow()) return refused("OUTSIDE_WINDOW");
    const native = { whatsapp: "WHATSAPP", rcs: "RCS" } as const;
    const hasMms = carriesKind(sender, "MMS");
    const wantsMms = request.mediaUrl.length > 0 || request.sendAsMms === true;
    if (to.channel === "sms" && wantsMms && !hasMms && request.isReply !== true)
      return refused("SENDER_WITHOUT_MMS");
    const kind = to.channel === "sms" ? kindOf(hasMms) : native[to.channel];
    const able = kind !== null && usable.includes(sender) && carriesKind(sender, kind) && canReach(sender);
    if (!able) return refused("SENDER_CANNOT_REACH");
    const gone = facts.sticky !== undefined && pool.byMembership(facts.sticky) === undefined;
    const sticky = gone && settings.stickySender && to.channel !== "rcs" ? "dropped" : "untouched";
    return { refusal: null, kind, best: [from], fallback: [], sticky };
  }

  function outsideWindow(): boolean {
    return to.channel === "whatsapp" && facts.windowOpen === false && request.contentSid === undefined;
  }

  if (everybody.length === 0) return refused("EMPTY_POOL");
  if (request.from !== undefined) return planFrom(request.from);
  const agents = usable.filter(({ type }) => type === "rcs");
  if (to.channel === "rcs") {
    if (agents.length === 0 || facts.rcsCapable === false) return refused("NO_SENDER");
    return {
      refusal: null,
      kind: "RCS",
      best: lightest(agents, "lastUsed"),
      fallback: [],
      sticky: "untouched",
    };
  }
  if (to.channel === "whatsapp") {
    const senders = usable.filter(({ type }) => type === "whatsapp");
    if (senders.length > 0 && outsideWindow()) return refused("OUTSIDE_WINDOW");
    const here = senders.filter(({ country }) => country === to.country);
    return afterSticky("WHATSAPP", senders.length > 0, () => firstNonEmpty([here, senders]));
  }
  if (agents.length > 0 && facts.rcsCapable === true) {
    const fallback = planText().best;
    return { refusal: null, kind: "RCS", best: lightest(agents, "lastUsed"), fallback, sticky: "untouched" };
  }
  return planText();
}
