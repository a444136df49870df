import { CALLING_CODES } from "./calling-codes.ts";
import { areaCodeCountry } from "./nanp.ts";
import { NON_GEOGRAPHIC_COUNTRIES, TOLL_FREE_AREA_CODES } from "./nanp-area-codes.ts";

/**
 * `+`, then 7 to 15 digits. 15 is E.164's own limit; the shortest numbers in use have 7 (Niue's `+6834002`), of which
 * the calling code takes up to 3.
 */
const E164 = /^\+[1-9][0-9]{6,14}$/;

/** Character codes. */
const ZERO = 48;
const ONE = 49;
const SEVEN = 55;

/** What {@link CALLING_CODES} says of codes that belong to no country. */
const NO_COUNTRY = "001";

/** Country by the first three digits, whatever the length of the calling code: one array read answers for any number. */
const countryByPrefix: readonly (string | undefined)[] = indexByPrefix();

/** Digits of the calling code, by the first three digits. */
const codeLengthByPrefix: Uint8Array = indexCodeLengths();

const tollFree: ReadonlySet<string> = new Set(TOLL_FREE_AREA_CODES.split(" "));

const nonGeographicCountries: ReadonlyMap<string, string> = new Map(
  Object.entries(NON_GEOGRAPHIC_COUNTRIES).flatMap(([country, codes]) =>
    codes.split(" ").map((code) => [code, country]),
  ),
);

/**
 * Whether a string is a canonical phone number: E.164 in shape, a calling code that is in use, and ten digits after
 * +1 (the NANP has no other length). It never asks whether the number is assigned: numbering data lags behind the
 * carriers, and fictional and test numbers (`+15005550006`) are numbers too.
 */
export function isPhoneNumber(value: string): boolean {
  if (!E164.test(value)) return false;
  if (value.charCodeAt(1) === ONE) return value.length === 12;
  return countryByPrefix[prefixOf(value)] !== undefined;
}

/**
 * Whether a phone number may still hold the 0 that most countries dial before their own numbers and E.164 leaves out
 * (`+4407911123456`). The numbers of some begin with one for good (Italy's land lines, Côte d'Ivoire): it takes the
 * numbering plan to tell.
 */
export function mayHoldTrunkZero(e164: string): boolean {
  return e164.charCodeAt(1 + (codeLengthByPrefix[prefixOf(e164)] ?? 0)) === ZERO;
}

/**
 * The country (ISO 3166-1 alpha-2) whose senders and rules a number falls under: the main country of its calling code
 * (`+447911…` of Guernsey is GB, `+4779…` of Svalbard NO). +7 7 is Kazakhstan, every other +7 Russia; +1 goes by the area
 * code, and is US where the code is toll-free, personal, or not in service. `undefined` for codes of no country
 * (satellites, international freephone) and codes not in use.
 */
export function routingCountry(e164: string): string | undefined {
  const first = e164.charCodeAt(1);
  if (first === ONE) return nanpCountry(e164.slice(2, 5));
  if (first === SEVEN && e164.charCodeAt(2) === SEVEN) return "KZ";
  const country = countryByPrefix[prefixOf(e164)];
  return country === NO_COUNTRY ? undefined : country;
}

/** Whether a number is North American toll-free: +1 and 800, 833, 844, 855, 866, 877 or 888. */
export function isTollFree(e164: string): boolean {
  return e164.length === 12 && e164.startsWith("+1") && tollFree.has(e164.slice(2, 5));
}

function nanpCountry(areaCode: string): string {
  return areaCodeCountry(areaCode) ?? nonGeographicCountries.get(areaCode) ?? "US";
}

function prefixOf(e164: string): number {
  return (e164.charCodeAt(1) - ZERO) * 100 + (e164.charCodeAt(2) - ZERO) * 10 + (e164.charCodeAt(3) - ZERO);
}

function indexCodeLengths(): Uint8Array {
  const lengths = new Uint8Array(1000);
  for (const code of Object.keys(CALLING_CODES)) {
    const span = 10 ** (3 - code.length);
    lengths.fill(code.length, Number(code) * span, (Number(code) + 1) * span);
  }
  return lengths;
}

function indexByPrefix(): (string | undefined)[] {
  const index = new Array<string | undefined>(1000).fill(undefined);
  for (const [code, country] of Object.entries(CALLING_CODES)) {
    const span = 10 ** (3 - code.length);
    index.fill(country, Number(code) * span, (Number(code) + 1) * span);
  }
  return index;
}
