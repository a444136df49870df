import { parseRecipient } from "../phone/address.ts";
import { explanationOf } from "../records/explanations.ts";
import type { MessageRecord } from "../records/message-record.ts";
import type { Draft } from "../send-request.ts";
import type { Claim, Decide, Replan } from "./context.ts";
import { refusalOf } from "./outcome.ts";

/**
 * Plans a stored message again: a schedule that falls due, a sender that refused. Consent is asked anew, and the
 * mapping is claimed as `send` claims it.
 */
export function createReplan({ decide, claim }: { readonly decide: Decide; readonly claim: Claim }): Replan {
  return async function replan(record, { reject = false } = {}): Promise<MessageRecord | undefined> {
    const { outbound } = record;
    if (outbound === undefined) return undefined;
    const draft = toDraft(record, outbound);
    const options = {
      excluded: new Set(outbound.excluded),
      rcsFailed: outbound.rcsFailed,
      mmsFailed: outbound.mmsFailed,
      confirmation: outbound.confirmation,
      sid: record.sid,
    };
    const first = await decide(draft, options);
    const refusal = refusalOf(draft, first, outbound.confirmation);
    if (refusal !== undefined) {
      if (reject || refusal.code === "OPTED_OUT") throw refusal;
      return undefined;
    }
    const { decision, claimed } = await claim(draft, first, options);
    const { plan } = decision;
    if (plan.decision === null) return undefined;
    return {
      ...record,
      from: plan.decision.sender.id,
      provider: plan.decision.sender.provider,
      kind: plan.decision.kind,
      body: plan.body,
      encoding: plan.encoding,
      numSegments: plan.numSegments,
      explanation: explanationOf(plan),
      outbound: { ...outbound, claimed },
    };
  };
}

function toDraft(record: MessageRecord, outbound: NonNullable<MessageRecord["outbound"]>): Draft {
  return {
    to: parseRecipient(record.to),
    text: outbound.text,
    mediaUrl: record.mediaUrl,
    // A sender that was asked for and refused leaves nobody else to try.
    from: outbound.requestedFrom,
    isReply: outbound.inReplyTo !== undefined || record.conversation !== undefined,
    fallbackFrom: outbound.fallbackFrom,
    contentSid: outbound.contentSid,
    contentVariables: outbound.contentVariables,
    sendAsMms: outbound.sendAsMms ?? false,
    smartEncoding: outbound.smartEncoding,
    validityPeriod: record.validityPeriod,
    sendAt: undefined,
    statusCallback: record.statusCallback,
    category: record.category ?? undefined,
    tags: record.tags ?? undefined,
    idempotencyKey: undefined,
    refusals: "reject",
  };
}
