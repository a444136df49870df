import type { ConversationReply, ConversationUpdate } from "./conversation.ts";
import { MessagingError } from "./errors.ts";
import { nearest } from "./nearest.ts";

const REPLY_FIELDS = ["body", "mediaUrl", "author", "statusCallback", "idempotencyKey"];
const UPDATE_FIELDS = ["state", "friendlyName", "attributes"];
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
  for (const key of Object.keys(input)) {
    if (key === "to" || key === "participants")
      throw new MessagingError("GROUP_MMS_UNSUPPORTED", `conversations.send has no field "${key}".`);
    if (!REPLY_FIELDS.includes(key))
      throw new MessagingError(
        "UNKNOWN_REQUEST_OPTION",
        `conversations.send has no field "${key}"; did you mean "${nearest(key, REPLY_FIELDS)}"?`,
      );
  }
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
  for (const key of Object.keys(change)) {
    if (!UPDATE_FIELDS.includes(key))
      throw new MessagingError(
        "UNKNOWN_REQUEST_OPTION",
        `conversations.update has no field "${key}"; did you mean "${nearest(key, UPDATE_FIELDS)}"?`,
      );
  }
  const { state, friendlyName, attributes } = change;
  if (state !== undefined && !STATES.includes(state)) throw wrong("state");
  if (friendlyName !== undefined && friendlyName !== null && !isShortText(friendlyName))
    throw wrong("friendlyName");
  if (attributes !== undefined && !isSmallObject(attributes)) throw wrong("attributes");
}

function wrong(field: string): MessagingError {
  return new MessagingError("INVALID_CONVERSATION", `${field} cannot be that.`);
}

function isShortText(value: unknown): boolean {
  return typeof value === "string" && value.length <= 256;
}

function isSmallObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return JSON.stringify(value).length <= 4_096;
}
