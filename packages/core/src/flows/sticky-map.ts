import { MessagingError } from "../errors.ts";
import { fields, pageSize } from "../option-checks.ts";
import { parseRecipient, type Recipient } from "../phone/address.ts";
import { explainChange, type MappedRecipient, type PoolChangeEffect } from "../planning/change.ts";
import { resolveSender } from "../planning/resolve-sender.ts";
import type { StickyMapping } from "../records/sticky.ts";
import type { SenderInput } from "../sender.ts";
import type { Address } from "../types.ts";
import type { FlowContext } from "./context.ts";

/** A sticky mapping as its reader sees it. */
export interface StickyEntry {
  readonly to: Address;
  readonly sender: Address;
}

/** A page of them. */
export interface StickyEntryPage {
  readonly entries: readonly StickyEntry[];
  readonly cursor: string | undefined;
}

/** Sticky mappings you can read and set. */
export interface StickyMap {
  /** The sender kept for a recipient; `undefined` when there is none, or its sender has left the pool. */
  get(to: string): Promise<StickyEntry | undefined>;
  /** Keeps this sender for the recipient from now on. @throws MessagingError SENDER_NOT_FOUND, CHANNEL_MISMATCH. */
  pin(to: string, sender: Address): Promise<StickyEntry>;
  /** Forgets the mapping; false when there was none. */
  clear(to: string): Promise<boolean>;
  /** Every mapping that holds, in the order they were first made. */
  entries(): AsyncIterable<StickyEntry>;
  /**
   * The mappings that hold among the next `limit` lines of the log (default 100, at most 1,000), and where to go on; `cursor` is `undefined` at the end. A mapping made
   * anew meanwhile may come twice.
   */
  page(options?: {
    readonly after?: string | undefined;
    readonly limit?: number | undefined;
  }): Promise<StickyEntryPage>;
  /** What a change of the pool would do to the mappings there are. @throws MessagingError SENDER_NOT_FOUND, DUPLICATE_SENDER, INVALID_SENDER. */
  explainChange(change: {
    readonly add?: readonly SenderInput[];
    readonly remove?: readonly Address[];
  }): Promise<PoolChangeEffect>;
}

const PAGE = 500;

export function createStickyMap(ctx: FlowContext): StickyMap {
  const parse = (to: string): Recipient => parseRecipient(to, { defaultCountry: ctx.options.defaultCountry });

  async function* mapped(): AsyncGenerator<MappedRecipient> {
    const seen = new Set<string>();
    let after: string | undefined;
    do {
      const { entries, cursor } = await ctx.sticky.page(after, PAGE);
      for (const { channel, person, mapping } of entries) {
        const address = channel === "sms" ? person : `${channel}:${person}`;
        if (seen.has(address)) continue;
        seen.add(address);
        yield { to: parse(address), membership: mapping.membership };
      }
      after = cursor;
    } while (after !== undefined);
  }

  /** The scaler counts a sender's mappings; this one is no longer its own. */
  function uncount(mapping: StickyMapping | undefined): void {
    const sender = mapping === undefined ? undefined : ctx.pool.byMembership(mapping.membership);
    if (sender !== undefined) ctx.pool.addMapping(sender.id, -1);
  }

  return Object.freeze({
    async get(to: string): Promise<StickyEntry | undefined> {
      const { address, channel, person } = parse(to);
      const sender = ctx.pool.byMembership((await ctx.sticky.get(channel, person))?.membership ?? "");
      return sender === undefined ? undefined : Object.freeze({ to: address, sender: sender.id });
    },
    async pin(to: string, id: Address): Promise<StickyEntry> {
      const { address, channel, person, country } = parse(to);
      const sender = ctx.pool.get(id, country);
      if (sender === undefined) throw new MessagingError("SENDER_NOT_FOUND", `${id} is not in the pool.`);
      if (sender.channel !== channel)
        throw new MessagingError("CHANNEL_MISMATCH", `${id} does not reach ${address}.`);
      // RCS keeps no sender: a pin would never be asked.
      if (channel === "rcs")
        throw new MessagingError("CHANNEL_MISMATCH", `RCS keeps no sender for ${address}.`);
      uncount(await ctx.sticky.get(channel, person));
      await ctx.sticky.set(channel, person, sender.membership);
      ctx.pool.addMapping(sender.id, 1);
      return Object.freeze({ to: address, sender: sender.id });
    },
    async clear(to: string): Promise<boolean> {
      const { channel, person } = parse(to);
      const mapping = await ctx.sticky.get(channel, person);
      const cleared = await ctx.sticky.clear(channel, person);
      if (cleared) uncount(mapping);
      return cleared;
    },
    async *entries(): AsyncGenerator<StickyEntry> {
      for await (const { to, membership } of mapped()) {
        const sender = ctx.pool.byMembership(membership);
        if (sender !== undefined) yield Object.freeze({ to: to.address, sender: sender.id });
      }
    },
    async page(options: Parameters<StickyMap["page"]>[0] = {}): Promise<StickyEntryPage> {
      fields("sticky.page", options, ["after", "limit"]);
      const limit = pageSize(options.limit, 100, 1_000);
      const { entries, cursor } = await ctx.sticky.page(options.after, limit);
      const held = entries.flatMap(({ channel, person, mapping }) => {
        const sender = ctx.pool.byMembership(mapping.membership);
        const to = channel === "sms" ? person : `${channel}:${person}`;
        return sender === undefined ? [] : [Object.freeze({ to: parse(to).address, sender: sender.id })];
      });
      return Object.freeze({ entries: Object.freeze(held), cursor });
    },
    async explainChange(change: Parameters<StickyMap["explainChange"]>[0]): Promise<PoolChangeEffect> {
      fields("explainChange", change, ["add", "remove"]);
      const { add = [], remove = [] } = change;
      const { defaultCountry, providers } = ctx.options;
      const defaultProvider = providers[0]?.name ?? "";
      const senders = add.map((input, index) =>
        resolveSender(input, { defaultProvider, defaultCountry, membership: `new-${index}` }),
      );
      const unknown = remove.find((id) => ctx.pool.get(id) === undefined);
      if (unknown !== undefined)
        throw new MessagingError("SENDER_NOT_FOUND", `${unknown} is not in the pool.`);
      const mappings: MappedRecipient[] = [];
      for await (const mapping of mapped()) mappings.push(mapping);
      return explainChange(ctx.pool, ctx.settings(), { add: senders, remove }, mappings);
    },
  });
}
