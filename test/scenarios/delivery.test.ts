import type { Provider, ProviderMessage, ProviderResult } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { collect, createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const SECOND_MS = 1_000;
const MINUTE = 60_000;

/** A carrier whose hand-overs answer what the script says, one after another, and then as the carrier would. */
function scripted(
  ...script: readonly ((message: ProviderMessage) => ProviderResult | Promise<ProviderResult>)[]
): (provider: Provider) => Provider {
  const left = [...script];
  return (provider) => ({
    ...provider,
    send: async (message) => (await left.shift()?.(message)) ?? provider.send(message),
  });
}

describe("what certainly did not leave", () => {
  it("is tried again, later each time, until it is taken", async () => {
    const times: number[] = [];
    const notSent = (): ProviderResult => {
      times.push(clock.now());
      return { outcome: "not-sent", errorCode: null, errorMessage: "ECONNREFUSED" };
    };
    const { service, clock, message } = createWorld({ wrap: scripted(notSent, notSent, notSent) });
    const { sid } = await service.send({ to: PHONE, body: "Hello" });
    await clock.advance(MINUTE);
    const end = await message(sid);
    expect(end.status).toBe("delivered");
    expect(end.attempts.map(({ outcome }) => outcome)).toEqual([
      "not-sent",
      "not-sent",
      "not-sent",
      "accepted",
    ]);
    const [first = 0, second = 0, third = 0] = times;
    expect(second - first).toBeGreaterThanOrEqual(500);
    expect(third - second).toBeGreaterThanOrEqual(1_000);
  });

  it("fails when the validity period would be over before the next try", async () => {
    const { service, clock, message, carrier } = createWorld();
    carrier.outcome({ throttle: 30 });
    const { sid } = await service.send({ to: PHONE, body: "Hello", validityPeriod: 10 });
    await clock.advance(MINUTE);
    expect(await message(sid)).toMatchObject({ status: "failed", error: "PROVIDER_UNAVAILABLE" });
    expect(carrier.messages).toHaveLength(0);
  });

  it("holds up the whole sender for as long as Retry-After says, and no other sender", async () => {
    const { service, clock, carrier } = createWorld({ senders: [SENDER, SECOND] });
    carrier.outcome({ match: { from: SENDER }, throttle: 30, times: 1 });
    const start = clock.now();
    await service.send({ to: PHONE, from: SENDER, body: "1" });
    await clock.advance(SECOND_MS);
    await service.send({ to: "+14155550124", from: SENDER, body: "2" });
    await service.send({ to: "+14155550125", from: SECOND, body: "3" });
    await clock.advance(5 * SECOND_MS);
    expect(carrier.messages.map(({ body }) => body)).toEqual(["3"]);
    await clock.advance(MINUTE);
    const late = carrier.messages.filter(({ from }) => from === SENDER);
    expect(late.map(({ body }) => body).sort()).toEqual(["1", "2"]);
    for (const { dateCreated } of late)
      expect(dateCreated.getTime() - start).toBeGreaterThanOrEqual(30 * SECOND_MS);
  });
});

describe("what may have left", () => {
  it("is not sent again, and fails with its own code after 15 minutes", async () => {
    const { service, clock, carrier, message } = createWorld();
    carrier.outcome({ serverError: 503 });
    const { sid } = await service.send({ to: PHONE, body: "Hello" });
    await clock.advance(14 * MINUTE);
    expect(await message(sid)).toMatchObject({ status: "sending", ambiguous: true });
    await clock.advance(2 * MINUTE);
    expect(await message(sid)).toMatchObject({
      status: "failed",
      ambiguous: false,
      error: "AMBIGUOUS",
      attempts: [{ outcome: "ambiguous" }],
    });
  });

  it("is resolved by a receipt", async () => {
    const { service, clock, carrier, message } = createWorld();
    carrier.outcome({ reset: true, accepted: true });
    const { sid } = await service.send({ to: PHONE, body: "Hello" });
    await clock.advance(20 * MINUTE);
    expect(await message(sid)).toMatchObject({
      status: "delivered",
      ambiguous: false,
      providerSid: carrier.messages[0]?.sid,
    });
    expect(carrier.messages).toHaveLength(1);
  });

  it('is sent again with onAmbiguous "resend"', async () => {
    const { service, clock, carrier, message } = createWorld({ onAmbiguous: "resend" });
    carrier.outcome({ reset: true, times: 1 });
    const { sid } = await service.send({ to: PHONE, body: "Hello" });
    await clock.advance(20 * MINUTE);
    expect((await message(sid)).attempts.map(({ outcome }) => outcome)).toEqual(["ambiguous", "accepted"]);
    expect(carrier.handset(PHONE).inbox).toHaveLength(1);
  });

  it("includes a provider that throws", async () => {
    const { service, clock, message } = createWorld({
      wrap: (provider) => ({
        ...provider,
        send() {
          throw new TypeError("broken");
        },
      }),
    });
    const { sid } = await service.send({ to: PHONE, body: "Hello" });
    await clock.advance(20 * MINUTE);
    expect(await message(sid)).toMatchObject({ status: "failed", error: "AMBIGUOUS" });
  });
});

describe("what is no result of a hand-over", () => {
  it.each([undefined, null, "ok", {}, { outcome: "sent" }, { outcome: "accepted" }])(
    "as %j is ambiguous, and nothing is handed over twice",
    async (said) => {
      let handed = 0;
      const { service, clock, message } = createWorld({
        wrap: (provider) => ({
          ...provider,
          async send() {
            handed += 1;
            return said as never;
          },
        }),
      });
      const { sid } = await service.send({ to: PHONE, body: "Hello" });
      await clock.advance(MINUTE);
      expect(await message(sid)).toMatchObject({ status: "sending", ambiguous: true });
      await clock.advance(20 * MINUTE);
      expect(await message(sid)).toMatchObject({ status: "failed", error: "AMBIGUOUS" });
      expect(handed).toBe(1);
    },
  );

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -5])(
    "a wait of %d ms holds no lane for ever",
    async (retryAfterMs) => {
      let refusals = 1;
      const { service, clock, message } = createWorld({
        wrap: (provider) => ({
          ...provider,
          async send(handed) {
            if (refusals-- <= 0) return provider.send(handed);
            return { outcome: "not-sent", errorCode: null, errorMessage: "later", retryAfterMs };
          },
        }),
      });
      const { sid } = await service.send({ to: PHONE, body: "Hello" });
      await clock.advance(MINUTE);
      expect((await message(sid)).status).toBe("delivered");
    },
  );

  it("a refusal without a reason is one all the same", async () => {
    const { service, clock, message } = createWorld({
      wrap: (provider) => ({ ...provider, send: async () => ({ outcome: "refused" }) as never }),
    });
    const { sid } = await service.send({ to: PHONE, body: "Hello" });
    await clock.advance(MINUTE);
    expect(await message(sid)).toMatchObject({
      status: "failed",
      errorCode: null,
      error: "PROVIDER_REFUSED",
    });
    expect((await message(sid)).errorMessage).toMatch(/no reason/);
  });
});

describe("a refusal", () => {
  it("of the message is final, with the provider's number and words", async () => {
    const { service, clock, carrier, message } = createWorld({ senders: [SENDER, SECOND] });
    carrier.outcome({ refuse: 21614 });
    const { sid } = await service.send({ to: PHONE, body: "Hello" });
    await clock.advance(MINUTE);
    const end = await message(sid);
    expect(end).toMatchObject({ status: "failed", errorCode: 21614, error: "PROVIDER_REFUSED" });
    expect(end.attempts).toHaveLength(1);
  });

  it("that means the sender goes to another one, which is then kept", async () => {
    const { service, clock, carrier, message } = createWorld({ senders: [SENDER, SECOND] });
    carrier.outcome({ match: { from: SENDER }, refuse: 21612 });
    const first = await service.send({ to: PHONE, body: "Hello" });
    expect(first.from).toBe(SENDER);
    expect(await service.sticky.get(PHONE)).toMatchObject({ sender: SENDER });
    await clock.advance(MINUTE);
    const end = await message(first.sid);
    expect(end).toMatchObject({ status: "delivered", from: SECOND });
    expect(end.attempts.map(({ from, outcome }) => [from, outcome])).toEqual([
      [SENDER, "refused"],
      [SECOND, "accepted"],
    ]);
    expect(await service.sticky.get(PHONE)).toMatchObject({ sender: SECOND });
    expect((await service.send({ to: PHONE, body: "Again" })).from).toBe(SECOND);
  });

  it("by every sender fails, and leaves no mapping behind", async () => {
    const { service, clock, carrier, message } = createWorld({ senders: [SENDER, SECOND] });
    carrier.outcome({ refuse: 21612 });
    const { sid } = await service.send({ to: PHONE, body: "Hello" });
    await clock.advance(MINUTE);
    const end = await message(sid);
    expect(end).toMatchObject({ status: "failed", errorCode: 21612 });
    expect(end.attempts).toHaveLength(2);
    expect(await service.sticky.get(PHONE)).toBeUndefined();
  });

  it("of the sender that was asked for is not sent from another", async () => {
    const { service, clock, carrier, message } = createWorld({ senders: [SENDER, SECOND] });
    carrier.outcome({ match: { from: SENDER }, refuse: 21612 });
    const { sid } = await service.send({ to: PHONE, from: SENDER, body: "Hello" });
    await clock.advance(MINUTE);
    expect(await message(sid)).toMatchObject({ status: "failed", from: SENDER });
    expect(carrier.messages).toHaveLength(0);
  });

  it("because the recipient opted out is written to the ledger", async () => {
    const { service, clock, carrier, message } = createWorld();
    carrier.outcome({ refuse: 21610 });
    const { sid } = await service.send({ to: PHONE, body: "Hello" });
    await clock.advance(MINUTE);
    expect(await message(sid)).toMatchObject({ status: "failed", errorCode: 21610, error: "OPTED_OUT" });
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out", source: "provider" });
    await expect(service.send({ to: PHONE, body: "Again" })).rejects.toMatchObject({ code: "OPTED_OUT" });
    const feed = await collect(service.changes({ follow: false }));
    expect(feed.map(({ type }) => type)).toEqual(["opt-out", "status"]);
  });

  it("ends the message when the recipient opted out during the hand-over", async () => {
    const { service, clock, carrier, message } = createWorld({ senders: [SENDER, SECOND] });
    carrier.outcome({ match: { from: SENDER }, refuse: 21612, latencyMs: 5_000 });
    const { sid } = await service.send({ to: PHONE, body: "Hello" });
    await clock.advance(SECOND_MS);
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await clock.advance(MINUTE);
    expect(await message(sid)).toMatchObject({ status: "failed", error: "OPTED_OUT", errorCode: 21610 });
    expect(carrier.messages.filter(({ via }) => via === "provider")).toHaveLength(0);
  });

  it("by RCS falls back to a text", async () => {
    const { service, clock, carrier, message } = createWorld({ senders: [SENDER, "rcs:acme_agent"] });
    carrier.handset(PHONE, { rcs: true });
    carrier.outcome({ match: { from: "rcs:acme_agent" }, refuse: 63036 });
    const { sid } = await service.send({ to: PHONE, body: "Hello" });
    await clock.advance(MINUTE);
    const end = await message(sid);
    expect(end).toMatchObject({ status: "delivered", kind: "SMS", from: SENDER });
    expect(end.attempts.map(({ from }) => from)).toEqual(["rcs:acme_agent", SENDER]);
  });
});

describe("consent", () => {
  it("is asked again when the message leaves", async () => {
    const { service, clock, carrier, message } = createWorld({
      senders: [{ phoneNumber: SENDER, throughput: 0.1 }],
    });
    const sids: string[] = [];
    for (let n = 0; n < 3; n++) sids.push((await service.send({ to: PHONE, body: `${n}` })).sid);
    await clock.advance(SECOND_MS);
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await clock.advance(MINUTE);
    const ends = await Promise.all(sids.map(message));
    expect(ends.map(({ error }) => error)).toEqual([null, "OPTED_OUT", "OPTED_OUT"]);
  });
});

describe("a pace", () => {
  it("is the sender's own: units per second, segments for texts", async () => {
    const { service, clock, carrier } = createWorld({
      senders: [
        { phoneNumber: SENDER, throughput: 2 },
        { phoneNumber: SECOND, throughput: 10 },
      ],
    });
    const start = clock.now();
    for (let n = 0; n < 6; n++) {
      await service.send({ to: PHONE, from: SENDER, body: "x" });
      await service.send({ to: PHONE, from: SECOND, body: "y" });
    }
    await clock.advance(10 * SECOND_MS);
    const took = (body: string): number =>
      Math.max(
        ...carrier.messages.filter((each) => each.body === body).map((each) => each.dateCreated.getTime()),
      ) - start;
    expect(took("x")).toBeGreaterThanOrEqual(2_400);
    expect(took("x")).toBeLessThanOrEqual(2_600);
    expect(took("y")).toBeLessThanOrEqual(600);
  });
});
