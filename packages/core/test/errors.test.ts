import { describe, expect, it } from "vitest";
import { ERROR_CODES, isMessagingError, MessagingError } from "../src/errors.ts";

describe("MessagingError", () => {
  it("says what is wrong, then what to do, and where to read on", () => {
    const cause = new Error("why");
    const error = new MessagingError("OPTED_OUT", "+14155550123 opted out.", { cause, details: { a: 1 } });
    expect(error).toMatchObject({
      name: "MessagingError",
      code: "OPTED_OUT",
      twilioCode: 21610,
      status: 400,
      docs: "docs/errors.md#opted-out",
      details: { a: 1 },
      cause,
    });
    expect(error.message).toBe(`+14155550123 opted out. ${error.help}`);
  });

  it("has no cause unless one is given", () => {
    expect("cause" in new MessagingError("OPTED_OUT", "x")).toBe(false);
  });

  it("is known by its name, also from another copy of the package", () => {
    const foreign = Object.assign(new Error("x"), { name: "MessagingError", code: "OPTED_OUT" });
    expect(isMessagingError(foreign)).toBe(true);
    expect(isMessagingError(foreign, "OPTED_OUT")).toBe(true);
    expect(isMessagingError(foreign, "NO_SENDER")).toBe(false);
    expect(isMessagingError(new Error("x"))).toBe(false);
    expect(isMessagingError({ name: "MessagingError" })).toBe(false);
    expect(isMessagingError(undefined)).toBe(false);
  });
});

describe("the table of codes", () => {
  it("gives every code an HTTP status and a remedy that is a sentence", () => {
    for (const [code, { status, help, twilioCode }] of Object.entries(ERROR_CODES)) {
      expect(code).toMatch(/^[A-Z][A-Z_]+$/);
      expect(status, code).toBeGreaterThanOrEqual(400);
      expect(status, code).toBeLessThan(600);
      expect(help, code).toMatch(/^\S.*\.$/s);
      if (twilioCode !== null) expect(twilioCode, code).toBeGreaterThan(10_000);
    }
    expect(Object.isFrozen(ERROR_CODES)).toBe(true);
  });
});
