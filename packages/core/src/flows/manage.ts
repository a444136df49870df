import { MessagingError } from "../errors.ts";
import { date, fields, invalid, pageSize, show } from "../option-checks.ts";
import { parseAddress } from "../phone/address.ts";
import { retire } from "../records/idempotency.ts";
import { isFinal, type MessageRecord, toMessage } from "../records/message-record.ts";
import type { RecordChange } from "../records/record-change.ts";
import type { Direction, Message } from "../types.ts";
import type { Advance, FlowContext } from "./context.ts";
import { withOutbound } from "./outcome.ts";

/** Which messages {@link Manage.messages} lists. All given conditions hold together. */
export interface MessageFilter {
  readonly to?: string | undefined;
  readonly from?: string | undefined;
  readonly direction?: Direction | undefined;
  /** Created after (exclusive). */
  readonly after?: Date | undefined;
  /** Created before (exclusive). */
  readonly before?: Date | undefined;
  /** At most this many; default 50, at most 1,000. */
  readonly limit?: number | undefined;
  /** `cursor` of the page before. */
  readonly cursor?: string | undefined;
}

/** A page of messages, newest first. */
export type MessagePage = readonly Message[] & {
  /** Pass it on for the next page; `null` at the end. */
  readonly cursor: string | null;
};

/** The message record as its users see and change it. */
export interface Manage {
  message(sid: string): Promise<Message | undefined>;
  /** @throws MessagingError INVALID_OPTION, UNKNOWN_REQUEST_OPTION, INVALID_CURSOR. */
  messages(filter?: MessageFilter): Promise<MessagePage>;
  cancel(sid: string): Promise<Message>;
  redact(sid: string): Promise<Message>;
  /** Takes a media file off the record of a finished message: the first of that URL. */
  removeMedia(sid: string, url: string): Promise<Message>;
  remove(sid: string): Promise<void>;
}

const PAGE = 200;
const DIRECTIONS: readonly unknown[] = ["inbound", "outbound-api", "outbound-reply"];
const FILTER_FIELDS = ["to", "from", "direction", "after", "before", "limit", "cursor"];

/** Reading, canceling, redacting and removing messages, with Twilio's refusals. */
export function createManage(ctx: FlowContext, { advance }: { readonly advance: Advance }): Manage {
  const view = (record: MessageRecord): Message => toMessage(record, ctx.options.accountSid, ctx.options.sid);
  const missing = (sid: string): MessagingError =>
    new MessagingError("MESSAGE_NOT_FOUND", `There is no message ${sid}.`);

  return Object.freeze({
    async message(sid: string): Promise<Message | undefined> {
      const found = await ctx.messages.get(sid);
      return found === undefined ? undefined : view(found.record);
    },
    async messages(filter: MessageFilter = {}): Promise<MessagePage> {
      fields("messages", filter, FILTER_FIELDS);
      const { direction, after } = filter;
      if (direction !== undefined && !DIRECTIONS.includes(direction))
        throw invalid("direction", direction, DIRECTIONS.join(", "));
      date("after", after);
      date("before", filter.before);
      const wanted = { ...filter, to: canonical("to", filter.to), from: canonical("from", filter.from) };
      const limit = pageSize(filter.limit, 50, 1_000);
      const found: Message[] = [];
      const seen = new Set<string>();
      let cursor = filter.cursor;
      for (;;) {
        const entries = await ctx.messages.page(cursor, PAGE);
        const records = await ctx.messages.getMany(entries.map((entry) => entry.value));
        for (const [index, record] of records.entries()) {
          cursor = entries[index]?.cursor;
          // A crash while a line was written may have left it twice.
          if (record === undefined || seen.has(record.sid) || !matches(record, wanted)) continue;
          seen.add(record.sid);
          found.push(view(record));
          if (found.length === limit) return page(found, cursor ?? null);
        }
        const oldest = records.findLast((record) => record !== undefined);
        const past = after !== undefined && oldest !== undefined && oldest.createdAt <= after.getTime();
        if (entries.length < PAGE || past) return page(found, null);
      }
    },
    /** @throws MessagingError MESSAGE_NOT_FOUND, NOT_CANCELABLE. */
    async cancel(sid: string): Promise<Message> {
      if (typeof sid !== "string") throw missing(show(sid));
      const canceled = await advance(sid, (record) =>
        record.status === "scheduled" ? { status: "canceled", updatedAt: ctx.clock.now() } : undefined,
      );
      if (canceled === undefined) {
        const there = await ctx.messages.get(sid);
        throw there === undefined
          ? missing(sid)
          : new MessagingError("NOT_CANCELABLE", `${sid} is ${there.record.status}.`);
      }
      ctx.queue.remove(sid);
      ctx.forget(sid);
      return view(canceled.record);
    },
    /** @throws MessagingError MESSAGE_NOT_FOUND, MESSAGE_UNFINISHED. */
    redact: (sid: string): Promise<Message> =>
      take(sid, (record) => ({
        body: "",
        outbound: withOutbound(record, { text: "", contentVariables: undefined, redacted: true }),
        // The provider's parameters hold the text once more, under names of its own.
        inbound: record.inbound === undefined ? undefined : { ...record.inbound, parameters: {} },
      })),
    /** @throws MessagingError MESSAGE_NOT_FOUND, MESSAGE_UNFINISHED. */
    removeMedia: (sid: string, url: string): Promise<Message> =>
      take(sid, (record) => ({
        mediaUrl: without(record.mediaUrl, (each) => each === url),
        outbound: withOutbound(record, { redacted: true }),
        inbound:
          record.inbound === undefined
            ? undefined
            : {
                ...record.inbound,
                media: without(record.inbound.media, (each) => each.url === url),
                parameters: {},
              },
      })),
    /** @throws MessagingError MESSAGE_NOT_FOUND, MESSAGE_UNFINISHED. */
    async remove(sid: string): Promise<void> {
      const there = await finished(sid);
      if (there.outbound?.idempotencyKey !== undefined) await retireKey(there.outbound.idempotencyKey, sid);
      await ctx.messages.remove(sid);
    },
  });

  /** As records hold it, so that a number is found however it is written. */
  function canonical(end: "to" | "from", address: string | undefined): string | undefined {
    if (address === undefined) return undefined;
    if (typeof address !== "string") throw invalid(end, address, "an address");
    return parseAddress(address, { defaultCountry: ctx.options.defaultCountry })?.address ?? address;
  }

  async function finished(sid: string): Promise<MessageRecord> {
    const there = await ctx.messages.get(sid);
    if (there === undefined) throw missing(sid);
    if (!isComplete(there.record))
      throw new MessagingError("MESSAGE_UNFINISHED", `${sid} is ${there.record.status}.`);
    return there.record;
  }

  /** Takes something off the record of a finished message. It is asked again as it is written: RCS may fall back to a text. */
  async function take(sid: string, change: (record: MessageRecord) => RecordChange): Promise<Message> {
    const { sid: known } = await finished(sid);
    const changed = await advance(known, (record) =>
      isComplete(record) ? { ...change(record), updatedAt: ctx.clock.now() } : undefined,
    );
    return changed === undefined ? take(sid, change) : view(changed.record);
  }

  async function retireKey(idempotencyKey: string, sid: string): Promise<void> {
    const key = ctx.keys.idempotency(idempotencyKey);
    const raw = await ctx.store.get(key);
    const retired = retire(raw, sid, ctx.clock.now());
    if (retired !== undefined) await ctx.store.compareAndSet(key, raw, retired.value, retired.ttlMs);
  }
}

/** "sent" counts as complete: without a receipt it stays so for ever. */
function isComplete({ status, inbound }: MessageRecord): boolean {
  return (isFinal(status) || status === "sent") && inbound?.state !== "handling";
}

function matches(record: MessageRecord, filter: MessageFilter): boolean {
  const { to, from, direction, after, before } = filter;
  if (to !== undefined && record.to !== to) return false;
  if (from !== undefined && record.from !== from) return false;
  if (direction !== undefined && record.direction !== direction) return false;
  if (after !== undefined && record.createdAt <= after.getTime()) return false;
  return before === undefined || record.createdAt < before.getTime();
}

/** A list less the first item that is meant. */
function without<T>(items: readonly T[], isMeant: (item: T) => boolean): readonly T[] {
  const index = items.findIndex(isMeant);
  return index === -1 ? items : items.toSpliced(index, 1);
}

function page(messages: readonly Message[], cursor: string | null): MessagePage {
  return Object.freeze(Object.assign([...messages], { cursor }));
}
