import type { ProviderMessage, ProviderResult } from "@messaging-service/core";
import type { ResolvedTwilioOptions } from "./options.ts";
import { outcomeOf, outcomeOfFailure } from "./outcomes.ts";

const MAX_VALIDITY_PERIOD = 36_000;
const MAX_VALIDITY_PERIOD_WHATSAPP = 14_400;

/**
 * Creates a Message resource from a sender (no Messaging Service, so nothing is chosen or encoded a second time). Never rejects.
 *
 * @see https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
 */
export async function sendMessage(
  options: ResolvedTwilioOptions,
  message: ProviderMessage,
): Promise<ProviderResult> {
  const { accountSid, baseUrl, credentials, timeoutMs } = options;
  const authorization = Buffer.from(`${credentials.user}:${credentials.password}`).toString("base64");
  try {
    const response = await (options.fetch ?? fetch)(
      `${baseUrl}/2010-04-01/Accounts/${accountSid}/Messages.json`,
      {
        method: "POST",
        headers: {
          authorization: `Basic ${authorization}`,
          accept: "application/json",
          "content-type": "application/x-www-form-urlencoded",
        },
        body: formOf(message).toString(),
        // A redirect would be followed by a GET, which sends nothing and would look like success.
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
      },
    );
    const body = await response.text().catch(() => "");
    const { status, headers } = response;
    return withoutSecrets(outcomeOf({ status, headers, body }), [credentials.password, authorization]);
  } catch (error) {
    return outcomeOfFailure(error);
  }
}

function formOf(message: ProviderMessage): URLSearchParams {
  const { to, from, kind, body, mediaUrl, contentSid, contentVariables, statusCallback } = message;
  // An agent writes to RCS addresses alone: 21910 otherwise.
  const form = new URLSearchParams({
    To: kind === "RCS" && !to.includes(":") ? `rcs:${to}` : to,
    From: from,
  });
  if (body !== "") form.append("Body", body);
  for (const url of mediaUrl) form.append("MediaUrl", url);
  if (kind === "MMS" && mediaUrl.length === 0) form.append("SendAsMms", "true");
  if (contentSid !== undefined) form.append("ContentSid", contentSid);
  if (contentVariables !== undefined) form.append("ContentVariables", contentVariables);
  if (statusCallback !== undefined) form.append("StatusCallback", statusCallback);
  const longest = kind === "WHATSAPP" ? MAX_VALIDITY_PERIOD_WHATSAPP : MAX_VALIDITY_PERIOD;
  const validityPeriod = Math.min(longest, Math.max(1, Math.floor(message.validityPeriod)));
  form.append("ValidityPeriod", String(validityPeriod));
  return form;
}

/** As much as is kept of what the other end says. */
const LONGEST_MESSAGE = 500;

/** A proxy may echo the request's headers in its error page. Cut afterwards: half a secret is one too. */
function withoutSecrets(result: ProviderResult, secrets: readonly string[]): ProviderResult {
  if (result.outcome === "accepted") return result;
  const errorMessage = secrets.reduce(
    (text, secret) => text.replaceAll(secret, "[secret]"),
    result.errorMessage,
  );
  return { ...result, errorMessage: errorMessage.slice(0, LONGEST_MESSAGE) };
}
