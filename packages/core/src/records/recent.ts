/** The values set last under their keys; older ones are let go of. */
export interface Recent<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
}

/** Keeps at least the last `size` values, and at most twice as many: forgetting half at a time costs nothing per value. */
export function createRecent<T>(size: number): Recent<T> {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  return Object.freeze({
    get: (key: string) => young.get(key) ?? old.get(key),
    set(key: string, value: T): void {
      if (young.size >= size) {
        old = young;
        young = new Map();
      }
      young.set(key, value);
    },
  });
}
