import { describe, expect, it } from "vitest";
import { collect, createWorld, PHONE, SECOND, SENDER } from "../../support/world.ts";

const OTHER = "+14155550124";
const WHATSAPP = "whatsapp:+14155550101";

describe("sticky mappings", () => {
  it("get reads one, of the channel asked for", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND, WHATSAPP] });
    await service.sticky.pin(PHONE, SECOND);
    expect(await service.sticky.get(PHONE)).toEqual({ to: PHONE, sender: SECOND });
    expect(await service.sticky.get("(415) 555-0123").catch(({ code }) => code)).toBe("INVALID_RECIPIENT");
    expect(await service.sticky.get(`whatsapp:${PHONE}`)).toBeUndefined();
  });

  it("pin sets one, and the next message follows it", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND] });
    await service.send({ to: PHONE, body: "x" });
    expect(await service.sticky.pin(PHONE, SECOND)).toEqual({ to: PHONE, sender: SECOND });
    expect(await service.send({ to: PHONE, body: "x" })).toMatchObject({
      from: SECOND,
      explanation: { rule: "sticky-sender" },
    });
  });

  it("pin refuses who is not in the pool, and another channel", async () => {
    const { service } = createWorld({ senders: [SENDER, WHATSAPP] });
    await expect(service.sticky.pin(PHONE, SECOND)).rejects.toMatchObject({ code: "SENDER_NOT_FOUND" });
    await expect(service.sticky.pin(PHONE, WHATSAPP)).rejects.toMatchObject({ code: "CHANNEL_MISMATCH" });
  });

  it("clear forgets one: selection runs as for a new recipient", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND] });
    await service.sticky.pin(PHONE, SECOND);
    expect(await service.sticky.clear(PHONE)).toBe(true);
    expect(await service.sticky.clear(PHONE)).toBe(false);
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SENDER);
  });

  it("pins and clears are counted: the scaler spreads as if they had always been so", async () => {
    const senders = [SENDER, "+14155550101"];
    const { service, clock } = createWorld({ senders });
    const people = Array.from({ length: 10 }, (_, n) => `+141555504${String(n).padStart(2, "0")}`);
    for (const to of people) await service.sticky.pin(to, SENDER);
    for (const to of people) await service.sticky.pin(to, "+14155550101");
    for (const to of people) await service.sticky.clear(to);
    const counts = new Map<string | null, number>();
    for (let n = 0; n < 20; n++) {
      const { from } = await service.send({ to: `+141555505${String(n).padStart(2, "0")}`, body: "x" });
      counts.set(from, (counts.get(from) ?? 0) + 1);
      await clock.advance(60_000);
    }
    expect([...counts.values()]).toEqual([10, 10]);
  });

  it("entries lists those that hold, each once", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND, WHATSAPP] });
    await service.sticky.pin(PHONE, SENDER);
    await service.sticky.pin(OTHER, SECOND);
    await service.sticky.pin(`whatsapp:${PHONE}`, WHATSAPP);
    await service.sticky.pin(PHONE, SECOND);
    expect(await collect(service.sticky.entries())).toEqual([
      { to: PHONE, sender: SECOND },
      { to: OTHER, sender: SECOND },
      { to: `whatsapp:${PHONE}`, sender: WHATSAPP },
    ]);
    await service.senders.remove(SECOND);
    expect(await collect(service.sticky.entries())).toEqual([{ to: `whatsapp:${PHONE}`, sender: WHATSAPP }]);
  });
});

describe("explainChange", () => {
  it("says how many mappings would move, and to whom, and moves none", async () => {
    const { service } = createWorld({ senders: [SENDER, "+14155550101", SECOND] });
    const people = Array.from({ length: 12 }, (_, n) => `+141555506${String(n).padStart(2, "0")}`);
    for (const to of people) await service.sticky.pin(to, SENDER);
    await service.sticky.pin(OTHER, SECOND);
    const change = await service.explainChange({ remove: [SENDER] });
    expect(change).toEqual({
      mappings: 13,
      kept: 1,
      moved: 12,
      stranded: 0,
      moves: [{ from: SENDER, to: "+14155550101", count: 12 }],
    });
    expect(await service.sticky.get(people[0] ?? "")).toMatchObject({ sender: SENDER });
  });

  it("is what then happens", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND], areaCodeGeomatch: false });
    const people = Array.from({ length: 30 }, (_, n) => `+141555506${String(n).padStart(2, "0")}`);
    for (const [n, to] of people.entries()) await service.sticky.pin(to, n % 3 === 0 ? SECOND : SENDER);
    const change = { add: ["+13125550100"], remove: [SECOND] };
    const { moves, kept } = await service.explainChange(change);
    await service.senders.add("+13125550100");
    await service.senders.remove(SECOND);
    let moved = 0;
    for (const [n, to] of people.entries()) {
      const { from } = await service.send({ to, body: "x" });
      if (n % 3 === 0) moved += 1;
      else expect(from).toBe(SENDER);
    }
    expect(moves.reduce((sum, { count }) => sum + count, 0)).toBe(moved);
    expect(kept).toBe(people.length - moved);
  });

  it("counts who could be reached by nobody any more", async () => {
    const { service } = createWorld({ senders: [SENDER] });
    await service.sticky.pin(PHONE, SENDER);
    expect(await service.explainChange({ remove: [SENDER] })).toMatchObject({
      stranded: 1,
      moved: 0,
      moves: [{ from: SENDER, to: null, count: 1 }],
    });
  });

  it("refuses senders that cannot be added or are not there to remove", async () => {
    const { service } = createWorld({ senders: [SENDER] });
    await expect(service.explainChange({ add: [SENDER] })).rejects.toMatchObject({
      code: "DUPLICATE_SENDER",
    });
    await expect(service.explainChange({ add: ["12345"] })).rejects.toMatchObject({ code: "INVALID_SENDER" });
    await expect(service.explainChange({ remove: [SECOND] })).rejects.toMatchObject({
      code: "SENDER_NOT_FOUND",
    });
  });
});
