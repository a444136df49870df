import { fault } from "./errors.ts";
import type { PageRequest } from "./paging.ts";
import type { Registered } from "./registered.ts";
import type { ServicePage, ServiceView } from "./registry-types.ts";
import type { ServiceDocuments } from "./service-documents.ts";
import type { ServiceDocument } from "./service-properties.ts";

/** Cursors: a service made in code by its place, one of the store by its place in the log. */
const IN_CODE = /^code([0-9]{1,6})$/;
const IN_STORE = /^log(.{1,200})$/;

/** An entry of the list, and the cursor that stands for it. */
interface Entry {
  readonly cursor: string;
  readonly service: ServiceView;
}

/**
 * A page of services, in either direction. The list is the services made in code, then those of the store; what is read is the page's
 * own part of it, however many there are.
 */
export async function pageOfServices(
  { registered, documents }: { readonly registered: Registered; readonly documents: ServiceDocuments },
  { size, cursor, back }: Pick<PageRequest, "size" | "cursor" | "back">,
): Promise<ServicePage> {
  const inCode = registered.list();
  const place = cursor === undefined ? -1 : Number(IN_CODE.exec(cursor)?.[1] ?? Number.NaN);
  const log = cursor === undefined ? undefined : IN_STORE.exec(cursor)?.[1];
  if (Number.isNaN(place) && log === undefined) throw fault(21481);
  if (!back) {
    const first = log === undefined ? await codeEntries(place + 1, place + 1 + size) : [];
    const { entries, more } = await documents.page(
      log === undefined ? {} : { before: log },
      // One more than the page tells whether anything follows it.
      size - first.length + 1,
    );
    const all = [...first, ...entries.map(toEntry)];
    const shown = all.slice(0, size);
    // Nothing but deleted ones for long: the page is short, and the list goes on.
    const next = all.length > size ? shown.at(-1)?.cursor : more === undefined ? undefined : `log${more}`;
    return toPage(shown, { next, previous: cursor === undefined ? undefined : (shown[0]?.cursor ?? cursor) });
  }
  const newer =
    log === undefined ? { entries: [], more: undefined } : await documents.page({ after: log }, size + 1);
  const stored = newer.entries.map(toEntry);
  const last = log === undefined ? place : inCode.length;
  const left = newer.more === undefined ? size + 1 - stored.length : 0;
  const all = [...(await codeEntries(Math.max(0, last - Math.max(0, left)), last)), ...stored];
  const shown = all.slice(-size);
  const isFirst = all.length <= size && newer.more === undefined;
  return toPage(shown, { next: shown.at(-1)?.cursor, previous: isFirst ? undefined : shown[0]?.cursor });

  function codeEntries(from: number, to: number): Promise<Entry[]> {
    return Promise.all(
      inCode.slice(from, to).map(async (service, index) => ({
        cursor: `code${from + index}`,
        service: await registered.view(service),
      })),
    );
  }
}

/** What a document shows. */
export function view({ sid, createdAt, updatedAt, properties, optOut }: ServiceDocument): ServiceView {
  return { sid, createdAt, updatedAt, properties, optOut };
}

function toEntry({
  cursor,
  document,
}: {
  readonly cursor: string;
  readonly document: ServiceDocument;
}): Entry {
  return { cursor: `log${cursor}`, service: view(document) };
}

function toPage(entries: readonly Entry[], ends: ServicePage["ends"]): ServicePage {
  return { services: entries.map(({ service }) => service), ends };
}
