import { createHash, createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  explainSignature,
  signTwilioRequest,
  type TwilioSignatureInput,
  verifyTwilioSignature,
} from "../../src/wire/signature.ts";

const authToken = "12345";
const url = "https://mycompany.com/myapp.php?foo=1&bar=2";
const parameters = {
  CallSid: "CA1234567890ABCDE",
  Caller: "+14158675309",
  Digits: "1234",
  From: "+14158675309",
  To: "+18005551212",
};
const json = '{"property": "value", "boolean": true}';
const jsonHash = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
const emptyHash = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
const inboundUrl = "https://example.test/hooks/twilio/inbound";
const sid = (prefix: string) => `${prefix}${"0".repeat(31)}1`;
const inbound = {
  MessageSid: sid("SM"),
  SmsSid: sid("SM"),
  SmsMessageSid: sid("SM"),
  AccountSid: sid("AC"),
  MessagingServiceSid: sid("MG"),
  From: "+15005550006",
  To: "+15005550001",
  Body: "STOP",
  NumMedia: "0",
  NumSegments: "1",
  OptOutType: "STOP",
};

/** Vectors of Twilio's Node and Python SDKs, and computed with twilio 6.2.0: what was signed, and the signature. */
const vectors: Record<string, Omit<TwilioSignatureInput, "authToken"> & { authToken?: string }> = {
  "a form": { url, parameters, signature: "RSOYDt4T1cUTdK1PDd93/VVr8B8=" },
  "port 443": {
    url: "https://mycompany.com:443/myapp.php?foo=1&bar=2",
    parameters,
    signature: "kvajT1Ptam85bY51eRf/AJRuM3w=",
  },
  "port 80": {
    url: "http://mycompany.com:80/myapp.php?foo=1&bar=2",
    parameters,
    signature: "0ZXoZLH/DfblKGATFgpif+LLRf4=",
  },
  "port 1234": {
    url: "http://mycompany.com:1234/myapp.php?foo=1&bar=2",
    parameters,
    signature: "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
  },
  "user and password": {
    url: "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2",
    parameters,
    signature: "CukzLTc1tT5dXEDIHm/tKBanW10=",
  },
  "user alone": {
    url: "https://user@mycompany.com/myapp.php?foo=1&bar=2",
    parameters,
    signature: "2YRLlVAflCqxaNicjMpJcSTgzSs=",
  },
  "user, password and port": {
    url: "https://user:pass@mycompany.com:443/myapp.php?foo=1&bar=2",
    parameters,
    signature: "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI=",
  },
  "an escaped apostrophe": {
    url: `${url}&Body=It%27s+amazing`,
    parameters,
    signature: "TfZzewPq8wqrGlMfyAud8+/IvJ0=",
  },
  "a bare apostrophe": {
    url: `${url}&Body=It's+amazing`,
    parameters,
    signature: "dsq4Ehbj6cs+KdTkpF5sSSplOWw=",
  },
  "a list": {
    url,
    parameters: { "MessagingBinding.Address": ["+1415xxxxxxx", "+1325xxxxxxx"] },
    signature: "83O6e2vORAoJHUNzJjDWN1jz+BA=",
  },
  "a list with duplicates": {
    url,
    parameters: { Sid: "CA123", SidAccount: "AC123", Digits: ["5678", "1234", "1234"] },
    signature: "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
  },
  "a JSON body": {
    url: `${url}&bodySHA256=${jsonHash}`,
    body: json,
    signature: "a9nBmqA0ju/hNViExpshrM61xv4=",
  },
  "a JSON body's hash as the only parameter": {
    url: `https://mycompany.com/myapp.php?bodySHA256=${jsonHash}`,
    body: Buffer.from(json),
    signature: "y77kIzt2vzLz71DgmJGsen2scGs=",
  },
  "an empty JSON object": {
    url: `https://mycompany.com:443/myapp.php?foo=1&bar=2&bodySHA256=${emptyHash}`,
    body: "{}",
    signature: "Ldidvp12m26NI7eqEvxnEpkd9Hc=",
  },
  "an inbound STOP": {
    url: inboundUrl,
    authToken: "test-token",
    parameters: inbound,
    signature: "gkSdI3xEFXFNQBAdhZEtcp2ogPk=",
  },
  "blanks, accents and emoji in the body": {
    url: inboundUrl,
    authToken: "test-token",
    parameters: { ...inbound, Body: " Arrêt \n\u{1F44B}", OptOutType: "" },
    signature: "hHIWReX1sVgngox3ggnYdLoQC6g=",
  },
  "a GET": {
    url: `${inboundUrl}?Body=STOP&From=%2B15005550006`,
    authToken: "test-token",
    signature: "qv69Gya+pHFBAfWj/VooBSnSgVk=",
  },
};

describe("verifyTwilioSignature", () => {
  describe.each(Object.entries(vectors))("%s", (_name, vector) => {
    const input = { authToken, ...vector };

    it("is accepted as signed", () => {
      expect(verifyTwilioSignature(input)).toBe(true);
    });

    it("is what we sign ourselves", () => {
      expect(signTwilioRequest(input)).toBe(vector.signature);
    });

    it("is refused with another token, path, parameter or body", () => {
      expect(verifyTwilioSignature({ ...input, authToken: "54321" })).toBe(false);
      expect(verifyTwilioSignature({ ...input, url: input.url.replace(/\/(myapp|hooks)/, "/other") })).toBe(
        false,
      );
      const changed =
        input.body === undefined
          ? { ...input, parameters: { ...input.parameters, Extra: "1" } }
          : { ...input, body: `${input.body} ` };
      expect(verifyTwilioSignature(changed)).toBe(false);
    });

    it("is accepted when any of several tokens signed it", () => {
      expect(verifyTwilioSignature({ ...input, authToken: ["new", input.authToken, "older"] })).toBe(true);
      expect(verifyTwilioSignature({ ...input, authToken: ["new", "older"] })).toBe(false);
    });
  });

  it.each([
    ["https://mycompany.com/myapp.php?foo=1&bar=2", "kvajT1Ptam85bY51eRf/AJRuM3w="],
    ["http://mycompany.com/myapp.php?foo=1&bar=2", "0ZXoZLH/DfblKGATFgpif+LLRf4="],
    ["https://user:pass@mycompany.com/myapp.php?foo=1&bar=2", "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="],
    ["https://mycompany.com:1234/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8="],
  ])("accepts %s signed with, or without, its port", (seen, signature) => {
    expect(verifyTwilioSignature({ authToken, url: seen, parameters, signature })).toBe(true);
  });

  it("accepts a URL that we see less escaped than it was signed", () => {
    const signature = "TfZzewPq8wqrGlMfyAud8+/IvJ0=";
    expect(verifyTwilioSignature({ authToken, url: `${url}&Body=It's+amazing`, parameters, signature })).toBe(
      true,
    );
  });

  it("takes a missing JSON body for {}", () => {
    const vector = { ...vectors["an empty JSON object"], authToken, body: undefined };
    expect(verifyTwilioSignature(vector as TwilioSignatureInput)).toBe(true);
  });

  it("lets no parameter pass that nothing covers", () => {
    const vector = {
      ...vectors["an empty JSON object"],
      authToken,
      body: undefined,
      parameters: { Body: "forged" },
    };
    expect(verifyTwilioSignature(vector as TwilioSignatureInput)).toBe(false);
  });

  it("accepts no signature made with an empty token", () => {
    const forged = createHmac("sha1", "").update(url).digest("base64");
    expect(verifyTwilioSignature({ authToken: "", url, signature: forged })).toBe(false);
    expect(verifyTwilioSignature({ authToken: ["", authToken], url, signature: forged })).toBe(false);
    expect(verifyTwilioSignature({ authToken: [], url, signature: forged })).toBe(false);
  });

  it.each([
    undefined,
    "",
    "RSOYDt4T1cUTdK1PDd93/VVr8B8",
    "RSOYDt4T1cUTdK1PDd93_VVr8B8=",
    " RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    "é".repeat(14),
  ])("refuses the signature %j", (signature) => {
    expect(verifyTwilioSignature({ authToken, url, parameters, signature })).toBe(false);
  });

  it.each(["", "not a url", "/myapp.php?bodySHA256=1", "https://"])(
    "refuses the URL %j without throwing",
    (seen) => {
      const signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
      expect(verifyTwilioSignature({ authToken, url: seen, parameters, signature })).toBe(false);
    },
  );
});

describe("signTwilioRequest", () => {
  it("does not sign the fragment, which is not sent", () => {
    expect(signTwilioRequest({ authToken, url: `${url}#rc=2&rp=all`, parameters })).toBe(
      "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    );
  });
});

describe("explainSignature", () => {
  const signed = (signedUrl: string, form = {}) =>
    signTwilioRequest({ authToken, url: signedUrl, parameters: form });

  it("has nothing to say of a signature that matches", () => {
    expect(
      explainSignature({ authToken, url, parameters, signature: signed(url, parameters) }),
    ).toBeUndefined();
  });

  it.each([
    [
      "http://mycompany.com/myapp.php?foo=1&bar=2",
      "The signature matches with scheme http:// instead of https://.",
    ],
    ["https://mycompany.com/myapp.php/?foo=1&bar=2", "The signature matches with a trailing slash."],
    ["https://mycompany.com/myapp.php", "The signature matches without the query."],
    [
      "http://sms.mycompany.com:8080/myapp.php?foo=1&bar=2",
      "The signature matches with scheme http:// instead of https://, with host sms.mycompany.com:8080 instead of mycompany.com.",
    ],
  ])("finds that %s was signed", (signedUrl, explanation) => {
    const otherHosts = ["mycompany.com", "evil\nhost", "sms.mycompany.com:8080"];
    const signature = signed(signedUrl, parameters);
    expect(explainSignature({ authToken, url, parameters, signature, otherHosts })).toBe(explanation);
  });

  it("finds that the parameters were not signed", () => {
    expect(explainSignature({ authToken, url, parameters, signature: signed(url) })).toBe(
      "The signature matches without the parameters.",
    );
  });

  it("finds that the body was changed on its way", () => {
    const vector = { ...vectors["a JSON body"], authToken, body: JSON.stringify(JSON.parse(json)) };
    expect(explainSignature(vector as TwilioSignatureInput)).toMatch(/bodySHA256 does not/);
  });

  it("says when the signature cannot be one", () => {
    expect(explainSignature({ authToken, url, signature: undefined })).toMatch(/missing/);
    expect(explainSignature({ authToken, url, signature: "abc" })).toMatch(/base64/);
  });

  it("says nothing when no guess matches, or the parameters are too long to try", () => {
    const random = createHash("sha1").update("x").digest("base64");
    expect(explainSignature({ authToken, url, parameters, signature: random })).toBeUndefined();
    const long = { Body: "x".repeat(20_000) };
    expect(
      explainSignature({
        authToken,
        url,
        parameters: long,
        signature: signed("http://mycompany.com/", long),
      }),
    ).toBeUndefined();
  });
});
