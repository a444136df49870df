import { describe, expect, it } from "vitest";
import { type Carrier, createCarrier, createVirtualClock } from "../src/index.ts";
import { PERSON, SENDER, virtualCarrier } from "./support/carrier.ts";

/** What a call in plain JavaScript, or one with a slip of the pen, is told. */
function refusal(call: (carrier: Carrier) => unknown): unknown {
  const { carrier } = virtualCarrier();
  try {
    call(carrier);
    return "taken";
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

describe("what would steer nothing", () => {
  it.each<[object, string]>([
    [{ refused: 21610 }, "UNKNOWN_OPTION"],
    [{ match: { tos: PERSON }, refuse: 21610 }, "UNKNOWN_OPTION"],
    [{ path: [{ status: "sent", after: 5 }] }, "UNKNOWN_OPTION"],
    [{ refuse: "21610" }, "INVALID_OPTION"],
    [{ match: { to: 42 } }, "INVALID_OPTION"],
    [{ match: { nth: 0 } }, "INVALID_OPTION"],
    [{ times: 0 }, "INVALID_OPTION"],
    [{ throttle: -1 }, "INVALID_OPTION"],
    [{ latencyMs: Number.NaN }, "INVALID_OPTION"],
    [{ hang: "yes" }, "INVALID_OPTION"],
    [{ path: [{}] }, "INVALID_OPTION"],
    [{ path: [{ status: "lost" }] }, "INVALID_OPTION"],
    [{ callbackOrder: "random" }, "INVALID_OPTION"],
    [{ fail: 30007, undelivered: 30003 }, "INVALID_OPTION"],
    [{ fail: 30007, path: [{ status: "delivered" }] }, "INVALID_OPTION"],
  ])("is refused as an outcome: %j", (rule, code) => {
    expect(refusal((carrier) => carrier.outcome(rule))).toBe(code);
  });

  it.each<[object, string]>([
    [{ numbers: [{ number: SENDER, capabilites: ["SMS"] }] }, "UNKNOWN_OPTION"],
    [{ numbers: [{ number: SENDER, capabilities: ["sms"] }] }, "INVALID_OPTION"],
    [{ numbers: [{}] }, "INVALID_OPTION"],
    [{ numbers: SENDER }, "INVALID_OPTION"],
    [{ latencyMs: "5" }, "INVALID_OPTION"],
    [{ authToken: null }, "INVALID_OPTION"],
    [{ receipts: "no" }, "INVALID_OPTION"],
    [{ clock: {} }, "INVALID_OPTION"],
  ])("is refused as an option: %j", (options, code) => {
    expect(refusal(() => createCarrier(options))).toBe(code);
  });

  it.each<[string, (carrier: Carrier) => unknown, string]>([
    ["a handset", (carrier) => carrier.handset(PERSON, { carier: "x" } as object), "UNKNOWN_OPTION"],
    ["a handset", (carrier) => carrier.handset(PERSON, { capabilities: ["FAX" as "SMS"] }), "INVALID_OPTION"],
    ["a handset", (carrier) => carrier.handset(undefined as never), "INVALID_RECIPIENT"],
    [
      "a webhook",
      (carrier) => carrier.setInboundWebhook("http://a.test", { metod: "GET" } as object),
      "UNKNOWN_OPTION",
    ],
    ["a webhook", (carrier) => carrier.setInboundWebhook(undefined as never), "INVALID_OPTION"],
    ["a service", (carrier) => carrier.connect({} as never), "INVALID_OPTION"],
    [
      "a service",
      (carrier) => carrier.connect({ handle: async () => undefined }, { pth: "/x" } as object),
      "UNKNOWN_OPTION",
    ],
  ])("is refused of %s", (_what, call, code) => {
    expect(refusal(call)).toBe(code);
  });

  it.each<[string, string, object, string]>([
    [SENDER, "hi", { media: "https://a.test/1.png" }, "UNKNOWN_OPTION"],
    [SENDER, "hi", { optOutType: "stop" }, "INVALID_OPTION"],
    [SENDER, "hi", { duplicates: -1 }, "INVALID_OPTION"],
    [SENDER, undefined as never, {}, "INVALID_OPTION"],
    ["no sender!", "hi", {}, "INVALID_SENDER"],
  ])("is refused of a text to %s: %j, %j", async (to, body, options, code) => {
    const { carrier } = virtualCarrier();
    await expect(carrier.handset(PERSON).text(to, body, options)).rejects.toMatchObject({ code });
  });

  it("is refused of what is waited for, at once", async () => {
    const { carrier } = virtualCarrier();
    for (const wanted of [0, Number.NaN, undefined, "hi"])
      await expect(carrier.handset(PERSON).waitFor(wanted as number)).rejects.toMatchObject({
        code: "INVALID_OPTION",
      });
  });

  it("is refused of a clock", () => {
    for (const start of [Number.NaN, new Date("soon"), Number.POSITIVE_INFINITY])
      expect(() => createVirtualClock(start)).toThrow(RangeError);
  });
});
