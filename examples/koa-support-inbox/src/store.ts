import KeyvRedis from "@keyv/redis";
import type { MessagingServiceOptions } from "@messaging-service/core";
import { lmdbStore } from "@messaging-service/lmdb";
import Keyv from "keyv";
import type { Settings } from "./settings.ts";

/** Where the conversations and everything else are kept. */
export interface OpenStore {
  readonly store: NonNullable<MessagingServiceOptions["store"]>;
  /** For the first lines. */
  readonly description: string;
}

/** LMDB in a folder for one machine, Redis for any number of processes; in memory without either. */
export function openStore({ dataFolder, redisUrl }: Settings): OpenStore {
  if (dataFolder !== undefined) return { store: lmdbStore(dataFolder), description: dataFolder };
  if (redisUrl === undefined)
    return {
      store: "memory",
      description:
        "in memory: conversations and opt-outs are lost when it ends (DATA_FOLDER or REDIS_URL keeps them)",
    };
  // With throwOnErrors a Redis that is gone is an error, not an empty answer.
  const redis = new KeyvRedis(redisUrl, { throwOnErrors: true });
  return {
    store: new Keyv(redis, { throwOnErrors: true }),
    description: `Redis at ${new URL(redisUrl).host}`,
  };
}
