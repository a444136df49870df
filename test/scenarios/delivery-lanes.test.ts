import { createVirtualClock } from "@messaging-service/simulator";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTap, taken } from "../support/tapped.ts";
import { createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const SECOND_MS = 1_000;
const MINUTE = 60_000;
const WHATSAPP = "whatsapp:+14155550101";
const TEMPLATE = `HX${"a".repeat(32)}`;

/** The most units of any 10 s, and the largest cost. */
function busiestWindow(costs: readonly (readonly [at: number, cost: number])[]): number {
  let most = 0;
  for (const [start] of costs) {
    const within = costs.filter(([at]) => at >= start && at < start + 10_000);
    most = Math.max(
      most,
      within.reduce((sum, [, cost]) => sum + cost, 0),
    );
  }
  return most;
}

describe("lanes", () => {
  it("of 50 senders at 10 a second drain 5,000 messages in the time their rates allow", async () => {
    const clock = createVirtualClock();
    const tap = createTap(clock, taken);
    const senders = Array.from({ length: 50 }, (_, n) => ({
      phoneNumber: `+1415555${1_000 + n}`,
      throughput: 10,
    }));
    const { service } = createWorld({ clock, wrap: tap.wrap, senders });
    for (let n = 0; n < 5_000; n++) await service.send({ to: `+1212555${1_000 + n}`, body: "x" });
    await clock.advance(15 * SECOND_MS);
    expect(tap.handed).toHaveLength(5_000);
    const last = Math.max(...tap.handed.map(({ at }) => at));
    // A hundred each, the first at once.
    const allowed = 9_900;
    expect(last).toBeGreaterThanOrEqual(allowed);
    expect(last).toBeLessThanOrEqual(allowed * 1.02);
    for (const { phoneNumber } of senders) {
      const times = tap.times(phoneNumber);
      expect(times).toHaveLength(100);
      expect(busiestWindow(times.map((at) => [at, 1]))).toBeLessThanOrEqual(101);
    }
  });

  it("exceed their rate in no 10 seconds by more than one message, whatever comes and when", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 4_000 }), fc.integer({ min: 1, max: 4 })), {
          minLength: 1,
          maxLength: 60,
        }),
        async (throughput, arrivals) => {
          const clock = createVirtualClock();
          const tap = createTap(clock, taken);
          const { service } = createWorld({
            clock,
            wrap: tap.wrap,
            senders: [{ phoneNumber: SENDER, throughput }],
          });
          for (const [pause, segments] of arrivals) {
            await clock.advance(pause);
            await service.send({ to: PHONE, body: "x".repeat(segments === 1 ? 100 : 153 * segments) });
          }
          await clock.advance(10 * MINUTE);
          expect(tap.handed).toHaveLength(arrivals.length);
          const costs = tap.handed.map(({ at, body }) => [at, Math.ceil(body.length / 153)] as const);
          const dearest = Math.max(...costs.map(([, cost]) => cost));
          expect(busiestWindow(costs)).toBeLessThanOrEqual(throughput * 10 + dearest);
        },
      ),
      { numRuns: 15 },
    );
  });

  it.each([
    { what: "a US long code", sender: SENDER, to: PHONE, rate: 1 },
    { what: "a British long code", sender: "+447700900123", to: "+447700900456", rate: 10 },
    { what: "a toll-free number", sender: "+18885550100", to: PHONE, rate: 3 },
    { what: "a short code", sender: { shortCode: "12345", country: "US" }, to: PHONE, rate: 100 },
    { what: "a sender ID", sender: { senderId: "ACME" }, to: "+447700900456", rate: 10 },
    { what: "a WhatsApp sender", sender: WHATSAPP, to: `whatsapp:${PHONE}`, rate: 80 },
    { what: "an RCS agent", sender: "rcs:acme_agent", to: `rcs:${PHONE}`, rate: 10 },
    {
      what: "a sender with a rate of its own",
      sender: { phoneNumber: SENDER, throughput: 7 },
      to: PHONE,
      rate: 7,
    },
  ])("give $what $rate a second", async ({ sender, to, rate }) => {
    const clock = createVirtualClock();
    const tap = createTap(clock, taken);
    const { service, carrier } = createWorld({ clock, wrap: tap.wrap, senders: [sender] });
    carrier.handset(PHONE, { rcs: true });
    const count = rate * 3 + 1;
    for (let n = 0; n < count; n++) await service.send({ to, body: "x", contentSid: TEMPLATE });
    await clock.advance(MINUTE);
    expect(tap.handed).toHaveLength(count);
    const last = tap.handed.at(-1)?.at ?? 0;
    expect(Math.abs(last - 3_000)).toBeLessThanOrEqual(60);
  });

  it("charge a text by its segments, and everything else one, each in a bucket of its own", async () => {
    const clock = createVirtualClock();
    const tap = createTap(clock, taken);
    const { service, carrier } = createWorld({
      clock,
      wrap: tap.wrap,
      senders: [{ phoneNumber: SENDER, throughput: 2 }, WHATSAPP, "rcs:acme_agent"],
    });
    carrier.handset(PHONE, { rcs: true });
    const long = "x".repeat(459);
    for (let n = 0; n < 3; n++) {
      await service.send({ to: PHONE, from: SENDER, body: long });
      await service.send({ to: PHONE, from: SENDER, body: long, mediaUrl: "https://app.example/a.png" });
      await service.send({ to: `whatsapp:${PHONE}`, body: long, contentSid: TEMPLATE });
      await service.send({ to: `rcs:${PHONE}`, body: long });
    }
    await clock.advance(MINUTE);
    const timesOf = (kind: string): number[] =>
      tap.handed.filter((each) => each.kind === kind).map(({ at }) => at);
    expect(timesOf("SMS")).toEqual([0, 1_500, 3_000]);
    expect(timesOf("MMS")).toEqual([0, 1_000, 2_000]);
    expect(timesOf("WHATSAPP")).toEqual([0, 13, 25]);
    expect(timesOf("RCS")).toEqual([0, 100, 200]);
  });

  it("hand over in the order of acceptance", async () => {
    const clock = createVirtualClock();
    const tap = createTap(clock, taken);
    const { service } = createWorld({
      clock,
      wrap: tap.wrap,
      senders: [{ phoneNumber: SENDER, throughput: 50 }],
    });
    const bodies = Array.from({ length: 200 }, (_, n) => `${n}`);
    for (const body of bodies) await service.send({ to: PHONE, body });
    await clock.advance(MINUTE);
    expect(tap.handed.map(({ body }) => body)).toEqual(bodies);
  });

  it("hold 10 hours of their rate: one more is refused, with 21611 where the sender was asked for", async () => {
    const { service, clock, message, statuses } = createWorld({
      senders: [{ phoneNumber: SENDER, throughput: 0.001 }],
    });
    // 36 units, and one that left at once.
    for (let n = 0; n < 37; n++) {
      await service.send({ to: PHONE, body: "x" });
      if (n === 0) await clock.advance(10);
    }
    await expect(service.send({ to: PHONE, from: SENDER, body: "x" })).rejects.toMatchObject({
      code: "QUEUE_FULL",
      twilioCode: 21611,
      status: 429,
    });
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({
      code: "QUEUE_OVERFLOW",
      twilioCode: 30001,
    });
    const told: string[] = [];
    const { sid } = await service.send({
      to: PHONE,
      body: "x",
      refusals: "status",
      statusCallback: (m) => told.push(`${m.status} ${m.errorCode}`),
    });
    await clock.advance(10);
    expect(await message(sid)).toMatchObject({ status: "failed", errorCode: 30001, error: "QUEUE_OVERFLOW" });
    expect(told).toEqual(["failed 30001"]);
    expect(statuses.filter(({ status }) => status === "failed")).toHaveLength(3);
  });

  it("wait for no other: neither for a sender whose provider hangs nor for one that is refused", async () => {
    const clock = createVirtualClock();
    const third = "+13125550100";
    const tap = createTap(clock, ({ from }) => {
      if (from === SENDER) return new Promise(() => {});
      if (from === SECOND) return { outcome: "not-sent", errorCode: 20429, errorMessage: "Too many." };
      return { outcome: "accepted", providerSid: `${Math.random()}` };
    });
    const { service } = createWorld({
      clock,
      wrap: tap.wrap,
      senders: [SENDER, SECOND, third].map((phoneNumber) => ({ phoneNumber, throughput: 100 })),
    });
    for (let n = 0; n < 300; n++)
      for (const from of [SENDER, SECOND, third]) await service.send({ to: PHONE, from, body: "x" });
    await clock.advance(3 * SECOND_MS);
    const times = tap.times(third);
    expect(times).toHaveLength(300);
    expect(times.at(-1)).toBeLessThanOrEqual(3_050);
  });

  it("are given back by a provider that never answers", async () => {
    const clock = createVirtualClock();
    const tap = createTap(clock, ({ body }) => (body === "stuck" ? new Promise(() => {}) : undefined));
    const { service, message } = createWorld({
      clock,
      wrap: tap.wrap,
      senders: [{ phoneNumber: SENDER, throughput: 1_000 }],
    });
    const { sid } = await service.send({ to: PHONE, body: "stuck" });
    for (let n = 0; n < 150; n++) await service.send({ to: PHONE, body: "stuck" });
    const last = await service.send({ to: PHONE, body: "after" });
    await clock.advance(2 * MINUTE);
    expect(await message(sid)).toMatchObject({ status: "sending", ambiguous: true });
    expect(await message(last.sid)).toMatchObject({ status: "delivered" });
  });

  it("of a sender that leaves the pool hand their messages to another", async () => {
    const clock = createVirtualClock();
    const tap = createTap(clock);
    const { service, message } = createWorld({ clock, wrap: tap.wrap });
    const first = await service.send({ to: PHONE, body: "1" });
    const second = await service.send({ to: PHONE, body: "2" });
    const asked = await service.send({ to: PHONE, from: SENDER, body: "3" });
    await clock.advance(100);
    await service.senders.add(SECOND);
    await service.senders.remove(SENDER);
    await clock.advance(MINUTE);
    expect(await message(first.sid)).toMatchObject({ status: "delivered", from: SENDER });
    expect(await message(second.sid)).toMatchObject({ status: "delivered", from: SECOND });
    expect(await message(asked.sid)).toMatchObject({ status: "failed", error: "SENDER_NOT_IN_POOL" });
    expect(tap.times(SENDER)).toEqual([0]);
  });

  it("of a sender ID that leaves one of its countries hand that country's messages to another", async () => {
    const clock = createVirtualClock();
    const tap = createTap(clock);
    const acme = (country: string) => ({ senderId: "ACME", country, throughput: 1 });
    const { service, message } = createWorld({
      clock,
      wrap: tap.wrap,
      senders: [acme("FR"), acme("DE"), SENDER],
    });
    const sent: string[] = [];
    for (const to of ["+33612345678", "+4915112345678", "+33612345678", "+4915112345678"])
      sent.push((await service.send({ to, body: "x" })).sid);
    await clock.advance(100);
    await service.senders.remove("ACME/FR");
    await clock.advance(MINUTE);
    const from = await Promise.all(sent.map(async (sid) => (await message(sid)).from));
    expect(from).toEqual(["ACME", "ACME", SENDER, "ACME"]);
  });

  it("of a sender with any name hold up no schedule", async () => {
    const { service, carrier, clock, message } = createWorld({ senders: [{ senderId: "schedule" }, SENDER] });
    carrier.outcome({ match: { from: "schedule" }, throttle: 3_000, times: 1 });
    await service.send({ to: "+447700900123", body: "x", from: "schedule" });
    const sendAt = new Date(clock.now() + 5 * MINUTE);
    const { sid } = await service.send({ to: PHONE, body: "x", sendAt });
    await clock.advance(6 * MINUTE);
    expect((await message(sid)).status).toBe("delivered");
  });
});
