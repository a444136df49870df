import { lmdbStore } from "../dist/index.js";

/** @param {string} path */
export const createStore = (path) => lmdbStore(path);
