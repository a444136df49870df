const ignore = (): void => {};

/**
 * Something that goes on beside what comes next and is awaited after it: should that fail first, what becomes of this one is nobody's
 * concern. For two that every message waits for: `Promise.all` takes twice the room.
 */
export function meanwhile<T extends Promise<unknown> | undefined>(underWay: T): T {
  underWay?.catch(ignore);
  return underWay;
}
