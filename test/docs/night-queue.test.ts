import { createMemoryQueue } from "@messaging-service/core";
import { expect, it } from "vitest";
import { describeQueue } from "../contracts/describe-queue.ts";
import { createManualClock } from "../support/manual-clock.ts";
import { nightQueue } from "./night-queue.ts";

describeQueue("night queue, always open", ({ clock, limitOf }) =>
  nightQueue(createMemoryQueue({ clock, limitOf }), { clock, from: 0, to: 24 }),
);

it("holds over night what was added in the evening and what the evening did not carry", async () => {
  const clock = createManualClock(Date.UTC(2026, 0, 5, 19, 59, 58));
  const memory = createMemoryQueue({ clock, limitOf: () => ({ rate: 1, capacity: 100 }) });
  const queue = nightQueue(memory, { clock, from: 8, to: 20 });
  const runs: string[] = [];
  queue.start(async ({ id }) => {
    runs.push(`${id} ${new Date(clock.now()).toISOString().slice(8, 19)}`);
  });
  for (const id of ["a", "b", "c"]) queue.add({ id, lane: "A", cost: 1 });
  await clock.advance(10_000);
  queue.add({ id: "d", lane: "A", cost: 1 });
  queue.add({ id: "timer", lane: "schedule", cost: 0 });
  await clock.advance(86_400_000);
  expect(runs).toEqual([
    "a 05T19:59:58",
    "b 05T19:59:59",
    "timer 05T20:00:08",
    "c 06T08:00:00",
    "d 06T08:00:01",
  ]);
});
