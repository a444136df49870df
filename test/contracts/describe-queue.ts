import type { Clock, Job, LaneLimit, Queue } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createManualClock, type ManualClock } from "../support/manual-clock.ts";

/** What the battery gives a queue to be made of. */
export interface QueueContractOptions {
  readonly clock: Clock;
  readonly limitOf: (lane: string, bucket: string) => LaneLimit;
}

interface Run {
  readonly id: string;
  readonly lane: string;
  readonly at: number;
}

interface Bench {
  readonly clock: ManualClock;
  readonly queue: Queue;
  /** The runs in the order of their starts; `at` counts ms from the beginning. */
  readonly runs: Run[];
  ids(): string[];
}

const HOUR_MS = 3_600_000;

/** Everything a {@link Queue} promises, on a clock turned by hand. Lanes carry 10 units a second unless a test says otherwise. */
export function describeQueue(name: string, createQueue: (options: QueueContractOptions) => Queue): void {
  function bench({
    rate = 10,
    capacity = 360_000,
    limitOf = (): LaneLimit => ({ rate, capacity }),
    work = (): Promise<void> => Promise.resolve(),
    started = true,
  }: {
    rate?: number;
    capacity?: number;
    limitOf?: QueueContractOptions["limitOf"];
    work?: (job: Job, bench: Bench) => Promise<void>;
    started?: boolean;
  } = {}): Bench & { start(): void } {
    const clock = createManualClock();
    const startedAt = clock.now();
    const queue = createQueue({ clock, limitOf });
    const runs: Run[] = [];
    const self = { clock, queue, runs, ids: () => runs.map((run) => run.id), start };
    function start(): void {
      queue.start((job) => {
        runs.push({ id: job.id, lane: job.lane, at: clock.now() - startedAt });
        return work(job, self);
      });
    }
    if (started) start();
    return self;
  }

  function fill(queue: Queue, lane: string, count: number, cost = 1): void {
    for (let index = 0; index < count; index += 1) queue.add({ id: `${lane}-${index}`, lane, cost });
  }

  describe(`queue: ${name}`, () => {
    describe("order and rate", () => {
      it("runs a lane's jobs in the order they were added", async () => {
        const { clock, queue, ids } = bench();
        fill(queue, "A", 25);
        await clock.advance(3000);
        expect(ids()).toEqual(Array.from({ length: 25 }, (_, index) => `A-${index}`));
      });

      it("never starts a job inside add", async () => {
        const { clock, queue, runs } = bench();
        queue.add({ id: "1", lane: "A", cost: 1 });
        expect(runs).toHaveLength(0);
        await clock.advance(0);
        expect(runs).toHaveLength(1);
      });

      it("keeps what is added before start until start", async () => {
        const { clock, queue, runs, start } = bench({ started: false });
        fill(queue, "A", 3);
        await clock.advance(60_000);
        expect(runs).toHaveLength(0);
        start();
        await clock.advance(1000);
        expect(runs.map((run) => run.at)).toEqual([60_000, 60_100, 60_200]);
      });

      it("drains 5,000 messages over 50 senders in the time their rates allow", async () => {
        const { clock, queue, runs } = bench();
        for (let lane = 0; lane < 50; lane += 1) fill(queue, `L${lane}`, 100);
        await clock.advance(20_000);
        expect(runs).toHaveLength(5000);
        const last = Math.max(...runs.map((run) => run.at));
        expect(last).toBeGreaterThanOrEqual(9900);
        expect(last).toBeLessThanOrEqual(10_098);
      });

      it.each([1, 3, 7.5, 10, 100])(
        "carries no more than its rate in any 10 s at %d a second",
        async (rate) => {
          const { clock, queue, runs } = bench({ rate });
          fill(queue, "A", Math.ceil(rate * 25));
          await clock.advance(60_000);
          expect(runs).toHaveLength(Math.ceil(rate * 25));
          let first = 0;
          runs.forEach((run, index) => {
            while ((runs[first]?.at ?? 0) < run.at - 10_000) first += 1;
            expect(index - first + 1).toBeLessThanOrEqual(rate * 10 + 1);
          });
        },
      );

      it("lets an idle lane save up nothing", async () => {
        const { clock, queue, runs } = bench();
        fill(queue, "A", 1);
        await clock.advance(60_000);
        fill(queue, "A", 4);
        await clock.advance(1000);
        expect(runs.map((run) => run.at)).toEqual([0, 60_000, 60_100, 60_200, 60_300]);
      });

      it("runs a job dearer than a second's rate, and those behind it pay", async () => {
        const { clock, queue, runs } = bench({ rate: 1 });
        queue.add({ id: "long", lane: "A", cost: 7 });
        queue.add({ id: "short", lane: "A", cost: 1 });
        await clock.advance(20_000);
        expect(runs.map((run) => run.at)).toEqual([0, 7000]);
      });

      it("follows a rate that changes", async () => {
        let rate = 1;
        const { clock, queue, runs } = bench({ limitOf: () => ({ rate, capacity: 1000 }) });
        fill(queue, "A", 200);
        await clock.advance(9999);
        expect(runs).toHaveLength(10);
        rate = 100;
        await clock.advance(5000);
        expect(runs).toHaveLength(200);
      });

      it("gives each bucket of a lane its own rate and no place behind the others", async () => {
        const { clock, queue, runs } = bench({
          limitOf: (_lane, bucket) => ({ rate: bucket === "SMS" ? 1 : 2, capacity: 1000 }),
        });
        fill(queue, "A", 10);
        for (let index = 0; index < 4; index += 1) {
          queue.add({ id: `mms-${index}`, lane: "A", cost: 1, bucket: "MMS" });
        }
        await clock.advance(1600);
        const mms = runs.filter((run) => run.id.startsWith("mms"));
        expect(mms.map((run) => run.at)).toEqual([0, 500, 1000, 1500]);
        expect(runs).toHaveLength(6);
      });
    });

    describe("lanes apart", () => {
      it("is not held up by a lane whose runs never end", async () => {
        const { clock, queue, ids } = bench({
          work: (job) => (job.lane === "stuck" ? new Promise(() => {}) : Promise.resolve()),
        });
        fill(queue, "stuck", 2000);
        fill(queue, "B", 100);
        await clock.advance(10_000);
        expect(ids().filter((id) => id.startsWith("B"))).toHaveLength(100);
      });

      it("goes on after runs that reject or throw, and does not repeat them", async () => {
        const { clock, queue, runs } = bench({
          work: (job) => {
            if (job.id === "A-0") throw new Error("thrown");
            return job.id === "A-1" ? Promise.reject(new Error("rejected")) : Promise.resolve();
          },
        });
        fill(queue, "A", 4);
        await clock.advance(5000);
        expect(runs).toHaveLength(4);
        expect(queue.busy("A")).toBe(false);
      });

      it("takes back a job that its own run adds again", async () => {
        const { clock, queue, runs } = bench({
          work: async (job, self) => {
            if (self.runs.length === 1) self.queue.add({ ...job, notBefore: self.clock.now() + 1000 });
          },
        });
        fill(queue, "A", 1);
        await clock.advance(5000);
        expect(runs.map((run) => [run.id, run.at])).toEqual([
          ["A-0", 0],
          ["A-0", 1000],
        ]);
      });

      it("keeps the rate while runs take longer than the next one's turn", async () => {
        const { clock, queue, runs } = bench({
          work: (_job, self) => new Promise((resolve) => self.clock.schedule(resolve, 3000)),
        });
        fill(queue, "A", 100);
        await clock.advance(9900);
        expect(runs).toHaveLength(100);
      });
    });

    describe("delays and pauses", () => {
      it("waits until notBefore without holding up those behind", async () => {
        const { clock, queue, runs } = bench();
        queue.add({ id: "later", lane: "A", cost: 1, notBefore: clock.now() + 5000 });
        fill(queue, "A", 2);
        await clock.advance(10_000);
        expect(runs.map((run) => [run.id, run.at])).toEqual([
          ["A-0", 0],
          ["A-1", 100],
          ["later", 5000],
        ]);
      });

      it("does not starve a job that was delayed: due, it goes before those added after it", async () => {
        const { clock, queue, ids } = bench({ rate: 1 });
        fill(queue, "A", 1);
        queue.add({ id: "later", lane: "A", cost: 1, notBefore: clock.now() + 2500 });
        for (let index = 0; index < 10; index += 1) queue.add({ id: `behind-${index}`, lane: "A", cost: 1 });
        await clock.advance(4000);
        expect(ids()).toEqual(["A-0", "behind-0", "behind-1", "later", "behind-2"]);
      });

      it("runs delayed jobs of one time in the order they were added", async () => {
        const { clock, queue, ids } = bench();
        const notBefore = clock.now() + 1000;
        for (let index = 0; index < 9; index += 1)
          queue.add({ id: `${index}`, lane: "A", cost: 1, notBefore });
        await clock.advance(3000);
        expect(ids()).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
      });

      it("waits for a time further ahead than a timer reaches", async () => {
        const { clock, queue, runs } = bench();
        const ms = 35 * 24 * HOUR_MS;
        queue.add({ id: "far", lane: "A", cost: 1, notBefore: clock.now() + ms });
        await clock.advance(ms - 1);
        expect(runs).toHaveLength(0);
        await clock.advance(1);
        expect(runs).toHaveLength(1);
      });

      it("holds a paused lane back, and no other", async () => {
        const { clock, queue, runs } = bench();
        fill(queue, "A", 3);
        fill(queue, "B", 3);
        await clock.advance(0);
        queue.pause("A", 5000);
        await clock.advance(10_000);
        const times = (lane: string): number[] =>
          runs.filter((run) => run.lane === lane).map((run) => run.at);
        expect(times("A")).toEqual([0, 5000, 5100]);
        expect(times("B")).toEqual([0, 100, 200]);
      });

      it("holds back a lane that was paused before its first job, in every bucket", async () => {
        const { clock, queue, runs } = bench();
        queue.pause("A", 2000);
        queue.pause("A", 500);
        queue.add({ id: "sms", lane: "A", cost: 1 });
        queue.add({ id: "mms", lane: "A", cost: 1, bucket: "MMS" });
        await clock.advance(3000);
        expect(runs.map((run) => run.at)).toEqual([2000, 2000]);
      });
    });

    describe("what waits", () => {
      it("refuses what is beyond the lane's capacity, counted in units", () => {
        const { queue } = bench({ capacity: 10, started: false });
        expect(queue.add({ id: "1", lane: "A", cost: 7 })).toBe("added");
        expect(queue.add({ id: "2", lane: "A", cost: 4 })).toBe("full");
        expect(queue.add({ id: "3", lane: "A", cost: 3 })).toBe("added");
        expect(queue.add({ id: "4", lane: "A", cost: 1 })).toBe("full");
        expect(queue.add({ id: "5", lane: "B", cost: 1 })).toBe("added");
        expect(queue.size("A")).toBe(10);
        expect(queue.size()).toBe(11);
      });

      it("takes what is forced beyond the capacity", () => {
        const { queue } = bench({ capacity: 1, started: false });
        queue.add({ id: "1", lane: "A", cost: 1 });
        expect(queue.add({ id: "2", lane: "A", cost: 1 }, { force: true })).toBe("added");
        expect(queue.size("A")).toBe(2);
      });

      it("has room again as jobs leave", async () => {
        const { clock, queue } = bench({ capacity: 2 });
        fill(queue, "A", 2);
        expect(queue.add({ id: "x", lane: "A", cost: 1 })).toBe("full");
        await clock.advance(0);
        expect(queue.add({ id: "x", lane: "A", cost: 1 })).toBe("added");
      });

      it("lets an ID wait once", async () => {
        const { clock, queue, runs } = bench();
        queue.add({ id: "1", lane: "A", cost: 1 });
        expect(queue.add({ id: "1", lane: "A", cost: 1 })).toBe("added");
        expect(queue.size()).toBe(1);
        await clock.advance(1000);
        expect(runs).toHaveLength(1);
      });

      it("removes a waiting job from the head, the middle and the end, and a delayed one", async () => {
        const { clock, queue, ids } = bench();
        fill(queue, "A", 5);
        queue.add({ id: "later", lane: "A", cost: 1, notBefore: clock.now() + 1000 });
        for (const id of ["A-0", "A-2", "A-4", "later"]) expect(queue.remove(id)).toBe(true);
        expect(queue.size("A")).toBe(2);
        await clock.advance(5000);
        expect(ids()).toEqual(["A-1", "A-3"]);
      });

      it("does not remove what runs, ran or never was", async () => {
        const { clock, queue } = bench({ work: () => new Promise(() => {}) });
        fill(queue, "A", 1);
        await clock.advance(0);
        expect(queue.remove("A-0")).toBe(false);
        expect(queue.remove("nothing")).toBe(false);
      });

      it("is busy while a lane has a job waiting, delayed or under way", async () => {
        const { clock, queue } = bench({
          work: (_job, self) => new Promise((resolve) => self.clock.schedule(resolve, 2000)),
        });
        expect(queue.busy("A")).toBe(false);
        queue.add({ id: "1", lane: "A", cost: 1, notBefore: clock.now() + 1000 });
        expect(queue.busy("A")).toBe(true);
        await clock.advance(1500);
        expect([queue.size("A"), queue.busy("A"), queue.busy("B")]).toEqual([0, true, false]);
        await clock.advance(2000);
        expect(queue.busy("A")).toBe(false);
      });
    });

    describe("first", () => {
      it("goes before all that wait, once it is due, and in the order of adding", async () => {
        const { clock, queue, ids } = bench();
        fill(queue, "A", 2);
        queue.add({ id: "late", lane: "A", cost: 1, notBefore: clock.now() + 50 }, { first: true });
        queue.add({ id: "one", lane: "A", cost: 1 }, { first: true });
        queue.add({ id: "two", lane: "A", cost: 1 }, { first: true });
        await clock.advance(HOUR_MS);
        expect(ids()).toEqual(["one", "late", "two", "A-0", "A-1"]);
      });
    });

    describe("close", () => {
      it("resolves to the waiting IDs in the order they were added, and starts none", async () => {
        const { clock, queue, runs } = bench();
        queue.add({ id: "delayed", lane: "B", cost: 1, notBefore: clock.now() + HOUR_MS });
        fill(queue, "A", 3);
        queue.add({ id: "last", lane: "B", cost: 1, bucket: "MMS" });
        expect(await queue.close(1000)).toEqual(["delayed", "A-0", "A-1", "A-2", "last"]);
        await clock.advance(HOUR_MS);
        expect(runs).toHaveLength(0);
      });

      it("takes no new job", async () => {
        const { queue } = bench();
        await queue.close(0);
        expect(queue.add({ id: "1", lane: "A", cost: 1 }, { force: true })).toBe("closed");
      });

      it("waits for runs under way", async () => {
        const { clock, queue } = bench({
          work: (_job, self) => new Promise((resolve) => self.clock.schedule(resolve, 2000)),
        });
        fill(queue, "A", 2);
        await clock.advance(0);
        let left: string[] | undefined;
        const closing = queue.close(10_000).then((ids) => {
          left = ids;
        });
        await clock.advance(1999);
        expect(left).toBeUndefined();
        await clock.advance(1);
        await closing;
        expect(left).toEqual(["A-1"]);
      });

      it("waits no longer than it was told", async () => {
        const { clock, queue } = bench({ work: () => new Promise(() => {}) });
        fill(queue, "A", 2);
        await clock.advance(0);
        const closing = queue.close(500);
        await clock.advance(500);
        expect(await closing).toEqual(["A-1"]);
      });

      it("answers a second close as the first", async () => {
        const { queue } = bench();
        fill(queue, "A", 1);
        expect(await Promise.all([queue.close(0), queue.close(0)])).toEqual([["A-0"], ["A-0"]]);
      });
    });
  });
}
