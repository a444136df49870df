import { memoryStore, type ProviderResult, systemClock } from "@messaging-service/core";
import { twilio } from "@messaging-service/providers/twilio";
import { createCarrier, createVirtualClock, type VirtualClock } from "@messaging-service/simulator";
import { describe, expect, it, onTestFinished } from "vitest";
import { createTap } from "../../support/tapped.ts";
import { createWorld, PHONE, SENDER, type World } from "../../support/world.ts";

const SECOND_MS = 1_000;
const MINUTE = 60_000;

/** A service whose provider answers so that many times. */
function createTroubled(answer: ProviderResult, times = Number.POSITIVE_INFINITY): World {
  const clock = createVirtualClock();
  let left = times;
  const tap = createTap(clock, () => (left-- > 0 ? answer : undefined));
  return createWorld({ clock, wrap: tap.wrap, senders: [{ phoneNumber: SENDER, throughput: 100 }] });
}

async function sendMany({ service, clock }: World, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await service.send({ to: PHONE, body: "x" });
  await clock.advance(SECOND_MS);
}

const unreachable: ProviderResult = {
  outcome: "not-sent",
  errorCode: null,
  errorMessage: "Twilio could not be reached (ECONNREFUSED).",
};
const limited: ProviderResult = {
  outcome: "not-sent",
  errorCode: 20429,
  errorMessage: "Too many requests",
  retryAfterMs: 1_000,
};
const open: ProviderResult = { outcome: "ambiguous", errorCode: null, errorMessage: "HTTP 503." };

describe("a provider", () => {
  it("that refuses the credentials is an alert at once, with its number", async () => {
    const world = createTroubled({ outcome: "refused", errorCode: 20003, errorMessage: "Authenticate" });
    await sendMany(world, 2);
    expect(await world.service.alerts.list()).toMatchObject([
      {
        code: "PROVIDER_AUTH_REFUSED",
        errorCode: 20003,
        level: "ERROR",
        subject: "simulator",
        resourceSid: expect.stringMatching(/^SM/),
        message: expect.stringContaining("Authenticate"),
        count: 2,
      },
    ]);
  });

  it("that refuses the credentials over HTTP is one as well", async () => {
    const real = { ...systemClock, advance: async () => undefined } as unknown as VirtualClock;
    const carrier = createCarrier();
    const { url } = await carrier.listen();
    onTestFinished(() => carrier.close());
    const { accountSid } = carrier;
    const { service } = createWorld({
      clock: real,
      store: memoryStore(),
      provider: twilio({ accountSid, authToken: "not the token", baseUrl: url }),
    });
    await service.send({ to: PHONE, body: "x" });
    await expect
      .poll(() => service.alerts.list({ code: "PROVIDER_AUTH_REFUSED" }), { timeout: 10_000 })
      .toMatchObject([{ errorCode: 20003, subject: "twilio" }]);
    expect(JSON.stringify(await service.alerts.list())).not.toContain("not the token");
  });

  it("that refuses a message is none: that is the message's own failure", async () => {
    const world = createTroubled({ outcome: "refused", errorCode: 21614, errorMessage: "no mobile" });
    await sendMany(world, 10);
    expect(await world.service.alerts.list()).toEqual([]);
  });

  it.each([
    ["cannot be reached", unreachable, "PROVIDER_UNAVAILABLE", 30500],
    ["answers 429", limited, "PROVIDER_RATE_LIMITED", 20429],
    ["leaves open what became of it (5xx, reset, no answer)", open, "PROVIDER_AMBIGUOUS", 30410],
  ])("that %s again and again is an alert", async (_, answer, code, errorCode) => {
    const world = createTroubled(answer, 5);
    await sendMany(world, 5);
    await world.clock.advance(2 * MINUTE);
    expect(await world.service.alerts.list()).toMatchObject([
      { code, errorCode, subject: "simulator", message: expect.stringContaining(answer.errorMessage ?? "") },
    ]);
  });

  it.each([
    ["cannot be reached", unreachable],
    ["answers 429", limited],
    ["leaves open what became of it", open],
  ])("that %s a few times is none: one hiccup is no alarm", async (_, answer) => {
    const world = createTroubled(answer, 4);
    await sendMany(world, 4);
    await world.clock.advance(2 * MINUTE);
    expect(await world.service.alerts.list()).toEqual([]);
  });

  it("that fails now and then, once a minute, is none", async () => {
    const world = createTroubled(open, 8);
    for (let n = 0; n < 8; n++) {
      await sendMany(world, 1);
      await world.clock.advance(61 * SECOND_MS);
    }
    expect(await world.service.alerts.list()).toEqual([]);
  });
});

describe("a process that ends in the middle of a hand-over", () => {
  it("leaves an alert for each message of which nobody knows whether it left", async () => {
    const clock = createVirtualClock();
    const store = memoryStore({ clock });
    const first = createWorld({ clock, store });
    first.carrier.outcome({ hang: true });
    const { sid } = await first.service.send({ to: PHONE, body: "x" });
    await clock.advance(SECOND_MS);
    const closing = first.service.close({ timeoutMs: 0 });
    await clock.advance(10 * SECOND_MS);
    await closing;
    const second = createWorld({ clock, store });
    await second.service.ready();
    expect(await second.service.alerts.list({ code: "AMBIGUOUS_HAND_OVER" })).toMatchObject([
      { subject: sid, resourceSid: sid, errorCode: 30410, count: 1 },
    ]);
  });
});
