import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SECOND, SENDER } from "../../support/world.ts";

const TOLL_FREE = ["+18005550199", "+18885550116"];

describe("more than one toll-free number in the pool", () => {
  it("is an alert of the pool, which blocks nothing", async () => {
    const { service, clock, message } = createWorld({ senders: TOLL_FREE });
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await service.send({ to: "+12125550123", body: "x" });
    expect(await service.alerts.list()).toMatchObject([
      { code: "MULTIPLE_TOLL_FREE", level: "WARNING", errorCode: null, subject: "", count: 2 },
    ]);
    await clock.advance(5_000);
    expect((await message(sid)).status).toBe("delivered");
  });

  it("is found by doctor() under the same code, before anything is sent", async () => {
    const { service } = createWorld({ senders: TOLL_FREE });
    expect(await service.doctor()).toContainEqual({
      level: "warn",
      code: "MULTIPLE_TOLL_FREE",
      message: expect.stringContaining("toll-free") as string,
    });
    const one = createWorld({ senders: TOLL_FREE.slice(1) });
    expect((await one.service.doctor()).map(({ code }) => code)).not.toContain("MULTIPLE_TOLL_FREE");
  });
});

describe("a sender that will not be recognised", () => {
  it("is an alert: a sender ID where handsets show another sender, a foreign number in the US", async () => {
    const { service } = createWorld({ senders: [{ senderId: "ACME" }, "+447911123456"] });
    await service.send({ to: "+5491123456789", body: "x" }); // Argentina
    await service.send({ to: PHONE, body: "x" });
    const alerts = (await service.alerts.list()).map(({ code, subject }) => `${code} ${subject}`);
    expect(alerts.toSorted()).toEqual(["FOREIGN_SENDER +447911123456 US", "SENDER_ID_OVERWRITTEN ACME AR"]);
  });
});

describe("a lane that is 80 % full", () => {
  /** Ten hours of it are 36 segments. */
  const slow = { phoneNumber: SENDER, throughput: 0.001 };

  it("is an alert of the lane, not of its messages, and refuses none of them", async () => {
    const { service } = createWorld({ senders: [slow] });
    const told: unknown[] = [];
    service.on("alert", ({ code, subject, details }) => told.push({ code, subject, ...details }));
    // The first leaves at once.
    for (let n = 0; n < 29; n++) await service.send({ to: PHONE, body: "x" });
    expect(told).toEqual([]);
    for (let n = 0; n < 6; n++) expect((await service.send({ to: PHONE, body: "x" })).status).toBe("queued");
    expect(told).toEqual([
      { code: "LANE_NEARLY_FULL", subject: SENDER, sender: SENDER, kind: "SMS", waiting: 29, capacity: 36 },
    ]);
    expect(await service.alerts.list()).toMatchObject([
      { message: expect.stringContaining("80 % full"), count: 1 },
    ]);
  });

  it("counts segments, and each lane for itself", async () => {
    const { service } = createWorld({ senders: [slow, { phoneNumber: SECOND, throughput: 0.001 }] });
    await service.send({ to: PHONE, from: SENDER, body: "x" });
    for (let n = 0; n < 6; n++) await service.send({ to: PHONE, from: SENDER, body: "é".repeat(700) });
    for (let n = 0; n < 10; n++) await service.send({ to: PHONE, from: SECOND, body: "x" });
    expect(await service.alerts.list()).toMatchObject([{ code: "LANE_NEARLY_FULL", subject: SENDER }]);
  });

  it("is told again after it has been half empty", async () => {
    const { service, clock } = createWorld({ senders: [slow], refreshMs: 3_600_000, heartbeatMs: 600_000 });
    const fill = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) await service.send({ to: PHONE, body: "x" });
    };
    const count = async (): Promise<number | undefined> => (await service.alerts.list())[0]?.count;
    await fill(32);
    expect(await count()).toBe(1);
    await clock.advance(5_000_000);
    await fill(5);
    expect(await count(), "it never was half empty").toBe(1);
    await clock.advance(16_000_000);
    await fill(1);
    await clock.advance(1_000_000);
    await fill(16);
    expect(await count()).toBe(2);
  });
});
