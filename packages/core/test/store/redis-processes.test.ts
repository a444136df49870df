import { createKeyv } from "@keyv/redis";
import { afterAll, beforeAll } from "vitest";
import { describeStoreProcesses } from "../../../../test/contracts/describe-store-processes.ts";
import { buildPackage } from "../../../../test/support/build.ts";
import { type RedisServer, startRedis } from "../../../../test/support/redis.ts";
import { keyvStore } from "../../src/store/keyv.ts";

let redis: RedisServer;
beforeAll(async () => {
  buildPackage("core");
  redis = await startRedis();
});
afterAll(() => redis.stop());

describeStoreProcesses("Redis through Keyv 5.6", async () => {
  await redis.command("FLUSHALL");
  const keyv = createKeyv(redis.url);
  return {
    store: keyvStore(keyv, { timeoutMs: 10_000 }),
    module: new URL("create-store.mjs", import.meta.url).href,
    argument: redis.url,
    close: () => keyv.disconnect(),
  };
});
