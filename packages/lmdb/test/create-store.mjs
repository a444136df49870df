import { lmdbStore } from "../dist/index.js";

export const createStore = (path) => lmdbStore(path);
