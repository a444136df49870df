import { describe, expect, it } from "vitest";
import { checkSettingNames, isHttpUrl, resolveSettings, SETTING_NAMES } from "../src/settings.ts";

describe("settings", () => {
  it("default as the docstrings say, and are frozen", () => {
    const settings = resolveSettings({});
    expect(settings).toEqual({
      webhook: undefined,
      inboundHandling: "defer",
      respondWithin: 8_000,
      stickySender: true,
      stickyIdleDays: 365,
      areaCodeGeomatch: true,
      smartEncoding: true,
      mmsConverter: true,
      checkMedia: false,
      preRegistrationAlert: true,
      optOutRateAlert: 0.05,
      debuggerWebhook: undefined,
      validityPeriod: 36_000,
      statusCallback: undefined,
      statusCallbackSequence: false,
      retention: 2_592_000,
      onAmbiguous: "fail",
      optOut: undefined,
    });
    expect(Object.isFrozen(settings)).toBe(true);
    expect(SETTING_NAMES).toEqual(Object.keys(settings));
  });

  it("change what is named alone, and take false for a value", () => {
    const base = resolveSettings({ stickySender: true, validityPeriod: 5 });
    expect(resolveSettings({ stickySender: false, retention: undefined }, base)).toEqual({
      ...base,
      stickySender: false,
    });
  });

  it("take the edges of their ranges", () => {
    for (const validityPeriod of [1, 36_000])
      expect(resolveSettings({ validityPeriod }).validityPeriod).toBe(validityPeriod);
  });

  it("know no other names", () => {
    expect(() => checkSettingNames({ stickySender: true })).not.toThrow();
    expect(() => checkSettingNames({ senders: [] })).toThrow(
      expect.objectContaining({ code: "UNKNOWN_OPTION" }),
    );
  });
});

describe("isHttpUrl", () => {
  it.each(["http://a", "https://example.com/x?y=1#rc=2", "HTTPS://EXAMPLE.COM"])("takes %s", (url) => {
    expect(isHttpUrl(url)).toBe(true);
  });
  it.each([
    "",
    "example.com",
    "ftp://a",
    "javascript:alert(1)",
    "http://",
    5,
    null,
    `http://a/${"x".repeat(4_000)}`,
  ])("refuses %s", (url) => {
    expect(isHttpUrl(url)).toBe(false);
  });
});
