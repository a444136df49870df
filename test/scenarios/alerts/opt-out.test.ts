import { createVirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SENDER, type World } from "../../support/world.ts";

const MINUTE = 60_000;
const HOUR = 3_600_000;

/** Messages to that many people, of whom some opt out. */
async function campaign(
  { service, carrier, clock }: World,
  people: number,
  stops: number,
  first = 2_000,
): Promise<void> {
  const numbers = Array.from({ length: people }, (_, n) => `+1415555${first + n}`);
  for (const to of numbers) await service.send({ to, body: "x" });
  await clock.advance(MINUTE);
  for (const from of numbers.slice(0, stops)) await carrier.handset(from).text(SENDER, "STOP");
}

const quiet = { refreshMs: 3_600_000, heartbeatMs: 600_000 };

describe("a STOP that comes late", () => {
  /** Its webhook arrives `age` ms after it was sent. */
  function createLate(age: number): World {
    const world: World = createWorld({
      wrap: (provider) => ({
        ...provider,
        webhook: {
          ...provider.webhook,
          parseInbound: (request) =>
            provider.webhook
              .parseInbound(request)
              .map((event) => ({ ...event, receivedAt: world.clock.now() - age })),
        },
      }),
    });
    return world;
  }

  it("after five minutes binds without a confirmation, and is an alert of its sender", async () => {
    const { service, carrier } = createLate(6 * MINUTE);
    expect((await carrier.handset(PHONE).text(SENDER, "STOP")).replies).toEqual([]);
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
    expect(await service.alerts.list()).toMatchObject([
      {
        code: "KEYWORD_REPLY_LATE",
        level: "WARNING",
        subject: SENDER,
        resourceSid: expect.stringMatching(/^SM/),
        message: expect.stringContaining("6 minutes old"),
      },
    ]);
  });

  it("within five minutes is confirmed, and is none", async () => {
    const { service, carrier } = createLate(4 * MINUTE);
    expect((await carrier.handset(PHONE).text(SENDER, "STOP")).replies).toHaveLength(1);
    expect(await service.alerts.list()).toEqual([]);
  });
});

describe("the rate of opt-outs", () => {
  it("above 5 % of a day's messages is an alert, with the numbers", async () => {
    const world = createWorld(quiet);
    await campaign(world, 40, 3);
    await world.clock.advance(HOUR);
    expect(await world.service.alerts.list()).toMatchObject([
      {
        code: "HIGH_OPT_OUT_RATE",
        level: "WARNING",
        details: { optOuts: 3, messages: 40, rate: 0.075 },
        message: expect.stringContaining("7.5 %"),
      },
    ]);
  });

  it.each([
    [0.1, []],
    [0.05, ["HIGH_OPT_OUT_RATE"]],
    [false, []],
  ] as const)("is compared with optOutRateAlert: %j", async (optOutRateAlert, codes) => {
    const world = createWorld({ ...quiet, optOutRateAlert });
    await campaign(world, 40, 3);
    await world.clock.advance(HOUR);
    expect((await world.service.alerts.list()).map(({ code }) => code)).toEqual(codes);
  });

  it("says nothing of fewer than 20 messages", async () => {
    const world = createWorld(quiet);
    await campaign(world, 19, 19);
    await world.clock.advance(HOUR);
    expect(await world.service.alerts.list()).toEqual([]);
  });

  it.each([
    ["stays too high while it is above four fifths of the limit: 3 of 65 are 4.6 %", 25, 2],
    ["is over below them: 3 of 85 are 3.5 %", 45, 1],
  ])("%s", async (_, more, days) => {
    const world = createWorld({ ...quiet, clock: createVirtualClock(Date.UTC(2026, 0, 1, 20)) });
    await campaign(world, 40, 3);
    await world.clock.advance(HOUR + MINUTE);
    await campaign(world, more, 0, 3_000);
    await world.clock.advance(4 * HOUR);
    expect(await world.service.alerts.list({ code: "HIGH_OPT_OUT_RATE" })).toHaveLength(days);
  });

  it.each([0, -1, 1.5, "5 %", Number.NaN])("refuses %j for a limit", (optOutRateAlert) => {
    expect(() => createWorld({ optOutRateAlert: optOutRateAlert as number })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
  });
});
