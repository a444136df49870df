import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { signTwilioRequest } from "@messaging-service/core";
import { createCarrier } from "@messaging-service/simulator";
import { beforeAll, describe, expect, onTestFinished } from "vitest";
import { buildPackages } from "../support/build.ts";
import { startRedis } from "../support/redis.ts";
import { few, pass, phones, trial, within } from "../support/trial.ts";
import { startSite } from "../support/webhook-site.ts";
import { startWorker, type Worker, type WorkerConversation, type WorkerOptions } from "../support/worker.ts";

beforeAll(buildPackages);

const SENDER = phones(1, 9)[0] ?? "";

const STORES: Readonly<Record<string, () => Promise<WorkerOptions["store"]>>> = {
  Redis: async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    return { redis: redis.url, timeoutMs: 30_000 };
  },
  lmdb: async () => {
    const directory = mkdtempSync(join(tmpdir(), "conversations-"));
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    return { lmdb: join(directory, "store"), timeoutMs: 30_000 };
  },
};

/** What workers share, and a phone network that texts any of them. */
async function open(store: WorkerOptions["store"], conversations: object = {}) {
  const carrier = createCarrier();
  onTestFinished(() => carrier.close());
  const { url: baseUrl } = await carrier.listen();
  const { accountSid, authToken } = carrier;
  let count = 0;
  const options: WorkerOptions = {
    store,
    carrier: { baseUrl, accountSid, authToken },
    service: {
      senders: [{ phoneNumber: SENDER, throughput: 10_000 }],
      inboundHandling: "conversation",
      conversations,
      heartbeatMs: 200,
    },
  };

  /** Delivers one text as a carrier does: again, and to whoever answers, until one has taken it. */
  async function text(workers: () => readonly Worker[], from: string, at: number): Promise<string> {
    count += 1;
    const sid = `SM${String(count).padStart(32, "0")}`;
    const parameters = {
      MessageSid: sid,
      AccountSid: accountSid,
      From: from,
      To: SENDER,
      Body: sid,
      NumMedia: "0",
    };
    for (let attempt = 0; ; attempt += 1) {
      const all = workers();
      const worker = all[(at + attempt) % all.length];
      const url = `http://127.0.0.1:${worker?.port}/messaging/inbound/twilio`;
      const status = await fetch(url, {
        method: "POST",
        headers: { "x-twilio-signature": signTwilioRequest({ authToken, url, parameters }) },
        body: new URLSearchParams(parameters),
      }).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 200) return sid;
      await pass(50);
    }
  }
  return { options, text };
}

/** What is wrong with a person's one conversation: not these messages, once each, with no index left out. */
function faults(found: readonly WorkerConversation[], sids: readonly string[]): readonly string[] {
  if (found.length !== 1) return [`${found.length} conversations`];
  const messages = found[0]?.messages ?? [];
  const isDense = messages.every(({ index }, at) => index === at);
  const has = messages.map(({ messageSid }) => messageSid).sort();
  const isSame = JSON.stringify(has) === JSON.stringify([...sids].sort());
  return [...(isDense ? [] : ["indexes"]), ...(isSame ? [] : [`has ${few(has)}, not ${few(sids)}`])];
}

describe.each(Object.keys(STORES))("on %s", (name) => {
  trial(
    `first messages that two processes on ${name} get at once share one conversation`,
    { full: 300, short: 90 },
    async ({ sized, figure }) => {
      const { options, text } = await open((await STORES[name]?.()) ?? {});
      const workers = [await startWorker(options), await startWorker(options)];
      const people = phones(sized(1_000, 30), 2);
      const sids = new Map<string, string[]>();
      for (const from of people)
        sids.set(from, await Promise.all([0, 1, 0, 1].map((at) => text(() => workers, from, at))));
      const found = (await workers[0]?.order("conversations", people)) ?? [];
      expect(people.flatMap((from, index) => faults(found[index] ?? [], sids.get(from) ?? []))).toEqual([]);
      figure("people", people.length);
    },
  );

  trial(
    `kill -9 of processes on ${name} loses no message of a conversation, doubles none, and every one is told`,
    { full: 600, short: 120 },
    async ({ random, sized, figure }) => {
      const told = new Set<string>();
      const site = await startSite({
        "/told": ({ parameters }) => {
          told.add(`${parameters.ConversationSid} ${parameters.Index}`);
          return { status: 200 };
        },
      });
      const webhook = { url: `${site.origin}/told`, filters: ["onMessageAdded"] };
      const { options, text } = await open((await STORES[name]?.()) ?? {}, { webhook });
      const workers = [await startWorker(options), await startWorker(options)];
      const people = phones(5, 2);
      const sids = new Map<string, string[]>(people.map((from) => [from, []]));
      const rounds = sized(60, 4);
      for (let round = 0; round < rounds; round += 1) {
        const victim = random.whole(0, 1);
        const texting = Array.from({ length: 30 }, async (_, at) => {
          const from = people[at % people.length] ?? "";
          await pass(random.whole(0, 150));
          const sid = await text(() => workers, from, at);
          sids.get(from)?.push(sid);
        });
        await pass(random.whole(0, 200));
        await workers[victim]?.kill();
        workers[victim] = await startWorker({ ...options, port: workers[victim]?.port });
        await Promise.all(texting);
      }
      for (const from of people)
        sids.get(from)?.push((await workers[0]?.order("converse", from, "Yes")) ?? "");
      const found = async () => (await workers[0]?.order("conversations", people)) ?? [];
      const wrong = async (): Promise<readonly string[]> => {
        const all = await found();
        // A page holds 200; the long form has more, and there only the count is compared.
        return people.flatMap((from, index) => {
          const wanted = sids.get(from) ?? [];
          if (wanted.length <= 200) return faults(all[index] ?? [], wanted);
          return (all[index]?.[0]?.messages.at(-1)?.index ?? 0) + 1 === wanted.length ? [] : ["count"];
        });
      };
      await within(30_000, async () => (await wrong()).length === 0);
      expect(await wrong()).toEqual([]);
      const untold = async (): Promise<readonly string[]> =>
        (await found())
          .flat()
          .flatMap(({ sid, messages }) =>
            messages.map(({ index }) => `${sid} ${index}`).filter((each) => !told.has(each)),
          );
      await within(30_000, async () => (await untold()).length === 0);
      expect(few(await untold())).toBe("none");
      figure("messages", [...sids.values()].flat().length);
    },
  );
});
