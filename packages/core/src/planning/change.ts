import type { Recipient } from "../phone/address.ts";
import type { Sender } from "../sender.ts";
import type { Address } from "../types.ts";
import { plan } from "./plan.ts";
import type { PlanSettings } from "./plan-types.ts";
import { createSenderPool, type SenderPool, senderKey } from "./pool.ts";

/** A sticky mapping: this recipient is kept by the sender of that membership. */
export interface MappedRecipient {
  readonly to: Recipient;
  readonly membership: string;
}

/** Senders to add, and addresses of senders to remove. */
export interface PoolChange {
  readonly add?: readonly Sender[] | undefined;
  readonly remove?: readonly Address[] | undefined;
}

/** What a change of the pool would do to the people who have a sender now. */
export interface PoolChangeEffect {
  /** Mappings that hold now; those of senders long gone are not counted. */
  readonly mappings: number;
  readonly kept: number;
  readonly moved: number;
  /** Recipients nobody could reach any more. */
  readonly stranded: number;
  /** Who moves where, most first. */
  readonly moves: readonly { readonly from: Address; readonly to: Address | null; readonly count: number }[];
}

/**
 * How many people would get another sender, and which, if the pool changed: each mapping is planned, as a text, on the
 * changed pool. The pool given is not touched. A sender that is removed and added again is another membership, so its
 * recipients move.
 *
 * @throws MessagingError DUPLICATE_SENDER when a sender to add is in the pool and not removed.
 */
export function explainChange(
  pool: SenderPool,
  settings: PlanSettings,
  change: PoolChange,
  mappings: Iterable<MappedRecipient>,
): PoolChangeEffect {
  const changed = changedPool(pool, change);
  const moves = new Map<Address, Map<Address | null, number>>();
  let total = 0;
  let moved = 0;
  let stranded = 0;
  for (const { to, membership } of mappings) {
    const from = pool.byMembership(membership);
    if (from === undefined) continue;
    total += 1;
    const request = { to, body: "", mediaUrl: [], smartEncoding: false };
    const { decision } = plan(changed, { ...settings, stickySender: true }, request, { sticky: membership });
    const next = decision?.sender.membership === membership ? from : (decision?.sender ?? null);
    if (next === from) continue;
    if (next === null) stranded += 1;
    else moved += 1;
    // As the moves come to pass, the scaler spreads those that follow.
    if (next !== null) changed.addMapping(next.id, 1);
    changed.addMapping(from.id, -1);
    const ofSender = moves.get(from.id) ?? new Map<Address | null, number>();
    moves.set(from.id, ofSender.set(next?.id ?? null, (ofSender.get(next?.id ?? null) ?? 0) + 1));
  }
  return Object.freeze({
    mappings: total,
    kept: total - moved - stranded,
    moved,
    stranded,
    moves: Object.freeze(flatten(moves)),
  });
}

function changedPool(pool: SenderPool, { add = [], remove = [] }: PoolChange): SenderPool {
  const leaving = new Set(remove);
  const changed = createSenderPool(
    pool.list().filter((sender) => !leaving.has(sender.id) && !leaving.has(senderKey(sender))),
  );
  for (const { id } of changed.list()) changed.addMapping(id, pool.load(id)?.mappings ?? 0);
  for (const sender of add) changed.add(sender);
  return changed;
}

function flatten(
  moves: ReadonlyMap<Address, ReadonlyMap<Address | null, number>>,
): PoolChangeEffect["moves"] {
  return [...moves]
    .flatMap(([from, ofSender]) => [...ofSender].map(([to, count]) => Object.freeze({ from, to, count })))
    .sort((a, b) => b.count - a.count);
}
