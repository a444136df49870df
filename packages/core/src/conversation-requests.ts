import type {
  ConversationFilter,
  ConversationReply,
  Conversations,
  ConversationUpdate,
} from "./conversation.ts";
import { MessagingError } from "./errors.ts";
import { fields, invalid } from "./option-checks.ts";

const REPLY_FIELDS = ["body", "mediaUrl", "author", "statusCallback", "idempotencyKey"];
const UPDATE_FIELDS = ["state", "friendlyName", "attributes"];
const PAGE_FIELDS = ["limit", "cursor"];
const PAIR_FIELDS = ["address", "sender"];
const STATES: readonly unknown[] = ["active", "inactive", "closed"];

/**
 * What `conversations.send` is given. The message itself is checked where it is sent.
 *
 * @throws MessagingError UNKNOWN_REQUEST_OPTION, GROUP_MMS_UNSUPPORTED, INVALID_CONVERSATION.
 */
export function checkReply(input: ConversationReply): ConversationReply {
  if (typeof input !== "object" || input === null)
    throw new MessagingError(
      "MISSING_CONTENT",
      "conversations.send takes an object with a body or a mediaUrl.",
    );
  const group = ["to", "participants"].find((key) => key in input);
  if (group !== undefined)
    throw new MessagingError("GROUP_MMS_UNSUPPORTED", `conversations.send has no field "${group}".`);
  fields("conversations.send", input, REPLY_FIELDS);
  const { author } = input;
  if (author !== undefined && (author === "" || !isShortText(author)))
    throw new MessagingError("INVALID_CONVERSATION", "author is not 1 to 256 characters.");
  return input;
}

/**
 * What `conversations.update` is given.
 *
 * @throws MessagingError INVALID_CONVERSATION, UNKNOWN_REQUEST_OPTION.
 */
export function checkUpdate(change: ConversationUpdate): void {
  if (typeof change !== "object" || change === null)
    throw new MessagingError("INVALID_CONVERSATION", "conversations.update takes an object of changes.");
  fields("conversations.update", change, UPDATE_FIELDS);
  const { state, friendlyName, attributes } = change;
  if (state !== undefined && !STATES.includes(state)) throw wrong("state");
  if (friendlyName !== undefined && friendlyName !== null && !isShortText(friendlyName))
    throw wrong("friendlyName");
  if (attributes !== undefined && !isSmallObject(attributes)) throw wrong("attributes");
}

/**
 * What `conversations.list` is given.
 *
 * @throws MessagingError INVALID_OPTION, UNKNOWN_REQUEST_OPTION, INVALID_CONVERSATION.
 */
export function checkFilter(filter: ConversationFilter): void {
  fields("conversations.list", filter, ["state", ...PAGE_FIELDS]);
  if (filter.state !== undefined && !STATES.includes(filter.state)) throw wrong("state");
}

/** What `conversations.messages` is given. @throws MessagingError INVALID_OPTION, UNKNOWN_REQUEST_OPTION. */
export function checkMessageFilter(filter: object): void {
  fields("conversations.messages", filter, PAGE_FIELDS);
}

/** Whom `conversations.find` is asked for; the person is checked where they are looked up. @throws MessagingError INVALID_OPTION, UNKNOWN_REQUEST_OPTION. */
export function checkPair(pair: Parameters<Conversations["find"]>[0]): void {
  fields("conversations.find", pair, PAIR_FIELDS);
  if (pair.sender !== undefined && typeof pair.sender !== "string")
    throw invalid("sender", pair.sender, "the address of one of your senders");
}

function wrong(field: string): MessagingError {
  return new MessagingError("INVALID_CONVERSATION", `${field} cannot be that.`);
}

function isShortText(value: unknown): boolean {
  return typeof value === "string" && value.length <= 256;
}

function isSmallObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  try {
    return JSON.stringify(value).length <= 4_096;
  } catch {
    // It holds itself, or what JSON has no form for.
    return false;
  }
}
