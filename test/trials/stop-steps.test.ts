import { memoryStore } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createFaultyStore, READS, type StoreCall } from "../support/faulty-store.ts";
import { collect, createWorld, PHONE, SENDER, type World } from "../support/world.ts";

const MINUTE = 60_000;
/** More calls than a STOP makes: with these the store fails from there on, or once. */
const STEPS = Array.from({ length: 14 }, (_, step) => step);

const confirmations = (world: World): number => world.carrier.handset(PHONE).inbox.length;

/** Neither what is sent now nor what is sent by another process that knows nothing but the store. */
async function expectSilence(world: World): Promise<void> {
  await expect(world.service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({
    code: expect.stringMatching(/^(OPTED_OUT|STORE_UNAVAILABLE)$/) as string,
  });
}

/** What must hold once everything works again. */
async function expectOneStop(world: World): Promise<void> {
  expect(await world.service.consent.get(PHONE)).toMatchObject({ status: "opted-out", source: "keyword" });
  const history = await collect(world.service.consent.history(PHONE));
  expect(history.map(({ status, effect }) => `${status} ${effect}`)).toEqual(["opted-out applied"]);
  await expect(world.service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "OPTED_OUT" });
}

describe.each([
  ["from there on", "before", (count: number, step: number) => count > step],
  ["from there on", "after", (count: number, step: number) => count > step],
  ["once", "before", (count: number, step: number) => count === step + 1],
  ["once", "after", (count: number, step: number) => count === step + 1],
] as const)("the store failing in a STOP, %s, %s the call has worked,", (_how, when, fails) => {
  it.each(STEPS)(
    "at step %d: after a 2xx nobody can be texted, and in the end there is one STOP and one answer",
    async (step) => {
      const inner = memoryStore();
      const store = createFaultyStore(inner);
      const world = createWorld({ store, refreshMs: 1_000, heartbeatMs: 600_000 });
      const phone = world.carrier.handset(PHONE);
      const messageSid = `SM${"5".repeat(32)}`;
      let count = 0;
      store.break(() => fails(++count, step), { after: when === "after" });
      const texting = phone.text(SENDER, "STOP", { messageSid });
      await world.clock.advance(6_000);
      const { status } = await texting;
      // What this process knows, it obeys, whatever was answered.
      store.break((call) => !READS.includes(call));
      await expectSilence(world);
      if (status === 200) {
        const other = createWorld({ store: inner, clock: world.clock });
        await expect(other.service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({
          code: "OPTED_OUT",
        });
      }
      store.heal();
      // A provider repeats what was not answered 2xx.
      const again = status === 200 ? undefined : phone.text(SENDER, "STOP", { messageSid });
      await world.clock.advance(2 * MINUTE);
      await again;
      await expectOneStop(world);
      // At most one; and one, unless the store kept to itself that the answer's record had been written.
      expect(confirmations(world)).toBeLessThanOrEqual(1);
      if (when === "before") expect(confirmations(world)).toBe(1);
    },
  );
});

describe("the reply failing in a STOP", () => {
  const withoutReplies: Parameters<typeof createWorld>[0] = {
    wrap: (provider) => ({
      ...provider,
      webhook: { ...provider.webhook, renderReply: undefined } as never,
    }),
  };

  it.each([
    ["refused", { refuse: 21612 }],
    ["throttled for ever", { throttle: 60 }],
    ["left open", { hang: true }],
    ["reset", { reset: true }],
    ["answered 500", { serverError: 500 }],
    ["undelivered", { undelivered: 30003 }],
    ["refused as opted out", { refuse: 21610 }],
  ] as const)(
    "at the provider, %s: the opt-out stands, and is confirmed at most once",
    async (_how, outcome) => {
      const world = createWorld(withoutReplies);
      world.carrier.outcome(outcome);
      expect((await world.carrier.handset(PHONE).text(SENDER, "STOP")).status).toBe(200);
      await expect(world.service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "OPTED_OUT" });
      await world.clock.advance(30 * MINUTE);
      expect(await world.service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
      expect(confirmations(world)).toBeLessThanOrEqual(1);
    },
  );

  it.each(["compareAndSet", "append", "getMany", "setIfAbsent"] as const satisfies readonly StoreCall[])(
    "in the store, at %s of its own record: the opt-out stands",
    async (broken) => {
      const store = createFaultyStore();
      const world = createWorld({ store, refreshMs: 1_000, ...withoutReplies });
      let consented = false;
      store.break((call, key) => {
        const fails = consented && call === broken;
        consented ||= call === "compareAndSet" && key.includes(":consent:");
        return fails;
      });
      const texting = world.carrier.handset(PHONE).text(SENDER, "STOP");
      await world.clock.advance(6_000);
      await texting;
      store.heal();
      await expect(world.service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "OPTED_OUT" });
      await world.clock.advance(2 * MINUTE);
      await expectOneStop(world);
      expect(confirmations(world)).toBe(1);
    },
  );
});
