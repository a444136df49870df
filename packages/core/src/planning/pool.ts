import { MessagingError } from "../errors.ts";
import type { Sender } from "../sender.ts";
import type { Address, SenderType } from "../types.ts";
import {
  createLineup,
  enter,
  type Lineup,
  leave,
  type Member,
  reload,
  type SenderLoad,
  TICK_MS,
} from "./lineup.ts";

/** Senders of one type, country or area code, by what they can do. */
export interface PoolPlace {
  readonly size: number;
  readonly lineups: readonly Lineup[];
  /** Of a type: its countries ("*" for none). Of a country: its area codes ("" for none). */
  readonly children: ReadonlyMap<string, PoolPlace>;
}

/**
 * A service's senders, indexed by type, country and area code, each place ordered by load, so that choosing never
 * scans. The pool also holds each sender's load: the caller reports it (`setBusy`, `addMapping`, `touch`), `plan` reads it.
 */
export interface SenderPool {
  readonly size: number;
  /** Another number each time a sender joins or leaves. */
  readonly version: number;
  /**
   * The sender of that address or {@link senderKey}. Of a sender ID that is there several times: the one kept for
   * `country`, else the one for every country, else the first.
   */
  get(id: Address, country?: string): Sender | undefined;
  byMembership(membership: string): Sender | undefined;
  /** In the order they were added. */
  list(): readonly Sender[];
  /** @throws MessagingError DUPLICATE_SENDER when the pool has a sender of that {@link senderKey}. */
  add(sender: Sender): void;
  /** By {@link senderKey}, or by an address that only one has. The sender that left, or `undefined` if none did. */
  remove(id: Address): Sender | undefined;
  /** Whether the sender's lane is at work. Of a sender that is not in the pool: nothing happens, here and below. */
  setBusy(id: Address, busy: boolean): void;
  /** Counts sticky mappings that name the sender; never below 0. */
  addMapping(id: Address, by: number): void;
  /** The sender took a message at that time, ms, and is the one used last, though a clock stands still or goes back. */
  touch(id: Address, at: number): void;
  /** What the sender's load is. */
  load(id: Address): SenderLoad | undefined;
  /** For rules: the senders of an address, or the one of a key, each with its place in every order. */
  members(id: Address): readonly Member[];
  /** For rules: senders of a type, of one country ("*": none), of one area code; `undefined` when there are none. */
  place(type: SenderType, country?: string, areaCode?: string): PoolPlace | undefined;
}

interface Place extends PoolPlace {
  size: number;
  readonly lineups: Lineup[];
  readonly byTraits: Map<string, Lineup>;
  readonly children: Map<string, Place>;
}

const IDLE = toLoad(false, 0, 0);

const NOBODY: readonly Member[] = [];

/**
 * What tells the senders of one pool apart: the address. A sender ID kept for one country has the country with it
 * (`ACME/FR`, which is no address), so that one name can be registered in several.
 */
export function senderKey({ id, type, country }: Pick<Sender, "id" | "type" | "country">): string {
  return type === "alphanumeric" && country !== undefined ? keyIn(id, country) : id;
}

function keyIn(id: Address, country: string): string {
  return `${id}/${country}`;
}

/** Country of senders that have none, and area code of those without: keys of {@link SenderPool.place}. */
export const NO_COUNTRY = "*";
const NO_AREA_CODE = "";

/**
 * Creates a pool.
 *
 * @throws MessagingError DUPLICATE_SENDER when an address comes twice.
 */
export function createSenderPool(senders: Iterable<Sender> = []): SenderPool {
  const members = new Map<string, Member>();
  /** Sender IDs that are kept for a country, by their address. */
  const kept = new Map<Address, readonly Member[]>();
  const memberships = new Map<string, Sender>();
  const root = createPlace();

  let latest = 0;
  let version = 0;

  function named(id: Address): readonly Member[] {
    const member = members.get(id);
    const others = kept.get(id) ?? NOBODY;
    return member === undefined ? others : others.length === 0 ? [member] : [member, ...others];
  }

  function find(id: Address, country?: string): Member | undefined {
    const forCountry = country === undefined ? undefined : members.get(keyIn(id, country));
    return forCountry ?? members.get(id) ?? kept.get(id)?.[0];
  }

  /** A sender ID has one lane in all countries, so all that share it share its load. */
  function setLoad(id: Address, change: (load: SenderLoad) => SenderLoad): void {
    const member = members.get(id);
    if (member !== undefined) changeLoad(member, change);
    for (const other of kept.get(id) ?? NOBODY) changeLoad(other, change);
  }

  function changeLoad(member: Member, change: (load: SenderLoad) => SenderLoad): void {
    const load = change(member.load);
    if (load !== member.load) reload(member, load);
  }

  const pool: SenderPool = {
    get size() {
      return members.size;
    },
    get version() {
      return version;
    },
    get: (id, country) => find(id, country)?.sender,
    byMembership: (membership) => memberships.get(membership),
    list: () => Array.from(members.values(), (member) => member.sender),
    add(sender) {
      const key = senderKey(sender);
      if (members.has(key)) {
        throw new MessagingError("DUPLICATE_SENDER", `Sender ${JSON.stringify(key)} is in the pool already.`);
      }
      version += 1;
      const member: Member = { sender, load: IDLE, lineups: [], slots: [] };
      members.set(key, member);
      if (key !== sender.id) kept.set(sender.id, [...(kept.get(sender.id) ?? NOBODY), member]);
      memberships.set(sender.membership, sender);
      let place = root;
      for (const key of pathOf(sender)) {
        place = childOf(place, key);
        place.size += 1;
        enter(lineupOf(place, sender), member);
      }
    },
    remove(id) {
      const [member, another] = members.has(id) ? [members.get(id)] : named(id);
      if (member === undefined || another !== undefined) return undefined;
      version += 1;
      members.delete(senderKey(member.sender));
      const others = (kept.get(member.sender.id) ?? NOBODY).filter((other) => other !== member);
      if (others.length > 0) kept.set(member.sender.id, others);
      else kept.delete(member.sender.id);
      memberships.delete(member.sender.membership);
      for (const lineup of member.lineups) leave(lineup, member);
      shrink(root, pathOf(member.sender), member.sender);
      return member.sender;
    },
    setBusy: (id, busy) =>
      setLoad(id, (load) => (load.busy === busy ? load : toLoad(busy, load.mappings, load.lastUsed))),
    addMapping: (id, by) =>
      setLoad(id, ({ busy, mappings, lastUsed }) => toLoad(busy, Math.max(0, mappings + by), lastUsed)),
    touch(id, at) {
      latest = Math.max(at, latest + TICK_MS);
      setLoad(id, ({ busy, mappings }) => toLoad(busy, mappings, latest));
    },
    load: (id) => find(id)?.load,
    members: named,
    place(type, country, areaCode) {
      const ofType = root.children.get(type);
      if (country === undefined) return ofType;
      const ofCountry = ofType?.children.get(country);
      return areaCode === undefined ? ofCountry : ofCountry?.children.get(areaCode);
    },
  };
  for (const sender of senders) pool.add(sender);
  return Object.freeze(pool);
}

function createPlace(): Place {
  return { size: 0, lineups: [], byTraits: new Map(), children: new Map() };
}

/** The places a sender stands in, each inside the one before. */
function pathOf(sender: Sender): readonly string[] {
  return [sender.type, sender.country ?? NO_COUNTRY, sender.areaCode ?? NO_AREA_CODE];
}

/** Senders with the same traits differ for the rules in nothing but their place. */
function traitsOf(sender: Sender): string {
  return `${[...sender.capabilities].sort()}|${[...(sender.unsupportedCarriers ?? [])].sort()}`;
}

function childOf(place: Place, key: string): Place {
  const child = place.children.get(key) ?? createPlace();
  place.children.set(key, child);
  return child;
}

function lineupOf(place: Place, sender: Sender): Lineup {
  const traits = traitsOf(sender);
  const known = place.byTraits.get(traits);
  if (known !== undefined) return known;
  const lineup = createLineup(sender);
  place.byTraits.set(traits, lineup);
  place.lineups.push(lineup);
  return lineup;
}

/** Not by a spread: V8 (11.3) misses its cache at each `{ ...load, lastUsed }`, which takes it a microsecond. */
function toLoad(busy: boolean, mappings: number, lastUsed: number): SenderLoad {
  return { busy, mappings, lastUsed };
}

/** Forgets lineups and places that a departure left empty. */
function shrink(place: Place, path: readonly string[], sender: Sender): void {
  const [key, ...rest] = path;
  const child = key === undefined ? undefined : place.children.get(key);
  if (key === undefined || child === undefined) return;
  child.size -= 1;
  const traits = traitsOf(sender);
  const lineup = child.byTraits.get(traits);
  if (lineup?.members.length === 0) {
    child.byTraits.delete(traits);
    child.lineups.splice(child.lineups.indexOf(lineup), 1);
  }
  shrink(child, rest, sender);
  if (child.size === 0) place.children.delete(key);
}
