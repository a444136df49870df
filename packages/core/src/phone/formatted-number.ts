import type { CountryCode } from "libphonenumber-js";
import { parsePhoneNumberFromString } from "libphonenumber-js";

/**
 * Digits and what people write between them. A slash divides an area code from a number, but close to the end it
 * divides two extensions ("123456/7"), which is no one number.
 */
const FORMATTED = /^\+?[0-9 \t\u00A0\u2000-\u200A\u202F\u3000().\-\u2010-\u2015\u2212/]+$/;
const ALTERNATIVES = /\/[^/]{0,2}$/;

/**
 * The E.164 form of a number written for people: "+44 (0)20 7946 0958", or a national "(415) 555-2671" where
 * `defaultCountry` (ISO 3166-1 alpha-2) says whose. `undefined` for letters, extensions and anything else that would
 * take a guess, and for a national number whose length that country does not use. Canonical E.164 needs no visit here:
 * this costs a hundred times more.
 */
export function parseFormattedNumber(text: string, defaultCountry: string | undefined): string | undefined {
  if (!FORMATTED.test(text) || ALTERNATIVES.test(text)) return undefined;
  const international = text.startsWith("+");
  if (!international && defaultCountry === undefined) return undefined;
  const parsed = parsePhoneNumberFromString(text, {
    extract: false,
    ...(defaultCountry === undefined ? {} : { defaultCountry: defaultCountry as CountryCode }),
  });
  if (parsed === undefined || parsed.ext !== undefined) return undefined;
  return international || parsed.isPossible() ? parsed.number : undefined;
}
