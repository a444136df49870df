import { describe, expect, it } from "vitest";
import { MessagingError } from "../../src/errors.ts";
import { deadlineOf, failed, jobOf, toFailure } from "../../src/flows/outcome.ts";
import { aRecord } from "../support/records.ts";

const FAILURE = { error: "AMBIGUOUS", errorCode: 30_410, errorMessage: "why" } as const;

describe("a failure", () => {
  it("ends a message that is not at its end, and no other", () => {
    expect(failed(aRecord({ status: "sending", ambiguous: true }), FAILURE, 7)).toMatchObject({
      ...FAILURE,
      status: "failed",
      ambiguous: false,
      updatedAt: 7,
    });
    for (const status of ["delivered", "undelivered", "failed", "canceled", "read"] as const)
      expect(failed(aRecord({ status }), FAILURE, 7)).toBeUndefined();
  });

  it("has our code, the field's number and the remedy", () => {
    const error = new MessagingError("VALIDITY_EXPIRED", "It waited.");
    expect(toFailure(error)).toEqual({
      error: "VALIDITY_EXPIRED",
      errorCode: 30_036,
      errorMessage: error.message,
    });
  });
});

describe("a message's time", () => {
  it("is over its validity period after it was accepted, or fell due", () => {
    expect(deadlineOf(aRecord({ createdAt: 1_000, validityPeriod: 60 }))).toBe(61_000);
    expect(deadlineOf(aRecord({ createdAt: 1_000, sendAt: 9_000, validityPeriod: 60 }))).toBe(69_000);
  });
});

describe("a message's cost on its lane", () => {
  it("is its segments as a text, and one as anything else", () => {
    expect(jobOf(aRecord({ kind: "SMS", numSegments: 3 }))).toMatchObject({ cost: 3, bucket: "SMS" });
    expect(jobOf(aRecord({ kind: "MMS", numSegments: 3 }))).toMatchObject({ cost: 1, bucket: "MMS" });
  });
});
