import type { SenderType } from "@messaging-service/core";
import type { Row } from "../ports.ts";
import { ownedMember, poolRows } from "./pool-resource.ts";
import type { ResourceParts } from "./services.ts";

const TYPES: Readonly<Partial<Record<SenderType, string>>> = { whatsapp: "WhatsApp", rcs: "RCS" };

/** `/v1/Services/{ServiceSid}/ChannelSenders`. @see https://www.twilio.com/docs/messaging/api/channelsender-resource */
export function channelSenderRows(parts: ResourceParts): readonly Row[] {
  return poolRows(parts, {
    path: "ChannelSenders",
    // Of all the lists this one is called otherwise, and so is the service's SID.
    key: "senders",
    serviceKey: "messaging_service_sid",
    holds: ({ kind }) => kind === "channel",
    parse: (form) => ownedMember(parts, form, { name: "Sid", prefix: "XE", kind: "channel" }),
    render: ({ address, type, country }) => ({
      sender: address,
      sender_type: TYPES[type] ?? null,
      country_code: country,
    }),
  });
}
