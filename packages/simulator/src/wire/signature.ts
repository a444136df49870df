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
  const hmac = createHmac("sha1", authToken).update(url.split("#", 1)[0] ?? "", "utf8");
  for (const name of Object.keys(parameters).sort()) {
    const values = [parameters[name] ?? ""].flat();
    for (const value of [...new Set(values)].sort()) hmac.update(name + value, "utf8");
  }
  return hmac.digest("base64");
}
