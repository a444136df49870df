import twilio from "twilio";
import { describe, expect, it } from "vitest";
import { signRequest } from "../src/wire/signature.ts";

const token = "12345";
const url = "https://mycompany.com/myapp.php?foo=1&bar=2";
const call = {
  CallSid: "CA1234567890ABCDE",
  Caller: "+14158675309",
  Digits: "1234",
  From: "+14158675309",
  To: "+18005551212",
};

describe("signRequest", () => {
  it("signs the documented example", () => {
    expect(signRequest(token, url, call)).toBe("RSOYDt4T1cUTdK1PDd93/VVr8B8=");
  });

  it("leaves the fragment out", () => {
    expect(signRequest(token, `${url}#rc=5&rp=all`, call)).toBe("RSOYDt4T1cUTdK1PDd93/VVr8B8=");
  });

  it("signs repeated values once each and sorted", () => {
    const fields = { Sid: "CA123", SidAccount: "AC123", Digits: ["5678", "1234", "1234"] };
    expect(signRequest(token, url, fields)).toBe("IK+Dwps556ElfBT0I3Rgjkr1wJU=");
  });

  it("agrees with the official library on any text", () => {
    for (const Body of ["", " STOP ", "Arrêt\n👋", "a=b&c", "\u0000", "ı̇"])
      expect(signRequest(token, url, { Body, a: "1", B: "2" })).toBe(
        twilio.getExpectedTwilioSignature(token, url, { Body, a: "1", B: "2" }),
      );
  });
});
