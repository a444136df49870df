import KeyvRedis from "@keyv/redis";
import { silentLogger } from "@messaging-service/core";
import { restApi } from "@messaging-service/rest-api";
import { createCarrier } from "@messaging-service/simulator";
import Keyv from "keyv";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { ACCOUNT, ask, PHONE, SENDER, TOKEN } from "../../packages/rest-api/test/support/api.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";

const NUMBERS = `/2010-04-01/Accounts/${ACCOUNT}/IncomingPhoneNumbers.json`;
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
    serviceOptions: { logger: silentLogger, refreshMs: 50 },
  });
  onTestFinished(async () => {
    await api.close({ timeoutMs: 1_000 });
    await carrier.close();
    await store.disconnect();
  });
  return api;
}

describe("two processes on one Redis", () => {
  it("see each other's services, pools and numbers, and lose nothing of what both change", async () => {
    const [first, second] = [openProcess(), openProcess()];
    await Promise.all([first.ready(), second.ready()]);
    const { sid } = (await ask(first, "POST", "/v1/Services", { FriendlyName: "A" })).json;
    const path = `/v1/Services/${sid}`;
    expect((await ask(second, "GET", path)).json.friendly_name).toBe("A");
    const added = await ask(second, "POST", NUMBERS, { PhoneNumber: "+12125550100" });
    const PhoneNumberSid = added.json.sid;
    const results = await Promise.all([
      ask(first, "POST", `${path}/PhoneNumbers`, { PhoneNumberSid }),
      ask(second, "POST", `${path}/PhoneNumbers`, { PhoneNumberSid }),
      ask(first, "POST", path, { StickySender: "false" }),
      ask(second, "POST", path, { SmartEncoding: "false" }),
      ask(first, "POST", path, { InboundRequestUrl: "https://app.example/sms" }),
      ask(second, "POST", path, { FallbackUrl: "https://app.example/sorry" }),
    ]);
    // One of the two adds it; the other is told so, or finds its own attempt done.
    expect(results.slice(0, 2).map(({ status }) => status)).toContain(201);
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (const api of [first, second]) {
      expect((await ask(api, "GET", path)).json).toMatchObject({
        sticky_sender: false,
        smart_encoding: false,
        inbound_request_url: "https://app.example/sms",
        fallback_url: "https://app.example/sorry",
      });
      expect((await ask(api, "GET", `${path}/PhoneNumbers`)).json.phone_numbers).toHaveLength(1);
      const service = await api.service(sid);
      expect(service?.settings).toMatchObject({ stickySender: false, smartEncoding: false });
      expect(service?.settings.webhook).toMatchObject({ fallbackUrl: "https://app.example/sorry" });
      expect((await service?.send({ to: PHONE, body: "x" }))?.from).toBe("+12125550100");
    }
    expect((await ask(first, "DELETE", path)).status).toBe(204);
    expect((await ask(second, "GET", path)).status).toBe(404);
  });

  it("leave a service's state to a third after both have ended", async () => {
    const before = openProcess();
    const { sid } = (await ask(before, "POST", "/v1/Services", { FriendlyName: "B" })).json;
    const { json } = await ask(before, "GET", NUMBERS);
    const [number] = json.incoming_phone_numbers;
    await ask(before, "POST", `/v1/Services/${sid}/PhoneNumbers`, { PhoneNumberSid: number.sid });
    await before.close();
    const after = openProcess();
    await after.ready();
    expect((await (await after.service(sid))?.send({ to: PHONE, body: "x" }))?.from).toBe(SENDER);
  });
});
