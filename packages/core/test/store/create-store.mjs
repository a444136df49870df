import { createKeyv } from "@keyv/redis";
import { keyvStore } from "../../dist/store/keyv.js";

/** @param {string} url */
export const createStore = (url) => keyvStore(createKeyv(url), { timeoutMs: 10_000 });
