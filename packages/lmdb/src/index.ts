export type { LmdbStoreOptions } from "./lmdb-store.ts";
export { lmdbStore } from "./lmdb-store.ts";
