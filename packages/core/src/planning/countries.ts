/**
 * What a country does with a sender ID: `yes` works without registration; `required` works only with pre-registration;
 * `recommended` works, and registering is offered; `overwritten` is accepted, but the handset shows another sender;
 * `no` is not supported; `unknown` is a country no source speaks of.
 */
export type SenderIdVerdict = "yes" | "required" | "recommended" | "overwritten" | "no" | "unknown";

/**
 * Sender IDs by country, ISO 3166-1 alpha-2, as of 2026-11-23. Sources: Twilio's per-country SMS guidelines (by
 * 2026-05-09) first, its article "International support for Alphanumeric Sender ID" (2026-04-10) next; where the
 * guideline says accepted but replaced and the article says no, it is no. Registration rules change monthly.
 */
const SENDER_ID_COUNTRIES: Readonly<Record<Exclude<SenderIdVerdict, "unknown">, string>> = {
  yes: `AD AG AI AL AN AO AS AT AW AZ BA BB BF BH BI BM BN BT BW BZ CD CF CH CK CV CW CY DE DJ DK DM DZ EE ER ES FI FJ
    FK FM FO FR GA GB GD GE GF GG GI GL GM GP GQ GR GY HT IL IM IQ IS IT JE JM JP KG KI KM KN KY LA LB LC LI LT LU LV
    LY MC MD ME MG MK ML MN MO MQ MR MS MT MU MV MW NC NE NL NO NU PF PG PL PM PS PT PW RE SB SC SE SI SK SL SM SN SO
    SR ST SX TC TD TG TJ TK TN TO TT UA VC VG VU WF WS XK YT`,
  required: `AE AM AU BD BJ BR BY CG CI CM CZ ET GH GN GT GW HK HN ID IE IN JO KE KH KW KZ LK LR MA MX NG NP OM PH QA RW
    SA SD SG SS SV SZ TH TL TR TZ UG VE VN ZM ZW`,
  recommended: "AF EG MM MZ NI RO RS",
  overwritten: "AR BG BO HR LS PE PK TM UZ YE",
  no: `BE BS CA CL CN CO CR CU DO EC GU HU IR KP KR MH MY NA NR NZ PA PR PY RU SY TV TW US UY VI ZA`,
};

/** Where MMS arrives as MMS. Source: Twilio's SMS guidelines (by 2026-05-09), a number availability list (2026-04). */
const MMS_COUNTRIES: ReadonlySet<string> = new Set(["US", "CA", "AU"]);

/** Where the guidelines say MMS is not available at all, not even as a link. Same source. */
const NO_MEDIA_COUNTRIES: ReadonlySet<string> = new Set(["CN", "IR", "JP", "MO", "VN"]);

const verdictByCountry: ReadonlyMap<string, SenderIdVerdict> = new Map(
  (Object.keys(SENDER_ID_COUNTRIES) as Exclude<SenderIdVerdict, "unknown">[]).flatMap((verdict) =>
    SENDER_ID_COUNTRIES[verdict].split(/\s+/).map((country) => [country, verdict]),
  ),
);

/** What a country does with sender IDs; `unknown` where nothing is known, and for numbers of no country. */
export function senderIdVerdict(country: string | undefined): SenderIdVerdict {
  return (country === undefined ? undefined : verdictByCountry.get(country)) ?? "unknown";
}

/**
 * Whether a sender ID may be chosen for recipients of a country. `overwritten` counts: the network takes the message,
 * and would replace a foreign number too. `no` and `unknown` do not.
 */
export function acceptsSenderId(country: string | undefined): boolean {
  const verdict = senderIdVerdict(country);
  return verdict !== "no" && verdict !== "unknown";
}

/** Whether a country wants sender IDs registered beforehand, by rule or by advice (Twilio's warning 30018). */
export function wantsRegistration(country: string | undefined): boolean {
  const verdict = senderIdVerdict(country);
  return verdict === "required" || verdict === "recommended";
}

/** Whether MMS arrives there as MMS. */
export function receivesMms(country: string | undefined): boolean {
  return country !== undefined && MMS_COUNTRIES.has(country);
}

/** Whether media may go there as a link in an SMS. */
export function receivesMediaLink(country: string | undefined): boolean {
  return country === undefined || !NO_MEDIA_COUNTRIES.has(country);
}

/** Whether toll-free numbers and long codes of one country are as local as those of the other: the US and Canada. */
export function isUsOrCanada(country: string | undefined): boolean {
  return country === "US" || country === "CA";
}
