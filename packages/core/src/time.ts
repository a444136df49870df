const ISO_TIME =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?:(Z)|([+-]\d{2}):?(\d{2}))?)?$/i;

/**
 * A time in ISO 8601, in GMT where it names no zone: milliseconds since the epoch. NaN for anything else, a day that its month does not
 * have included, which `Date` takes for one of the next month. Takes time linear in the text.
 *
 * @param options `zoned`: NaN for a time that names no zone, too. Default false.
 */
export function parseTime(text: string, { zoned = false }: { readonly zoned?: boolean } = {}): number {
  const [, day, time = "00:00", utc, offset, minutes = "00"] = ISO_TIME.exec(text) ?? [];
  if (day === undefined || (zoned && utc === undefined && offset === undefined)) return Number.NaN;
  const midnight = Date.parse(`${day}T00:00Z`);
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return Number.NaN;
  return Date.parse(`${day}T${time}${offset ?? "+00"}:${minutes}`);
}
