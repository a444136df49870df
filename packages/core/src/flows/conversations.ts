import type {
  Conversation,
  ConversationFilter,
  ConversationMessageFilter,
  ConversationMessagePage,
  ConversationPage,
  ConversationReply,
  Conversations,
  ConversationUpdate,
} from "../conversation.ts";
import {
  checkFilter,
  checkMessageFilter,
  checkPair,
  checkReply,
  checkUpdate,
} from "../conversation-requests.ts";
import { isMessagingError, MessagingError } from "../errors.ts";
import { pageSize } from "../option-checks.ts";
import { parseAddress, parseRecipient, type Recipient } from "../phone/address.ts";
import {
  awake,
  type ConversationRecord,
  inState,
  stateAt,
  toConversation,
  toConversationMessage,
} from "../records/conversation-record.ts";
import { createSid } from "../sid.ts";
import type { Message } from "../types.ts";
import type { FlowContext, Send } from "./context.ts";
import type { ConversationChanges, ConversationStep, ConversationTelling } from "./conversing.ts";

/** Flows that {@link createConversations} is handed. */
export interface ConversationFlows {
  readonly send: Send;
  readonly changes: ConversationChanges;
  readonly telling: ConversationTelling;
}

const USUAL = 50;
const PAGE = 200;
/** What one `list` reads at most: few of many may have the state that is asked for. */
const MOST_READ = 1_000;
const SEVERAL = /[,;]/;

/** `service.conversations`. */
export function createConversations(
  ctx: FlowContext,
  { send, changes, telling }: ConversationFlows,
): Conversations {
  const view = (record: ConversationRecord): Conversation =>
    toConversation(record, ctx.options, ctx.clock.now());

  return Object.freeze({
    async get(sid: string): Promise<Conversation | undefined> {
      const found = await ctx.conversations.get(sid);
      return found === undefined ? undefined : view(found.record);
    },
    async find(pair: Parameters<Conversations["find"]>[0]): Promise<Conversation | undefined> {
      checkPair(pair);
      const { channel, person } = onePerson(pair.address);
      const { bindings } = await ctx.conversations.bound(channel, person);
      const sids =
        pair.sender === undefined
          ? Object.values(bindings.bySender)
          : [bindings.bySender[senderId(pair.sender)] ?? ""].filter((sid) => sid !== "");
      const now = ctx.clock.now();
      const open = (await ctx.conversations.getMany(sids)).filter(
        (record) => record !== undefined && stateAt(record, now) !== "closed",
      ) as ConversationRecord[];
      const [last] = open.sort((a, b) => b.updatedAt - a.updatedAt);
      return last === undefined ? undefined : view(last);
    },
    async list(filter: ConversationFilter = {}): Promise<ConversationPage> {
      checkFilter(filter);
      const limit = pageSize(filter.limit, USUAL, PAGE);
      const now = ctx.clock.now();
      const found: Conversation[] = [];
      const size = filter.state === undefined ? limit : PAGE;
      let { cursor } = filter;
      for (let read = 0; read < MOST_READ; read += size) {
        const { records, cursors } = await ctx.conversations.page(cursor, size);
        for (const [index, record] of records.entries()) {
          cursor = cursors[index];
          if (record === undefined) continue;
          if (filter.state !== undefined && stateAt(record, now) !== filter.state) continue;
          found.push(view(record));
          if (found.length === limit) return page(found, cursor);
        }
        if (records.length < size) return page(found, undefined);
      }
      return page(found, cursor);
    },
    async messages(sid: string, filter: ConversationMessageFilter = {}): Promise<ConversationMessagePage> {
      checkMessageFilter(filter);
      const limit = pageSize(filter.limit, USUAL, PAGE);
      const [there, lines] = await Promise.all([
        ctx.conversations.get(sid),
        ctx.conversations.lines(sid, filter.cursor, limit),
      ]);
      if (there === undefined) throw missing(sid);
      const records = await ctx.messages.getMany(lines.map(({ messageSid }) => messageSid));
      const messages = lines.flatMap((line, index) => {
        const record = records[index];
        return record === undefined ? [] : [toConversationMessage(sid, line, record)];
      });
      return page(messages, lines.length < limit ? undefined : lines.at(-1)?.cursor);
    },
    send: reply,
    async update(sid: string, change: ConversationUpdate): Promise<Conversation> {
      checkUpdate(change);
      const written = await changes.update(sid, (record) => {
        if (record.state === "closed") throw closed(sid);
        return changed(record, change);
      });
      return written === undefined ? known(sid) : view(written.record);
    },
    async close(sid: string): Promise<Conversation> {
      const written = await changes.update(sid, (record) =>
        record.state === "closed" ? undefined : changed(record, { state: "closed" }),
      );
      return written === undefined ? known(sid) : view(written.record);
    },
  });

  async function known(sid: string): Promise<Conversation> {
    const found = await ctx.conversations.get(sid);
    if (found === undefined) throw missing(sid);
    return view(found.record);
  }

  function changed(record: ConversationRecord, change: ConversationUpdate): ConversationStep {
    const now = ctx.clock.now();
    const {
      state = record.state,
      friendlyName = record.friendlyName,
      attributes = record.attributes,
    } = change;
    const next = { ...record, friendlyName, attributes, updatedAt: now };
    if (state === record.state) return { next, events: [] };
    const moved = inState(next, state, now);
    return {
      next: state === "active" ? awake(moved, ctx.options.conversations, now) : moved,
      events: [
        { type: "onConversationStateUpdated", stateFrom: record.state, stateTo: state, reason: "API" },
      ],
    };
  }

  async function reply(sid: string, input: ConversationReply): Promise<Message> {
    const { author = "system", ...rest } = checkReply(input);
    const there = await ctx.conversations.get(sid);
    if (there === undefined) throw missing(sid);
    const { record } = there;
    if (stateAt(record, ctx.clock.now()) === "closed") throw closed(sid);
    const messageSid = createSid(rest.mediaUrl?.length ? "MM" : "SM");
    const entry = `${sid} ${messageSid}`;
    // Should this process die between the two, another one puts the message into the conversation.
    await telling.hold(entry);
    let message: Message;
    try {
      message = await send(
        { ...rest, to: record.address, from: record.sender },
        { sid: messageSid, conversation: { sid, author } },
      );
    } catch (error) {
      if (isMessagingError(error, "STORE_UNAVAILABLE"))
        await telling.insist(entry, () => changes.rejoin(sid, messageSid));
      else telling.release(entry);
      throw error;
    }
    await telling.insist(entry, () => joined(sid, message.sid, author));
    return message;
  }

  /** It is accepted, so it is in the conversation, even in one that was closed meanwhile. */
  async function joined(sid: string, messageSid: string, author: string): Promise<void> {
    const live = ctx.live.get(messageSid)?.versioned ?? (await ctx.messages.get(messageSid));
    if (live !== undefined) await changes.join(sid, live.record, author, { evenClosed: true });
  }

  function senderId(sender: string): string {
    return parseAddress(sender, { defaultCountry: ctx.options.defaultCountry })?.address ?? sender;
  }

  /** @throws MessagingError GROUP_MMS_UNSUPPORTED, INVALID_RECIPIENT. */
  function onePerson(address: unknown): Recipient {
    if (Array.isArray(address) || (typeof address === "string" && SEVERAL.test(address)))
      throw new MessagingError("GROUP_MMS_UNSUPPORTED", "The address names several people.");
    return parseRecipient(address as string, { defaultCountry: ctx.options.defaultCountry });
  }
}

function page<T>(
  items: readonly T[],
  cursor: string | undefined,
): readonly T[] & { readonly cursor: string | null } {
  return Object.freeze(Object.assign([...items], { cursor: cursor ?? null }));
}

function missing(sid: string): MessagingError {
  return new MessagingError("CONVERSATION_NOT_FOUND", `There is no conversation ${sid}.`);
}

function closed(sid: string): MessagingError {
  return new MessagingError("CONVERSATION_CLOSED", `${sid} is closed.`);
}
