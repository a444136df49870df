import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { memoryStore, type Provider, silentLogger } from "@messaging-service/core";
import { type RestApi, restApi } from "@messaging-service/rest-api";
import { expect } from "vitest";
import { trial } from "../support/trial.ts";
import { type RestTarget, randomRequest } from "./rest-requests.ts";

/** Nothing that a request asks takes this long. */
const PATIENCE_MS = 2_000;
const ACCOUNT = `AC${"1".repeat(32)}`;
const TOKEN = "12345678901234567890123456789012";
const SENDER = "+14155550100";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Takes everything. */
const provider: Provider = {
  name: "sink",
  simulated: true,
  send: async () => ({ outcome: "accepted", providerSid: crypto.randomUUID() }),
  webhook: { verify: () => ({ ok: true }), parseInbound: () => [], parseReceipts: () => [] },
};

/** A service made over REST; resolves to its SID. */
async function createService(api: RestApi): Promise<string> {
  const authorization = `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString("base64")}`;
  const body = Buffer.from("FriendlyName=Trial");
  const answered = await api({ method: "POST", url: "/v1/Services", headers: { authorization }, body });
  return (JSON.parse(String(answered.body)) as { readonly sid: string }).sid;
}

trial(
  "no request to the REST API, however random, is answered 5xx, takes long or stays in memory",
  { full: 1_800, short: 120 },
  async ({ random, sized, figure }) => {
    const errors: unknown[] = [];
    const api = restApi({
      accountSid: ACCOUNT,
      authToken: TOKEN,
      store: memoryStore(),
      provider,
      inventory: [SENDER],
      // What is sent is forgotten at once: what stays in memory is then what the API keeps.
      serviceOptions: { logger: silentLogger, retention: 1 },
      logger: { ...silentLogger, error: (...said) => errors.push(said) },
    });
    // Some things are there from the start.
    const sids: string[] = [];
    const target: RestTarget = {
      accountSid: ACCOUNT,
      authToken: TOKEN,
      sender: SENDER,
      sids,
    };
    for (let made = 0; made < 8; made++) sids.push(await createService(api));
    const count = sized(100_000, 5_000);
    const statuses = new Map<number, number>();
    const heaps: number[] = [];
    let slowest = 0;
    for (let tenth = 0; tenth < 10; tenth++) {
      for (let at = 0; at < count / 10; at++) {
        const request = randomRequest(random, target);
        const begin = performance.now();
        const { status, headers, body } = await api(request);
        slowest = Math.max(slowest, performance.now() - begin);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        const text = String(body);
        expect(status, `${request.method} ${request.url}\n${text}\n${String(errors.at(-1))}`).toBeLessThan(
          500,
        );
        expect(headers["twilio-request-id"]).toMatch(/^RQ/);
        const json =
          text === "" ? undefined : (JSON.parse(text) as { readonly code?: number; readonly sid?: string });
        if (status >= 400)
          expect(json).toMatchObject({ code: expect.any(Number), message: expect.any(String), status });
        if (status === 201 && json?.sid !== undefined) sids.push(json.sid);
        if (sids.length > 100) sids.splice(10, 50);
      }
      collectGarbage();
      heaps.push(process.memoryUsage().heapUsed / 2 ** 20);
    }
    figure("answers", JSON.stringify(Object.fromEntries([...statuses].sort(([a], [b]) => a - b))));
    figure("slowest answer, ms", slowest.toFixed(0));
    figure("heap after each tenth, MiB", heaps.map((heap) => heap.toFixed(1)).join(" "));
    await api.close({ timeoutMs: 1_000 });
    // All kinds of answers were seen, or the trial tried nothing.
    for (const status of [200, 201, 400, 401, 404, 405, 406, 415])
      expect(statuses.get(status) ?? 0, `${status}`).toBeGreaterThan(0);
    expect(errors).toEqual([]);
    expect(({} as { x?: unknown }).x).toBeUndefined();
    expect(slowest).toBeLessThan(PATIENCE_MS);
    const [, , warm = 0, ...rest] = heaps;
    expect(Math.max(...rest), `heap in MiB after each tenth: ${heaps}`).toBeLessThan(warm + 32);
  },
);
