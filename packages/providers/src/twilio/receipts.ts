import type { DeliveryReceipt, WebhookRequest } from "@messaging-service/core";
import { MessagingError, parseQuery } from "@messaging-service/core";
import { meaningOf, statusOf } from "./outcomes.ts";
import { flattenParameters } from "./parameters.ts";

/**
 * Reads a status callback. Statuses that are new to us, or of inbound messages, tell nothing: then there is no receipt.
 *
 * Throws MALFORMED_REQUEST without a SID or a status.
 *
 * @see https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
 */
export function parseReceipts(request: WebhookRequest): readonly DeliveryReceipt[] {
  const parameters = flattenParameters(request);
  const providerSid = parameters.MessageSid ?? parameters.SmsSid;
  const word = parameters.MessageStatus ?? parameters.SmsStatus;
  if (!providerSid || !word)
    throw new MessagingError(
      "MALFORMED_REQUEST",
      `The status callback has no ${providerSid ? "MessageStatus" : "MessageSid"}.`,
    );
  const status = statusOf(word);
  if (status === undefined) return [];
  const { sid } = parseQuery(request.url);
  const code = Number(parameters.ErrorCode);
  // Absent, empty and 0 all mean that nothing went wrong.
  const errorCode = Number.isSafeInteger(code) && code > 0 ? code : null;
  const meaning = meaningOf(errorCode);
  const errorMessage = [parameters.ErrorMessage, parameters.ChannelStatusMessage].find(Boolean);
  return [
    Object.freeze({
      providerSid,
      ...(typeof sid === "string" && sid !== "" && { sid }),
      status,
      errorCode,
      ...(errorMessage && { errorMessage }),
      ...(meaning && { meaning }),
      ...(parameters.RawDlrDoneDate && { rawDlrDoneDate: parameters.RawDlrDoneDate }),
      ...(parameters.From && { from: parameters.From }),
      parameters,
    }),
  ];
}
