import { parseTime } from "@messaging-service/core";

/** The second that was written last: most times of an answer, and of the next one, are of the same. */
let written: { readonly second: number; readonly text: string } = { second: Number.NaN, text: "" };

/** RFC 2822 in GMT, as the 2010 API writes times: `Thu, 30 Jul 2015 20:12:31 +0000`. `null` stays `null`. */
export function rfc2822(date: Date | null): string | null {
  if (date === null) return null;
  const second = Math.floor(date.getTime() / 1_000);
  if (written.second !== second) written = { second, text: date.toUTCString().replace("GMT", "+0000") };
  return written.text;
}

/** ISO 8601 in UTC without milliseconds, as the v1 API writes times: `2015-07-30T20:12:31Z`. `null` stays `null`. */
export function iso8601(date: Date | null): string | null {
  return date === null ? null : `${date.toISOString().slice(0, 19)}Z`;
}

/** A span of time, milliseconds since the epoch: from `from` on, before `until`. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

const DAY_MS = 86_400_000;

const RFC_2822 = /^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (?:GMT|[+ -]\d{4})$/;

/**
 * What a date filter names: a day in GMT (`2016-07-31`), or the second of a time, in ISO 8601 or as this API writes times. `undefined` for
 * anything else.
 *
 * @see Twilio, Message resource: "GMT dates"; its samples also filter by times.
 */
export function parseSpan(text: string): Span | undefined {
  // A plus that nobody escaped is a blank.
  const at = RFC_2822.test(text) ? Date.parse(text.replace(/ {2}(?=\d{4}$)/, " +")) : parseTime(text);
  if (Number.isNaN(at)) return undefined;
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return { from: at, until: at + DAY_MS };
  const from = Math.floor(at / 1_000) * 1_000;
  return { from, until: from + 1_000 };
}

/**
 * What a filter for one date names: as {@link parseSpan}, and midnight is its day, since the official client cannot write a day otherwise
 * (`dateSent: new Date("2016-07-31")` arrives as `2016-07-31T00:00:00Z`).
 */
export function parseDaySpan(text: string): Span | undefined {
  const span = parseSpan(text);
  return span !== undefined && span.from % DAY_MS === 0 ? { ...span, until: span.from + DAY_MS } : span;
}
