import type { MessagingService } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../../support/world.ts";

const FIFTY = Array.from({ length: 50 }, (_, n) => `+141555501${String(n).padStart(2, "0")}`);
const person = (n: number): string => `+1415${String(6_000_000 + n)}`;

/** How many of the first messages to so many people each sender took. */
async function spread(
  service: MessagingService,
  people: number,
  between: () => Promise<void> = async () => {},
): Promise<Map<string | null, number>> {
  const counts = new Map<string | null, number>();
  for (let n = 0; n < people; n++) {
    const { from } = await service.send({ to: person(n), body: "x" });
    counts.set(from, (counts.get(from) ?? 0) + 1);
    if (n % 100 === 99) await between();
  }
  return counts;
}

function mostOverMean(counts: ReadonlyMap<unknown, number>): number {
  const all = [...counts.values()];
  return Math.max(...all) / (all.reduce((sum, count) => sum + count, 0) / FIFTY.length);
}

describe("distributes your outbound messaging traffic evenly across the senders", () => {
  it("5,000 people over 50 senders, all at once", async () => {
    const { service } = createWorld({ senders: FIFTY });
    expect(mostOverMean(await spread(service, 5_000))).toBeLessThanOrEqual(1.02);
  });

  it("and as time goes by and senders fall idle", async () => {
    const { service, clock } = createWorld({ senders: FIFTY });
    const counts = await spread(service, 5_000, () => clock.advance(1_300));
    expect(mostOverMean(counts)).toBeLessThanOrEqual(1.02);
  });

  it("without sticky sender, the same people again and again", async () => {
    const { service } = createWorld({ senders: FIFTY, stickySender: false });
    const counts = new Map<string | null, number>();
    for (let n = 0; n < 1_000; n++) {
      const { from } = await service.send({ to: person(n % 7), body: "x" });
      counts.set(from, (counts.get(from) ?? 0) + 1);
    }
    expect(mostOverMean(counts)).toBeLessThanOrEqual(1.02);
  });

  it("WhatsApp senders too", async () => {
    const { service } = createWorld({ senders: ["whatsapp:+14155550101", "whatsapp:+14155550102"] });
    const froms: (string | null)[] = [];
    for (let n = 0; n < 20; n++) {
      const message = await service.send({ to: `whatsapp:${person(n)}`, contentSid: `HX${"0".repeat(32)}` });
      froms.push(message.from);
    }
    expect(froms.filter((from) => from === "whatsapp:+14155550101")).toHaveLength(10);
  });
});

describe("selects a From number from the numbers that are not currently being used to send other messages", () => {
  it("an idle sender before a busy one with fewer mappings", async () => {
    const { service, clock } = createWorld({ senders: [SENDER, "+14155550101"] });
    for (let n = 0; n < 3; n++) await service.sticky.pin(person(n), SENDER);
    await service.send({ to: person(10), from: "+14155550101", body: "x" });
    const plan = await service.explain({ to: person(11), body: "x" });
    expect(plan.decision?.sender.id).toBe(SENDER);
    await clock.advance(60_000);
    expect((await service.explain({ to: person(11), body: "x" })).decision?.sender.id).toBe("+14155550101");
  });
});

describe("prioritizes any existing Sticky Sender mappings first", () => {
  it("though the sender is busy and another idle", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND] });
    await service.sticky.pin(PHONE, SECOND);
    for (let n = 0; n < 5; n++) await service.send({ to: person(n), from: SECOND, body: "x" });
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
  });
});

describe("then selects another sender that has the fewest To/From mappings", () => {
  it("as counted since the process started, taken-back ones not among them", async () => {
    const { service, carrier, clock } = createWorld({ senders: [SENDER, "+14155550101"] });
    await service.sticky.pin(person(0), SENDER);
    await service.sticky.pin(person(1), "+14155550101");
    await service.sticky.pin(person(2), "+14155550101");
    expect((await service.explain({ to: PHONE, body: "x" })).decision?.sender.id).toBe(SENDER);
    carrier.outcome({ refuse: 21614, times: 2 });
    for (let n = 10; n < 12; n++) {
      expect((await service.send({ to: person(n), body: "x" })).from).toBe(SENDER);
      await clock.advance(60_000);
    }
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SENDER);
  });

  it("a mapping that moves counts for its new sender alone", async () => {
    const { service, clock } = createWorld({
      senders: [{ phoneNumber: SENDER, capabilities: ["SMS"] }, "+14155550101"],
    });
    for (let n = 0; n < 4; n++) {
      await service.sticky.pin(person(n), SENDER);
      await service.send({ to: person(n), body: "x", mediaUrl: "https://example.com/a.png" });
    }
    await clock.advance(600_000);
    expect((await service.explain({ to: PHONE, body: "x" })).decision?.sender.id).toBe(SENDER);
  });
});
