import { type AccountMessage, type AccountPageRequest, parseAddress } from "@messaging-service/core";
import { parseDaySpan, parseSpan, type Span } from "../dates.ts";
import { fault } from "../errors.ts";
import { type PageRequest, parsePage } from "../paging.ts";
import { textOf } from "../params.ts";
import type { Call } from "../ports.ts";

/** What a list of messages asks for. */
export interface ListRequest {
  readonly page: PageRequest;
  readonly read: AccountPageRequest;
}

const DAY_MS = 86_400_000;
/** A message is sent this long after it was made at most: 35 days of schedule, its validity period, and then a margin. */
const LONGEST_WAIT_MS = 37 * DAY_MS;
/** A provider's time of an inbound message may lie before ours. */
const MOST_SKEW_MS = DAY_MS;

/** @throws Fault 20422, 21481. */
export function parseList(call: Call): ListRequest {
  const page = parsePage(call);
  const to = address(call, "To");
  const from = address(call, "From");
  const span = sentWithin(call);
  return {
    page,
    read: {
      limit: page.size,
      cursor: page.cursor,
      back: page.back,
      to,
      since: Number.isFinite(span.from) ? span.from - LONGEST_WAIT_MS : undefined,
      before: Number.isFinite(span.until) ? span.until + MOST_SKEW_MS : undefined,
      matches: from === undefined && isEverything(span) ? undefined : matcher(from, span),
    },
  };
}

/** As records hold it, so that a number is found however it is written. */
function address({ query }: Call, name: string): string | undefined {
  const text = textOf(query, name);
  return text === undefined || text === "" ? undefined : (parseAddress(text)?.address ?? text);
}

/** `DateSent` is a day (so is midnight) or a second; `DateSent<` and `DateSent>` include what they name, as on the wire: `DateSent<=2016-07-31`. */
function sentWithin({ query }: Call): Span {
  const read = (name: string, parse = parseSpan): Span | undefined => {
    const text = textOf(query, name);
    if (text === undefined || text === "") return undefined;
    const span = parse(text);
    if (span === undefined) throw fault(20422, `${name} is a day (2016-07-31) or a time in GMT.`);
    return span;
  };
  const on = read("DateSent", parseDaySpan);
  return {
    from: Math.max(on?.from ?? Number.NEGATIVE_INFINITY, read("DateSent>")?.from ?? Number.NEGATIVE_INFINITY),
    until: Math.min(
      on?.until ?? Number.POSITIVE_INFINITY,
      read("DateSent<")?.until ?? Number.POSITIVE_INFINITY,
    ),
  };
}

function isEverything({ from, until }: Span): boolean {
  return from === Number.NEGATIVE_INFINITY && until === Number.POSITIVE_INFINITY;
}

/** A message that was not sent yet counts by when it was made. */
function matcher(from: string | undefined, span: Span): (message: AccountMessage) => boolean {
  return (message) => {
    const at = (message.dateSent ?? message.dateCreated).getTime();
    return (from === undefined || message.from === from) && at >= span.from && at < span.until;
  };
}
