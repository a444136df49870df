import type { Row } from "../ports.ts";
import { ownedMember, poolRows } from "./pool-resource.ts";
import type { ResourceParts } from "./services.ts";

/** `/v1/Services/{ServiceSid}/ShortCodes`. @see https://www.twilio.com/docs/messaging/api/services-shortcode-resource */
export function shortCodeRows(parts: ResourceParts): readonly Row[] {
  return poolRows(parts, {
    path: "ShortCodes",
    key: "short_codes",
    holds: ({ kind }) => kind === "short-code",
    parse: (form) => ownedMember(parts, form, { name: "ShortCodeSid", prefix: "SC", kind: "short-code" }),
    render: ({ address, country, capabilities }) => ({
      short_code: address,
      country_code: country,
      capabilities,
    }),
  });
}
