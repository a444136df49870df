import { AREA_CODES, OVERLAY_COMPLEXES } from "./nanp-area-codes.ts";

/** Where area code geomatch applies: the United States with its territories, and Canada. */
const GEOMATCH_COUNTRIES: ReadonlySet<string> = new Set(["US", "CA", "PR", "VI", "GU", "MP", "AS"]);

const NOBODY: readonly string[] = Object.freeze([]);

const countryByAreaCode: ReadonlyMap<string, string> = new Map(
  Object.entries(AREA_CODES).flatMap(([country, codes]) => codes.split(" ").map((code) => [code, country])),
);

const overlaysByAreaCode: ReadonlyMap<string, readonly string[]> = indexOverlays();

/**
 * The area code of a number of the United States, their territories or Canada (`+14155552671` is "415"). `undefined`
 * for every other country, toll-free and other non-geographic codes, and codes not in service.
 */
export function areaCodeOf(e164: string): string | undefined {
  if (e164.length !== 12 || !e164.startsWith("+1")) return undefined;
  const areaCode = e164.slice(2, 5);
  const country = countryByAreaCode.get(areaCode);
  return country !== undefined && GEOMATCH_COUNTRIES.has(country) ? areaCode : undefined;
}

/**
 * The other area codes that serve some of the same geography, in ascending order. Not transitive: 917 overlays both
 * 212 and 718, which do not overlay each other.
 */
export function overlaysOf(areaCode: string): readonly string[] {
  return overlaysByAreaCode.get(areaCode) ?? NOBODY;
}

/** The country (ISO 3166-1 alpha-2; territories and island states have their own) of a geographic area code in service. */
export function areaCodeCountry(areaCode: string): string | undefined {
  return countryByAreaCode.get(areaCode);
}

function indexOverlays(): Map<string, readonly string[]> {
  const sharing = new Map<string, Set<string>>();
  for (const complex of Object.values(OVERLAY_COMPLEXES)) {
    const codes = complex.split(" ");
    for (const code of codes) {
      const others = sharing.get(code) ?? new Set();
      for (const other of codes) if (other !== code) others.add(other);
      sharing.set(code, others);
    }
  }
  return new Map([...sharing].map(([code, others]) => [code, Object.freeze([...others].sort())]));
}
