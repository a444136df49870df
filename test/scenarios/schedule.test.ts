import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

describe("a scheduled message", () => {
  it("is sent when it is due, by the sender that is chosen then", async () => {
    const { service, clock, carrier, statuses, message } = createWorld();
    const sendAt = new Date(clock.now() + 10 * MINUTE);
    const { sid, ...scheduled } = await service.send({ to: PHONE, body: "Hello", sendAt });
    expect(scheduled).toMatchObject({ status: "scheduled", from: null, sendAt });
    await service.senders.add(SECOND);
    await service.senders.remove(SENDER);
    await clock.advance(9 * MINUTE);
    expect((await message(sid)).status).toBe("scheduled");
    await clock.advance(2 * MINUTE);
    expect(await message(sid)).toMatchObject({ status: "delivered", from: SECOND });
    expect(carrier.messages[0]?.dateCreated).toEqual(sendAt);
    expect(statuses.map(({ status }) => status)).toEqual(["queued", "sent", "delivered"]);
  });

  it("may lie 35 days ahead, beyond what a timer holds", async () => {
    const { service, clock, message } = createWorld();
    const { sid } = await service.send({
      to: PHONE,
      body: "Hello",
      sendAt: new Date(clock.now() + 35 * DAY).toISOString(),
    });
    await clock.advance(MINUTE);
    expect((await message(sid)).status).toBe("scheduled");
  });

  it("has its whole validity period from when it is due", async () => {
    const { service, clock, carrier } = createWorld();
    await service.send({
      to: PHONE,
      body: "Hello",
      validityPeriod: 60,
      sendAt: new Date(clock.now() + 10 * MINUTE),
    });
    await clock.advance(11 * MINUTE);
    expect(carrier.messages[0]?.parameters.ValidityPeriod).toBe("60");
  });

  it("is not sent once canceled, and cannot be canceled again", async () => {
    const { service, clock, carrier, statuses } = createWorld();
    const told: string[] = [];
    const { sid } = await service.send({
      to: PHONE,
      body: "Hello",
      sendAt: new Date(clock.now() + 10 * MINUTE),
      statusCallback: (m) => told.push(m.status),
    });
    expect((await service.cancel(sid)).status).toBe("canceled");
    await clock.advance(11 * MINUTE);
    expect(carrier.messages).toHaveLength(0);
    expect(statuses.map(({ status }) => status)).toEqual(["canceled"]);
    expect(told).toEqual(["canceled"]);
    await expect(service.cancel(sid)).rejects.toMatchObject({ code: "NOT_CANCELABLE", status: 409 });
  });

  it("is canceled by one of ten who try at once", async () => {
    const { service, clock } = createWorld();
    const { sid } = await service.send({
      to: PHONE,
      body: "Hello",
      sendAt: new Date(clock.now() + 10 * MINUTE),
    });
    const ends = await Promise.allSettled(Array.from({ length: 10 }, () => service.cancel(sid)));
    expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("canceled in the very moment it falls due is not sent", async () => {
    let cancel = async (): Promise<void> => {};
    const { service, clock, carrier, message } = createWorld({
      senders: [SENDER, "rcs:acme_agent"],
      wrap: (provider) => ({
        ...provider,
        // The planner asks while the message is being planned.
        rcsCapable: async () => {
          await cancel();
          return false;
        },
      }),
    });
    const { sid } = await service.send({
      to: PHONE,
      body: "Hello",
      sendAt: new Date(clock.now() + 10 * MINUTE),
    });
    cancel = async () => {
      cancel = async () => {};
      await service.cancel(sid);
    };
    await clock.advance(11 * MINUTE);
    expect((await message(sid)).status).toBe("canceled");
    expect(carrier.messages).toHaveLength(0);
  });

  it("fails when its recipient opted out meanwhile", async () => {
    const { service, clock, carrier, message } = createWorld();
    const { sid } = await service.send({
      to: PHONE,
      body: "Hello",
      sendAt: new Date(clock.now() + 10 * MINUTE),
    });
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await clock.advance(11 * MINUTE);
    expect(await message(sid)).toMatchObject({ status: "failed", error: "OPTED_OUT", errorCode: 21610 });
    expect(carrier.messages.filter(({ via }) => via === "provider")).toHaveLength(0);
  });

  it("fails when nobody can send it any more", async () => {
    const { service, clock, message } = createWorld();
    const { sid } = await service.send({
      to: PHONE,
      body: "Hello",
      sendAt: new Date(clock.now() + 10 * MINUTE),
    });
    await service.senders.remove(SENDER);
    await clock.advance(11 * MINUTE);
    expect(await message(sid)).toMatchObject({ status: "failed" });
    expect((await message(sid)).error).toMatch(/NO_SENDER|EMPTY_POOL/);
  });

  it("is refused at once when its recipient has opted out", async () => {
    const { service, clock, carrier } = createWorld();
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await expect(
      service.send({ to: PHONE, body: "Hello", sendAt: new Date(clock.now() + 10 * MINUTE) }),
    ).rejects.toMatchObject({ code: "OPTED_OUT" });
  });

  it("is one message when it is asked for again under its key, also when it is nearly due", async () => {
    const { service, clock, carrier } = createWorld();
    const sendAt = new Date(clock.now() + 10 * MINUTE);
    const first = await service.send({ to: PHONE, body: "Hello", sendAt, idempotencyKey: "k" });
    await clock.advance(8 * MINUTE);
    const again = await service.send({ to: PHONE, body: "Hello", sendAt, idempotencyKey: "k" });
    expect(again.sid).toBe(first.sid);
    await clock.advance(8 * MINUTE);
    expect(carrier.messages).toHaveLength(1);
  });

  it("cannot be canceled when there is none", async () => {
    const { service } = createWorld();
    await expect(service.cancel(`SM${"0".repeat(32)}`)).rejects.toMatchObject({
      code: "MESSAGE_NOT_FOUND",
      status: 404,
    });
  });
});
