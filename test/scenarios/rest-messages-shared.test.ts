import KeyvRedis from "@keyv/redis";
import { silentLogger } from "@messaging-service/core";
import { restApi } from "@messaging-service/rest-api";
import { createCarrier } from "@messaging-service/simulator";
import Keyv from "keyv";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { ACCOUNT, ask, PHONE, SENDER, TOKEN } from "../../packages/rest-api/test/support/api.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

const MESSAGES = `/2010-04-01/Accounts/${ACCOUNT}/Messages`;
let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** The API as one process on the shared Redis has it, on the machine's clock. */
function openProcess() {
  const carrier = createCarrier();
  const store = new Keyv(new KeyvRedis(redis.url, { throwOnErrors: true }), { throwOnErrors: true });
  const api = restApi({
    accountSid: ACCOUNT,
    authToken: TOKEN,
    store,
    provider: carrier.provider,
    inventory: [SENDER],
    serviceOptions: { logger: silentLogger },
  });
  onTestFinished(async () => {
    await api.close({ timeoutMs: 1_000 });
    await carrier.close();
    await store.disconnect();
  });
  return api;
}

it("a second process on the same store lists, fetches, redacts and deletes the messages of the first", async () => {
  const [first, second] = [openProcess(), openProcess()];
  await Promise.all([first.ready(), second.ready()]);
  const sids: string[] = [];
  for (let count = 0; count < 3; count++) {
    const form = { To: PHONE, From: SENDER, Body: `No. ${count}` };
    sids.unshift((await ask(first, "POST", `${MESSAGES}.json`, form)).json.sid);
  }
  const list = async (api: typeof first): Promise<string[]> =>
    (await ask(api, "GET", `${MESSAGES}.json`)).json.messages.map(({ sid }: { readonly sid: string }) => sid);
  expect(await list(second)).toEqual(sids);
  const [sid = ""] = sids;
  await expect
    .poll(async () => (await ask(second, "GET", `${MESSAGES}/${sid}.json`)).json.status, { timeout: 15_000 })
    .toMatch(/^(sent|delivered)$/);
  expect((await ask(second, "POST", `${MESSAGES}/${sid}.json`, { Body: "" })).json.body).toBe("");
  expect((await ask(first, "GET", `${MESSAGES}/${sid}.json`)).json.body).toBe("");
  expect((await ask(second, "DELETE", `${MESSAGES}/${sid}.json`)).status).toBe(204);
  expect((await ask(first, "GET", `${MESSAGES}/${sid}.json`)).status).toBe(404);
  expect(await list(first)).toEqual(sids.slice(1));
});
