import type { Row } from "../ports.ts";
import { ownedMember, poolRows } from "./pool-resource.ts";
import type { ResourceParts } from "./services.ts";

/** `/v1/Services/{ServiceSid}/PhoneNumbers`. @see https://www.twilio.com/docs/messaging/api/phonenumber-resource */
export function phoneNumberRows(parts: ResourceParts): readonly Row[] {
  return poolRows(parts, {
    path: "PhoneNumbers",
    key: "phone_numbers",
    holds: ({ kind }) => kind === "phone-number",
    parse: (form) => ownedMember(parts, form, { name: "PhoneNumberSid", prefix: "PN", kind: "phone-number" }),
    render: ({ address, country, capabilities }) => ({
      phone_number: address,
      country_code: country,
      capabilities,
    }),
  });
}
