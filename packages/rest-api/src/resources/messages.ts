import {
  type AccountMessage,
  type AccountMessages,
  isMessagingError,
  type Message,
  type MessagingService,
} from "@messaging-service/core";
import { fault } from "../errors.ts";
import type { ResolvedRestOptions } from "../options.ts";
import { legacyList } from "../paging.ts";
import { isSid, textOf } from "../params.ts";
import type { Answer, Call, Registry, Row } from "../ports.ts";
import { feedbackKey } from "./feedback.ts";
import { parseList } from "./message-list.ts";
import { parseMessageRequest } from "./message-request.ts";
import { type ViewOptions, viewMessage } from "./message-view.ts";

/** The message of a path. @throws Fault 20404. */
export type MessageFinder = (sid: string | undefined) => Promise<AccountMessage>;

/** What {@link messageRows} works with. */
export interface MessageParts {
  readonly options: ResolvedRestOptions;
  readonly registry: Registry;
  readonly messages: AccountMessages;
  readonly find: MessageFinder;
}

/** Finds a message by its SID: in the account's list, else with each service, for messages older than their service's listing. */
export function createMessageFinder({
  registry,
  messages,
}: Pick<MessageParts, "registry" | "messages">): MessageFinder {
  return async (sid = "") => {
    if (!isSid(sid, "SM", "MM")) throw fault(20404);
    const found = await messages.get(sid);
    if (found !== undefined) return found;
    for (const service of await registry.all()) {
      const message = await service.message(sid);
      if (message !== undefined)
        return { ...message, media: message.mediaUrl.map((url) => ({ url, contentType: null })) };
    }
    throw fault(20404);
  };
}

/** The service that keeps a message. @throws Fault 20404. */
export async function keeperOf(registry: Registry, sid: string | undefined): Promise<MessagingService> {
  const service = isSid(sid ?? "", "SM", "MM") ? await registry.ownerOf(sid ?? "") : undefined;
  if (service === undefined) throw fault(20404);
  return service;
}

/** `/2010-04-01/Accounts/{AccountSid}/Messages` and each message. */
export function messageRows({ options, registry, messages, find }: MessageParts): readonly Row[] {
  const list = "/2010-04-01/Accounts/{AccountSid}/Messages";
  const one = `${list}/{Sid}`;
  return [
    ["POST", list, create],
    ["GET", list, readAll],
    ["GET", one, async ({ params }) => ok(await find(params.Sid))],
    ["POST", one, update],
    ["DELETE", one, remove],
  ];

  function view(message: Message, accepted?: ViewOptions["accepted"]): Record<string, unknown> {
    return viewMessage(message, { accountServiceSid: registry.account().sid, accepted });
  }

  function ok(message: Message): Answer {
    return { status: 200, json: view(message) };
  }

  async function create({ form }: Call): Promise<Answer> {
    const { serviceSid, send } = parseMessageRequest(form);
    if (serviceSid === undefined) return { status: 201, json: view(await sendFrom(send.from ?? "", send)) };
    const service = await registry.get(serviceSid);
    if (service === undefined) throw fault(21701);
    const message = await service.send(send);
    const accepted = { body: send.body ?? "", hasSender: send.from !== undefined && message.from !== null };
    return { status: 201, json: view(message, accepted) };
  }

  /** By no service: from what the account owns, and refused at once. */
  async function sendFrom(from: string, send: Parameters<MessagingService["send"]>[0]): Promise<Message> {
    try {
      return await (await registry.sends(from)).send(send);
    } catch (error) {
      const isForeign =
        isMessagingError(error, "SENDER_NOT_IN_POOL") || isMessagingError(error, "EMPTY_POOL");
      if (isForeign && /^\+?[\d\s().-]+$/.test(from)) throw fault(21659);
      if (isForeign) throw fault(21606, "From is no sender of this account.");
      throw error;
    }
  }

  async function readAll(call: Call): Promise<Answer> {
    const { page, read } = parseList(call);
    const { messages: found, older, newer } = await messages.page(read);
    const items = found.map((message) => view(message));
    return { status: 200, json: legacyList(call, "messages", items, page, { next: older, previous: newer }) };
  }

  async function update({ params, form }: Call): Promise<Answer> {
    const body = textOf(form, "Body");
    const status = textOf(form, "Status");
    const redacts = body === "" && status === undefined;
    const cancels = body === undefined && status?.toLowerCase() === "canceled";
    // Without the message there is nothing to be right or wrong about.
    const service = await keeperOf(registry, params.Sid);
    if (!redacts && !cancels) throw fault(30400);
    const sid = params.Sid ?? "";
    return ok(await (redacts ? service.redact(sid) : service.cancel(sid)));
  }

  async function remove({ params }: Call): Promise<Answer> {
    const service = await keeperOf(registry, params.Sid);
    const sid = params.Sid ?? "";
    await service.remove(sid);
    await options.store.delete(feedbackKey(options.accountSid, sid));
    return { status: 204 };
  }
}
