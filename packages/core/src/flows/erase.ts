import { MessagingError } from "../errors.ts";
import { isFinal } from "../records/message-record.ts";
import type { Advance, FlowContext } from "./context.ts";
import { failed, toFailure } from "./outcome.ts";

const PAGE = 500;

/**
 * `service.erase`: the service forgets what it was told and what it learned of recipients, and ends what has not left.
 * Consent stays, and so does the record of messages.
 */
export function createErase(ctx: FlowContext, { advance }: { readonly advance: Advance }) {
  return async function erase(): Promise<void> {
    await ctx.store.delete(ctx.keys.config);
    ctx.adopt(undefined);
    await forgetMappings();
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

  /** What is on its way to the provider is left to its receipt. */
  async function end(sid: string): Promise<void> {
    const now = ctx.clock.now();
    const deleted = toFailure(new MessagingError("SERVICE_DELETED", `${ctx.options.name} was deleted.`));
    const ended = await advance(sid, (record) => {
      if (record.inbound !== undefined || record.status === "sending") return undefined;
      if (record.status === "scheduled") return { ...record, status: "canceled", updatedAt: now };
      return record.status === "sent" ? undefined : failed(record, deleted, now);
    });
    if (ended === undefined || !isFinal(ended.record.status)) return;
    ctx.queue.remove(sid);
    ctx.forget(sid);
  }
}
