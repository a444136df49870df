import type { Sender } from "../sender.ts";
import type { Capability, MessageKind } from "../types.ts";
import { createTournament, type Tournament } from "./tournament.ts";

/** How busy a sender is, as its pool was told. */
export interface SenderLoad {
  /** A message of its lane is being handed over or waits. */
  readonly busy: boolean;
  /** Sticky mappings that name it. */
  readonly mappings: number;
  /** When it last took a message, ms; 0 for never. */
  readonly lastUsed: number;
}

/** A sender inside its pool: its load, and its slot in every lineup it stands in. */
export interface Member {
  readonly sender: Sender;
  load: SenderLoad;
  readonly lineups: Lineup[];
  /** Same order as `lineups`. */
  readonly slots: number[];
}

/** What the scaler prefers among idle senders: the fewest sticky mappings, or the one not used for longest. */
export type ScalerOrder = "mappings" | "lastUsed";

/** Senders that differ in load only. Each order is kept from the first time it is asked for: most lineups are asked for none. */
export interface Lineup {
  readonly capabilities: readonly Capability[];
  readonly unsupportedCarriers: readonly string[];
  readonly members: Member[];
  mappings: Tournament | undefined;
  lastUsed: Tournament | undefined;
}

/** More than any count, or time before 2109: every idle sender comes before every busy one. Small enough to keep {@link TICK_MS}. */
const BUSY = 2 ** 42;
/** Less than a clock's step, and exact beside {@link BUSY}: tells apart who took a message at one time. */
export const TICK_MS: number = 2 ** -8;
/** Not frozen, as nothing that is looped over for every message: V8 calls the iterator of a frozen array step by step. */
const NO_SLOTS: readonly number[] = [];
const NO_CARRIERS: readonly string[] = Object.freeze([]);

/** Creates the empty lineup of senders like this one. */
export function createLineup(like: Sender): Lineup {
  return {
    capabilities: like.capabilities,
    unsupportedCarriers: (like.type === "short-code" ? like.unsupportedCarriers : undefined) ?? NO_CARRIERS,
    members: [],
    mappings: undefined,
    lastUsed: undefined,
  };
}

/** Whether a lineup's senders can carry that kind of message, on that carrier where it is known. */
export function serves(lineup: Lineup, kind: MessageKind, carrier: string | undefined): boolean {
  return (
    lineup.capabilities.includes(kind) &&
    (carrier === undefined || !lineup.unsupportedCarriers.includes(carrier))
  );
}

/** Puts a sender into a lineup. */
export function enter(lineup: Lineup, member: Member): void {
  member.lineups.push(lineup);
  member.slots.push(lineup.members.length);
  lineup.members.push(member);
  lineup.mappings?.push(rank(member, "mappings"));
  lineup.lastUsed?.push(rank(member, "lastUsed"));
}

/** Takes a sender out of a lineup; the last one moves into its slot. */
export function leave(lineup: Lineup, member: Member): void {
  const slot = slotIn(lineup, member);
  const last = lineup.members.pop();
  lineup.mappings?.pop();
  lineup.lastUsed?.pop();
  if (last === undefined || last === member) return;
  lineup.members[slot] = last;
  last.slots[last.lineups.indexOf(lineup)] = slot;
  lineup.mappings?.set(slot, rank(last, "mappings"));
  lineup.lastUsed?.set(slot, rank(last, "lastUsed"));
}

/** Gives a sender a new load, in all its lineups. */
export function reload(member: Member, load: SenderLoad): void {
  member.load = load;
  const mappings = rank(member, "mappings");
  const lastUsed = rank(member, "lastUsed");
  for (let at = 0; at < member.lineups.length; at += 1) {
    const lineup = member.lineups[at] as Lineup;
    const slot = member.slots[at] as number;
    lineup.mappings?.set(slot, mappings);
    lineup.lastUsed?.set(slot, lastUsed);
  }
}

/** What the scaler made of some lineups. */
export interface ScalerChoice {
  readonly member: Member;
  /** Senders as good as it, itself included: the recipient's hash chose among them. */
  readonly ties: number;
}

/**
 * The scaler: of all senders in the lineups, an idle one before a busy one, then the lowest in `order`, then by hash.
 * Takes time logarithmic in the senders. `undefined` when everyone is to be skipped.
 */
export function scale(
  lineups: readonly Lineup[],
  order: ScalerOrder,
  hash: number,
  skip: readonly Member[],
): ScalerChoice | undefined {
  let least = Number.POSITIVE_INFINITY;
  for (const lineup of lineups) least = Math.min(least, orderOf(lineup, order).least(slotsOf(skip, lineup)));
  if (least === Number.POSITIVE_INFINITY) return undefined;
  let ties = 0;
  for (const lineup of lineups) ties += orderOf(lineup, order).ties(least, slotsOf(skip, lineup));
  let n = hash % ties;
  for (const lineup of lineups) {
    const slots = slotsOf(skip, lineup);
    const ranks = orderOf(lineup, order);
    const here = ranks.ties(least, slots);
    const member = n < here ? lineup.members[ranks.nth(least, n, slots)] : undefined;
    if (member !== undefined) return { member, ties };
    n -= here;
  }
  return undefined;
}

function orderOf(lineup: Lineup, order: ScalerOrder): Tournament {
  const known = lineup[order];
  if (known !== undefined) return known;
  const made = createTournament();
  for (const member of lineup.members) made.push(rank(member, order));
  lineup[order] = made;
  return made;
}

/** How many of a lineup's senders are not to be skipped. */
export function sizeWithout(lineup: Lineup, skip: readonly Member[]): number {
  return skip.length === 0 ? lineup.members.length : lineup.members.length - slotsOf(skip, lineup).length;
}

function rank(member: Member, order: ScalerOrder): number {
  return member.load[order] + (member.load.busy ? BUSY : 0);
}

function slotIn(lineup: Lineup, member: Member): number {
  return member.slots[member.lineups.indexOf(lineup)] ?? -1;
}

function slotsOf(skip: readonly Member[], lineup: Lineup): readonly number[] {
  if (skip.length === 0) return NO_SLOTS;
  return skip.filter((member) => member.lineups.includes(lineup)).map((member) => slotIn(lineup, member));
}
