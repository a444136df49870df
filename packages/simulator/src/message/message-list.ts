import type { Exchange } from "../exchange.ts";
import { type Refusal, refuse } from "../wire/refusals.ts";
import { type MessageRecord, toResource } from "./message.ts";

/** A page, or why there is none. */
export interface ListResult {
  readonly refusal?: Refusal | undefined;
  readonly page?: Readonly<Record<string, unknown>> | undefined;
}

const DEFAULT_PAGE_SIZE = 50;
const LARGEST_PAGE_SIZE = 1000;
const DAY_MS = 86_400_000;

/**
 * One page of the account's messages, newest first, in the 2010 API's envelope. Filters: `To`, `From`, `DateSent` (a GMT
 * day), `DateSent<` and `DateSent>` (inclusive). The page token names the last message of the page before, deleted or not.
 */
export function listMessages({ log, deleted }: Exchange, path: string, query: URLSearchParams): ListResult {
  const size = Number(query.get("PageSize") ?? DEFAULT_PAGE_SIZE);
  if (!(Number.isInteger(size) && size >= 1 && size <= LARGEST_PAGE_SIZE)) return { refusal: refuse(20007) };
  const page = Number(query.get("Page") ?? 0);
  const token = query.get("PageToken");
  const all = [...log.values()].reverse();
  const after = token === null ? -1 : all.findIndex(({ sid }) => token === `PA${sid}`);
  if ((token !== null && after === -1) || !(Number.isInteger(page) && page >= 0))
    return { refusal: refuse(21481) };
  const matching = all
    .slice(after + 1)
    .filter((message) => !deleted.has(message.sid) && matches(message, query));
  // Without a token `Page` counts pages from the first.
  const skipped = token === null ? page * size : 0;
  const messages = matching.slice(skipped, skipped + size);
  const more = matching.length > skipped + size;

  const uriOf = (number: number, pageToken?: string): string => {
    const fields = new URLSearchParams(
      [...query].filter(([name]) => !["Page", "PageSize", "PageToken"].includes(name)),
    );
    fields.set("PageSize", String(size));
    fields.set("Page", String(number));
    if (pageToken !== undefined) fields.set("PageToken", pageToken);
    return `${path}?${fields}`;
  };
  const envelope = {
    end: page * size + Math.max(0, messages.length - 1),
    first_page_uri: uriOf(0),
    messages: messages.map(toResource),
    next_page_uri: more ? uriOf(page + 1, `PA${messages.at(-1)?.sid}`) : null,
    page,
    page_size: size,
    previous_page_uri: page > 0 ? uriOf(page - 1) : null,
    start: page * size,
    uri: uriOf(page, token ?? undefined),
  };
  return { page: envelope };
}

function matches({ to, from, dateSent }: MessageRecord, query: URLSearchParams): boolean {
  const wantedTo = query.get("To");
  const wantedFrom = query.get("From");
  if ((wantedTo !== null && wantedTo !== to) || (wantedFrom !== null && wantedFrom !== from)) return false;
  const on = query.get("DateSent");
  const before = query.get("DateSent<");
  const after = query.get("DateSent>");
  if (on === null && before === null && after === null) return true;
  if (dateSent === null) return false;
  const sent = dateSent.getTime();
  return (
    (on === null || Math.floor(sent / DAY_MS) === Math.floor(Date.parse(on) / DAY_MS)) &&
    (before === null || sent <= Date.parse(before)) &&
    (after === null || sent >= Date.parse(after))
  );
}
