import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFinal, isForward, toMessage } from "../../src/records/message-record.ts";
import type { MessageStatus } from "../../src/types.ts";
import { aRecord } from "../support/records.ts";

const RECEIPTS: readonly MessageStatus[] = [
  "queued",
  "sending",
  "sent",
  "delivered",
  "undelivered",
  "failed",
  "read",
];

describe("receipts in any order, any number of times", () => {
  it("end where the furthest of them is, and never leave an end but to be read", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...RECEIPTS), { maxLength: 12 }), (receipts) => {
        let status: MessageStatus = "sending";
        const path: MessageStatus[] = [status];
        for (const receipt of receipts) {
          if (!isForward(status, receipt)) continue;
          if (isFinal(status)) expect([status, receipt]).toEqual(["delivered", "read"]);
          status = receipt;
          path.push(status);
        }
        expect(new Set(path).size).toBe(path.length);
        const end = receipts.find((each) => ["delivered", "undelivered", "failed", "read"].includes(each));
        expect(isFinal(status)).toBe(end !== undefined);
        if (end !== undefined && end !== "delivered") expect(status).toBe(end);
      }),
    );
  });

  it("of the same status are no step", () => {
    for (const status of RECEIPTS) if (status !== "read") expect(isForward(status, status)).toBe(false);
    expect(isForward("read", "read")).toBe(false);
  });

  it("never say that what failed or was canceled was read", () => {
    for (const status of ["failed", "undelivered", "canceled"] as const)
      for (const receipt of RECEIPTS) expect(isForward(status, receipt)).toBe(false);
  });
});

describe("the public view of a record", () => {
  it("has dates for times, null for what is not known, and nothing private", () => {
    const message = toMessage(
      aRecord({
        sentAt: 5,
        mediaUrl: ["https://a/b"],
        attempts: [{ from: "+14155550100", at: 7, outcome: "accepted", errorCode: null, errorMessage: null }],
      }),
      "AC",
      "MG",
    );
    expect(message).toMatchObject({
      accountSid: "AC",
      messagingServiceSid: "MG",
      dateSent: new Date(5),
      sendAt: null,
      numMedia: 1,
      attempts: [{ at: new Date(7) }],
    });
    for (const name of ["outbound", "inbound", "sequence", "createdAt"])
      expect(message).not.toHaveProperty(name);
    expect(Object.isFrozen(message) && Object.isFrozen(message.mediaUrl)).toBe(true);
  });
});
