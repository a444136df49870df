import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { buildPackages } from "../support/build.ts";
import { startSite } from "../support/webhook-site.ts";
import { startWorker } from "../support/worker.ts";

beforeAll(buildPackages);

describe("kill -9 while status callbacks are being made", () => {
  it("loses none: the next process makes them, with the same token", async () => {
    let alive = true;
    // Takes the call and answers nothing, until the first process is gone.
    const site = await startSite({
      "/status": () => (alive ? new Promise(() => {}) : { status: 204 }),
    });
    const directory = mkdtempSync(join(tmpdir(), "callbacks-"));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const options = {
      store: { lmdb: join(directory, "store") },
      service: {
        senders: [{ phoneNumber: "+14155550100", throughput: 1_000 }],
        statusCallback: `${site.origin}/status`,
        authToken: "0123456789abcdef0123456789abcdef",
        heartbeatMs: 200,
      },
    };
    const first = await startWorker(options);
    const requests = Array.from({ length: 20 }, (_, n) => ({ to: `+1212555${1_000 + n}`, body: "x" }));
    const sids = (await first.order("send", requests)).map(({ sid }) => sid);
    const heard = (from: number): string[] =>
      site.requests
        .slice(from)
        .map(({ parameters }) => `${parameters.MessageSid} ${parameters.MessageStatus}`);
    await expect.poll(() => heard(0).length, { timeout: 10_000 }).toBe(20);
    await first.kill();
    alive = false;
    const count = site.requests.length;
    await startWorker(options);
    await expect.poll(() => new Set(heard(count)).size, { timeout: 20_000 }).toBe(20);
    expect(heard(count).sort()).toEqual(sids.map((sid) => `${sid} sent`).sort());
    const tokens = (from: number, to?: number): unknown[] =>
      site.requests
        .slice(from, to)
        .map(({ headers }) => headers["i-twilio-idempotency-token"])
        .sort();
    expect(tokens(count)).toEqual(tokens(0, count));
  });
});
