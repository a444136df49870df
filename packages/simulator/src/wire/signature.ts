import { createHmac } from "node:crypto";

/**
 * The X-Twilio-Signature of a call: HMAC-SHA1, base64, keyed by the auth token, over the URL as configured (without its
 * fragment) and, for a form, every parameter's name and value in ascending order of names; repeated values once each,
 * sorted. A GET signs its URL with the query and no parameters.
 *
 * Written apart from the verifier of @messaging-service/core on purpose: each checks the other.
 *
 * @see https://www.twilio.com/docs/usage/security#validating-requests
 */
export function signRequest(
  authToken: string,
  url: string,
  parameters: Readonly<Record<string, string | readonly string[]>> = {},
): string {
  let text = url.split("#", 1)[0] ?? "";
  for (const name of Object.keys(parameters).sort()) {
    const given = parameters[name] ?? "";
    if (typeof given === "string") text += name + given;
    else for (const value of [...new Set(given)].sort()) text += name + value;
  }
  return createHmac("sha1", authToken).update(text, "utf8").digest("base64");
}
