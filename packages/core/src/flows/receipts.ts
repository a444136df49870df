import { sleep } from "../clock.ts";
import { MessagingError } from "../errors.ts";
import type { DeliveryReceipt, HttpResponse, Provider, WebhookRequest } from "../provider.ts";
import { isForward, type MessageRecord } from "../records/message-record.ts";
import type { Advance, FlowContext } from "./context.ts";

/** A receipt may be faster than the answer to the send; it waits this long for its message to be known. */
const PARKED_MS = 60_000;
const PARKED_POLL_MS = 250;

/** `POST {path}/status`: parse, find the message, move it forward only. */
export function createReceipts(
  ctx: FlowContext,
  { advance }: { readonly advance: Advance },
): (provider: Provider, request: WebhookRequest) => Promise<HttpResponse> {
  return async function receipts(provider, request): Promise<HttpResponse> {
    for (const receipt of provider.webhook.parseReceipts(request)) {
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
    const now = ctx.clock.now();
    const change = (record: MessageRecord): MessageRecord | undefined => {
      if (record.direction === "inbound" || record.provider !== provider.name) return undefined;
      // Our SID in the URL says which message; the provider's must not be another one's (an earlier attempt of a resend).
      if (record.providerSid !== null && record.providerSid !== receipt.providerSid) return undefined;
      if (!isForward(record.status, receipt.status)) return undefined;
      const unsuccessful = receipt.status === "failed" || receipt.status === "undelivered";
      return {
        ...record,
        status: receipt.status,
        from: receipt.from ?? record.from,
        providerSid: receipt.providerSid,
        ambiguous: false,
        errorCode: unsuccessful ? receipt.errorCode : record.errorCode,
        errorMessage: unsuccessful ? (receipt.errorMessage ?? null) : record.errorMessage,
        error: unsuccessful ? "PROVIDER_REFUSED" : record.error,
        sentAt: record.sentAt ?? now,
        updatedAt: now,
      };
    };
    await advance(sid, change, { rawDlrDoneDate: receipt.rawDlrDoneDate });
  }

  /** Waits in this process for the message's link. The provider has its answer: it would not come again. */
  function park(provider: Provider, receipt: DeliveryReceipt): void {
    const until = ctx.clock.now() + PARKED_MS;
    const wait = async (): Promise<void> => {
      while (ctx.clock.now() < until) {
        await sleep(ctx.clock, PARKED_POLL_MS);
        const sid = await find(provider, receipt);
        if (sid !== undefined) return apply(sid, provider, receipt);
      }
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

/** Our SID from the query of a status callback's URL. @throws MessagingError MALFORMED_REQUEST when it is there and no SID. */
export function sidOf(request: WebhookRequest): string | undefined {
  const sid = new URL(request.absoluteUrl).searchParams.get("sid") ?? undefined;
  if (sid === undefined || /^(SM|MM)[0-9a-f]{32}$/.test(sid)) return sid;
  throw new MessagingError("MALFORMED_REQUEST", "The sid in the URL is no message SID.");
}
