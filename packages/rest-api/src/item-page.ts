import { fault } from "./errors.ts";
import type { PageEnds, PageRequest } from "./paging.ts";

const CURSOR = /^([0-9]{1,9}):(.{1,200})$/;

/**
 * A page of a list that is at hand. A cursor names an item and its place: where the item has gone meanwhile, the list goes on at
 * its place.
 *
 * @throws Fault 21481 for a cursor that no page gave.
 */
export function pageOf<T>(
  items: readonly T[],
  { size, cursor, back }: Pick<PageRequest, "size" | "cursor" | "back">,
  nameOf: (item: T) => string,
): { readonly items: readonly T[]; readonly ends: PageEnds } {
  const [start, end] = boundsOf();
  const shown = items.slice(start, end);
  const cursorAt = (index: number): string | undefined => {
    const item = items[index];
    return item === undefined ? undefined : `${index}:${nameOf(item)}`;
  };
  return {
    items: shown,
    ends: {
      next: end < items.length ? cursorAt(end - 1) : undefined,
      previous: start > 0 ? cursorAt(start) : undefined,
    },
  };

  function boundsOf(): readonly [number, number] {
    if (cursor === undefined) return [0, Math.min(size, items.length)];
    const [, place, name] = CURSOR.exec(cursor) ?? [];
    if (place === undefined) throw fault(21481);
    const found = items.findIndex((item) => nameOf(item) === name);
    const at = Math.min(found === -1 ? Number(place) : found, items.length);
    if (back) return [Math.max(0, at - size), at];
    const first = found === -1 ? at : at + 1;
    return [first, Math.min(first + size, items.length)];
  }
}
