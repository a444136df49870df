import { watched } from "../clock.ts";
import type {
  ConversationAddEvent,
  ConversationHookContext,
  ConversationPostEvent,
  ConversationPostEventName,
  ConversationWebhookUrl,
} from "../conversation-options.ts";
import { isMessagingError } from "../errors.ts";
import {
  type ConversationRecord,
  type PendingEvent,
  toConversation,
  toConversationMessage,
} from "../records/conversation-record.ts";
import type { MessageRecord } from "../records/message-record.ts";
import type { UrlFailure, WebhookCaller } from "../webhook/call.ts";
import { conversationAddParameters, conversationParameters } from "../webhook/conversation-parameters.ts";
import { reportFailure } from "../webhook/report.ts";
import type { Sequencer } from "../webhook/retry.ts";
import type { FlowContext } from "./context.ts";
import type { ConversationHooks } from "./conversing.ts";

/** What {@link createConversationHooks} works with. */
export interface ConversationHookParts {
  readonly caller: WebhookCaller;
  /** Keeps the events of one conversation in order, and different conversations apart. */
  readonly sequencer: Sequencer;
}

/** @see Twilio "Conversations Webhooks": at most 5 seconds. */
const LIMIT_MS = 5_000;

/** The user's hooks, functions first, then URLs. Only a refusal refuses: a hook that fails is an alert, and the message is kept. */
export function createConversationHooks(
  ctx: FlowContext,
  { caller, sequencer }: ConversationHookParts,
): ConversationHooks {
  const { hooks, webhook, preWebhook } = ctx.options.conversations;

  return Object.freeze({
    wants: (type: ConversationPostEventName) => hooks[type] !== undefined || isCalled(type),
    async ask(event: ConversationAddEvent): Promise<boolean> {
      const token = `${event.message.sid}-${event.type}`;
      return (await askFunction(event, token)) && (await askUrl(event, token));
    },
    tell: (
      record: ConversationRecord,
      pending: readonly PendingEvent[],
      message: MessageRecord | undefined,
    ): Promise<void> => sequencer.run(record.sid, () => tellAll(record, pending, message)),
  });

  function isCalled(type: ConversationPostEventName): boolean {
    return webhook !== undefined && (webhook.filters === undefined || webhook.filters.includes(type));
  }

  async function askFunction(event: ConversationAddEvent, token: string): Promise<boolean> {
    if (hooks.onConversationAdd === undefined) return true;
    let timer: { cancel(): void } | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = ctx.clock.schedule(() => reject(new Error(`it took longer than ${LIMIT_MS} ms`)), LIMIT_MS);
    });
    try {
      const asked = Promise.resolve(hooks.onConversationAdd(event, { token }));
      // Once it is late nobody may be listening.
      asked.catch(() => {});
      return (await Promise.race([asked, late])) !== false;
    } catch (error) {
      if (isMessagingError(error) && error.status < 500) return false;
      failed(event.type, { sid: event.message.sid }, error);
      return true;
    } finally {
      timer?.cancel();
    }
  }

  async function askUrl(event: ConversationAddEvent, token: string): Promise<boolean> {
    if (preWebhook === undefined) return true;
    const parameters = conversationAddParameters(event);
    try {
      await call(preWebhook, parameters, token);
      return true;
    } catch (error) {
      if (isMessagingError(error, "SERVICE_CLOSED")) throw error;
      const status = isMessagingError(error) ? (error.details as UrlFailure | undefined)?.status : undefined;
      if (status !== undefined && status >= 300) return false;
      failed(event.type, { sid: event.message.sid }, error, parameters);
      return true;
    }
  }

  async function tellAll(
    record: ConversationRecord,
    pending: readonly PendingEvent[],
    message: MessageRecord | undefined,
  ): Promise<void> {
    for (const each of pending) {
      const event = await toEvent(record, each, message);
      if (event === undefined) continue;
      const token = `${record.sid}-${each.sequence}`;
      const late = (error: Error): void => failed(event.type, { sid: record.sid }, error);
      await attempt(event, () => watched(ctx.clock, () => tellFunction(event, { token }), late));
      if (webhook === undefined || !isCalled(event.type)) continue;
      const parameters = conversationParameters(event, new Date(each.at));
      await attempt(event, () => call(webhook, parameters, token), parameters);
    }
  }

  /** `undefined` where its message is not kept any more. */
  async function toEvent(
    record: ConversationRecord,
    { event }: PendingEvent,
    known: MessageRecord | undefined,
  ): Promise<ConversationPostEvent | undefined> {
    const conversation = toConversation(record, ctx.options, ctx.clock.now());
    if (event.type !== "onMessageAdded") return Object.freeze({ ...event, conversation });
    const { line } = event;
    const message =
      known?.sid === line.messageSid ? known : (await ctx.messages.get(line.messageSid))?.record;
    if (message === undefined) return undefined;
    return Object.freeze({
      type: event.type,
      conversation,
      message: toConversationMessage(record.sid, line, message),
    });
  }

  function tellFunction(event: ConversationPostEvent, context: ConversationHookContext): unknown {
    if (event.type === "onConversationAdded") return hooks.onConversationAdded?.(event, context);
    if (event.type === "onParticipantAdded") return hooks.onParticipantAdded?.(event, context);
    if (event.type === "onMessageAdded") return hooks.onMessageAdded?.(event, context);
    return hooks.onConversationStateUpdated?.(event, context);
  }

  /** A hook that fails has been told all the same. */
  async function attempt(
    event: ConversationPostEvent,
    tell: () => unknown,
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    try {
      await tell();
    } catch (error) {
      if (isMessagingError(error, "SERVICE_CLOSED")) throw error;
      failed(event.type, { sid: event.conversation.sid }, error, parameters);
    }
  }

  async function call(
    { url, method }: ConversationWebhookUrl,
    parameters: Readonly<Record<string, string>>,
    token: string,
  ): Promise<void> {
    await caller.call({
      url,
      method: method ?? "POST",
      parameters,
      trusted: true,
      token,
      limitMs: LIMIT_MS,
      retryParameter: "RetryCount",
    });
  }

  function failed(
    type: string,
    { sid }: { readonly sid: string },
    error: unknown,
    parameters: Readonly<Record<string, string>> = {},
  ): void {
    for (const { reason, details, about } of reportFailure(error, parameters))
      ctx.events.alert(
        "CONVERSATION_HOOK_FAILED",
        `${type} failed: ${reason}`,
        { sid, type, ...details },
        { ...about, subject: `${type} ${about.subject}` },
      );
  }
}
