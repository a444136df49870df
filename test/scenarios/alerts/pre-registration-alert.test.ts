import { describe, expect, it } from "vitest";
import { createWorld, SENDER } from "../../support/world.ts";

const INDIAN = "+919812345678"; // required
const EGYPTIAN = "+201001234567"; // recommended
const FRENCH = "+33612345678"; // neither
const HOUR = 3_600_000;

/** No timers but the messages': the clock may be turned by a day. */
const quiet = { refreshMs: 3_600_000, heartbeatMs: 600_000 };

describe("Sender ID Pre-registration Alert", () => {
  it.each([
    ["required", INDIAN, "IN"],
    ["recommended", EGYPTIAN, "EG"],
  ])(
    "issues warnings when you send unregistered messaging traffic in countries where registration is %s",
    async (_, to, country) => {
      const { service } = createWorld({ senders: [{ senderId: "ACME" }] });
      await service.send({ to, body: "x" });
      expect(await service.alerts.list()).toMatchObject([
        {
          sid: expect.stringMatching(/^NO[0-9a-f]{32}$/),
          code: "PREREGISTRATION",
          errorCode: 30018,
          level: "WARNING",
          subject: `ACME ${country}`,
          details: { sender: "ACME", country },
          count: 1,
        },
      ]);
    },
  );

  it("is silent where a sender ID needs no registration, and where it is registered", async () => {
    const { service } = createWorld({
      senders: [{ senderId: "ACME" }, { senderId: "BANK", country: "IN", registered: true }],
    });
    await service.send({ to: FRENCH, body: "x" });
    expect((await service.send({ to: INDIAN, body: "x" })).from).toBe("BANK");
    expect(await service.alerts.list()).toEqual([]);
  });

  it("concerns sender IDs alone: a number is no traffic that anybody registers as one", async () => {
    const { service } = createWorld({ senders: [SENDER] });
    await service.send({ to: INDIAN, body: "x" });
    expect(await service.alerts.list({ code: "PREREGISTRATION" })).toEqual([]);
  });

  it("does not block or prevent your messages from being sent", async () => {
    const { service, carrier, clock, message } = createWorld({ senders: [{ senderId: "ACME" }] });
    const { sid } = await service.send({ to: INDIAN, body: "x" });
    await clock.advance(5_000);
    expect(await message(sid)).toMatchObject({ status: "delivered", from: "ACME", errorCode: null });
    expect(carrier.handset(INDIAN).inbox).toHaveLength(1);
  });

  it("is found in the Debugger: the list of alerts and the event", async () => {
    const { service } = createWorld({ senders: [{ senderId: "ACME" }] });
    const told: unknown[] = [];
    service.on("alert", (alert) => told.push(alert));
    await service.send({ to: INDIAN, body: "x" });
    expect(told).toEqual([...(await service.alerts.list())]);
  });

  it("comes once per sender and country a day, and counts the messages", async () => {
    const { service, clock } = createWorld({
      senders: [{ senderId: "ACME" }, { senderId: "BANK", country: "IN" }],
      ...quiet,
    });
    const told: string[] = [];
    service.on("alert", ({ subject }) => told.push(subject));
    for (let n = 0; n < 3; n++) {
      await service.send({ to: INDIAN, body: "x" });
      await service.send({ to: EGYPTIAN, body: "x" });
    }
    await service.send({ to: INDIAN, from: "ACME", body: "x" });
    expect(told).toEqual(["BANK IN", "ACME EG", "ACME IN"]);
    const counts = (await service.alerts.list()).map(({ subject, count }) => `${subject} ${count}`);
    expect(counts.toSorted()).toEqual(["ACME EG 3", "ACME IN 1", "BANK IN 3"]);
    await clock.advance(24 * HOUR);
    await service.send({ to: EGYPTIAN, body: "x" });
    expect(told).toEqual(["BANK IN", "ACME EG", "ACME IN", "ACME EG"]);
  });

  it("can be disabled and enabled", async () => {
    const { service } = createWorld({ senders: [{ senderId: "ACME" }], preRegistrationAlert: false });
    await service.send({ to: INDIAN, body: "x" });
    expect(await service.alerts.list()).toEqual([]);
    await service.update({ preRegistrationAlert: true });
    await service.send({ to: INDIAN, body: "x" });
    expect(await service.alerts.list()).toMatchObject([{ code: "PREREGISTRATION" }]);
  });

  it("is for SMS, not for WhatsApp", async () => {
    const { service } = createWorld({ senders: ["whatsapp:+14155550101", { senderId: "ACME" }] });
    await service.send({ to: `whatsapp:${INDIAN}`, contentSid: `HX${"0".repeat(32)}` });
    expect(await service.alerts.list()).toEqual([]);
  });
});
