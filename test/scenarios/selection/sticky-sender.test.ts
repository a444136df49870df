import { memoryStore, type Store } from "@messaging-service/core";
import { createVirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../../support/world.ts";

const DAY_MS = 86_400_000;
/** A store that notes the keys its mappings are changed under or searched by. */
function watched(store: Store, calls: string[]): Store {
  return {
    ...store,
    async delete(key) {
      calls.push(key);
      return store.delete(key);
    },
    async compareAndSet(key, ...rest) {
      calls.push(key);
      return store.compareAndSet(key, ...rest);
    },
    async range(log, ...rest) {
      calls.push(log);
      return store.range(log, ...rest);
    },
  };
}

/** Housekeeping as seldom as it goes, so that a virtual quarter takes an instant. */
const QUIET = { refreshMs: 3_600_000, heartbeatMs: 600_000 };
const POOL = [SENDER, "+14155550101", "+14155550102", "+14155550103", SECOND];
const WHATSAPP = "whatsapp:+14155550101";

describe("the same From phone number is selected every time your application sends a message to a particular end-user", () => {
  it("from the first message on", async () => {
    const { service, clock } = createWorld({ senders: POOL });
    const first = await service.send({ to: PHONE, body: "1" });
    await clock.advance(60_000);
    for (let n = 2; n < 8; n++) {
      const message = await service.send({ to: PHONE, body: String(n) });
      expect(message).toMatchObject({ from: first.from, explanation: { rule: "sticky-sender" } });
    }
  });

  it("also when the first two leave at once", async () => {
    const { service } = createWorld({ senders: POOL });
    const sent = await Promise.all(["a", "b", "c", "d"].map((body) => service.send({ to: PHONE, body })));
    expect(new Set(sent.map(({ from }) => from)).size).toBe(1);
  });

  it("whatever country format a person's number is written in", async () => {
    const { service } = createWorld({ senders: ["+525512345678", "+525512345679"] });
    const first = await service.send({ to: "+5215598765432", body: "x" });
    expect((await service.send({ to: "+525598765432", body: "x" })).from).toBe(first.from);
  });
});

describe("creates a new mapping after it sends the first message", () => {
  it("to the sender it left by", async () => {
    const { service } = createWorld({ senders: POOL });
    expect(await service.sticky.get(PHONE)).toBeUndefined();
    const { from } = await service.send({ to: PHONE, body: "x" });
    expect(await service.sticky.get(PHONE)).toEqual({ to: PHONE, sender: from });
  });

  it("and none for a message that is refused before it leaves", async () => {
    const { service } = createWorld({ senders: [SENDER, WHATSAPP] });
    await expect(service.send({ to: `whatsapp:${PHONE}`, body: "x" })).rejects.toMatchObject({
      code: "OUTSIDE_WINDOW",
    });
    expect(await service.sticky.get(`whatsapp:${PHONE}`)).toBeUndefined();
  });

  it("which a refusal of that message by the provider takes back", async () => {
    const { service, carrier, clock, message } = createWorld({ senders: POOL });
    carrier.outcome({ refuse: 21614, times: 1 });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(1_000);
    expect(await message(sid)).toMatchObject({ status: "failed", errorCode: 21614 });
    expect(await service.sticky.get(PHONE)).toBeUndefined();
  });

  it("and which a refusal of a later message does not touch", async () => {
    const { service, carrier, clock, message } = createWorld({ senders: POOL });
    const { from } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(1_000);
    carrier.outcome({ refuse: 21614, times: 1 });
    const { sid } = await service.send({ to: PHONE, body: "y" });
    await clock.advance(1_000);
    expect((await message(sid)).status).toBe("failed");
    expect(await service.sticky.get(PHONE)).toEqual({ to: PHONE, sender: from });
  });
});

describe("a mapping of all To and From phone numbers that your Messaging Service has used and interacted with", () => {
  it("includes the sender a person texted first", async () => {
    const { service, carrier } = createWorld({ senders: POOL });
    await carrier.handset(PHONE).text(SECOND, "Hello");
    expect(await service.sticky.get(PHONE)).toEqual({ to: PHONE, sender: SECOND });
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
  });

  it("already for what the application sends while it handles that text", async () => {
    const world = createWorld({
      senders: POOL,
      webhook: async (message) => void (await world.service.send({ to: message.from, body: "Hello back" })),
    });
    await world.carrier.handset(PHONE).text(SECOND, "Hello");
    await world.clock.advance(1_000);
    expect(world.carrier.messages).toMatchObject([{ from: SECOND, body: "Hello back" }]);
  });

  it("keeps the first when the person texts another", async () => {
    const { service, carrier } = createWorld({ senders: POOL });
    const { from } = await service.send({ to: PHONE, body: "x" });
    await carrier.handset(PHONE).text(SECOND, "Hello");
    expect(await service.sticky.get(PHONE)).toEqual({ to: PHONE, sender: from });
  });

  it("but takes the one texted where the first has left the pool", async () => {
    const { service, carrier } = createWorld({ senders: POOL });
    await service.sticky.pin(PHONE, SENDER);
    await service.senders.remove(SENDER);
    await carrier.handset(PHONE).text(SECOND, "Hello");
    expect(await service.sticky.get(PHONE)).toEqual({ to: PHONE, sender: SECOND });
  });
});

describe("if Sticky Sender is turned off, your Messaging Service ignores all previously established mappings", () => {
  it("and references them again when it is turned back on", async () => {
    const { service } = createWorld({ senders: POOL });
    await service.sticky.pin(PHONE, SECOND);
    await service.update({ stickySender: false });
    expect((await service.send({ to: PHONE, body: "x" })).from).not.toBe(SECOND);
    await service.update({ stickySender: true });
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
  });

  it("and makes none meanwhile", async () => {
    const { service } = createWorld({ senders: POOL, stickySender: false });
    await service.send({ to: PHONE, body: "x" });
    expect(await service.sticky.get(PHONE)).toBeUndefined();
  });
});

describe("when a Twilio phone number is removed, all Sticky Sender mappings associated with it are deleted", () => {
  it("for good, though the number comes back", async () => {
    const { service } = createWorld({ senders: POOL });
    await service.sticky.pin(PHONE, SECOND);
    await service.senders.remove(SECOND);
    await service.senders.add(SECOND);
    expect(await service.sticky.get(PHONE)).toBeUndefined();
    const message = await service.send({ to: PHONE, body: "x" });
    expect(message.from).not.toBe(SECOND);
    expect(message.explanation?.steps).toContainEqual(
      expect.objectContaining({ rule: "sticky-sender", reason: "STICKY_REMOVED" }),
    );
  });

  it("without a look at the mappings: removing costs the same however many there are", async () => {
    const calls: string[] = [];
    const counting = watched(memoryStore(), calls);
    const { service } = createWorld({ senders: POOL, store: counting });
    await service.ready();
    for (let n = 0; n < 300; n++) await service.sticky.pin(`+1415555${2_000 + n}`, SECOND);
    calls.length = 0;
    await service.senders.remove(SECOND);
    expect(calls.length).toBeLessThan(5);
  });
});

describe("a mapping whose sender cannot serve the message", () => {
  it("gives way to a sender that can, which is kept from then on", async () => {
    const text = { phoneNumber: SENDER, capabilities: ["SMS"] } as const;
    const { service } = createWorld({ senders: [text, SECOND] });
    await service.sticky.pin(PHONE, SENDER);
    const picture = await service.send({ to: PHONE, body: "x", mediaUrl: "https://example.com/a.png" });
    expect(picture).toMatchObject({ from: SECOND, kind: "MMS" });
    expect(picture.explanation?.steps).toContainEqual(
      expect.objectContaining({ reason: "STICKY_CANNOT_SERVE" }),
    );
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
  });

  it("stays while `from` names another for one message", async () => {
    const { service } = createWorld({ senders: POOL });
    await service.sticky.pin(PHONE, SENDER);
    expect((await service.send({ to: PHONE, from: SECOND, body: "x" })).from).toBe(SECOND);
    expect(await service.sticky.get(PHONE)).toEqual({ to: PHONE, sender: SENDER });
  });
});

describe("channels", () => {
  it("SMS and WhatsApp keep a sender each", async () => {
    const { service, carrier } = createWorld({
      senders: [SENDER, SECOND, WHATSAPP, "whatsapp:+14155550109"],
    });
    await carrier.handset(`whatsapp:${PHONE}`).text("whatsapp:+14155550109", "Hello");
    await service.sticky.pin(PHONE, SECOND);
    expect((await service.send({ to: `whatsapp:${PHONE}`, body: "x" })).from).toBe("whatsapp:+14155550109");
    expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
    await service.sticky.clear(PHONE);
    expect(await service.sticky.get(`whatsapp:${PHONE}`)).toMatchObject({ sender: "whatsapp:+14155550109" });
  });

  it("RCS keeps none", async () => {
    const { service, carrier } = createWorld({ senders: ["rcs:acme_agent", "rcs:acme_other"] });
    carrier.handset(PHONE, { rcs: true });
    await service.send({ to: `rcs:${PHONE}`, body: "x" });
    await carrier.handset(PHONE).text("rcs:acme_agent", "Hello");
    expect(await service.sticky.get(`rcs:${PHONE}`)).toBeUndefined();
    await expect(service.sticky.pin(`rcs:${PHONE}`, "rcs:acme_agent")).rejects.toMatchObject({
      code: "CHANNEL_MISMATCH",
    });
  });
});

describe("a mapping that is not used", () => {
  it("expires after stickyIdleDays", async () => {
    const { service, clock } = createWorld({ ...QUIET, senders: POOL, stickyIdleDays: 10 });
    await service.sticky.pin(PHONE, SECOND);
    await clock.advance(9.5 * DAY_MS);
    expect(await service.sticky.get(PHONE)).toMatchObject({ sender: SECOND });
    await clock.advance(DAY_MS);
    expect(await service.sticky.get(PHONE)).toBeUndefined();
    expect((await service.send({ to: PHONE, body: "x" })).from).not.toBe(SECOND);
  });

  it("is renewed by use, in either direction, and written at most once a month", async () => {
    const clock = createVirtualClock();
    const store = memoryStore({ clock });
    const keys: string[] = [];
    const { service, carrier } = createWorld({
      ...QUIET,
      senders: POOL,
      store: watched(store, keys),
      clock,
      stickyIdleDays: 62,
    });
    await service.send({ to: PHONE, from: SECOND, body: "x" });
    const key = keys.find((each) => each.includes("sticky:sms")) ?? "";
    const values = new Set([await store.get(key)]);
    for (let day = 0; day < 90; day += 3) {
      await clock.advance(3 * DAY_MS);
      if (day % 2 === 0) await carrier.handset(PHONE).text(SENDER, "Hello");
      else expect((await service.send({ to: PHONE, body: "x" })).from).toBe(SECOND);
      values.add(await store.get(key));
    }
    expect(values.size).toBe(4);
    expect(await service.sticky.get(PHONE)).toMatchObject({ sender: SECOND });
  });
});
