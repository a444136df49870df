import { memoryStore } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SENDER } from "../support/world.ts";

describe("service.update", () => {
  it("holds at once, for what it names alone", async () => {
    const { service } = createWorld({ validityPeriod: 100 });
    expect(await service.update({ smartEncoding: false })).toMatchObject({
      smartEncoding: false,
      validityPeriod: 100,
    });
    expect(await service.send({ to: PHONE, body: "“x”" })).toMatchObject({
      encoding: "UCS-2",
      validityPeriod: 100,
    });
    expect(Object.isFrozen(service.settings)).toBe(true);
  });

  it("outlives the process, over what code says", async () => {
    const store = memoryStore();
    await createWorld({ store }).service.update({ validityPeriod: 60 });
    const second = createWorld({ store, validityPeriod: 100 });
    await second.service.ready();
    expect(second.service.settings.validityPeriod).toBe(60);
  });

  it("of two processes loses nothing when they name different settings at once", async () => {
    const store = memoryStore();
    const first = createWorld({ store });
    const second = createWorld({ store, clock: first.clock });
    await Promise.all([
      first.service.update({ validityPeriod: 60 }),
      second.service.update({ stickySender: false }),
    ]);
    await first.clock.advance(5_000);
    for (const { service } of [first, second])
      expect(service.settings).toMatchObject({ validityPeriod: 60, stickySender: false });
  });

  it("refuses what a setting does not allow, and changes nothing", async () => {
    const { service } = createWorld();
    for (const change of [
      { validityPeriod: 0 },
      { validityPeriod: 36_001, stickySender: false },
      { inboundHandling: "nowhere" as "drop" },
      { webhook: { url: "not a url" } },
      { statusCallback: "ftp://example.com" },
      { optOut: { brand: 5 as unknown as string } },
    ])
      await expect(service.update(change)).rejects.toMatchObject({
        code: expect.stringMatching(/INVALID_OPTION|INVALID_KEYWORD/) as string,
      });
    await expect(service.update(undefined as never)).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await expect(service.update({ publicUrl: "https://example.com" } as object)).rejects.toMatchObject({
      code: "UNKNOWN_OPTION",
      message: expect.stringMatching(/^"publicUrl" is no setting but an option/) as string,
    });
    await expect(service.update({ validtyPeriod: 5 } as object)).rejects.toMatchObject({
      code: "UNKNOWN_OPTION",
      message: expect.stringContaining('"validityPeriod"') as string,
    });
    expect(service.settings).toMatchObject({ validityPeriod: 36_000, stickySender: true });
  });

  it("replaces a function by a URL, and a URL by a function", async () => {
    const { service } = createWorld();
    const webhook = (): void => {};
    await service.update({ webhook });
    expect(service.settings.webhook).toBe(webhook);
    await service.update({ webhook: { url: "https://example.com/sms" } });
    expect(service.settings.webhook).toEqual({ url: "https://example.com/sms" });
    await service.update({ webhook });
    expect(service.settings.webhook).toBe(webhook);
  });

  it("changes the keywords too", async () => {
    const { service, carrier } = createWorld();
    await service.update({ optOut: { brand: "Globex", keywords: { stop: ["BASTA"] } } });
    const result = await carrier.handset(PHONE).text(SENDER, "basta");
    expect(result.replies[0]?.body).toContain("Globex");
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
  });
});
