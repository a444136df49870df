import type { ErrorCode } from "./errors.ts";
import type {
  Address,
  Channel,
  Direction,
  Media,
  Message,
  MessageStatus,
  OptOutType,
  StatusCallback,
} from "./types.ts";

/** Where a conversation stands, in Twilio's words. Its pair is bound to it until it is closed. */
export type ConversationState = "active" | "inactive" | "closed";

/** One person's exchange with one of our senders. Frozen. */
export interface Conversation {
  /** `CH` and 32 hexadecimal digits. */
  readonly sid: string;
  readonly accountSid: string;
  readonly messagingServiceSid: string;
  readonly state: ConversationState;
  /** The person's; Twilio's `MessagingBinding.Address`. */
  readonly address: Address;
  /** Ours; Twilio's `MessagingBinding.ProxyAddress`. */
  readonly sender: Address;
  readonly channel: Channel;
  /** The person as Twilio's participant: `MB` and 32 hexadecimal digits. */
  readonly participantSid: string;
  readonly friendlyName: string | null;
  /** Yours to set, by `update`. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** How many messages it was given; the next one's `index`. */
  readonly messageCount: number;
  readonly dateCreated: Date;
  /** When it was last written to or changed. */
  readonly dateUpdated: Date;
  /** When it becomes inactive and closed if nothing is said before; `null` where no timer runs. */
  readonly timers: { readonly dateInactive: Date | null; readonly dateClosed: Date | null };
}

/** A message of a conversation, with its status as the message's own record has it. Frozen. */
export interface ConversationMessage {
  /** `IM` and 32 hexadecimal digits. */
  readonly sid: string;
  readonly conversationSid: string;
  /** The message itself (`service.message`). */
  readonly messageSid: string;
  /** Counts the conversation's messages from 0, without gaps. */
  readonly index: number;
  /** The person's address, what `send` was given, or "system". */
  readonly author: string;
  /** The person, where they wrote it; `null` for ours. */
  readonly participantSid: string | null;
  readonly direction: Direction;
  readonly body: string;
  readonly media: readonly Media[];
  readonly status: MessageStatus;
  readonly errorCode: number | null;
  readonly error: ErrorCode | null;
  /** The keyword that it was, or that it answers. */
  readonly optOutType: OptOutType | null;
  readonly dateCreated: Date;
  readonly dateUpdated: Date;
}

/** A page of conversations, newest first. */
export type ConversationPage = readonly Conversation[] & {
  /** Pass it on for the next page; `null` at the end. */
  readonly cursor: string | null;
};
/** A page of a conversation's messages, newest first. */
export type ConversationMessagePage = readonly ConversationMessage[] & {
  /** Pass it on for the next page; `null` at the end. */
  readonly cursor: string | null;
};

/** Which conversations are listed. */
export interface ConversationFilter {
  readonly state?: ConversationState | undefined;
  /** At most this many; default 50, at most 200. */
  readonly limit?: number | undefined;
  /** `cursor` of the page before. */
  readonly cursor?: string | undefined;
}
/** Which of a conversation's messages are listed. */
export type ConversationMessageFilter = Omit<ConversationFilter, "state">;

/** What `conversations.send` takes. Where it goes, and by which sender, the conversation knows. */
export interface ConversationReply {
  readonly body?: string | undefined;
  readonly mediaUrl?: string | readonly string[] | undefined;
  /** Who says it, 1 to 256 characters. Default "system", as at Twilio. */
  readonly author?: string | undefined;
  readonly statusCallback?: StatusCallback | undefined;
  /** The same key within 24 hours is the same message, sent once and in the conversation once. */
  readonly idempotencyKey?: string | undefined;
}

/** What `conversations.update` changes. */
export interface ConversationUpdate {
  /** "closed" is for good. */
  readonly state?: ConversationState | undefined;
  /** At most 256 characters; `null` for none. */
  readonly friendlyName?: string | null | undefined;
  /** Takes the place of those there are; at most 4,096 characters as JSON. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}

/** What `service.on("conversation")` tells, best effort, of this process alone. */
export type ConversationChange =
  | { readonly type: "added"; readonly conversation: Conversation }
  | { readonly type: "message"; readonly conversation: Conversation; readonly message: ConversationMessage }
  | {
      readonly type: "state";
      readonly conversation: Conversation;
      readonly stateFrom: ConversationState;
      readonly stateTo: ConversationState;
      readonly reason: "API" | "TIMER" | "EVENT";
    }
  | { readonly type: "updated"; readonly conversation: Conversation };

/** `service.conversations`. */
export interface Conversations {
  /** By its SID. */
  get(sid: string): Promise<Conversation | undefined>;
  /**
   * The conversation the pair is bound to, active or inactive; without a sender the one that was last written to.
   *
   * @throws MessagingError INVALID_RECIPIENT, GROUP_MMS_UNSUPPORTED.
   */
  find(pair: {
    readonly address: string;
    readonly sender?: string | undefined;
  }): Promise<Conversation | undefined>;
  /** Newest first. One call reads at most 1,000 of them: where few have the state, a page may be short before the last. */
  list(filter?: ConversationFilter): Promise<ConversationPage>;
  /**
   * Newest first, those that are still kept (`retention`); at a cost that does not depend on how many there are.
   *
   * @throws MessagingError CONVERSATION_NOT_FOUND.
   */
  messages(sid: string, filter?: ConversationMessageFilter): Promise<ConversationMessagePage>;
  /**
   * Sends to the person from the conversation's own sender, by all the rules of `service.send`.
   *
   * @throws MessagingError CONVERSATION_NOT_FOUND, CONVERSATION_CLOSED, OPTED_OUT, SENDER_NOT_IN_POOL, and what `service.send` throws.
   */
  send(sid: string, reply: ConversationReply): Promise<Message>;
  /** @throws MessagingError CONVERSATION_NOT_FOUND, CONVERSATION_CLOSED, INVALID_CONVERSATION. */
  update(sid: string, change: ConversationUpdate): Promise<Conversation>;
  /** Ends it and frees its pair. Closing it again changes nothing. @throws MessagingError CONVERSATION_NOT_FOUND. */
  close(sid: string): Promise<Conversation>;
}
