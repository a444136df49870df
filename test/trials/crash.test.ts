import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCarrier } from "@messaging-service/simulator";
import { beforeAll, describe, expect, onTestFinished } from "vitest";
import { buildPackages } from "../support/build.ts";
import { freePort, startRedis } from "../support/redis.ts";
import { few, pass, phones, trial, within } from "../support/trial.ts";
import { startWorker, type Worker, type WorkerMessage, type WorkerOptions } from "../support/worker.ts";

beforeAll(buildPackages);

const SENDERS = phones(10, 9);
const RECIPIENTS = phones(300, 2);

/** Nothing is left to do: it is with the carrier, or nobody knows and that is said. */
function isSettled({ status, ambiguous }: WorkerMessage): boolean {
  return ["sent", "delivered", "failed"].includes(status) || (status === "sending" && ambiguous);
}

async function redis(): Promise<WorkerOptions["store"]> {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  return { redis: server.url };
}

function lmdb(): WorkerOptions["store"] {
  const directory = mkdtempSync(join(tmpdir(), "trial-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return { lmdb: join(directory, "store") };
}

describe.each([
  ["Redis", redis],
  ["lmdb", lmdb],
])("kill -9 at random points, on %s", (_, open) => {
  trial("loses no message, sends none twice, forgets no STOP", { full: 600, short: 120 }, async (given) => {
    const { random, sized, figure } = given;
    const carrier = createCarrier({ latencyMs: 15, deliveryDelayMs: 40 });
    onTestFinished(() => carrier.close());
    const { url: baseUrl } = await carrier.listen();
    const port = await freePort();
    const { accountSid, authToken } = carrier;
    carrier.setInboundWebhook(`http://127.0.0.1:${port}/messaging/inbound/twilio`);
    const options: WorkerOptions = {
      store: await open(),
      carrier: { baseUrl, accountSid, authToken },
      port,
      service: {
        senders: SENDERS.map((phoneNumber) => ({ phoneNumber, throughput: 40 })),
        heartbeatMs: 200,
      },
    };

    const accepted = new Set<string>();
    const heard = new Map<string, number>();
    const texts: { readonly sid: string; readonly from: string; readonly body: string; status: number }[] =
      [];
    const start = (): Promise<Worker> =>
      startWorker(options, (event) => {
        if (event.event === "accepted") accepted.add(event.sid);
        if (event.event === "webhook") heard.set(event.sid, (heard.get(event.sid) ?? 0) + 1);
      });
    const strangers = phones(100_000, 3);
    /** Phones of their own text STOP and other things until told not to. */
    async function text(running: () => boolean): Promise<void> {
      while (running()) {
        const from = strangers[texts.length] ?? "";
        const body = random.pick(["STOP", "Stop", "Hello"]);
        const entry = { sid: `SM${String(texts.length).padStart(32, "0")}`, from, body, status: 0 };
        texts.push(entry);
        const sent = await carrier.handset(from).text(random.pick(SENDERS), body, { messageSid: entry.sid });
        entry.status = sent.status;
        await pass(random.whole(0, 20));
      }
    }

    const rounds = sized(50, 3);
    for (let round = 0; round < rounds; round += 1) {
      const worker = await start();
      await worker.order("load", { width: 8, recipients: RECIPIENTS, pauseMs: 5 });
      let running = true;
      const texting = [text(() => running), text(() => running)];
      await pass(random.whole(50, 1_500));
      await worker.kill();
      running = false;
      await Promise.all(texting);
    }

    const worker = await start();
    const sids = [...accepted];
    const settled = new Map<string, WorkerMessage>();
    const left = (): string[] => sids.filter((sid) => !settled.has(sid));
    await within(sized(120_000, 60_000), async () => {
      const asked = left().slice(0, 500);
      const messages = await worker.order("messages", asked);
      for (const [at, sid] of asked.entries()) {
        const message = messages[at] ?? undefined;
        if (message !== undefined && isSettled(message)) settled.set(sid, message);
      }
      return left().length === 0;
    });
    expect(few(left()), "accepted and never settled").toBe("none");

    const handed = new Map<string, number>();
    for (const { statusCallback, direction } of carrier.messages) {
      const sid = new URL(statusCallback ?? "").searchParams.get("sid") ?? "";
      if (direction === "outbound-api") handed.set(sid, (handed.get(sid) ?? 0) + 1);
    }
    expect(
      [...handed].filter(([, times]) => times > 1),
      "handed over twice",
    ).toEqual([]);
    const statuses = sids.map((sid) => ({ sid, handed: handed.has(sid), ...settled.get(sid) }));
    const sent = statuses.filter(({ status }) => status === "sent" || status === "delivered");
    const ambiguous = statuses.filter(({ status }) => status === "sending");
    expect(few(sent.filter(({ handed }) => !handed)), "called sent and never handed over").toBe("none");
    expect(few(statuses.filter(({ status }) => status === "failed")), "failed").toBe("none");
    const alerts = await worker.order("alerts");
    const reported = new Set(
      alerts.filter(({ code }) => code === "AMBIGUOUS_HAND_OVER").map(({ details }) => details.sid),
    );
    expect(few(ambiguous.filter(({ sid }) => !reported.has(sid))), "ambiguous and not reported").toBe("none");

    const known = await worker.order(
      "messages",
      texts.map(({ sid }) => sid),
    );
    const consent = await worker.order(
      "consent",
      texts.map(({ from }) => from),
    );
    const answered = texts.filter(({ status }) => status === 200);
    const at = (entry: (typeof texts)[number]): number => texts.indexOf(entry);
    expect(few(answered.filter((entry) => known[at(entry)] === null)), "answered and not on record").toBe(
      "none",
    );
    // Also what was not answered, if it was taken down: whoever takes it up acts on it.
    const taken = texts.filter((entry) => known[at(entry)] !== null);
    const isStop = ({ body }: { readonly body: string }): boolean => body.toUpperCase() === "STOP";
    expect(
      few(taken.filter((entry) => isStop(entry) && consent[at(entry)] !== "opted-out")),
      "a STOP forgotten",
    ).toBe("none");
    expect(
      few(taken.filter((entry) => !isStop(entry) && !heard.has(entry.sid))),
      "never told to the webhook",
    ).toBe("none");
    const last = strangers[texts.length] ?? "";
    expect((await carrier.handset(last).text(SENDERS[0] ?? "", "STOP")).status).toBe(200);
    const [refused] = await worker.order("send", [{ to: last, body: "Hi" }]);
    expect(refused).toEqual({ refused: "OPTED_OUT" });

    figure("rounds", rounds);
    figure("accepted", sids.length);
    figure("handed to the carrier", handed.size);
    figure("ambiguous, and reported", ambiguous.length);
    figure("of them with the carrier", ambiguous.filter(({ handed }) => handed).length);
    figure("inbound texts answered 200", answered.length);
    figure("inbound texts taken up after a crash", taken.length - answered.length);
    figure("told to the webhook more than once", [...heard.values()].filter((times) => times > 1).length);
  });
});
