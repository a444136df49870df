import {
  createMessagingService,
  type MessagingService,
  memoryStore,
  type Provider,
  silentLogger,
} from "@messaging-service/core";
import {
  type Carrier,
  createCarrier,
  createVirtualClock,
  type VirtualClock,
} from "@messaging-service/simulator";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFaultyStore, type FaultyStore } from "../support/faulty-store.ts";
import { PHONE, SENDER } from "../support/world.ts";

const SECOND_MS = 1_000;
const MINUTE = 60_000;

/** A process of those that share a store: its service, and its own way to the store. */
interface Member {
  readonly service: MessagingService;
  readonly store: FaultyStore;
}

interface Fleet {
  readonly clock: VirtualClock;
  readonly carrier: Carrier;
  /** Who handed what over, in order. */
  readonly handed: readonly { readonly by: string; readonly sid: string; readonly from: string }[];
  join(
    name: string,
    options?: { readonly providerName?: string; readonly senders?: string[]; readonly clock?: VirtualClock },
  ): Promise<Member>;
  leave(member: Member): Promise<void>;
}

function createFleet({ latencyMs = 0, rcs = false } = {}): Fleet {
  const clock = createVirtualClock();
  const carrier = createCarrier({ clock, latencyMs });
  const shared = { ...memoryStore({ clock }), close: async () => {} };
  const handed: { by: string; sid: string; from: string }[] = [];
  const leave = async ({ service }: Member): Promise<void> => {
    const closing = service.close({ timeoutMs: 0 });
    for (const each of new Set([clock, service.clock as VirtualClock])) await each.advance(10 * SECOND_MS);
    await closing;
  };
  onTestFinished(() => carrier.close());
  return {
    clock,
    carrier,
    handed,
    leave,
    async join(by, { providerName = carrier.provider.name, senders = [SENDER], clock: own = clock } = {}) {
      const store = createFaultyStore(shared);
      const provider: Provider = {
        ...carrier.provider,
        name: providerName,
        ...(rcs ? { rcsCapable: async () => true } : {}),
        send(message) {
          handed.push({ by, sid: message.sid, from: message.from });
          return carrier.provider.send(message);
        },
      };
      const service = createMessagingService({
        provider,
        senders,
        store,
        clock: own,
        logger: silentLogger,
        heartbeatMs: 5 * SECOND_MS,
        refreshMs: MINUTE,
        // Receipts come where a test connects the carrier.
        publicUrl: rcs ? "https://app.example" : undefined,
      });
      await service.ready();
      const member = { service, store };
      onTestFinished(() => leave(member));
      return member;
    },
  };
}

describe("a message that another process has", () => {
  it("under a key that both were given is left to the one that wrote it", async () => {
    const { clock, handed, join } = createFleet({ latencyMs: 20 * SECOND_MS });
    const [one, two] = [await join("one"), await join("two")];
    const request = { to: PHONE, body: "once", idempotencyKey: "k", from: SENDER };
    const other = { to: "+14155550188", body: "before it", from: SENDER };
    for (let n = 0; n < 20; n++) await two.service.send(other);
    // The record of the first call is not written, and for a while the store does not say so.
    one.store.break(
      (call, key) => /SM[0-9a-f]{32}/.test(key) && (call === "compareAndSet" || call === "get"),
    );
    await expect(one.service.send(request)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await clock.advance(6 * SECOND_MS);
    const { sid } = await two.service.send(request);
    one.store.heal();
    await clock.advance(2 * MINUTE);
    expect(handed.filter((each) => each.sid === sid).map(({ by }) => by)).toEqual(["two"]);
    expect((await two.service.message(sid))?.attempts).toHaveLength(1);
  });

  it("because it took it over while this one was stalled is left to it, schedules too", async () => {
    const { clock, handed, join } = createFleet();
    const [one, two] = [await join("one"), await join("two")];
    const sendAt = new Date(clock.now() + 10 * MINUTE);
    for (let n = 0; n < 10; n++) await one.service.send({ to: PHONE, body: `${n}`, sendAt });
    one.store.break(() => true);
    await clock.advance(MINUTE);
    one.store.heal();
    await clock.advance(20 * MINUTE);
    expect(handed.map(({ by }) => by)).toEqual(Array.from({ length: 10 }, () => "two"));
    expect((await two.service.messages()).every(({ status }) => status === "sent")).toBe(true);
  });

  it("that fell back to a text by a receipt is taken up when the process ends that got the receipt", async () => {
    const { clock, carrier, handed, join, leave } = createFleet({ rcs: true });
    const senders = [SENDER, "rcs:acme_agent"];
    const [one, two] = [await join("one", { senders }), await join("two", { senders })];
    carrier.outcome({
      match: { from: /^rcs:/ },
      path: [{ status: "sent" }, { status: "undelivered", errorCode: 63036, afterMs: 30 * SECOND_MS }],
    });
    carrier.connect(two.service, { origin: "https://app.example" });
    const { sid } = await one.service.send({ to: PHONE, body: "falls back" });
    await clock.advance(SECOND_MS);
    await leave(one);
    // The text waits behind others when the process ends.
    for (let n = 0; n < 30; n++) await two.service.send({ to: PHONE, body: "before it", from: SENDER });
    await clock.advance(20 * SECOND_MS);
    expect((await two.service.message(sid))?.status).toBe("queued");
    await leave(two);
    const three = await join("three", { senders });
    carrier.connect(three.service, { origin: "https://app.example" });
    await clock.advance(MINUTE);
    expect(await three.service.message(sid)).toMatchObject({ status: "delivered", from: SENDER });
    expect(handed.filter((each) => each.sid === sid).map(({ by }) => by)).toEqual(["one", "three"]);
  });

  it("because its receipt came there before the answer came here is let go of", async () => {
    const { clock, carrier, handed, join } = createFleet({ rcs: true, latencyMs: SECOND_MS });
    const senders = [SENDER, "rcs:acme_agent"];
    const [one, two] = [await join("one", { senders }), await join("two", { senders })];
    carrier.outcome({ match: { from: /^rcs:/ }, path: [{ status: "undelivered", errorCode: 63036 }] });
    carrier.connect(two.service, { origin: "https://app.example" });
    const { sid } = await one.service.send({ to: PHONE, body: "falls back" });
    await clock.advance(MINUTE);
    expect(handed.map(({ by, from }) => `${by} ${from}`)).toEqual(["one rcs:acme_agent", `two ${SENDER}`]);
    expect(await one.service.message(sid)).toMatchObject({ status: "delivered", from: SENDER });
    expect([one.service.unfinished, two.service.unfinished]).toEqual([0, 0]);
  });
});

describe("a key that a process left behind whose clock is ahead", () => {
  it("is taken up after the time that a living one takes, by this clock", async () => {
    const { clock, join } = createFleet();
    const ahead = createVirtualClock();
    await ahead.advance(60 * MINUTE);
    const [one, two] = [await join("one", { clock: ahead }), await join("two")];
    const request = { to: PHONE, body: "x", idempotencyKey: "k" };
    one.store.break((call, key) => call === "compareAndSet" && /SM[0-9a-f]{32}/.test(key));
    await expect(one.service.send(request)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    const sending = two.service.send(request);
    await clock.advance(6 * SECOND_MS);
    expect((await sending).status).toBe("queued");
  });
});

describe("a restart with the same senders and another provider", () => {
  it("sends what waits by the new one", async () => {
    const { clock, join, leave } = createFleet();
    const one = await join("one", { providerName: "old" });
    for (let n = 0; n < 3; n++) await one.service.send({ to: PHONE, body: `${n}` });
    await clock.advance(10);
    await leave(one);
    const two = await join("two", { providerName: "new" });
    await clock.advance(MINUTE);
    const messages = await two.service.messages();
    expect(messages.map(({ status, provider }) => `${status} ${provider}`)).toEqual([
      "sent new",
      "sent new",
      "sent old",
    ]);
  });
});

describe("a sender that goes by another provider while messages wait", () => {
  it("takes them along, those that ask for it by name too", async () => {
    const clock = createVirtualClock();
    const carrier = createCarrier({ clock });
    const service = createMessagingService({
      provider: [
        { ...carrier.provider, name: "first" },
        { ...carrier.provider, name: "second" },
      ],
      senders: [{ phoneNumber: SENDER, provider: "first" }],
      store: memoryStore({ clock }),
      clock,
      logger: silentLogger,
    });
    onTestFinished(async () => {
      await carrier.close();
      const closing = service.close({ timeoutMs: 0 });
      await clock.advance(10 * SECOND_MS);
      await closing;
    });
    for (const from of [SENDER, SENDER, undefined]) await service.send({ to: PHONE, body: "x", from });
    await clock.advance(10);
    await service.senders.update({ phoneNumber: SENDER, provider: "second" });
    await clock.advance(MINUTE);
    const messages = await service.messages();
    expect(messages.map(({ status, from, provider }) => `${status} ${from} ${provider}`)).toEqual([
      `sent ${SENDER} second`,
      `sent ${SENDER} second`,
      `sent ${SENDER} first`,
    ]);
  });
});
