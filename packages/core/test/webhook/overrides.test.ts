import { describe, expect, it } from "vitest";
import { parseOverrides } from "../../src/webhook/overrides.ts";

const DEFAULTS = {
  url: "https://example.com/hook",
  retryCount: 1,
  retryOn: new Set(["ct"]),
  connectTimeoutMs: 5_000,
  readTimeoutMs: 15_000,
  totalTimeoutMs: 15_000,
};

describe("parseOverrides", () => {
  it("answers Twilio's defaults for a URL without a fragment", () => {
    expect(parseOverrides("https://example.com/hook")).toEqual(DEFAULTS);
  });

  it("reads every override and strips the fragment", () => {
    expect(
      parseOverrides("https://example.com/a?b=1#rc=3&rp=4xx,rt&ct=200&rt=300&tt=400&e=dublin&sni=y"),
    ).toEqual({
      url: "https://example.com/a?b=1",
      retryCount: 3,
      retryOn: new Set(["4xx", "rt"]),
      connectTimeoutMs: 200,
      readTimeoutMs: 300,
      totalTimeoutMs: 400,
    });
  });

  it.each(["all", "5xx,all", "ALL", "4xx, 5xx, ct, rt"])("retries on everything with rp=%s", (policy) => {
    expect(parseOverrides(`https://a.example/#rp=${policy}`).retryOn).toEqual(
      new Set(["4xx", "5xx", "ct", "rt"]),
    );
  });

  it("takes rc=0 at its word", () => {
    expect(parseOverrides("https://a.example/#rc=0").retryCount).toBe(0);
  });

  it.each([
    ["rc=9", { retryCount: 5 }],
    ["rc=-1", { retryCount: 0 }],
    ["ct=1", { connectTimeoutMs: 100 }],
    ["ct=99999", { connectTimeoutMs: 10_000 }],
    ["rt=0", { readTimeoutMs: 100 }],
    ["rt=99999", { readTimeoutMs: 15_000 }],
    ["tt=16000", { totalTimeoutMs: 15_000 }],
  ])("moves #%s to the nearest bound", (fragment, expected) => {
    expect(parseOverrides(`https://example.com/hook#${fragment}`)).toEqual({ ...DEFAULTS, ...expected });
  });

  it.each([
    "rc=two",
    "rc=",
    "ct=1e3",
    "rt=1.5",
    "tt=0x10",
    "rp=",
    "rp=6xx",
    "section-2",
    "rc",
    "=&&=",
    "%zz",
  ])("answers the defaults for #%s", (fragment) => {
    expect(parseOverrides(`https://example.com/hook#${fragment}`)).toEqual(DEFAULTS);
  });
});
