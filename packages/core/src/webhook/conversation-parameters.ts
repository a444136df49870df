import type { Conversation } from "../conversation.ts";
import type { ConversationAddEvent, ConversationPostEvent } from "../conversation-options.ts";
import type { Media } from "../types.ts";

/**
 * The parameters of the pre-webhook `onConversationAdd`, in Twilio's names.
 *
 * @see https://www.twilio.com/docs/conversations/conversations-webhooks
 */
export function conversationAddParameters(event: ConversationAddEvent): Record<string, string> {
  const { address, sender, channel, body, message } = event;
  return {
    EventType: event.type,
    AccountSid: message.accountSid,
    MessagingServiceSid: message.messagingServiceSid,
    ...binding({ address, sender, channel }),
    Author: address,
    MessageBody: body,
    Body: body,
    ...media(message.media, "MessageMedia"),
    Source: sourceOf(channel),
  };
}

/**
 * The parameters of a post-event webhook, in Twilio's names. `RetryCount` is the caller's to add.
 *
 * @see https://www.twilio.com/docs/conversations/conversations-webhooks
 */
export function conversationParameters(event: ConversationPostEvent, at: Date): Record<string, string> {
  const { conversation } = event;
  return {
    EventType: event.type,
    AccountSid: conversation.accountSid,
    MessagingServiceSid: conversation.messagingServiceSid,
    ConversationSid: conversation.sid,
    ...ofEvent(event, at),
  };
}

function ofEvent(event: ConversationPostEvent, at: Date): Record<string, string> {
  const { conversation } = event;
  if (event.type === "onMessageAdded") {
    const { message } = event;
    return {
      MessageSid: message.sid,
      Index: String(message.index),
      Author: message.author,
      ...(message.participantSid === null ? {} : { ParticipantSid: message.participantSid }),
      Body: message.body,
      ...media(message.media, "Media"),
      Attributes: "{}",
      ...binding(conversation),
      DateCreated: message.dateCreated.toISOString(),
      Source: message.direction === "inbound" ? sourceOf(conversation.channel) : "API",
    };
  }
  if (event.type === "onConversationStateUpdated") {
    const { stateFrom, stateTo, reason } = event;
    return {
      StateFrom: stateFrom,
      StateTo: stateTo,
      State: stateTo,
      Reason: reason,
      StateUpdated: at.toISOString(),
      ...binding(conversation),
    };
  }
  return {
    ...(event.type === "onParticipantAdded" ? { ParticipantSid: conversation.participantSid } : {}),
    ...(event.type === "onConversationAdded" ? { State: conversation.state } : {}),
    ...(conversation.friendlyName === null ? {} : { FriendlyName: conversation.friendlyName }),
    Attributes: JSON.stringify(conversation.attributes),
    ...binding(conversation),
    DateCreated: conversation.dateCreated.toISOString(),
    Source: sourceOf(conversation.channel),
  };
}

function binding({ address, sender, channel }: Pick<Conversation, "address" | "sender" | "channel">) {
  return {
    "MessagingBinding.Address": address,
    "MessagingBinding.ProxyAddress": sender,
    "MessagingBinding.Type": channel,
  };
}

/** "SMS", as Twilio says it of texts, and the others in its manner. */
function sourceOf(channel: string): string {
  return channel.toUpperCase();
}

/** A list as JSON, as Twilio has it; absent where there is none. */
function media(items: readonly Media[], name: string): Record<string, string> {
  if (items.length === 0) return {};
  const list = items.map(({ url, contentType }) => ({ Url: url, ContentType: contentType }));
  return { [name]: JSON.stringify(list) };
}
