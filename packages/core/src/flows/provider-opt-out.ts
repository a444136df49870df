import { parseRecipient } from "../phone/address.ts";
import { consentChannel } from "../records/consent-record.ts";
import type { MessageRecord } from "../records/message-record.ts";
import type { FlowContext } from "./context.ts";

/** A refusal that means "this person opted out" is news to our ledger: the next send is refused here. */
export function createProviderOptOut(ctx: FlowContext): (record: MessageRecord) => Promise<void> {
  return async function providerOptOut(record): Promise<void> {
    const to = parseRecipient(record.to);
    const at = ctx.clock.now();
    const event = {
      person: to.person,
      status: "opted-out" as const,
      channel: consentChannel(to.channel),
      at,
      source: "provider" as const,
      service: ctx.options.name,
      sender: record.from ?? undefined,
      messageSid: record.sid,
      campaign: record.tags?.campaign,
    };
    const change = {
      type: "opt-out" as const,
      at,
      address: record.to,
      sender: record.from,
      source: "provider",
      keyword: null,
    };
    await ctx.consent.record(event, {
      scope: ctx.optOut().policy.scope,
      // Told twice of one message (the answer, the receipt, a write tried again), it is one event.
      provider: record.provider ?? undefined,
      appends: [ctx.changes.entry(change)],
    });
  };
}
