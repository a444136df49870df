import { sleep } from "../clock.ts";
import { channels } from "../diagnostics.ts";
import { isMessagingError, MessagingError } from "../errors.ts";
import type { DeliveryReceipt, HttpResponse, Provider, WebhookRequest } from "../provider.ts";
import { isFinal, isForward, type MessageRecord } from "../records/message-record.ts";
import type { RecordChange } from "../records/record-change.ts";
import { listOf } from "./arrival.ts";
import type { Advance, FlowContext, Replan, Settle, Unsure } from "./context.ts";
import { withOutbound } from "./outcome.ts";

/** Flows that {@link createReceipts} is handed. */
export interface ReceiptFlows extends Pick<Settle, "requeue"> {
  readonly advance: Advance;
  readonly replan: Replan;
  readonly unsure: Unsure;
  /** Writes a provider's "opted out" to the consent ledger. */
  readonly providerOptOut: (record: MessageRecord) => Promise<void>;
}

/** A receipt may be faster than the answer to the send; it waits this long for its message to be known. */
const PARKED_MS = 60_000;
/** It is looked for often at first, and then less: the account may have messages that are not ours. */
const FIRST_POLL_MS = 250;
const LAST_POLL_MS = 8_000;

/** `POST {path}/status`: parse, find the message, move it forward only. */
export function createReceipts(
  ctx: FlowContext,
  { advance, replan, requeue, unsure, providerOptOut }: ReceiptFlows,
): (provider: Provider, request: WebhookRequest) => Promise<HttpResponse> {
  return async function receipts(provider, request): Promise<HttpResponse> {
    for (const receipt of listOf(provider, "parseReceipts", provider.webhook.parseReceipts(request))) {
      const sid = await find(provider, receipt);
      if (sid === undefined) park(provider, receipt);
      else await apply(sid, provider, receipt);
    }
    return provider.webhook.renderAck?.() ?? { status: 200, headers: {}, body: "" };
  };

  async function find(provider: Provider, receipt: DeliveryReceipt): Promise<string | undefined> {
    return receipt.sid ?? (await ctx.store.get(ctx.keys.providerLink(provider.name, receipt.providerSid)));
  }

  async function apply(sid: string, provider: Provider, receipt: DeliveryReceipt): Promise<void> {
    if (channels.receipt.hasSubscribers)
      channels.receipt.publish({
        service: ctx.options.name,
        sid,
        provider: provider.name,
        status: receipt.status,
      });
    const { meaning, providerSid } = receipt;
    // A provider of the user's own may be plain JavaScript, and its carrier's code no number.
    const errorCode = Number.isSafeInteger(receipt.errorCode) ? receipt.errorCode : null;
    if ((meaning === "not-rcs" || meaning === "not-mms") && (await sendOtherwise(sid, providerSid, meaning)))
      return;
    const now = ctx.clock.now();
    const change = (record: MessageRecord): RecordChange | undefined => {
      if (record.direction === "inbound" || record.provider !== provider.name) return undefined;
      // Our SID in the URL says which message; the provider's must not be another one's (an earlier attempt of a resend).
      if (record.providerSid !== null && record.providerSid !== receipt.providerSid) return undefined;
      const { rcsSid, mmsSid } = record.outbound ?? {};
      if (rcsSid === receipt.providerSid || mmsSid === receipt.providerSid) return undefined;
      if (!isForward(record.status, receipt.status) && !isTaken(record, receipt)) return undefined;
      const unsuccessful = receipt.status === "failed" || receipt.status === "undelivered";
      return {
        status: receipt.status,
        // What is on record already stays as it is: a piece of a form would keep the whole form in memory.
        from: receipt.from === undefined || receipt.from === record.from ? record.from : receipt.from,
        providerSid: record.providerSid ?? receipt.providerSid,
        ambiguous: false,
        errorCode: unsuccessful ? errorCode : record.errorCode,
        errorMessage: unsuccessful ? (receipt.errorMessage ?? null) : record.errorMessage,
        error: !unsuccessful
          ? record.error
          : receipt.meaning === "opted-out"
            ? "OPTED_OUT"
            : "PROVIDER_REFUSED",
        sentAt: record.sentAt ?? now,
        updatedAt: now,
      };
    };
    // The network knows of an opt-out that never came by us: the next send is refused here. Before the status, which a
    // repeated receipt does not move again.
    if (receipt.meaning === "opted-out") {
      const current = await ctx.messages.get(sid);
      if (current !== undefined && change(current.record) !== undefined) await providerOptOut(current.record);
    }
    await advance(sid, change, { rawDlrDoneDate: receipt.rawDlrDoneDate });
  }

  /**
   * RCS did not reach the recipient after all: SMS or MMS takes over, once. The carrier takes no MMS: an SMS with a link
   * does, where the MMS converter is on. A short code's failure never does this.
   */
  async function sendOtherwise(
    sid: string,
    failedSid: string,
    meaning: "not-rcs" | "not-mms",
  ): Promise<boolean> {
    const current = await ctx.messages.get(sid);
    if (current === undefined) return false;
    const { kind, status, outbound, providerSid } = current.record;
    const another = providerSid !== null && providerSid !== failedSid;
    const isRcs = meaning === "not-rcs";
    const before = isRcs ? outbound?.rcsFailed : outbound?.mmsFailed;
    if (kind !== (isRcs ? "RCS" : "MMS") || isFinal(status) || before === true || another) return false;
    if (outbound?.redacted === true) return false;
    const next = await replan({
      ...current.record,
      providerSid: null,
      outbound: withOutbound(
        current.record,
        // The receipt may have come to another process than the one that sent it: this one delivers it now.
        isRcs
          ? { owner: ctx.owner, rcsFailed: true, rcsSid: failedSid }
          : { owner: ctx.owner, mmsFailed: true, mmsSid: failedSid },
      ),
    }).catch((error: unknown) => {
      // The plan itself refuses, as when the recipient opted out meanwhile: then the failure stands.
      if (isMessagingError(error) && error.status < 500) return undefined;
      throw error;
    });
    if (next === undefined) return false;
    await ctx.outbox.add(sid);
    await requeue(current, next).catch((error: unknown) => {
      // Perhaps it is queued all the same, and the receipt does not come again.
      unsure.takeUp(sid);
      throw error;
    });
    return true;
  }

  /** Waits in this process for the message's link. The provider has its answer: it would not come again. */
  function park(provider: Provider, receipt: DeliveryReceipt): void {
    const until = ctx.clock.now() + PARKED_MS;
    const wait = async (): Promise<void> => {
      let failure: unknown;
      for (let pause = FIRST_POLL_MS; ctx.clock.now() < until; pause = Math.min(pause * 2, LAST_POLL_MS)) {
        await sleep(ctx.clock, pause);
        try {
          const sid = await find(provider, receipt);
          if (sid !== undefined) return await apply(sid, provider, receipt);
          failure = undefined;
        } catch (error) {
          // A store that is away for a moment is asked again: it is looked for in any case.
          if (!isMessagingError(error, "STORE_UNAVAILABLE")) throw error;
          failure = error;
        }
      }
      if (failure !== undefined) throw failure;
      ctx.logger.warn("A receipt belongs to no message of this service.", {
        provider: provider.name,
        providerSid: receipt.providerSid,
      });
    };
    wait().catch((error: unknown) =>
      ctx.logger.error("A parked receipt was lost.", {
        providerSid: receipt.providerSid,
        error: String(error),
      }),
    );
  }
}

/** A reply that rode in an answer counts as sent from then on; the carrier's first word says that it is, and that is told. */
function isTaken(record: MessageRecord, { status }: DeliveryReceipt): boolean {
  return status === "sent" && record.status === "sent" && record.providerSid === null;
}

/** Our SID from the query of a status callback's URL. @throws MessagingError MALFORMED_REQUEST when it is there and no SID. */
export function sidOf(request: WebhookRequest): string | undefined {
  const sid = new URL(request.absoluteUrl).searchParams.get("sid") ?? undefined;
  if (sid === undefined || /^(SM|MM)[0-9a-f]{32}$/.test(sid)) return sid;
  throw new MessagingError("MALFORMED_REQUEST", "The sid in the URL is no message SID.");
}
