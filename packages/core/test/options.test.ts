import { describe, expect, it, vi } from "vitest";
import { silentLogger } from "../src/logger.ts";
import { type MessagingServiceOptions, resolveOptions } from "../src/options.ts";
import { createMessagingService } from "../src/service.ts";
import { memoryStore } from "../src/store/memory.ts";
import { createTestProvider } from "./support/provider.ts";

const provider = createTestProvider();
const real = createTestProvider({ simulated: false });
const base: MessagingServiceOptions = { provider, logger: silentLogger };
const refusal = (change: object): unknown => {
  try {
    createMessagingService({ ...base, ...change } as MessagingServiceOptions);
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("options", () => {
  it("complete themselves, and are frozen", () => {
    const options = resolveOptions({ provider });
    expect(options).toMatchObject({
      name: "default",
      friendlyName: "default",
      path: "/messaging",
      senders: [],
      store: "memory",
      storeTimeoutMs: 2_000,
      refreshMs: 2_000,
      poolLimit: 400,
    });
    expect(options.sid).toMatch(/^MG[0-9a-f]{32}$/);
    expect(Object.isFrozen(options)).toBe(true);
  });

  it("give the same SID for the same account and name, and another for another name", () => {
    const sid = (name: string): string => resolveOptions({ provider, name }).sid;
    expect(sid("a")).toBe(sid("a"));
    expect(sid("a")).not.toBe(sid("b"));
  });

  it("take the provider's account and token unless told otherwise", () => {
    const accountSid = `AC${"1".repeat(32)}`;
    const own = createTestProvider({ accountSid, signingToken: "t" });
    expect(resolveOptions({ provider: own })).toMatchObject({ accountSid, authToken: "t" });
    expect(resolveOptions({ provider: own, authToken: "u" }).authToken).toBe("u");
  });

  it.each([
    ["name", ""],
    ["name", "x".repeat(65)],
    ["name", 5],
    ["friendlyName", ""],
    ["sid", "MG1"],
    ["accountSid", `MG${"1".repeat(32)}`],
    ["provider", undefined],
    ["provider", {}],
    ["provider", []],
    ["provider", [provider, provider]],
    ["provider", { name: "x", simulated: true, send() {}, webhook: { verify() {} } }],
    ["senders", "+14155550100"],
    ["senders", { 0: "+14155550100" }],
    ["store", "redis"],
    ["store", {}],
    ["store", new Map()],
    ["store", { get() {}, set() {}, delete() {} }],
    ["storeTimeoutMs", 0],
    ["storeTimeoutMs", "2000"],
    ["publicUrl", "example.com"],
    ["publicUrl", "ftp://example.com"],
    ["publicUrl", "https://example.com//"],
    ["publicUrl", "https://example.com/app//api"],
    ["publicUrl", "https://example.com/app?x=1"],
    ["publicUrl", "https://example.com/äpp"],
    ["publicUrl", "https://example.com/messaging"],
    ["publicUrl", "https://example.com/app/messaging/"],
    ["publicUrl", 7],
    ["publicUrl", "https://example.com?x=1"],
    ["publicUrl", "https://example.com?"],
    ["publicUrl", "https://example.com/#"],
    ["publicUrl", "https://example.com\n"],
    ["publicUrl", " https://example.com"],
    ["linkUrl", "https://go.example.com?"],
    ["allowPrivateHosts", ["10.0.0.0/99"]],
    ["path", "messaging"],
    ["path", "/messaging/"],
    ["path", "/mess aging"],
    ["path", "/nächste"],
    ["path", "/api/../sms"],
    ["path", ""],
    ["authToken", ""],
    ["allowPrivateHosts", "10.0.0.0/8"],
    ["allowPrivateHosts", [5]],
    ["defaultCountry", "us"],
    ["defaultCountry", "USA"],
    ["defaultCountry", "UK"],
    ["defaultCountry", "ZZ"],
    ["lookupCarrier", "carrier"],
    ["maxBodyBytes", 0],
    ["bodyTimeoutMs", -1],
    ["maxBacklog", 0],
    ["poolLimit", 1.5],
    ["refreshMs", 1],
    ["logger", {}],
    ["logger", console.log],
    ["clock", Date],
    ["queue", {}],
    ["queue", { start() {}, add() {}, remove() {}, close() {} }],
    ["queue", () => undefined],
    ["queue", async () => ({})],
    ["webhook", "https://example.com"],
    ["webhook", { url: "/sms" }],
    ["webhook", { url: "https://example.com", method: "PUT" }],
    ["webhook", { url: "https://example.com", methd: "GET" }],
    ["webhook", { url: "https://example.com", fallbackUrl: "x" }],
    ["inboundHandling", "ignore"],
    ["inboundHandling", "conversations"],
    ["conversations", []],
    ["conversations", { closeAfter: 59 }],
    ["conversations", { inactiveAfter: "1h" }],
    ["conversations", { webhook: "/conversations" }],
    ["conversations", { webhook: { url: "https://example.com", filters: ["onMessageAdd"] } }],
    ["conversations", { preWebhook: { url: "https://example.com", filters: ["onMessageAdded"] } }],
    ["conversations", { onMessageAdded: "https://example.com" }],
    ["respondWithin", 0],
    ["stickySender", "yes"],
    ["stickyIdleDays", 0],
    ["areaCodeGeomatch", 1],
    ["smartEncoding", null],
    ["mmsConverter", "false"],
    ["preRegistrationAlert", 0],
    ["validityPeriod", 36_001],
    ["validityPeriod", 1.5],
    ["validityPeriod", 10n],
    ["statusCallback", "example.com/status"],
    ["retention", 0],
    ["onAmbiguous", "ignore"],
    ["optOut", "none"],
  ] as const)("refuse %s: %o, naming the option and what it takes", (name, value) => {
    expect(refusal({ [name]: value })).toMatchObject({
      name: "MessagingError",
      code: "INVALID_OPTION",
      message: expect.stringContaining(name) as string,
      help: expect.any(String) as string,
    });
  });

  it.each([
    ["sender", "senders"],
    ["publicURL", "publicUrl"],
    ["stickysender", "stickySender"],
  ])("refuse the unknown %s, naming %s", (name, near) => {
    expect(refusal({ [name]: true })).toMatchObject({
      code: "UNKNOWN_OPTION",
      message: expect.stringContaining(`"${near}"`) as string,
    });
  });

  it.each([undefined, null, "x", 5])("refuse %o instead of an object", (value) => {
    expect(() => createMessagingService(value as never)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
  });
});

describe("a store", () => {
  it("must be named with a real provider", () => {
    expect(refusal({ provider: real })).toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringMatching(/store.*Keyv.*"memory"/s) as string,
    });
    expect(refusal({ provider: [provider, { ...real, name: "real" }] })).toMatchObject({
      code: "INVALID_OPTION",
    });
  });

  it('in memory is warned of with a real provider: "memory" loses opt-outs', async () => {
    const warn = vi.fn();
    const logger = { ...silentLogger, warn };
    for (const store of ["memory" as const, memoryStore()]) {
      await createMessagingService({ provider: real, store, logger }).ready();
      expect(warn).toHaveBeenCalledWith(expect.stringContaining("opt-outs"), { store: "memory" });
      warn.mockClear();
    }
    await createMessagingService({ provider, logger }).ready();
    expect(warn).not.toHaveBeenCalled();
  });
});

describe("the senders", () => {
  it.each([
    ["malformed", ["+1415"], "INVALID_SENDER"],
    ["nothing", [""], "INVALID_SENDER"],
    ["no sender at all", [null], "INVALID_SENDER"],
    ["a number instead of its text", [14155550100], "INVALID_SENDER"],
    ["too long for a sender ID", ["ACMEACMEACME"], "INVALID_SENDER"],
    ["a short code without its country", ["12345"], "INVALID_SENDER"],
    ["a short code in the wrong field", [{ phoneNumber: "12345" }], "INVALID_SENDER"],
    ["two things at once", [{ phoneNumber: "+14155550100", senderId: "ACME" }], "INVALID_SENDER"],
    ["of no country", [{ shortCode: "12345", country: "usa" }], "INVALID_SENDER"],
    ["without a rate", [{ phoneNumber: "+14155550100", throughput: 0 }], "INVALID_SENDER"],
    ["unable to anything", [{ phoneNumber: "+14155550100", capabilities: [] }], "INVALID_SENDER"],
    ["able to what it cannot", [{ senderId: "ACME", capabilities: ["MMS"] }], "INVALID_SENDER"],
    ["there twice", ["+14155550100", "+1 (415) 555-0100"], "DUPLICATE_SENDER"],
    ["of a provider nobody gave", [{ phoneNumber: "+14155550100", provider: "other" }], "PROVIDER_NOT_FOUND"],
    ["of a webhook that is none", [{ phoneNumber: "+14155550100", webhook: "x" }], "INVALID_SENDER"],
    ["of unknown handling", [{ phoneNumber: "+14155550100", inboundHandling: "x" }], "INVALID_SENDER"],
    ["of an unknown field", [{ phoneNumber: "+14155550100", troughput: 5 }], "INVALID_SENDER"],
  ] as const)("are refused when one is %s", (_, senders, code) => {
    expect(refusal({ senders })).toMatchObject({ code });
  });

  it("are refused beyond poolLimit", () => {
    const senders = ["+14155550100", "+14155550101", "+14155550102"];
    expect(refusal({ senders, poolLimit: 2 })).toMatchObject({ code: "SENDER_POOL_FULL" });
    expect(refusal({ senders, poolLimit: 3 })).toBeUndefined();
  });
});
