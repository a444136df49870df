import type { Conversations } from "../conversation.ts";
import { MessagingError } from "../errors.ts";
import { isFinal } from "../records/message-record.ts";
import type { Advance, FlowContext } from "./context.ts";
import { failed, toFailure } from "./outcome.ts";

/** Flows that {@link createErase} is handed. */
export interface EraseFlows {
  readonly advance: Advance;
  readonly conversations: Pick<Conversations, "list" | "close">;
}

const PAGE = 500;

/**
 * `service.erase`: the service forgets what it was told and what it learned of recipients, and ends what has not left.
 * Consent stays, and so does the record of messages and of conversations; open ones are closed.
 */
export function createErase(ctx: FlowContext, { advance, conversations }: EraseFlows) {
  return async function erase(): Promise<void> {
    await ctx.store.delete(ctx.keys.config);
    ctx.adopt(undefined);
    await forgetMappings();
    await closeConversations();
    await Promise.all(ctx.waiting.sids().map(end));
  };

  async function forgetMappings(): Promise<void> {
    for (let after: string | undefined; ; ) {
      const { entries, cursor } = await ctx.sticky.page(after, PAGE);
      await Promise.all(entries.map(({ channel, person }) => ctx.sticky.clear(channel, person)));
      if (cursor === undefined) return;
      after = cursor;
    }
  }

  async function closeConversations(): Promise<void> {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await conversations.list({ limit: 200, cursor });
      const open = page.filter(({ state }) => state !== "closed");
      await Promise.all(open.map(({ sid }) => conversations.close(sid)));
      ({ cursor } = page);
    }
  }

  /** What is on its way to the provider is left to its receipt. */
  async function end(sid: string): Promise<void> {
    const now = ctx.clock.now();
    const deleted = toFailure(new MessagingError("SERVICE_DELETED", `${ctx.options.name} was deleted.`));
    const ended = await advance(sid, (record) => {
      if (record.inbound !== undefined || record.status === "sending") return undefined;
      if (record.status === "scheduled") return { status: "canceled", updatedAt: now };
      return record.status === "sent" ? undefined : failed(record, deleted, now);
    });
    if (ended === undefined || !isFinal(ended.record.status)) return;
    ctx.queue.remove(sid);
    ctx.forget(sid);
  }
}
