import type { Store } from "@messaging-service/core";
import { changeDocument, parseDocument, readDocument } from "./documents.ts";
import type { RegistryKeys } from "./registry-keys.ts";
import type { OptOutChange } from "./registry-types.ts";
import { DEFAULT_PROPERTIES, type ServiceDocument, type ServiceProperties } from "./service-properties.ts";
import { createResourceSid } from "./sids.ts";

/** Deleted services are remembered this long, so that late receipts and questions find their messages. */
const TOMBSTONE_MS = 400 * 86_400_000;
/** Reads of the log for one page: it is short where many services were deleted, and goes on from there. */
const MOST_ROUNDS = 5;

/** A page of documents, newest first, each with the cursor of its place. */
export interface DocumentPage {
  readonly entries: readonly { readonly cursor: string; readonly document: ServiceDocument }[];
  /** Where to go on in the same direction; `undefined` at the end. */
  readonly more: string | undefined;
}

/** The repository of services made over REST. */
export interface ServiceDocuments {
  create(properties: ServiceProperties): Promise<ServiceDocument>;
  /** `undefined` when there is none, or it was deleted. */
  read(sid: string): Promise<ServiceDocument | undefined>;
  /** The text it is stored as, deleted or not. */
  raw(sid: string): Promise<string | undefined>;
  change(
    sid: string,
    change: { readonly properties?: Partial<ServiceProperties>; readonly optOut?: OptOutChange },
  ): Promise<ServiceDocument | undefined>;
  /** Marks it deleted; false when another was faster, or there is none. */
  markDeleted(sid: string): Promise<boolean>;
  /** What it held is gone. */
  markErased(sid: string): Promise<void>;
  /** Older than `before`, or newer than `after`; without either from the newest on. */
  page(start: { readonly before?: string; readonly after?: string }, limit: number): Promise<DocumentPage>;
}

/** Services in the store of one account. */
export function createServiceDocuments(
  store: Store,
  keys: RegistryKeys,
  now: () => number,
): ServiceDocuments {
  return Object.freeze({
    async create(properties: ServiceProperties): Promise<ServiceDocument> {
      const sid = createResourceSid("MG");
      const at = now();
      const document: ServiceDocument = { sid, createdAt: at, updatedAt: at, properties };
      // The document and its line in one step: a service that is listed can be fetched.
      await changeDocument<ServiceDocument>(store, keys.service(sid), () => document, {
        appends: [{ log: keys.services, value: sid, ttlMs: 0 }],
      });
      return document;
    },
    async read(sid: string): Promise<ServiceDocument | undefined> {
      return live((await readDocument<ServiceDocument>(store, keys.service(sid)))?.value);
    },
    raw: (sid: string) => store.get(keys.service(sid)),
    async change(sid: string, { properties, optOut }: Parameters<ServiceDocuments["change"]>[1]) {
      const written = await changeDocument<ServiceDocument>(store, keys.service(sid), (document) => {
        if (document === undefined || document.deletedAt !== undefined) return document;
        return {
          ...document,
          properties: { ...document.properties, ...properties },
          optOut: optOut === undefined ? document.optOut : (optOut(document.optOut) ?? undefined),
          // Later than before, even within a millisecond: a change is always another text.
          updatedAt: Math.max(now(), document.updatedAt + 1),
        };
      });
      return live(written);
    },
    async markDeleted(sid: string): Promise<boolean> {
      let marked = false;
      await changeDocument<ServiceDocument>(
        store,
        keys.service(sid),
        (document) => {
          marked = live(document) !== undefined;
          return marked && document !== undefined ? { ...document, deletedAt: now() } : document;
        },
        { ttlMs: TOMBSTONE_MS },
      );
      return marked;
    },
    async markErased(sid: string): Promise<void> {
      await changeDocument<ServiceDocument>(
        store,
        keys.service(sid),
        (document) =>
          document === undefined
            ? undefined
            : { ...document, properties: DEFAULT_PROPERTIES, optOut: undefined, erased: true },
        { ttlMs: TOMBSTONE_MS },
      );
    },
    async page(start: { readonly before?: string; readonly after?: string }, limit: number) {
      const back = start.after !== undefined;
      const entries: DocumentPage["entries"][number][] = [];
      let more = start.after ?? start.before;
      for (let round = 0; round < MOST_ROUNDS && entries.length < limit; round++) {
        const wanted = limit - entries.length;
        const place = back ? { after: more } : { before: more };
        const lines = await store.range(keys.services, { ...place, limit: wanted, reverse: !back });
        const raws =
          lines.length === 0 ? [] : await store.getMany(lines.map(({ value }) => keys.service(value)));
        for (const [index, { cursor }] of lines.entries()) {
          const document = live(parseDocument<ServiceDocument>(raws[index])?.value);
          if (document !== undefined) entries.push({ cursor, document });
        }
        more = lines.length < wanted ? undefined : lines.at(-1)?.cursor;
        if (more === undefined) break;
      }
      return { entries: back ? entries.reverse() : entries, more };
    },
  });
}

function live(document: ServiceDocument | undefined): ServiceDocument | undefined {
  return document?.deletedAt === undefined ? document : undefined;
}
