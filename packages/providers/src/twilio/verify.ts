import type { Verdict, WebhookRequest } from "@messaging-service/core";
import { explainSignature, verifyTwilioSignature } from "@messaging-service/core";

/** What a signature covers beyond the URL. */
type Signed = Pick<Parameters<typeof verifyTwilioSignature>[0], "parameters" | "body">;

/**
 * Whether Twilio sent this webhook, by any of the auth tokens. A form is signed with its parameters; any other body by
 * `bodySHA256` in the URL, for which its raw bytes are needed.
 */
export function verifyWebhook(authToken: readonly string[], request: WebhookRequest): Verdict {
  const signature = request.headers["x-twilio-signature"];
  if (!signature) return { ok: false, code: "MISSING_SIGNATURE" };
  const signed = signedPart(request);
  if (signed === "consumed") return { ok: false, code: "BODY_CONSUMED" };
  if (signed === "uncovered")
    return {
      ok: false,
      code: "INVALID_SIGNATURE",
      hint: "The body is no form, and the URL carries no bodySHA256: no signature covers it.",
    };
  const input = { authToken, signature, url: request.absoluteUrl, ...signed };
  if (verifyTwilioSignature(input)) return { ok: true };
  const otherHosts = [request.headers.host, request.headers["x-forwarded-host"]].filter(
    (host) => host !== undefined,
  );
  return { ok: false, code: "INVALID_SIGNATURE", hint: explainSignature({ ...input, otherHosts }) };
}

function signedPart(request: WebhookRequest): Signed | "consumed" | "uncovered" {
  const { method, headers, body, parsed, parameters, absoluteUrl } = request;
  if (method === "GET" || method === "HEAD") return {};
  const type = headers["content-type"]?.toLowerCase() ?? "";
  const isHashed = absoluteUrl.includes("bodySHA256");
  // A proxy may lose the content type of a form; a JSON body it never is.
  if (type.includes("x-www-form-urlencoded") || (!isHashed && !type.includes("json")))
    return body === undefined && parsed === undefined ? "consumed" : { parameters };
  if (body !== undefined && body.length > 0) return isHashed ? { body } : "uncovered";
  if (body !== undefined || parsed === undefined || isEmptyObject(parsed)) return {};
  return isHashed ? "consumed" : "uncovered";
}

/** What parsers leave where there was no body. */
function isEmptyObject(value: unknown): boolean {
  // Not by writing it as JSON: what nests deeply enough would overflow the stack.
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}
