import { parseRecipient } from "../phone/address.ts";
import { consentChannel } from "../records/consent-record.ts";
import type { MessageRecord } from "../records/message-record.ts";
import type { FlowContext } from "./context.ts";

/** A refusal that means "this person opted out" is news to our ledger: the next send is refused here. */
export function createProviderOptOut(ctx: FlowContext): (record: MessageRecord) => Promise<void> {
  return async function providerOptOut(record): Promise<void> {
    const to = parseRecipient(record.to);
    const at = ctx.clock.now();
    const { applied } = await ctx.consent.record(
      {
        person: to.person,
        status: "opted-out",
        channel: consentChannel(to.channel),
        at,
        source: "provider",
        service: ctx.options.name,
        sender: record.from ?? undefined,
        messageSid: record.sid,
      },
      { scope: ctx.optOut().policy.scope },
    );
    if (!applied) return;
    await ctx.changes.append({
      type: "opt-out",
      at,
      address: record.to,
      sender: record.from,
      source: "provider",
      keyword: null,
    });
  };
}
