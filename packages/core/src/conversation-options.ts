import type { Conversation, ConversationMessage, ConversationState } from "./conversation.ts";
import { fn, invalid, optionNames } from "./option-checks.ts";
import { isHttpUrl } from "./settings.ts";
import type { Address, Channel, InboundMessage } from "./types.ts";

/** A message that would begin a conversation. */
export interface ConversationAddEvent {
  readonly type: "onConversationAdd";
  readonly address: Address;
  readonly sender: Address;
  readonly channel: Channel;
  readonly body: string;
  readonly message: InboundMessage;
}
export interface ConversationAddedEvent {
  readonly type: "onConversationAdded";
  readonly conversation: Conversation;
}
export interface ParticipantAddedEvent {
  readonly type: "onParticipantAdded";
  readonly conversation: Conversation;
}
export interface MessageAddedEvent {
  readonly type: "onMessageAdded";
  readonly conversation: Conversation;
  readonly message: ConversationMessage;
}
export interface ConversationStateUpdatedEvent {
  readonly type: "onConversationStateUpdated";
  readonly conversation: Conversation;
  readonly stateFrom: ConversationState;
  readonly stateTo: ConversationState;
  /** "API": you. "TIMER": nothing was said for long. "EVENT": something was. */
  readonly reason: "API" | "TIMER" | "EVENT";
}

/** What is told after the fact. */
export type ConversationPostEvent =
  | ConversationAddedEvent
  | ParticipantAddedEvent
  | MessageAddedEvent
  | ConversationStateUpdatedEvent;
export type ConversationPostEventName = ConversationPostEvent["type"];

/** What else a hook is told. */
export interface ConversationHookContext {
  /** The same each time the event is told. */
  readonly token: string;
}

/** A URL that is told of conversations, or the URL with what belongs to it. */
export type ConversationWebhook = string | ConversationWebhookUrl;
export interface ConversationWebhookUrl {
  /** Absolute http(s) URL; Twilio's connection overrides are read from its fragment (`#rc=2&rp=all`). */
  readonly url: string;
  /** Default POST. */
  readonly method?: "GET" | "POST" | undefined;
}
export interface ConversationPostWebhookUrl extends ConversationWebhookUrl {
  /** The events it wants. Default: all. */
  readonly filters?: readonly ConversationPostEventName[] | undefined;
}

/** Hooks and timers of conversations. Post hooks are told at least once, in order, after a crash too. */
export interface ConversationOptions {
  /** Seconds without a message after which a conversation becomes inactive, 60–315,360,000. Default: never. */
  readonly inactiveAfter?: number | undefined;
  /** Seconds without a message after which a conversation is closed, 60–315,360,000. Default: never. */
  readonly closeAfter?: number | undefined;
  /** Called after the fact, in the form of Twilio's Conversations webhooks: a URL, or `{ url, method, filters }`. Default: none. */
  readonly webhook?: string | ConversationPostWebhookUrl | undefined;
  /** Called with `onConversationAdd` before a conversation begins: an answer outside the 200s drops the message. Default: none. */
  readonly preWebhook?: ConversationWebhook | undefined;
  /** Asked before a conversation begins, for at most 5 s: `false`, or a MessagingError thrown, drops the message. Default: none. */
  readonly onConversationAdd?:
    | ((event: ConversationAddEvent, context: ConversationHookContext) => unknown)
    | undefined;
  /** Told of a new conversation. Default: none. */
  readonly onConversationAdded?:
    | ((event: ConversationAddedEvent, context: ConversationHookContext) => unknown)
    | undefined;
  /** Told of the person in a new conversation. Default: none. */
  readonly onParticipantAdded?:
    | ((event: ParticipantAddedEvent, context: ConversationHookContext) => unknown)
    | undefined;
  /** Told of every message of a conversation, theirs and ours. Default: none. */
  readonly onMessageAdded?:
    | ((event: MessageAddedEvent, context: ConversationHookContext) => unknown)
    | undefined;
  /** Told when a conversation becomes active, inactive or closed. Default: none. */
  readonly onConversationStateUpdated?:
    | ((event: ConversationStateUpdatedEvent, context: ConversationHookContext) => unknown)
    | undefined;
}

/** The options with every default filled in. Frozen. */
export interface ResolvedConversations {
  readonly inactiveAfter: number | undefined;
  readonly closeAfter: number | undefined;
  readonly webhook: ConversationPostWebhookUrl | undefined;
  readonly preWebhook: ConversationWebhookUrl | undefined;
  readonly hooks: Pick<ConversationOptions, HookName>;
  /** Whether code said anything of conversations. */
  readonly given: boolean;
}

/** The events that are told after the fact, in the order in which they come. */
export const POST_EVENTS: readonly ConversationPostEventName[] = Object.freeze([
  "onConversationAdded",
  "onParticipantAdded",
  "onMessageAdded",
  "onConversationStateUpdated",
]);

type HookName = ConversationPostEventName | "onConversationAdd";
const HOOKS: readonly HookName[] = ["onConversationAdd", ...POST_EVENTS];
const OPTION_NAMES = [
  ...["inactiveAfter", "closeAfter", "webhook", "preWebhook", "onConversationAdd", "onConversationAdded"],
  ...["onParticipantAdded", "onMessageAdded", "onConversationStateUpdated"],
];

/**
 * Partial in, complete and frozen out.
 *
 * @throws MessagingError UNKNOWN_OPTION, INVALID_OPTION naming the option and what it allows.
 */
export function resolveConversations(options: ConversationOptions | undefined): ResolvedConversations {
  const given = options ?? {};
  if (typeof given !== "object" || Array.isArray(given))
    throw invalid("conversations", options, "an object of hooks and timers");
  optionNames("conversations", given, OPTION_NAMES);
  for (const name of HOOKS) fn(`conversations.${name}`, given[name]);
  return Object.freeze({
    inactiveAfter: seconds("inactiveAfter", given.inactiveAfter),
    closeAfter: seconds("closeAfter", given.closeAfter),
    webhook: toUrl("webhook", given.webhook),
    preWebhook: toUrl("preWebhook", given.preWebhook),
    hooks: Object.freeze(Object.fromEntries(HOOKS.map((name) => [name, given[name]]))),
    given: options !== undefined,
  });
}

function seconds(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= 60 && value <= 315_360_000)
    return value;
  throw invalid(`conversations.${name}`, value, "whole seconds from 60 to 315,360,000");
}

function toUrl(
  name: "webhook" | "preWebhook",
  value: string | ConversationPostWebhookUrl | undefined,
): ConversationPostWebhookUrl | undefined {
  if (value === undefined) return undefined;
  const { url, method, filters, ...rest } = typeof value === "string" ? { url: value } : (value ?? {});
  const areEvents =
    filters === undefined ||
    (name === "webhook" && Array.isArray(filters) && filters.every((each) => POST_EVENTS.includes(each)));
  const isMethod = method === undefined || method === "GET" || method === "POST";
  if (isHttpUrl(url) && isMethod && areEvents && Object.keys(rest).length === 0)
    return Object.freeze({ url, method, filters });
  const allowed =
    name === "webhook"
      ? `{ url, method?, filters? } with filters of ${POST_EVENTS.join(", ")}`
      : "{ url, method? }";
  throw invalid(`conversations.${name}`, value, `an absolute http(s) URL, or ${allowed}`);
}
