import { createMessagingService, memoryStore, silentLogger } from "@messaging-service/core";
import { createCarrier, createVirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { createTap, taken } from "../support/tapped.ts";
import { createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const SECOND_MS = 1_000;
const MINUTE = 60_000;
const DAY = 86_400_000;
const TEMPLATE = `HX${"a".repeat(32)}`;

describe("the validity period", () => {
  it("ends what waited longer, on time, with its callback, and never at the provider", async () => {
    const clock = createVirtualClock();
    const tap = createTap(clock, taken);
    const { service, message } = createWorld({ clock, wrap: tap.wrap });
    const start = clock.now();
    const told: string[] = [];
    const sids: string[] = [];
    for (let n = 0; n < 20; n++) {
      const { sid } = await service.send({
        to: PHONE,
        body: `${n}`,
        validityPeriod: 5,
        statusCallback: (m) => told.push(`${m.body} ${m.status} ${m.errorCode} ${clock.now() - start}`),
      });
      sids.push(sid);
    }
    await clock.advance(5_100);
    expect(tap.handed.map(({ body }) => body)).toEqual(["0", "1", "2", "3", "4"]);
    const failures = told.filter((each) => each.includes("failed"));
    expect(failures).toHaveLength(15);
    for (const each of failures) expect(each).toMatch(/^\d+ failed 30036 50\d\d$/);
    expect(await message(sids[19] ?? "")).toMatchObject({
      status: "failed",
      errorCode: 30036,
      error: "VALIDITY_EXPIRED",
      attempts: [],
    });
    await clock.advance(MINUTE);
    expect(tap.handed).toHaveLength(5);
  });

  it("of those that expired costs those behind them nothing", async () => {
    const clock = createVirtualClock();
    const tap = createTap(clock, taken);
    const { service } = createWorld({ clock, wrap: tap.wrap });
    for (let n = 0; n < 50; n++) await service.send({ to: PHONE, body: "short", validityPeriod: 3 });
    await service.send({ to: PHONE, body: "long" });
    await clock.advance(4 * SECOND_MS);
    expect(tap.handed.at(-1)).toMatchObject({ body: "long", at: 3_000 });
  });

  it("is handed over as what is left of it", async () => {
    const clock = createVirtualClock();
    const tap = createTap(clock, taken);
    const { service } = createWorld({ clock, wrap: tap.wrap });
    for (let n = 0; n < 4; n++) await service.send({ to: PHONE, body: "x", validityPeriod: 100 });
    await clock.advance(10 * SECOND_MS);
    expect(tap.handed.map(({ validityPeriod }) => validityPeriod)).toEqual([100, 99, 98, 97]);
  });

  it("is the message's, else the service's, and 4 hours at most for WhatsApp", async () => {
    const clock = createVirtualClock();
    const tap = createTap(clock, taken);
    const whatsapp = "whatsapp:+14155550101";
    const { service } = createWorld({
      clock,
      wrap: tap.wrap,
      senders: [{ phoneNumber: SENDER, throughput: 100 }, whatsapp],
      validityPeriod: 20_000,
    });
    await service.send({ to: PHONE, body: "x" });
    await service.send({ to: PHONE, body: "x", validityPeriod: 36_000 });
    await service.send({ to: `whatsapp:${PHONE}`, contentSid: TEMPLATE });
    await service.send({ to: `whatsapp:${PHONE}`, contentSid: TEMPLATE, validityPeriod: 36_000 });
    await service.send({ to: `whatsapp:${PHONE}`, contentSid: TEMPLATE, validityPeriod: 60 });
    await service.update({ validityPeriod: 600 });
    await service.send({ to: PHONE, body: "x" });
    await clock.advance(SECOND_MS);
    const of = (kind: string): number[] =>
      tap.handed.filter((each) => each.kind === kind).map(({ validityPeriod }) => validityPeriod);
    expect(of("SMS")).toEqual([20_000, 36_000, 600]);
    expect(of("WHATSAPP")).toEqual([14_400, 14_400, 60]);
  });

  it.each([0, -1, 36_001, 1.5, Number.NaN])("is not %s", async (validityPeriod) => {
    const { service } = createWorld();
    await expect(service.send({ to: PHONE, body: "x", validityPeriod })).rejects.toMatchObject({
      code: "INVALID_VALIDITY_PERIOD",
      twilioCode: 90007,
    });
    await expect(service.update({ validityPeriod })).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  it.each([1, 36_000])("may be %s", async (validityPeriod) => {
    const { service, clock, message } = createWorld();
    const { sid } = await service.send({ to: PHONE, body: "x", validityPeriod });
    await clock.advance(500);
    expect(await message(sid)).toMatchObject({ status: "delivered", validityPeriod });
  });

  it("goes on while nobody runs: what expired meanwhile is reported at the next start", async () => {
    const clock = createVirtualClock();
    const carrier = createCarrier({ clock });
    const store = { ...memoryStore({ clock }), close: undefined };
    const options = { provider: carrier.provider, senders: [SENDER], store, clock, logger: silentLogger };
    const first = createMessagingService(options);
    const due = await first.send({
      to: PHONE,
      body: "scheduled",
      validityPeriod: 60,
      sendAt: new Date(clock.now() + 10 * MINUTE),
    });
    for (let n = 0; n < 3; n++) await first.send({ to: PHONE, body: "x", validityPeriod: 600 });
    await clock.advance(100);
    const closing = first.close();
    await clock.advance(10 * SECOND_MS);
    await closing;
    await clock.advance(20 * MINUTE);
    const second = createMessagingService(options);
    await second.ready();
    await clock.advance(SECOND_MS);
    const list = await second.messages();
    expect(list.filter(({ errorCode }) => errorCode === 30036)).toHaveLength(3);
    expect((await second.message(due.sid))?.errorCode).toBe(30036);
    expect(carrier.messages).toHaveLength(1);
    const end = second.close();
    await clock.advance(10 * SECOND_MS);
    await end;
    await carrier.close();
  });
});

describe("a schedule", () => {
  it("reaches from 5 minutes to 35 days, both included", async () => {
    const { service, clock } = createWorld();
    const at = (ms: number): Date => new Date(clock.now() + ms);
    const send = (sendAt: Date | string) => service.send({ to: PHONE, body: "x", sendAt });
    expect((await send(at(5 * MINUTE))).status).toBe("scheduled");
    expect((await send(at(35 * DAY))).status).toBe("scheduled");
    await expect(send(at(5 * MINUTE - 1))).rejects.toMatchObject({
      code: "SCHEDULE_TOO_SOON",
      twilioCode: 35114,
    });
    await expect(send(at(35 * DAY + 1))).rejects.toMatchObject({
      code: "SCHEDULE_TOO_LATE",
      twilioCode: 35117,
    });
    await expect(send("soon")).rejects.toMatchObject({ code: "INVALID_SEND_AT", twilioCode: 35114 });
  });

  it("starts the validity period's clock when it is due, behind those that wait already", async () => {
    const clock = createVirtualClock();
    const tap = createTap(clock, taken);
    const { service, message } = createWorld({ clock, wrap: tap.wrap });
    const start = clock.now();
    const { sid } = await service.send({
      to: PHONE,
      body: "scheduled",
      validityPeriod: 10,
      sendAt: new Date(start + 10 * MINUTE),
    });
    await clock.advance(10 * MINUTE - 1_500);
    for (let n = 0; n < 6; n++) await service.send({ to: PHONE, body: "x" });
    await clock.advance(MINUTE);
    expect(await message(sid)).toMatchObject({ status: "sent" });
    const last = tap.handed.at(-1);
    expect(last?.body).toBe("scheduled");
    expect(last?.validityPeriod).toBe(10 - Math.floor(((last?.at ?? 0) - 10 * MINUTE) / 1_000));
    expect(last?.validityPeriod).toBeLessThan(8);
  });

  it("goes queued, sent, delivered; canceled it says so once, and after that not at all", async () => {
    const { service, clock, carrier } = createWorld();
    const told: string[] = [];
    const send = () =>
      service.send({
        to: PHONE,
        body: "x",
        sendAt: new Date(clock.now() + 10 * MINUTE),
        statusCallback: (m, { sequenceNumber }) => told.push(`${m.status} ${m.from} ${sequenceNumber}`),
      });
    await send();
    await clock.advance(11 * MINUTE);
    expect(told).toEqual([`queued ${SENDER} 1`, `sent ${SENDER} 2`, `delivered ${SENDER} 3`]);
    told.length = 0;
    const { sid } = await send();
    await service.cancel(sid);
    await expect(service.cancel(sid)).rejects.toMatchObject({ code: "NOT_CANCELABLE", twilioCode: 30409 });
    await clock.advance(11 * MINUTE);
    expect(told).toEqual(["canceled null 1"]);
    expect(carrier.messages).toHaveLength(1);
  });

  it("cannot be canceled once it is queued, sent or final", async () => {
    const { service, clock } = createWorld();
    const now = await service.send({ to: PHONE, body: "x" });
    const later = await service.send({ to: PHONE, body: "x", sendAt: new Date(clock.now() + 5 * MINUTE) });
    await expect(service.cancel(now.sid)).rejects.toMatchObject({ twilioCode: 30409 });
    await clock.advance(6 * MINUTE);
    await expect(service.cancel(later.sid)).rejects.toMatchObject({ twilioCode: 30409 });
  });

  it("is planned when it is due, so that its sender is one of the pool of that time", async () => {
    const { service, clock, message } = createWorld({ senders: [SENDER] });
    const { sid, from, numSegments } = await service.send({
      to: "+12125550123",
      body: "x",
      sendAt: new Date(clock.now() + 5 * MINUTE),
    });
    expect([from, numSegments]).toEqual([null, 0]);
    await service.senders.add(SECOND);
    await clock.advance(6 * MINUTE);
    expect(await message(sid)).toMatchObject({ status: "delivered", from: SECOND, numSegments: 1 });
  });

  it("holds up nobody until it is due", async () => {
    const { service, clock, carrier } = createWorld();
    const sendAt = new Date(clock.now() + 20 * DAY);
    for (let n = 0; n < 100; n++) await service.send({ to: PHONE, body: "later", sendAt });
    await service.send({ to: PHONE, body: "now" });
    await clock.advance(SECOND_MS);
    expect(carrier.messages.map(({ body }) => body)).toEqual(["now"]);
  });
});

describe("redacting and removing", () => {
  it("are refused with 20009 until the message is complete", async () => {
    const clock = createVirtualClock();
    const { service, message } = createWorld({
      clock,
      wrap: createTap(clock, () => new Promise(() => {})).wrap,
    });
    const sending = await service.send({ to: PHONE, body: "x" });
    const queued = await service.send({ to: PHONE, body: "x" });
    const scheduled = await service.send({
      to: PHONE,
      body: "x",
      sendAt: new Date(clock.now() + 6 * MINUTE),
    });
    await clock.advance(100);
    for (const { sid } of [sending, queued, scheduled]) {
      for (const refused of [service.redact(sid), service.remove(sid)])
        await expect(refused).rejects.toMatchObject({ code: "MESSAGE_UNFINISHED", twilioCode: 20009 });
      expect((await message(sid)).body).toBe("x");
    }
    await service.cancel(scheduled.sid);
    expect((await service.redact(scheduled.sid)).body).toBe("");
    await service.remove(scheduled.sid);
    expect(await service.message(scheduled.sid)).toBeUndefined();
  });
});
