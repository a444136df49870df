import { channel } from "node:diagnostics_channel";
import { createMessagingService, type Logger, memoryStore, silentLogger } from "@messaging-service/core";
import { createCarrier, createVirtualClock } from "@messaging-service/simulator";
import { describe, expect, it, onTestFinished } from "vitest";
import { createTap } from "../support/tapped.ts";
import { createWorld, PHONE, SENDER } from "../support/world.ts";

const SECOND_MS = 1_000;
const MINUTE = 60_000;

describe("the backlog", () => {
  it("is bounded: one message more is refused, and room comes back as messages leave", async () => {
    const { service, clock, carrier } = createWorld({ maxBacklog: 5 });
    await service.send({ to: PHONE, body: "first" });
    await clock.advance(10);
    for (let n = 0; n < 5; n++) await service.send({ to: PHONE, body: "x" });
    const more = () => service.send({ to: PHONE, body: "more" });
    await expect(more()).rejects.toMatchObject({ code: "BACKLOG_FULL", twilioCode: 20429, status: 429 });
    expect(await service.messages()).toHaveLength(6);
    await clock.advance(1_100);
    await more();
    await clock.advance(MINUTE);
    expect(carrier.messages).toHaveLength(7);
  });

  it("counts messages, not segments, and scheduled ones too", async () => {
    const clock = createVirtualClock();
    const tap = createTap(clock, () => new Promise(() => {}));
    const { service } = createWorld({ clock, wrap: tap.wrap, maxBacklog: 3 });
    await service.send({ to: PHONE, body: "x".repeat(1_500) });
    const { sid } = await service.send({ to: PHONE, body: "x", sendAt: new Date(clock.now() + 6 * MINUTE) });
    await service.send({ to: PHONE, body: "x", sendAt: new Date(clock.now() + 6 * MINUTE) });
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "BACKLOG_FULL" });
    await service.cancel(sid);
    await service.send({ to: PHONE, body: "x" });
  });

  it("is not outrun by a thousand calls at once", async () => {
    const { service, clock, carrier } = createWorld({ maxBacklog: 50 });
    const calls = await Promise.allSettled(
      Array.from({ length: 1_000 }, () => service.send({ to: PHONE, body: "x" })),
    );
    expect(calls.filter(({ status }) => status === "fulfilled")).toHaveLength(50);
    await clock.advance(2 * MINUTE);
    expect(carrier.messages).toHaveLength(50);
  });

  it("has room again after refusals of every kind", async () => {
    const { service, clock } = createWorld({ maxBacklog: 2 });
    for (let n = 0; n < 10; n++) {
      await expect(service.send({ to: "nobody", body: "x" })).rejects.toMatchObject({
        code: "INVALID_RECIPIENT",
      });
      await service.send({ to: PHONE, from: "+14155559999", body: "x", refusals: "status" });
      await clock.advance(10);
    }
    await service.send({ to: PHONE, body: "x" });
    await service.send({ to: PHONE, body: "x" });
  });
});

describe("close", () => {
  it("lets hand-overs end, starts no more, and leaves the rest to the next start, each sent once", async () => {
    const clock = createVirtualClock();
    const carrier = createCarrier({ clock, latencyMs: 500 });
    const tap = createTap(clock);
    const options = {
      provider: tap.wrap(carrier.provider),
      senders: [SENDER],
      store: { ...memoryStore({ clock }), close: undefined },
      clock,
      logger: silentLogger,
    };
    onTestFinished(() => carrier.close());
    const first = createMessagingService(options);
    const scheduled = await first.send({
      to: PHONE,
      body: "scheduled",
      sendAt: new Date(clock.now() + 10 * MINUTE),
    });
    for (let n = 0; n < 10; n++) await first.send({ to: PHONE, body: `${n}` });
    await clock.advance(2_100);
    let closedAt = Number.NaN;
    const start = clock.now();
    const closing = first.close({ timeoutMs: 10_000 }).then(() => {
      closedAt = clock.now() - start;
    });
    await clock.advance(5 * SECOND_MS);
    await closing;
    expect(closedAt).toBeLessThanOrEqual(600);
    expect(tap.handed.map(({ body }) => body)).toEqual(["0", "1", "2"]);
    const second = createMessagingService(options);
    await second.ready();
    await clock.advance(MINUTE);
    expect(tap.handed.map(({ body }) => body)).toEqual(Array.from({ length: 10 }, (_, n) => `${n}`));
    await clock.advance(10 * MINUTE);
    expect(tap.handed.at(-1)?.body).toBe("scheduled");
    expect((await second.message(scheduled.sid))?.status).toBe("sent");
    const end = second.close();
    await clock.advance(10 * SECOND_MS);
    await end;
  });

  it.each(["getMany", "append", "compareAndSet"] as const)(
    "waits for a send that is held up in the store's %s, and the next start delivers it",
    async (call) => {
      const clock = createVirtualClock();
      const carrier = createCarrier({ clock });
      onTestFinished(() => carrier.close());
      const inner = memoryStore({ clock });
      let isHeld = false;
      let release = (): void => {};
      const held = async (...args: unknown[]): Promise<unknown> => {
        if (isHeld) {
          isHeld = false;
          await new Promise<void>((resolve) => {
            release = resolve;
          });
        }
        return (inner[call] as (...values: unknown[]) => Promise<unknown>)(...args);
      };
      const options = {
        provider: carrier.provider,
        senders: [SENDER],
        store: { ...inner, [call]: held, close: undefined },
        storeTimeoutMs: 60_000,
        clock,
        logger: silentLogger,
      };
      const first = createMessagingService(options);
      await first.send({ to: PHONE, body: "before" });
      await clock.advance(5 * SECOND_MS);
      isHeld = true;
      const sending = first.send({ to: PHONE, body: "x" });
      await clock.advance(10);
      const closing = first.close({ timeoutMs: 2 * SECOND_MS });
      await clock.advance(SECOND_MS);
      release();
      await clock.advance(SECOND_MS);
      const { sid } = await sending;
      await closing;
      const second = createMessagingService(options);
      await second.ready();
      await clock.advance(MINUTE);
      expect((await second.message(sid))?.status).toBe("sent");
      const end = second.close();
      await clock.advance(10 * SECOND_MS);
      await end;
    },
  );

  it("refuses a send that comes to its end only afterwards, and stores nothing of it", async () => {
    let release = (): void => {};
    const { service, clock } = createWorld({
      senders: [SENDER, { shortCode: "12345", country: "US", unsupportedCarriers: ["Rural"] }],
      lookupCarrier: () =>
        new Promise((resolve) => {
          release = () => resolve(undefined);
        }),
    });
    const sending = service.send({ to: PHONE, body: "x" });
    const refused = expect(sending).rejects.toMatchObject({ code: "SERVICE_CLOSED", status: 503 });
    await clock.advance(10);
    const closing = service.close({ timeoutMs: 100 });
    await clock.advance(SECOND_MS);
    await closing;
    release();
    await refused;
    expect(await service.messages()).toHaveLength(0);
  });

  it("right after a send still hands it over", async () => {
    const { service, clock, carrier } = createWorld();
    await service.send({ to: PHONE, body: "x" });
    const closing = service.close();
    await clock.advance(10 * SECOND_MS);
    await closing;
    expect(carrier.messages).toHaveLength(1);
  });
});

describe("diagnostics channels", () => {
  it("tell of sends, hand-overs, receipts, statuses and inbound messages, and never of bodies", async () => {
    const heard: { readonly name: string; readonly message: Record<string, unknown> }[] = [];
    for (const name of ["send", "deliver", "inbound", "receipt", "status"]) {
      const listener = (message: unknown) =>
        void heard.push({ name, message: message as Record<string, unknown> });
      const source = channel(`messaging-service:${name}`);
      source.subscribe(listener);
      onTestFinished(() => void source.unsubscribe(listener));
    }
    const { service, carrier, clock } = createWorld({ name: "bookings" });
    const { sid } = await service.send({ to: PHONE, body: "secret words" });
    await clock.advance(SECOND_MS);
    await carrier.handset(PHONE).text(SENDER, "secret answer");
    const of = (name: string) => heard.filter((each) => each.name === name).map(({ message }) => message);
    expect(of("send")).toEqual([
      expect.objectContaining({
        service: "bookings",
        sid,
        to: PHONE,
        from: SENDER,
        kind: "SMS",
        numSegments: 1,
      }),
    ]);
    expect(of("deliver")).toEqual([
      {
        service: "bookings",
        sid,
        from: SENDER,
        provider: "simulator",
        outcome: "accepted",
        errorCode: null,
        durationMs: 0,
      },
    ]);
    expect(of("status").map(({ status }) => status)).toEqual(["sent", "delivered"]);
    expect(of("receipt").map(({ status }) => status)).toContain("delivered");
    expect(of("inbound")).toEqual([expect.objectContaining({ from: PHONE, to: SENDER, optOutType: null })]);
    expect(JSON.stringify(heard)).not.toContain("secret");
  });

  it("say nothing of a message that was refused", async () => {
    const heard: unknown[] = [];
    const listener = (message: unknown) => void heard.push(message);
    const source = channel("messaging-service:send");
    source.subscribe(listener);
    onTestFinished(() => void source.unsubscribe(listener));
    const { service } = createWorld({ senders: [] });
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "EMPTY_POOL" });
    expect(heard).toEqual([]);
  });
});

describe("the logger port", () => {
  it("hears what went wrong, with SIDs and without bodies or tokens", async () => {
    const lines: string[] = [];
    const note =
      (level: string) =>
      (message: string, fields = {}) =>
        void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
    const logger: Logger = {
      debug: note("debug"),
      info: note("info"),
      warn: note("warn"),
      error: note("error"),
    };
    const { service, clock } = createWorld({
      logger,
      authToken: "a-token-of-ours",
      statusCallback: () => {
        throw new Error("no database");
      },
    });
    const { sid } = await service.send({ to: PHONE, body: "secret words" });
    await clock.advance(SECOND_MS);
    expect(lines.some((line) => line.startsWith("warn") && line.includes(sid))).toBe(true);
    expect(lines.join()).not.toMatch(/secret|a-token-of-ours/);
  });
});
