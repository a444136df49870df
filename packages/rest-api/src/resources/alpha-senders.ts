import { type FormParameters, isCountry, type MessagingService, parseAddress } from "@messaging-service/core";
import { fault } from "../errors.ts";
import { toAlphanumeric } from "../members.ts";
import { textOf } from "../params.ts";
import type { Member } from "../pools.ts";
import type { Row } from "../ports.ts";
import { refusal } from "../service-errors.ts";
import { poolRows } from "./pool-resource.ts";
import type { ResourceParts } from "./services.ts";

/** Where an alphanumeric sender cannot be used. */
const NOT_THERE = ["US", "CA"];

/** `/v1/Services/{ServiceSid}/AlphaSenders`: those for every country. @see https://www.twilio.com/docs/messaging/api/alphasender-resource */
export function alphaSenderRows(parts: ResourceParts): readonly Row[] {
  return poolRows(parts, {
    path: "AlphaSenders",
    key: "alpha_senders",
    holds: ({ kind, country }) => kind === "alphanumeric" && country === null,
    parse: async (form, service) => parseAlphanumeric(form, service, null, parts.now()),
    render: ({ address, capabilities }) => ({ alpha_sender: address, capabilities }),
  });
}

/**
 * `/v1/Services/{ServiceSid}/DestinationAlphaSenders`: all of them, each with its country.
 *
 * @see https://www.twilio.com/docs/messaging/api/destination-alphasender-resource
 */
export function destinationAlphaSenderRows(parts: ResourceParts): readonly Row[] {
  return poolRows(parts, {
    path: "DestinationAlphaSenders",
    key: "alpha_senders",
    holds: ({ kind }) => kind === "alphanumeric",
    parse: async (form, service) => parseAlphanumeric(form, service, countryOf(form) ?? null, parts.now()),
    render: ({ address, capabilities, country }) => ({
      alpha_sender: address,
      capabilities,
      iso_country_code: country ?? "",
    }),
    filter: ({ query }) => {
      const wanted = countryOf(query);
      return ({ country }) => wanted === undefined || country === wanted;
    },
  });
}

function parseAlphanumeric(
  form: FormParameters,
  service: MessagingService,
  country: string | null,
  at: number,
): Member {
  const name = textOf(form, "AlphaSender") ?? "";
  if (name === "") throw refusal(21708);
  const parsed = parseAddress(name);
  const isForThere = country === null || !NOT_THERE.includes(country);
  if (parsed?.kind !== "sender-id" || !isForThere) throw refusal(21709);
  return toAlphanumeric(service.sid, parsed.address, country, at);
}

/** An empty one is none: the sender ID is for every country. */
function countryOf(form: FormParameters): string | undefined {
  const country = textOf(form, "IsoCountryCode")?.toUpperCase();
  if (country === undefined || country === "") return undefined;
  if (!isCountry(country)) throw fault(20422, "IsoCountryCode is a country's two letters in ISO 3166-1.");
  return country;
}
