import { describe, expect, test } from "vitest";
import { defaultThroughput, resolveSender } from "../../src/planning/resolve-sender.ts";
import type { SenderInput } from "../../src/sender.ts";

const context = { defaultProvider: "twilio", membership: "m1" };

test.each<[SenderInput, object]>([
  [
    "+14155550101",
    { type: "long-code", channel: "sms", country: "US", areaCode: "415", capabilities: ["SMS", "MMS"] },
  ],
  ["+447700900104", { type: "long-code", country: "GB", areaCode: undefined, capabilities: ["SMS"] }],
  ["+18005550105", { type: "toll-free", country: "US", areaCode: undefined, capabilities: ["SMS", "MMS"] }],
  ["+61491570112", { type: "long-code", country: "AU", capabilities: ["SMS"] }],
  [
    { shortCode: "12345", country: "US" },
    { id: "12345", type: "short-code", country: "US", capabilities: ["SMS", "MMS"] },
  ],
  [
    { shortCode: "60123", country: "GB" },
    { type: "short-code", country: "GB", capabilities: ["SMS"] },
  ],
  ["ACME", { id: "ACME", type: "alphanumeric", country: undefined, capabilities: ["SMS"] }],
  [
    { senderId: "ACME", country: "FR", registered: true },
    { country: "FR", registered: true },
  ],
  [
    "whatsapp:+14155550101",
    { type: "whatsapp", channel: "whatsapp", country: "US", capabilities: ["WHATSAPP"] },
  ],
  ["rcs:acme_agent", { id: "rcs:acme_agent", type: "rcs", channel: "rcs", capabilities: ["RCS"] }],
  [
    { phoneNumber: "(415) 555-0101", provider: "telnyx" },
    { id: "+14155550101", provider: "telnyx" },
  ],
])("understands %j", (input, expected) => {
  const sender = resolveSender(input, { ...context, defaultCountry: "US" });
  expect(sender).toMatchObject({ membership: "m1", ...expected });
  expect(Object.isFrozen(sender)).toBe(true);
});

test.each<[string, SenderInput]>([
  ["a malformed sender ID", "TWELVE CHARS"],
  ["nothing", ""],
  ["a short code without a country", "12345"],
  ["a country that is none", { shortCode: "12345", country: "USA" }],
  ["a country that ISO 3166-1 calls otherwise", { shortCode: "60123", country: "UK" }],
  ["a sender ID of digits", { senderId: "12345" }],
  ["a number where a short code belongs", { shortCode: "+14155550101", country: "US" }],
  ["a capability the type cannot have", { senderId: "ACME", capabilities: ["MMS"] }],
  ["no capability at all", { phoneNumber: "+14155550101", capabilities: [] }],
  ["a toll-free number of another country", { phoneNumber: "+18005550105", country: "GB" }],
  ["a throughput of nothing", { phoneNumber: "+14155550101", throughput: 0 }],
  ["no address", {} as SenderInput],
  ["a national number without a country to read it by", "(415) 555-0101"],
  ["a number that is a bigint", 14155550101n as never],
  ["a number that is a bigint, in its field", { phoneNumber: 14155550101n as never }],
  ["a country that is no text", { phoneNumber: "+14155550101", country: Symbol("US") as never }],
  ["a provider that is no name", { phoneNumber: "+14155550101", provider: {} as never }],
  ["carriers that are no texts", { shortCode: "12345", country: "US", unsupportedCarriers: [7 as never] }],
  ["a registration neither true nor false", { senderId: "ACME", registered: "no" as never }],
])("refuses %s, by INVALID_SENDER", (_, input) => {
  expect(() => resolveSender(input, context)).toThrow(expect.objectContaining({ code: "INVALID_SENDER" }));
});

test("names the sender whose field is misspelt", () => {
  const misspelt = { phoneNumber: "+14155550101", wehbook: () => {} } as SenderInput;
  expect(() => resolveSender(misspelt, context)).toThrow(
    'Sender "+14155550101" has no field "wehbook" (did you mean "webhook"?).',
  );
});

describe("default throughput", () => {
  test.each<[SenderInput, "SMS" | "MMS" | "WHATSAPP" | "RCS", number]>([
    ["+14155550101", "SMS", 1],
    ["+14155550101", "MMS", 1],
    ["+18005550105", "SMS", 3],
    ["+447700900104", "SMS", 10],
    [{ shortCode: "12345", country: "US" }, "SMS", 100],
    ["ACME", "SMS", 10],
    ["whatsapp:+14155550101", "WHATSAPP", 80],
    [{ phoneNumber: "+14155550101", throughput: 25 }, "SMS", 25],
    [{ phoneNumber: "+14155550101", throughput: 25 }, "MMS", 1],
  ])("of %j for %s is %d a second", (input, kind, expected) => {
    expect(defaultThroughput(resolveSender(input, context), kind)).toBe(expected);
  });
});
