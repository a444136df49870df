import type { Conversation, ConversationMessage, MessagingService } from "@messaging-service/core";

/** A conversation as the page lists it. */
export interface Row {
  readonly sid: string;
  /** The person: a name, where somebody gave the conversation one, else the address. */
  readonly name: string;
  readonly address: string;
  readonly sender: string;
  readonly state: Conversation["state"];
  /** Whether they may not be texted. */
  readonly optedOut: boolean;
  /** Whether they wrote since an agent last looked. */
  readonly unread: boolean;
  /** When the last message came or went, ISO 8601. */
  readonly at: string;
  readonly last: (Pick<Line, "index" | "mine" | "author"> & { readonly text: string }) | undefined;
}

/** A message as the page shows it. */
export interface Line {
  readonly index: number;
  readonly messageSid: string;
  readonly mine: boolean;
  readonly author: string;
  readonly body: string;
  readonly media: readonly { readonly url: string; readonly contentType: string | null }[];
  readonly at: string;
  readonly status: string;
  /** Why it failed; `null` where it did not. */
  readonly reason: string | null;
}

/** A page of either, newest first. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** For the page after it; `null` at the end. */
  readonly cursor: string | null;
}

/** The conversations of a service, as agents see them. */
export interface Inbox {
  row(conversation: Conversation): Promise<Row>;
  rows(cursor: string | undefined): Promise<Page<Row>>;
  lines(sid: string, cursor: string | undefined): Promise<Page<Line>>;
  /** Why a message failed, for agents; `null` for one that has no error code. */
  reason(messageSid: string, errorCode: number | null): Promise<string | null>;
  /** An agent has seen the messages up to that index. */
  markRead(conversation: Conversation, index: number): Promise<void>;
}

/** What carriers report most, in words for agents. Source: Twilio's error dictionary. */
const REASONS: Readonly<Record<number, string>> = {
  30003: "the phone is off or out of reach",
  30004: "the recipient blocked it, or cannot receive texts",
  30005: "there is no such number",
  30006: "a landline, or a network that is not reached",
  30007: "filtered by the carrier",
};

const ROWS = 50;
/** Of the newest messages, to tell whether one is unread: an answer of the service's own (to HELP, say) is no agent's. */
const LOOKED_AT = 10;
const LINES = 50;

/** What agents have read is kept with the conversation, for the whole team and every process. */
export function createInbox(service: MessagingService): Inbox {
  const { conversations, consent } = service;

  async function row(conversation: Conversation): Promise<Row> {
    const { sid, address, sender, state, dateCreated } = conversation;
    const [newest, { status }] = await Promise.all([
      conversations.messages(sid, { limit: LOOKED_AT }),
      consent.get(address, { sender }),
    ]);
    const last = newest[0];
    const isUnread = newest.some(
      ({ direction, index }) => direction === "inbound" && index > readUpTo(conversation),
    );
    return {
      sid,
      name: conversation.friendlyName ?? address,
      address,
      sender,
      state,
      optedOut: status === "opted-out",
      // A closed one takes no marks any more.
      unread: isUnread && state !== "closed",
      at: (last?.dateCreated ?? dateCreated).toISOString(),
      last: last && {
        index: last.index,
        mine: last.direction !== "inbound",
        author: last.author,
        text: textOf(last),
      },
    };
  }

  return {
    row,
    reason,
    async rows(cursor) {
      const page = await conversations.list({ limit: ROWS, cursor });
      return { items: await Promise.all(page.map(row)), cursor: page.cursor };
    },
    async lines(sid, cursor) {
      const page = await conversations.messages(sid, { limit: LINES, cursor });
      return { items: await Promise.all(page.map(line)), cursor: page.cursor };
    },
    async markRead(conversation, index) {
      const { sid, state, attributes, messageCount } = conversation;
      const seen = Math.min(index, messageCount - 1);
      if (state === "closed" || seen <= readUpTo(conversation)) return;
      await conversations.update(sid, { attributes: { ...attributes, readUpTo: seen } });
    },
  };

  async function line(message: ConversationMessage): Promise<Line> {
    const { index, messageSid, author, body, media, dateCreated, status, errorCode } = message;
    return {
      index,
      messageSid,
      mine: message.direction !== "inbound",
      author,
      body,
      // A link leads to the web, and nowhere else.
      media: media.filter(({ url }) => /^https?:\/\//i.test(url)),
      at: dateCreated.toISOString(),
      status,
      reason: await reason(messageSid, errorCode),
    };
  }

  async function reason(messageSid: string, errorCode: number | null): Promise<string | null> {
    if (errorCode === null) return null;
    const words = REASONS[errorCode] ?? (await service.message(messageSid))?.errorMessage ?? "it failed";
    return `${words} (${errorCode})`;
  }
}

function readUpTo({ attributes }: Conversation): number {
  return typeof attributes.readUpTo === "number" ? attributes.readUpTo : -1;
}

function textOf({ body, media }: ConversationMessage): string {
  return body === "" && media.length > 0 ? "(attachment)" : body.slice(0, 200);
}
