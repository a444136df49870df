import type { SenderInput } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SENDER } from "../../support/world.ts";

const BRITON = "+447911123457";
const FRENCHWOMAN = "+33698765432";
const GERMAN = "+4917612345678";

async function fromOf(senders: readonly SenderInput[], to: string): Promise<string | null> {
  const { service } = createWorld({ senders });
  return (await service.send({ to, body: "x" })).from;
}

describe("selects the Alphanumeric Sender ID automatically when you send a message to a supported country", () => {
  it("before a number of that country", async () => {
    expect(await fromOf(["+447911123456", { senderId: "ACME" }], BRITON)).toBe("ACME");
  });

  it("unless you also have a short code number in that same country", async () => {
    const shortCode = { shortCode: "60001", country: "GB" };
    expect(await fromOf([{ senderId: "ACME" }, shortCode], BRITON)).toBe("60001");
    expect(await fromOf([{ senderId: "ACME" }, shortCode], FRENCHWOMAN)).toBe("ACME");
    const limited = { ...shortCode, unsupportedCarriers: ["O2"] };
    const { service } = createWorld({
      senders: [{ senderId: "ACME" }, limited, "+447911123456"],
      lookupCarrier: async () => "O2",
    });
    expect((await service.send({ to: BRITON, body: "x" })).from).toBe("+447911123456");
  });

  it("never in the US or Canada, nor where no source says that it works", async () => {
    for (const to of [PHONE, "+14165550123", "+32470123456", "+870773111632"])
      expect(await fromOf([{ senderId: "ACME" }, SENDER], to)).toBe(SENDER);
    const { service } = createWorld({ senders: [{ senderId: "ACME" }] });
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "NO_SENDER" });
    await expect(service.send({ to: PHONE, from: "ACME", body: "x" })).rejects.toMatchObject({
      code: "SENDER_CANNOT_REACH",
    });
  });

  it("the one kept for the country before the one for all", async () => {
    const senders = [{ senderId: "ACME" }, { senderId: "ACME FR", country: "FR" }];
    expect(await fromOf(senders, FRENCHWOMAN)).toBe("ACME FR");
    expect(await fromOf(senders, GERMAN)).toBe("ACME");
  });

  it("text only: a picture leaves as a link", async () => {
    const { service } = createWorld({ senders: [{ senderId: "ACME" }] });
    const message = await service.send({ to: BRITON, body: "Look", mediaUrl: "https://example.com/a.png" });
    expect(message).toMatchObject({ from: "ACME", kind: "SMS" });
    expect(message.body).toMatch(/^Look https:\/\//);
  });
});

describe("one sender ID in several countries", () => {
  const senders = [
    { senderId: "ACME", country: "FR", registered: true },
    { senderId: "ACME", country: "DE" },
    { senderId: "ACME" },
  ] as const;

  it("is several members of the pool, each for its recipients", async () => {
    const { service } = createWorld({ senders });
    expect(service.senders.list().map(({ id, country }) => `${id} ${country ?? "all"}`)).toEqual([
      "ACME FR",
      "ACME DE",
      "ACME all",
    ]);
    for (const [to, country] of [
      [FRENCHWOMAN, "FR"],
      [GERMAN, "DE"],
      [BRITON, undefined],
    ] as const) {
      const { decision } = await service.explain({ to, body: "x" });
      expect(decision?.sender).toMatchObject({ id: "ACME" });
      expect(decision?.sender.country).toBe(country);
      const named = await service.explain({ to, from: "ACME", body: "x" });
      expect(named.decision?.sender).toEqual(decision?.sender);
    }
  });

  it("reaches no other country when none is for all", async () => {
    const { service } = createWorld({ senders: senders.slice(0, 2) });
    await expect(service.send({ to: BRITON, from: "ACME", body: "x" })).rejects.toMatchObject({
      code: "SENDER_CANNOT_REACH",
    });
  });

  it("keeps its sender, arrives, and is removed by ID and country", async () => {
    const { service, clock, message } = createWorld({ senders: senders.slice(0, 2) });
    const { sid } = await service.send({ to: GERMAN, body: "x" });
    await clock.advance(5_000);
    expect(await message(sid)).toMatchObject({ from: "ACME", status: "delivered" });
    expect((await service.send({ to: GERMAN, body: "x" })).explanation?.rule).toBe("sticky-sender");
    await expect(service.senders.remove("ACME")).rejects.toMatchObject({
      code: "SENDER_NOT_FOUND",
      message: expect.stringContaining("ACME/FR or ACME/DE"),
    });
    expect(await service.senders.remove("ACME/DE")).toMatchObject({ country: "DE" });
    await expect(service.send({ to: GERMAN, body: "x" })).rejects.toMatchObject({ code: "NO_SENDER" });
    expect((await service.send({ to: FRENCHWOMAN, body: "x" })).from).toBe("ACME");
    await service.senders.add({ senderId: "ACME", country: "DE" });
    expect((await service.send({ to: GERMAN, body: "x" })).from).toBe("ACME");
  });

  it("is refused twice for the same country", async () => {
    expect(() => createWorld({ senders: [...senders, { senderId: "ACME", country: "FR" }] })).toThrow(
      expect.objectContaining({ code: "DUPLICATE_SENDER" }),
    );
    const { service } = createWorld({ senders });
    await expect(service.senders.add({ senderId: "ACME" })).rejects.toMatchObject({
      code: "DUPLICATE_SENDER",
    });
  });
});

describe("a sender ID", () => {
  it.each(["", "12345678901", "ABCDEFGHIJKL", "ACMÉ", "A/B", "5551234"])("%j is none", (senderId) => {
    expect(() => createWorld({ senders: [{ senderId }] })).toThrow(
      expect.objectContaining({ code: "INVALID_SENDER" }),
    );
  });

  it("may hold letters, digits, spaces and - + _ &, and has SMS alone", () => {
    const { service } = createWorld({ senders: [{ senderId: "A&B 1-2+3_4" }] });
    expect(service.senders.list()).toMatchObject([{ type: "alphanumeric", capabilities: ["SMS"] }]);
    expect(() => createWorld({ senders: [{ senderId: "ACME", capabilities: ["MMS"] }] })).toThrow(
      expect.objectContaining({ code: "INVALID_SENDER", message: expect.stringContaining("MMS") }),
    );
  });
});

describe("warns when you send unregistered messaging traffic in countries where registration is recommended or required", () => {
  const INDIAN = "+919812345678";

  it("once a day, in the message, the list of alerts and the event, and blocks nothing", async () => {
    const { service, clock } = createWorld({
      senders: [{ senderId: "ACME" }],
      refreshMs: 3_600_000,
      heartbeatMs: 600_000,
    });
    const told: string[] = [];
    service.on("alert", ({ code }) => told.push(code));
    for (let n = 0; n < 3; n++) {
      const message = await service.send({ to: INDIAN, body: "x" });
      expect(message.explanation?.alerts).toMatchObject([{ code: "PREREGISTRATION" }]);
    }
    expect(told).toEqual(["PREREGISTRATION"]);
    expect(await service.alerts.list()).toMatchObject([
      { code: "PREREGISTRATION", details: { sender: "ACME", country: "IN" } },
    ]);
    await service.send({ to: "+6591234567", body: "x" });
    expect(told).toHaveLength(2);
    await clock.advance(86_400_001);
    await service.send({ to: INDIAN, body: "x" });
    expect(told).toHaveLength(3);
  });

  it("not for a registered one, not while the alert is off, and not for a plan nobody acts on", async () => {
    const registered = createWorld({ senders: [{ senderId: "ACME", country: "IN", registered: true }] });
    expect((await registered.service.send({ to: INDIAN, body: "x" })).explanation?.alerts).toEqual([]);
    const off = createWorld({ senders: [{ senderId: "ACME" }], preRegistrationAlert: false });
    expect((await off.service.send({ to: INDIAN, body: "x" })).explanation?.alerts).toEqual([]);
    const explained = createWorld({ senders: [{ senderId: "ACME" }] });
    expect((await explained.service.explain({ to: INDIAN, body: "x" })).alerts).toHaveLength(1);
    expect(await explained.service.alerts.list()).toEqual([]);
  });
});
