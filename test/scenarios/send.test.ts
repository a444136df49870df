import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const MINUTE = 60_000;

describe("a message's way", () => {
  it("goes from queued over sent to delivered, and each change is told once", async () => {
    const { service, carrier, clock, statuses, message } = createWorld();
    const sent = await service.send({ to: PHONE, body: "Hello" });
    expect(sent).toMatchObject({ status: "queued", from: SENDER, direction: "outbound-api", numSegments: 1 });
    await clock.advance(1_000);
    expect(statuses.map(({ sid, status }) => [sid, status])).toEqual([
      [sent.sid, "sent"],
      [sent.sid, "delivered"],
    ]);
    expect(await message(sent.sid)).toMatchObject({
      status: "delivered",
      providerSid: carrier.messages[0]?.sid,
      attempts: [{ from: SENDER, outcome: "accepted", errorCode: null }],
    });
    expect(carrier.handset(PHONE).inbox.map(({ body }) => body)).toEqual(["Hello"]);
  });

  it("ends undelivered with the carrier's number", async () => {
    const { service, carrier, clock, message } = createWorld();
    carrier.outcome({ undelivered: 30003 });
    const { sid } = await service.send({ to: PHONE, body: "Hello" });
    await clock.advance(1_000);
    expect(await message(sid)).toMatchObject({
      status: "undelivered",
      errorCode: 30003,
      error: "PROVIDER_REFUSED",
    });
  });

  it("hands the provider what is left of the validity period", async () => {
    const { service, carrier, clock } = createWorld({ senders: [{ phoneNumber: SENDER, throughput: 1 }] });
    await service.send({ to: PHONE, body: "1", validityPeriod: 100 });
    await service.send({ to: PHONE, body: "2", validityPeriod: 100 });
    await clock.advance(5_000);
    expect(carrier.messages.map(({ parameters }) => parameters.ValidityPeriod)).toEqual(["100", "99"]);
  });

  it("expires with 30036 what waited longer than its validity period", async () => {
    const { service, carrier, clock, message } = createWorld({
      senders: [{ phoneNumber: SENDER, throughput: 1 }],
    });
    const sids: string[] = [];
    for (let n = 0; n < 5; n++)
      sids.push((await service.send({ to: PHONE, body: `${n}`, validityPeriod: 2 })).sid);
    await clock.advance(10_000);
    const ends = await Promise.all(sids.map(message));
    expect(ends.map(({ status, errorCode }) => `${status} ${errorCode}`)).toEqual([
      "delivered null",
      "delivered null",
      "failed 30036",
      "failed 30036",
      "failed 30036",
    ]);
    expect(ends[4]?.error).toBe("VALIDITY_EXPIRED");
    expect(carrier.messages).toHaveLength(2);
  });

  it("is clamped to four hours on WhatsApp", async () => {
    const { service } = createWorld({ senders: ["whatsapp:+14155550101"] });
    const sent = await service.send({ to: `whatsapp:${PHONE}`, contentSid: `HX${"a".repeat(32)}` });
    expect(sent.validityPeriod).toBe(14_400);
  });

  it("leaves as an MMS to the US", async () => {
    const { service, carrier, clock } = createWorld();
    const sent = await service.send({ to: PHONE, body: "Look", mediaUrl: "https://example.com/a.png" });
    expect(sent).toMatchObject({ kind: "MMS", numMedia: 1 });
    expect(sent.sid).toMatch(/^MM/);
    await clock.advance(1_000);
    expect(carrier.handset(PHONE).inbox[0]).toMatchObject({ mediaUrl: ["https://example.com/a.png"] });
  });

  it("leaves as a text with a link where MMS does not reach, and the link leads to the media", async () => {
    const { service, carrier, clock } = createWorld({ senders: ["+447911123456"] });
    const phone = carrier.handset("+447911123457");
    const sent = await service.send({
      to: phone.number,
      body: "Look",
      mediaUrl: "https://example.com/a.png",
    });
    expect(sent.kind).toBe("SMS");
    await clock.advance(1_000);
    const link = /https:\/\/app\.example(\/messaging\/m\/([0-9a-z]{7}))/.exec(phone.inbox[0]?.body ?? "");
    expect(phone.inbox[0]).toMatchObject({ mediaUrl: [] });
    const answer = await service.handle("media", {
      method: "GET",
      url: link?.[1] ?? "",
      headers: {},
      body: undefined,
    });
    expect(answer).toMatchObject({ status: 302, headers: { location: "https://example.com/a.png" } });
    const unknown = await service.handle("media", {
      method: "GET",
      url: "/messaging/m/zzzzzzz",
      headers: {},
      body: undefined,
    });
    expect(unknown?.status).toBe(404);
  });

  it("refuses media where the converter is off and MMS does not reach", async () => {
    const { service } = createWorld({ senders: ["+447911123456"], mmsConverter: false });
    await expect(
      service.send({ to: "+447911123457", body: "Look", mediaUrl: "https://example.com/a.png" }),
    ).rejects.toMatchObject({ code: "NO_SENDER" });
  });
});

describe("status callbacks", () => {
  it("prefer the message's function to the service's", async () => {
    const told: string[] = [];
    const { service, clock } = createWorld({ statusCallback: (m) => told.push(`service ${m.status}`) });
    await service.send({
      to: PHONE,
      body: "1",
      statusCallback: (m, { sequenceNumber }) => told.push(`message ${m.status} ${sequenceNumber}`),
    });
    await clock.advance(1_000);
    await service.send({ to: PHONE, body: "2" });
    await clock.advance(1_000);
    const own = told.filter((line) => line.startsWith("message")).map((line) => line.split(" ")[1]);
    expect(own).toEqual(["sent", "delivered"]);
    expect(told.slice(2)).toEqual(["service sent", "service delivered"]);
  });

  it("are counted from 1 without a gap", async () => {
    const counted: number[] = [];
    const { service, clock } = createWorld();
    await service.send({
      to: PHONE,
      body: "1",
      statusCallback: (_, { sequenceNumber }) => counted.push(sequenceNumber),
    });
    await clock.advance(1_000);
    expect(counted).toEqual([1, 2]);
  });

  it("that throw become an alert and disturb nothing", async () => {
    const { service, clock, message } = createWorld();
    const { sid } = await service.send({
      to: PHONE,
      body: "1",
      statusCallback: () => {
        throw new Error("broken");
      },
    });
    await clock.advance(1_000);
    expect((await message(sid)).status).toBe("delivered");
    expect((await service.alerts.list()).map(({ code }) => code)).toContain("STATUS_CALLBACK_FAILED");
  });
});

describe('refusals: "status"', () => {
  it("accepts what is refused, and fails it with a callback", async () => {
    const { service, clock, message } = createWorld({ senders: ["whatsapp:+14155550101"] });
    const told: string[] = [];
    const accepted = await service.send({
      to: PHONE,
      body: "Hello",
      refusals: "status",
      statusCallback: (m) => told.push(`${m.status} ${m.errorCode}`),
    });
    expect(accepted).toMatchObject({ status: "accepted", from: null, numSegments: 0 });
    await clock.advance(1_000);
    expect(told).toEqual(["failed 21703"]);
    expect(await message(accepted.sid)).toMatchObject({ status: "failed", error: "NO_SENDER" });
  });

  it("fails with 21610 whoever opted out", async () => {
    const { service, clock, carrier, message } = createWorld();
    await carrier.handset(PHONE).text(SENDER, "STOP");
    const { sid } = await service.send({ to: PHONE, body: "Hello", refusals: "status" });
    await clock.advance(1_000);
    expect(await message(sid)).toMatchObject({ status: "failed", errorCode: 21610, error: "OPTED_OUT" });
    expect(carrier.messages.filter(({ via }) => via === "provider")).toHaveLength(0);
  });

  it("still rejects what is malformed", async () => {
    const { service } = createWorld();
    await expect(service.send({ to: "nobody", body: "x", refusals: "status" })).rejects.toMatchObject({
      code: "INVALID_RECIPIENT",
    });
  });

  it("still rejects for an empty pool, and for addresses of two channels", async () => {
    const { service } = createWorld({ senders: [] });
    const request = { to: PHONE, body: "x", refusals: "status" } as const;
    await expect(service.send(request)).rejects.toMatchObject({ code: "EMPTY_POOL" });
    await service.senders.add(SENDER);
    await expect(service.send({ ...request, to: `whatsapp:${PHONE}`, from: SENDER })).rejects.toMatchObject({
      code: "CHANNEL_MISMATCH",
    });
  });
});

describe("idempotency keys", () => {
  it("make one message of the same request sent again", async () => {
    const { service, carrier, clock } = createWorld();
    const first = await service.send({ to: PHONE, body: "Hello", idempotencyKey: "k" });
    const again = await service.send({ idempotencyKey: "k", body: "Hello", to: PHONE });
    await clock.advance(1_000);
    const late = await service.send({ to: PHONE, body: "Hello", idempotencyKey: "k", mediaUrl: undefined });
    expect([again.sid, late.sid]).toEqual([first.sid, first.sid]);
    expect(late.status).toBe("delivered");
    expect(carrier.messages).toHaveLength(1);
  });

  it("know the request in whatever order its fields come, and those of its tags", async () => {
    const { service } = createWorld();
    const first = await service.send({ to: PHONE, body: "x", tags: { a: "1", b: "2" }, idempotencyKey: "k" });
    const again = await service.send({ idempotencyKey: "k", tags: { b: "2", a: "1" }, body: "x", to: PHONE });
    expect(again.sid).toBe(first.sid);
  });

  it("refuse another request", async () => {
    const { service } = createWorld();
    await service.send({ to: PHONE, body: "Hello", idempotencyKey: "k" });
    await expect(service.send({ to: PHONE, body: "Bye", idempotencyKey: "k" })).rejects.toMatchObject({
      code: "IDEMPOTENCY_CONFLICT",
      status: 409,
    });
  });

  it("make one message of twenty requests at once", async () => {
    const { service, carrier, clock } = createWorld({ senders: [SENDER, SECOND] });
    const sending = Promise.all(
      Array.from({ length: 20 }, () => service.send({ to: PHONE, body: "Hello", idempotencyKey: "k" })),
    );
    await clock.advance(1_000);
    const sids = new Set((await sending).map(({ sid }) => sid));
    expect(sids.size).toBe(1);
    expect(carrier.messages).toHaveLength(1);
    expect(await service.messages()).toHaveLength(1);
  });

  it("are free again when the request was refused", async () => {
    const { service, carrier, clock } = createWorld();
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "STOP");
    await expect(service.send({ to: PHONE, body: "x", idempotencyKey: "k" })).rejects.toMatchObject({
      code: "OPTED_OUT",
    });
    await clock.advance(MINUTE);
    await phone.text(SENDER, "START");
    expect((await service.send({ to: PHONE, body: "x", idempotencyKey: "k" })).status).toBe("queued");
  });

  it("hold for a day even where messages are kept for less", async () => {
    const { service, carrier, clock } = createWorld({ retention: 60 });
    await service.send({ to: PHONE, body: "x", idempotencyKey: "k" });
    await clock.advance(10 * MINUTE);
    const again = service.send({ to: PHONE, body: "x", idempotencyKey: "k" });
    await clock.advance(10 * MINUTE);
    await again;
    expect(carrier.messages).toHaveLength(1);
  });
});

describe("the first send to somebody", () => {
  it("keeps one sender when twenty sends race for it", async () => {
    const { service, clock, carrier } = createWorld({
      senders: ["+13105550100", "+12125550100", "+13125550100", "+16175550100"],
    });
    await Promise.all(Array.from({ length: 20 }, (_, n) => service.send({ to: PHONE, body: `${n}` })));
    await clock.advance(60_000);
    expect(carrier.messages).toHaveLength(20);
    expect(new Set(carrier.messages.map(({ from }) => from)).size).toBe(1);
  });
});
