/** A body as it comes. */
export interface Chunks {
  add(chunk: Uint8Array): void;
  /** All of it. */
  join(): Uint8Array;
}

/** Chunks kept one by one: each costs some hundred bytes beside its own, and the other side may send single ones. */
const MOST_APART = 256;

/** A body of which nothing has come yet. */
export function createChunks(): Chunks {
  const joined: Uint8Array[] = [];
  let apart: Uint8Array[] = [];
  return {
    add(chunk) {
      apart.push(chunk);
      if (apart.length < MOST_APART) return;
      joined.push(Buffer.concat(apart));
      apart = [];
    },
    join() {
      const [only] = apart;
      return joined.length === 0 && apart.length === 1 && only !== undefined
        ? only
        : Buffer.concat([...joined, ...apart]);
    },
  };
}
