import { renderForm } from "@messaging-service/core";
import { fault } from "./errors.ts";
import { integerOf, textOf } from "./params.ts";
import type { Call } from "./ports.ts";

/** Which page of a list is asked for. */
export interface PageRequest {
  /** 1–1,000; default 50. */
  readonly size: number;
  /** The client's own count of pages; means nothing here. */
  readonly page: number;
  /** Where the page begins: after (or, going back, before) the item that this stands for. `undefined`: at the front. */
  readonly cursor: string | undefined;
  /** Going back: the `size` items before the cursor. */
  readonly back: boolean;
}

/** What a page's links need: where the pages beside it begin. */
export interface PageEnds {
  /** Cursor of the last item, where more follow it. */
  readonly next: string | undefined;
  /** Cursor of the first item, where others stand before it. */
  readonly previous: string | undefined;
}

const LARGEST_PAGE = 1_000;
const DEFAULT_SIZE = 50;
const MOST_PAGES = 1_000_000_000;
const FORWARD = "PA";
const BACKWARD = "PB";
/** A cursor is a short text of ours; longer ones are not looked at. */
const LONGEST_TOKEN = 512;

/**
 * A larger page of the 2010 API holds 1,000, as at Twilio: its client asks for as many as its `limit` says.
 *
 * @throws Fault 20007 for a PageSize above 1,000 under `/v1`, 20422 for a PageSize or Page that is none, 21481 for a token not ours.
 */
export function parsePage({ query, path }: Pick<Call, "query" | "path">): PageRequest {
  const asked = textOf(query, "PageSize") ?? "";
  const isLarger = /^\d+$/.test(asked) && Number(asked) > LARGEST_PAGE;
  if (isLarger && path.startsWith("/v1/")) throw fault(20007);
  const size = isLarger ? LARGEST_PAGE : (integerOf(query, "PageSize", 1, LARGEST_PAGE) ?? DEFAULT_SIZE);
  const page = integerOf(query, "Page", 0, MOST_PAGES) ?? 0;
  const token = textOf(query, "PageToken");
  if (token === undefined || token === "") return { size, page, cursor: undefined, back: false };
  const back = token.startsWith(BACKWARD);
  if ((!back && !token.startsWith(FORWARD)) || token.length > LONGEST_TOKEN) throw fault(21481);
  const coded = token.slice(FORWARD.length);
  const cursor = Buffer.from(coded, "base64url").toString("utf8");
  // Other texts that decode to the same are not what we gave.
  if (coded === "" || Buffer.from(cursor).toString("base64url") !== coded) throw fault(21481);
  return { size, page, cursor, back };
}

/**
 * A page of a list that is at hand whole. `keyOf` names an item for the page's links.
 *
 * @throws Fault 21481 for a token whose item is gone.
 */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  { size, cursor, back }: PageRequest,
): { readonly items: readonly Item[] } & PageEnds {
  const at = cursor === undefined ? -1 : items.findIndex((item) => keyOf(item) === cursor);
  if (cursor !== undefined && at === -1) throw fault(21481);
  const start = back ? Math.max(0, at - size) : at + 1;
  const end = back ? at : start + size;
  const page = items.slice(start, end);
  const [first] = page;
  const last = page.at(-1);
  return {
    items: page,
    next: last !== undefined && end < items.length ? keyOf(last) : undefined,
    previous: first !== undefined && start > 0 ? keyOf(first) : undefined,
  };
}

/**
 * A list of the 2010 API. Its links are relative, as Twilio's are: the official client puts its base URL, mount path included, before
 * them.
 */
export function legacyList(
  call: Call,
  key: string,
  items: readonly unknown[],
  request: PageRequest,
  ends: PageEnds,
): Record<string, unknown> {
  const links = linksOf(call, `${call.path}.json`, request, ends);
  const start = request.page * request.size;
  return {
    first_page_uri: links.first,
    end: items.length === 0 ? start : start + items.length - 1,
    previous_page_uri: links.previous,
    [key]: items,
    uri: links.self,
    page_size: request.size,
    start,
    next_page_uri: links.next,
    page: request.page,
  };
}

/** A list of the v1 API: its links are absolute. */
export function metaList(
  call: Call,
  key: string,
  items: readonly unknown[],
  request: PageRequest,
  ends: PageEnds,
): Record<string, unknown> {
  const links = linksOf(call, `${call.baseUrl}${call.path}`, request, ends);
  return {
    meta: {
      page: request.page,
      page_size: request.size,
      first_page_url: links.first,
      previous_page_url: links.previous,
      url: links.self,
      next_page_url: links.next,
      key,
    },
    [key]: items,
  };
}

function linksOf(
  { query }: Call,
  target: string,
  { size, page, cursor, back }: PageRequest,
  { next, previous }: PageEnds,
) {
  const { PageSize: _size, Page: _page, PageToken: _token, ...filters } = query;
  const filter = renderForm(filters);
  const link = (at: number, token: string | undefined): string => {
    const place = renderForm({
      PageSize: String(size),
      Page: String(at),
      ...(token === undefined ? {} : { PageToken: token }),
    });
    return `${target}?${filter === "" ? "" : `${filter}&`}${place}`;
  };
  return {
    first: link(0, undefined),
    self: link(page, cursor === undefined ? undefined : toToken(cursor, back)),
    next: next === undefined ? null : link(page + 1, toToken(next, false)),
    previous: previous === undefined ? null : link(Math.max(0, page - 1), toToken(previous, true)),
  };
}

function toToken(cursor: string, back: boolean): string {
  return (back ? BACKWARD : FORWARD) + Buffer.from(cursor).toString("base64url");
}
