import type { ProviderResult } from "@messaging-service/core";
import { createVirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { createTap, taken } from "../support/tapped.ts";
import { createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const SECOND_MS = 1_000;
const MINUTE = 60_000;
const notSent = (retryAfterMs?: number): ProviderResult => ({
  outcome: "not-sent",
  errorCode: 20429,
  errorMessage: "Too many requests.",
  retryAfterMs,
});

describe("a try again", () => {
  it("keeps its turn: it goes before those that came after it", async () => {
    const clock = createVirtualClock();
    let left = 2;
    const tap = createTap(clock, (message) => (left-- > 0 ? notSent(30_000) : taken(message)));
    const { service } = createWorld({
      clock,
      wrap: tap.wrap,
      senders: [{ phoneNumber: SENDER, throughput: 10 }],
    });
    for (let n = 0; n < 20; n++) await service.send({ to: PHONE, body: `${n}` });
    await clock.advance(2 * MINUTE);
    const order = tap.handed.map(({ body }) => body);
    // The first held the lane; the second turn went to it again and held it once more.
    expect(order.slice(0, 3)).toEqual(["0", "0", "0"]);
    expect(order.slice(2)).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`));
    expect(tap.handed[1]?.at).toBeGreaterThanOrEqual(30_000);
    expect(tap.handed[2]?.at).toBeGreaterThanOrEqual(60_000);
  });

  it("holds its lane for as long as Retry-After says, and then keeps to the rate", async () => {
    const clock = createVirtualClock();
    let left = 1;
    const tap = createTap(clock, (message) => (left-- > 0 ? notSent(20_000) : taken(message)));
    const { service } = createWorld({
      clock,
      wrap: tap.wrap,
      senders: [
        { phoneNumber: SENDER, throughput: 10 },
        { phoneNumber: SECOND, throughput: 10 },
      ],
    });
    for (let n = 0; n < 11; n++) await service.send({ to: PHONE, from: SENDER, body: `${n}` });
    for (let n = 0; n < 11; n++) await service.send({ to: PHONE, from: SECOND, body: `${n}` });
    await clock.advance(MINUTE);
    const times = tap.times(SENDER).slice(1);
    expect(times).toHaveLength(11);
    expect(times[0]).toBeGreaterThanOrEqual(20_000);
    expect(Math.round((times.at(-1) ?? 0) - (times[0] ?? 0))).toBe(1_000);
    expect(tap.times(SECOND).at(-1)).toBe(1_000);
  });

  it("comes later each time, never at the same interval for two messages, within the validity period", async () => {
    const clock = createVirtualClock();
    const tap = createTap(clock, () => notSent());
    const { service, message } = createWorld({
      clock,
      wrap: tap.wrap,
      senders: [{ phoneNumber: SENDER, throughput: 1_000 }],
    });
    const start = clock.now();
    const ended: number[] = [];
    const sids: string[] = [];
    for (let n = 0; n < 10; n++) {
      const { sid } = await service.send({
        to: PHONE,
        body: `${n}`,
        validityPeriod: 120,
        statusCallback: () => ended.push(clock.now() - start),
      });
      sids.push(sid);
    }
    await clock.advance(10 * MINUTE);
    const firstGaps = new Set<number>();
    for (const [n, sid] of sids.entries()) {
      const times = tap.handed.filter(({ body }) => body === `${n}`).map(({ at }) => at);
      expect(times.length).toBeGreaterThanOrEqual(5);
      const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
      for (const [tries, gap] of gaps.entries()) {
        expect(gap).toBeGreaterThanOrEqual(500 * 2 ** tries);
        expect(gap).toBeLessThanOrEqual(1_000 * 2 ** tries + 20);
      }
      firstGaps.add(gaps[0] ?? 0);
      expect(times.at(-1)).toBeLessThan(120 * SECOND_MS);
      const end = await message(sid);
      expect(end).toMatchObject({ status: "failed", error: "PROVIDER_UNAVAILABLE", errorCode: 30036 });
      expect(end.attempts).toHaveLength(times.length);
      expect(end.attempts[0]).toMatchObject({ outcome: "not-sent", errorCode: 20429 });
    }
    expect(firstGaps.size).toBeGreaterThan(5);
    for (const at of ended) expect(at).toBeLessThanOrEqual(120 * SECOND_MS);
  });

  it("says nothing to the status callback", async () => {
    const clock = createVirtualClock();
    let left = 3;
    const { service } = createWorld({
      clock,
      wrap: createTap(clock, () => (left-- > 0 ? notSent() : undefined)).wrap,
    });
    const told: string[] = [];
    await service.send({ to: PHONE, body: "x", statusCallback: (m) => told.push(m.status) });
    await clock.advance(MINUTE);
    expect(told).toEqual(["sent", "delivered"]);
  });

  it("is refused to what may have left: nothing is handed over twice", async () => {
    const clock = createVirtualClock();
    const tap = createTap(clock, () => ({
      outcome: "ambiguous",
      errorCode: 20500,
      errorMessage: "HTTP 502",
    }));
    const { service, message } = createWorld({ clock, wrap: tap.wrap });
    const told: string[] = [];
    const { sid } = await service.send({
      to: PHONE,
      body: "x",
      statusCallback: (m) => told.push(`${m.status} ${m.errorCode}`),
    });
    await clock.advance(20 * MINUTE);
    expect(tap.handed).toHaveLength(1);
    expect(await message(sid)).toMatchObject({ status: "failed", error: "AMBIGUOUS", errorCode: 30410 });
    expect(told).toEqual(["failed 30410"]);
  });

  it("of a refusal by the sender goes to the next sender without a word to the status callback", async () => {
    const { service, clock, carrier } = createWorld({ senders: [SENDER, SECOND] });
    carrier.outcome({ match: { from: SENDER }, refuse: 21612 });
    const told: string[] = [];
    await service.send({ to: PHONE, body: "x", statusCallback: (m) => told.push(`${m.status} ${m.from}`) });
    await clock.advance(MINUTE);
    expect(told).toEqual([`sent ${SECOND}`, `delivered ${SECOND}`]);
  });
});
