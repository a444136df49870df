import type { Change } from "@messaging-service/core";
import { beforeAll, expect, onTestFinished } from "vitest";
import { buildPackages } from "../support/build.ts";
import { startRedis } from "../support/redis.ts";
import { pass, phones, trial, within } from "../support/trial.ts";
import { startWorker, type WorkerOptions } from "../support/worker.ts";

beforeAll(buildPackages);

const SENDERS = phones(5, 9);

async function open(): Promise<WorkerOptions> {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  return {
    store: { redis: redis.url },
    service: { senders: SENDERS.map((phoneNumber) => ({ phoneNumber, throughput: 1_000 })) },
  };
}

trial(
  "settings and senders changed on two processes at once lose nothing, and show within five seconds",
  { full: 300, short: 60 },
  async ({ random, sized, figure }) => {
    const options = await open();
    const [one, two] = [await startWorker(options), await startWorker(options)];
    const wanted: Record<string, unknown> = {};
    const added = new Set(SENDERS);
    let longest = 0;
    for (let round = 0; round < sized(40, 2); round += 1) {
      const mine = { stickySender: random.pick([true, false]), validityPeriod: random.whole(1, 36_000) };
      const theirs = { smartEncoding: random.pick([true, false]), retention: random.whole(60, 100_000) };
      const [more, others] = [phones(20, 5), phones(20, 6)].map((all) => random.pick(all));
      if (more === undefined || others === undefined) throw new Error("no sender");
      const turn = (worker: typeof one, id: string): Promise<unknown> =>
        added.has(id) ? worker.order("removeSender", id) : worker.order("addSender", id);
      await Promise.all([
        one.order("update", mine),
        turn(two, others),
        turn(one, more),
        two.order("update", theirs),
      ]);
      for (const id of [more, others]) added[added.has(id) ? "delete" : "add"](id);
      Object.assign(wanted, mine, theirs);
      const begin = performance.now();
      for (const worker of [one, two]) {
        const shown = await within(6_000, async () => {
          const settings = (await worker.order("settings")) as Record<string, unknown>;
          const senders = await worker.order("senders");
          return (
            Object.entries(wanted).every(([name, value]) => settings[name] === value) &&
            senders.length === added.size &&
            senders.every((id) => added.has(id))
          );
        });
        expect(shown, `round ${round}`).toBe(true);
      }
      longest = Math.max(longest, performance.now() - begin);
    }
    expect(longest, "milliseconds until the other process saw it").toBeLessThan(5_000);
    figure("longest until seen, ms", Math.round(longest));
  },
);

trial(
  "the feed of two writers misses and repeats nothing for a reader that is killed",
  { full: 300, short: 60 },
  async ({ random, sized, figure }) => {
    const options = await open();
    const sent = new Set<string>();
    const writers = [];
    for (let index = 0; index < 2; index += 1) {
      const writer = await startWorker(options, (event) => {
        if (event.event === "accepted") sent.add(event.sid);
      });
      writers.push(writer);
      await writer.order("load", { width: 4, recipients: phones(200, 2 + index), pauseMs: 5 });
    }
    const seen: Change[] = [];
    const kills = sized(40, 3);
    for (let round = 0; round < kills; round += 1) {
      const reader = await startWorker(options, (event) => {
        if (event.event === "change") seen.push(event.change);
      });
      await reader.order("follow", seen.at(-1)?.cursor);
      await pass(random.whole(50, 800));
      await reader.kill();
    }
    await Promise.all(writers.map((writer) => writer.order("rest")));
    const reader = await startWorker(options, (event) => {
      if (event.event === "change") seen.push(event.change);
    });
    await reader.order("follow", seen.at(-1)?.cursor);
    const complete = (): boolean =>
      new Set(seen.map((change) => (change.type === "status" ? change.sid : ""))).size >= sent.size;
    await within(20_000, complete);
    await pass(1_000);

    const all = await reader.order("feed");
    expect(seen.map(({ cursor }) => cursor)).toEqual(all.map(({ cursor }) => cursor));
    const changes = all.map((change) => (change.type === "status" ? `${change.sid} ${change.status}` : ""));
    expect(new Set(changes).size, "each change is there once").toBe(changes.length);
    expect(new Set(changes)).toEqual(new Set([...sent].map((sid) => `${sid} sent`)));
    figure("changes", all.length);
    figure("kills", kills);
  },
);
