import { type MessagingService, memoryStore, signTwilioRequest } from "@messaging-service/core";
import type { Carrier } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { createFaultyStore } from "../support/faulty-store.ts";
import { createWorld, PHONE, SENDER } from "../support/world.ts";

const SECOND_MS = 1_000;

/** A receipt as the carrier signs it. */
async function receipt(
  { service, carrier }: { readonly service: MessagingService; readonly carrier: Carrier },
  parameters: Readonly<Record<string, string>>,
  sid?: string,
): Promise<number | undefined> {
  const url = `/messaging/status/simulator${sid === undefined ? "" : `?sid=${sid}`}`;
  const signature = signTwilioRequest({
    authToken: carrier.authToken,
    url: `https://app.example${url}`,
    parameters,
  });
  const answer = await service.handle("status", {
    method: "POST",
    url,
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      "x-twilio-signature": typeof signature === "string" ? signature : "",
    },
    body: new TextEncoder().encode(new URLSearchParams(parameters).toString()),
  });
  return answer?.status;
}

describe("receipts", () => {
  it("repeated say nothing new", async () => {
    const { service, carrier, clock, statuses } = createWorld();
    carrier.outcome({ duplicateCallbacks: 3 });
    await service.send({ to: PHONE, body: "x" });
    await clock.advance(10 * SECOND_MS);
    expect(carrier.messages[0]?.callbacks.length).toBeGreaterThan(6);
    expect(carrier.messages[0]?.callbacks.every(({ responseStatus }) => responseStatus === 200)).toBe(true);
    expect(statuses.map(({ status }) => status)).toEqual(["sent", "delivered"]);
  });

  it("out of order never take a message back", async () => {
    const { service, carrier, clock, statuses, message } = createWorld();
    carrier.outcome({ callbackOrder: "reversed" });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(10 * SECOND_MS);
    expect((await message(sid)).status).toBe("delivered");
    expect(statuses.map(({ status }) => status)).toEqual(["sent", "delivered"]);
  });

  it.each([
    ["sent, and then how it ended", {}, ["sent", "delivered"]],
    ["sent, where the network tells no more", { receipt: false }, ["sent"]],
    ["its end alone, where that is told first", { callbackOrder: "reversed" }, ["delivered"]],
  ] as const)("of a reply in an answer say %s", async (_what, outcome, expected) => {
    const told: string[] = [];
    const { carrier, clock, statuses } = createWorld({
      webhook: async (_message, { reply }) => void (await reply("You too")),
      statusCallback: async ({ status }) => void told.push(status),
    });
    carrier.outcome({ duplicateCallbacks: 1, ...outcome });
    const texted = carrier.handset(PHONE).text(SENDER, "Good morning");
    await clock.advance(10 * SECOND_MS);
    expect((await texted).replies).toHaveLength(1);
    expect(told).toEqual(expected);
    expect(statuses.map(({ status }) => status)).toEqual(expected);
  });

  it("faster than the answer to the send stand", async () => {
    const { service, carrier, clock, statuses, message } = createWorld();
    carrier.outcome({ latencyMs: 5_000 });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(2 * SECOND_MS);
    expect((await message(sid)).status).toBe("delivered");
    await clock.advance(10 * SECOND_MS);
    const end = await message(sid);
    expect(end).toMatchObject({ status: "delivered", providerSid: carrier.messages[0]?.sid });
    expect(end.attempts).toHaveLength(1);
    expect(statuses.map(({ status }) => status)).toEqual(["sent", "delivered"]);
  });

  it("that carry only the provider's ID find their message", async () => {
    const world = createWorld();
    const { service, carrier, clock, message } = world;
    carrier.outcome({ callbacks: false });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(SECOND_MS);
    expect((await message(sid)).status).toBe("sent");
    const providerSid = carrier.messages[0]?.sid ?? "";
    expect(await receipt(world, { MessageSid: providerSid, MessageStatus: "delivered" })).toBe(200);
    expect((await message(sid)).status).toBe("delivered");
  });

  it("that carry only the provider's ID, and come before it is known, wait for it", async () => {
    const world = createWorld();
    const { service, carrier, clock, message } = world;
    carrier.outcome({ callbacks: false, latencyMs: 20_000 });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(SECOND_MS);
    const providerSid = carrier.messages[0]?.sid ?? "";
    expect(await receipt(world, { MessageSid: providerSid, MessageStatus: "delivered" })).toBe(200);
    await clock.advance(30 * SECOND_MS);
    expect((await message(sid)).status).toBe("delivered");
  });

  it("that wait for their message outlast a store that fails meanwhile", async () => {
    const store = createFaultyStore();
    const world = createWorld({ store });
    const { service, carrier, clock, message } = world;
    carrier.outcome({ callbacks: false, latencyMs: 20_000 });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(SECOND_MS);
    const providerSid = carrier.messages[0]?.sid ?? "";
    expect(await receipt(world, { MessageSid: providerSid, MessageStatus: "delivered" })).toBe(200);
    store.break((call) => call === "get");
    await clock.advance(5 * SECOND_MS);
    store.heal();
    await clock.advance(60 * SECOND_MS);
    expect((await message(sid)).status).toBe("delivered");
  });

  it("of messages nobody sent are acknowledged and forgotten", async () => {
    const world = createWorld();
    const { service, clock } = world;
    expect(await receipt(world, { MessageSid: `SM${"1".repeat(32)}`, MessageStatus: "delivered" })).toBe(200);
    await clock.advance(120 * SECOND_MS);
    expect(await service.messages()).toHaveLength(0);
  });

  it("of messages nobody sent cost the store few reads: an account may have many", async () => {
    let reads = 0;
    const inner = memoryStore();
    const store = {
      ...inner,
      get(key: string) {
        if (key.includes("1".repeat(32))) reads += 1;
        return inner.get(key);
      },
    };
    const world = createWorld({ store });
    await receipt(world, { MessageSid: `SM${"1".repeat(32)}`, MessageStatus: "delivered" });
    await world.clock.advance(120 * SECOND_MS);
    expect(reads).toBeGreaterThan(5);
    expect(reads).toBeLessThan(15);
  });

  it("of another of the provider's messages do not touch this one", async () => {
    const world = createWorld();
    const { service, carrier, clock, message } = world;
    carrier.outcome({ callbacks: false });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(SECOND_MS);
    await receipt(world, { MessageSid: `SM${"1".repeat(32)}`, MessageStatus: "delivered" }, sid);
    expect((await message(sid)).status).toBe("sent");
  });

  it("of two ends keep the first", async () => {
    const world = createWorld();
    const { service, carrier, clock, message } = world;
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(SECOND_MS);
    const providerSid = carrier.messages[0]?.sid ?? "";
    await receipt(world, { MessageSid: providerSid, MessageStatus: "failed", ErrorCode: "30003" }, sid);
    expect(await message(sid)).toMatchObject({ status: "delivered", errorCode: null });
  });

  it("say that it was read, after delivery", async () => {
    const world = createWorld({ senders: ["whatsapp:+14155550101"] });
    const { service, carrier, clock, message } = world;
    const { sid } = await service.send({ to: `whatsapp:${PHONE}`, contentSid: `HX${"a".repeat(32)}` });
    await clock.advance(SECOND_MS);
    await receipt(world, { MessageSid: carrier.messages[0]?.sid ?? "", MessageStatus: "read" }, sid);
    expect((await message(sid)).status).toBe("read");
  });

  it("that are no receipts are refused", async () => {
    const world = createWorld();
    expect(await receipt(world, { MessageSid: `SM${"1".repeat(32)}`, MessageStatus: "lost" })).toBe(400);
    expect(await receipt(world, {})).toBe(400);
    const unsigned = await world.service.handle("status", {
      method: "POST",
      url: "/messaging/status/simulator",
      headers: {},
      body: new Uint8Array(),
    });
    expect(unsigned?.status).toBe(400);
  });

  it("bring the carrier's date to the status callback", async () => {
    const dates: (string | undefined)[] = [];
    const { service, clock } = createWorld({
      statusCallback: (_, { rawDlrDoneDate }) => dates.push(rawDlrDoneDate),
    });
    await service.send({ to: PHONE, from: SENDER, body: "x" });
    await clock.advance(SECOND_MS);
    expect(dates).toEqual([undefined, "2601011200"]);
  });

  it("of an opt-out at the carrier are written to the ledger", async () => {
    const { service, carrier, clock } = createWorld();
    carrier.outcome({ fail: 21610 });
    await service.send({ to: PHONE, body: "x" });
    await clock.advance(SECOND_MS);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out", source: "provider" });
  });
});
