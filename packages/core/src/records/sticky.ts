import type { Settings } from "../settings.ts";
import { lateTexts } from "../store/late-text.ts";
import type { Store } from "../store/store.ts";
import type { Keys } from "./keys.ts";

/** A sticky mapping as read: the membership it belongs to, and the text it was read as. */
export interface StickyMapping {
  readonly membership: string;
  /** Day it was last touched, counted from 1970. */
  readonly day: number;
  readonly raw: string;
}

/** Sticky mappings: recipient → membership of a sender, per channel. About ten bytes each beyond the key. */
export interface Sticky {
  key(channel: string, person: string): string;
  parse(raw: string | undefined): StickyMapping | undefined;
  /**
   * Makes the mapping, over exactly `stale` if one is given. Atomic: of two claims one wins, and the loser gets the
   * winner's mapping.
   */
  claim(
    channel: string,
    person: string,
    membership: string,
    stale: StickyMapping | undefined,
  ): Promise<StickyMapping | undefined>;
  /**
   * Makes the mapping where there is none, in one round trip; resolves whether it did. `undefined`: it was not tried, since
   * this process saw one before, and to ask a store elsewhere costs a write.
   */
  claimFree(channel: string, person: string, membership: string): Promise<boolean | undefined>;
  /** Renews the idle time; at most monthly, so that a mapping in use costs no writes: then `undefined`. */
  touch(channel: string, person: string, mapping: StickyMapping): Promise<void> | undefined;
  /** Drops the mapping if it still belongs to `membership`. */
  release(channel: string, person: string, membership: string): Promise<void>;
  get(channel: string, person: string): Promise<StickyMapping | undefined>;
  set(channel: string, person: string, membership: string): Promise<void>;
  clear(channel: string, person: string): Promise<boolean>;
  /** A page of the mappings that exist, in the order they were made. */
  page(after: string | undefined, limit: number): Promise<StickyPage>;
}

/** One page of mappings; `cursor` is `undefined` at the end. */
export interface StickyPage {
  readonly entries: readonly {
    readonly channel: string;
    readonly person: string;
    readonly mapping: StickyMapping;
  }[];
  readonly cursor: string | undefined;
}

const DAY_MS = 86_400_000;
const TOUCH_DAYS = 30;
/** Most people that are remembered to be mapped. */
const MOST_MAPPED = 100_000;

/** The repository of sticky mappings. Idle ones expire after `stickyIdleDays`. */
export function createSticky(store: Store, keys: Keys, now: () => number, settings: () => Settings): Sticky {
  const ttl = (): number => settings().stickyIdleDays * DAY_MS;
  let today = { day: 0, text: "0" };
  const value = (membership: string): string => {
    const day = Math.floor(now() / DAY_MS);
    if (day !== today.day) today = { day, text: day.toString(36) };
    return `${membership}.${today.text}`;
  };

  /** Keys under which a mapping stood: trying again would be a write for nothing. A store in this process's memory knows as soon. */
  const mapped = new Set<string>();
  const isHere = lateTexts(store).keeps;

  const parse = (raw: string | undefined): StickyMapping | undefined => {
    if (raw === undefined) return undefined;
    const dot = raw.lastIndexOf(".");
    return { membership: raw.slice(0, dot), day: Number.parseInt(raw.slice(dot + 1), 36), raw };
  };

  /** Writes the mapping and its line, over exactly what is expected. */
  function write(
    key: string,
    name: string,
    membership: string,
    expected: string | undefined,
  ): Promise<boolean> {
    const ttlMs = ttl();
    const line = { log: keys.stickyLog, value: name, ttlMs };
    return store.compareAndSet(key, expected, value(membership), ttlMs, [line]);
  }

  function remember(key: string): void {
    if (isHere) return;
    if (mapped.size >= MOST_MAPPED) mapped.clear();
    mapped.add(key);
  }

  const sticky: Sticky = {
    key: (channel, person) => keys.sticky(channel, person),
    parse,
    async claim(channel, person, membership, stale) {
      const key = keys.sticky(channel, person);
      for (let expected = stale?.raw; ; expected = undefined) {
        const isWritten = await write(key, `${channel} ${person}`, membership, expected);
        if (isWritten || expected === undefined) remember(key);
        if (isWritten) return undefined;
        const there = parse(await store.get(key));
        if (there !== undefined) return there;
      }
    },
    async claimFree(channel, person, membership) {
      const key = keys.sticky(channel, person);
      if (mapped.has(key)) return undefined;
      const isWritten = await write(key, `${channel} ${person}`, membership, undefined);
      remember(key);
      return isWritten;
    },
    touch(channel, person, mapping) {
      // Days are counted whole: half a day would be a day, and one that is to last a single day would end in use.
      const often = Math.min(TOUCH_DAYS, Math.floor(settings().stickyIdleDays / 2));
      if (Math.floor(now() / DAY_MS) - mapping.day < often) return undefined;
      // The line in the log is renewed with it: the earlier one ends when the mapping would have.
      const line = { log: keys.stickyLog, value: `${channel} ${person}`, ttlMs: ttl() };
      const renewed = value(mapping.membership);
      return store
        .compareAndSet(keys.sticky(channel, person), mapping.raw, renewed, ttl(), [line])
        .then(() => undefined);
    },
    async release(channel, person, membership) {
      const mapping = await sticky.get(channel, person);
      if (mapping?.membership !== membership) return;
      await store.compareAndSet(keys.sticky(channel, person), mapping.raw, undefined, 0);
    },
    get: async (channel, person) => parse(await store.get(keys.sticky(channel, person))),
    async set(channel, person, membership) {
      await store.set(keys.sticky(channel, person), value(membership), ttl());
      await store.append(keys.stickyLog, `${channel} ${person}`, ttl());
    },
    async clear(channel, person) {
      const mapping = await sticky.get(channel, person);
      if (mapping === undefined) return false;
      return store.compareAndSet(keys.sticky(channel, person), mapping.raw, undefined, 0);
    },
    async page(after, limit) {
      const lines = await store.range(keys.stickyLog, { after, limit });
      // A mapping made twice stands in the log twice; one page shows it once, and the reader drops what it saw before.
      const names = [...new Set(lines.map((line) => line.value))].map(
        (line) => line.split(" ") as [string, string],
      );
      const raws =
        names.length === 0
          ? []
          : await store.getMany(names.map(([channel, person]) => keys.sticky(channel, person)));
      const entries = names.flatMap(([channel, person], index) => {
        const mapping = parse(raws[index]);
        return mapping === undefined ? [] : [{ channel, person, mapping }];
      });
      return { entries, cursor: lines.length < limit ? undefined : lines.at(-1)?.cursor };
    },
  };
  return Object.freeze(sticky);
}
