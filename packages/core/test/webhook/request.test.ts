import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathOf, prepareRequest, type RequestInput, withoutCredentials } from "../../src/webhook/request.ts";
import { parseForm, parseQuery } from "../../src/wire/form.ts";
import { verifyTwilioSignature } from "../../src/wire/signature.ts";

const AUTH_TOKEN = "12345";

function prepare(url: string, input: Partial<RequestInput> = {}) {
  return prepareRequest(
    {
      url: new URL(url),
      method: "POST",
      parameters: { Body: "It's amazing 👋 & more", From: "+14155550123" },
      json: false,
      token: "token-1",
      ...input,
    },
    { authToken: AUTH_TOKEN, userAgent: "messaging-service/0.1" },
  );
}

function verify({ url, headers, body }: ReturnType<typeof prepare>, form: boolean, json = false): boolean {
  return verifyTwilioSignature({
    authToken: AUTH_TOKEN,
    signature: headers["X-Twilio-Signature"],
    url: url.href,
    ...(form ? { parameters: parseForm(body) } : {}),
    ...(json ? { body } : {}),
  });
}

describe("prepareRequest", () => {
  it("puts the parameters of a POST into a form", () => {
    const request = prepare("https://example.com/hook?a=1");
    expect(request.url.href).toBe("https://example.com/hook?a=1");
    expect(request.headers["Content-Type"]).toBe("application/x-www-form-urlencoded");
    expect(parseForm(request.body)).toEqual({ Body: "It's amazing 👋 & more", From: "+14155550123" });
    expect(verify(request, true)).toBe(true);
  });

  it("marks a request to a URL that code did not name", () => {
    expect(prepare("https://example.com/", { trusted: false }).headers["X-Guarded-Webhook"]).toBe("1");
    expect(prepare("https://example.com/", { trusted: true }).headers).not.toHaveProperty(
      "X-Guarded-Webhook",
    );
  });

  it("appends the parameters of a GET to the query", () => {
    const request = prepare("https://example.com/hook?a=1&b=x'y%20z", { method: "GET" });
    expect(request.url.href.startsWith("https://example.com/hook?a=1&b=x%27y%20z&Body=")).toBe(true);
    expect(parseQuery(request.url.href)).toEqual({
      a: "1",
      b: "x'y z",
      Body: "It's amazing 👋 & more",
      From: "+14155550123",
    });
    expect(request.body).toBe("");
    expect(request.headers).not.toHaveProperty("Content-Type");
    expect(verify(request, false)).toBe(true);
  });

  it.each([
    ["https://example.com", "https://example.com/?x=1"],
    ["https://example.com/a?", "https://example.com/a?x=1"],
    ["https://example.com/a?b", "https://example.com/a?b&x=1"],
  ])("extends %s to %s", (url, expected) => {
    expect(prepare(url, { method: "GET", parameters: { x: "1" } }).url.href).toBe(expected);
  });

  it("leaves question marks of a GET's values alone: Twilio's SDK for Express reads escaped ones so", () => {
    const request = prepare("https://example.com/a", { method: "GET", parameters: { x: "who? me?" } });
    expect(request.url.href).toBe("https://example.com/a?x=who?+me?");
    expect(parseQuery(request.url.href)).toEqual({ x: "who? me?" });
    expect(verify(request, false)).toBe(true);
  });

  it.each(["/a", "/a?", "/a?b", "/a?b?", "/a%3F"])("sends the path %s as it is signed", (path) => {
    const { url } = prepare(`https://example.com${path}`);
    expect(url.href).toBe(`https://example.com${pathOf(url)}`);
  });

  it("vouches for a JSON body by its hash in the URL", () => {
    const request = prepare("https://example.com/hook?a=1", { json: true });
    const hash = createHash("sha256").update(request.body).digest("hex");
    expect(request.url.href).toBe(`https://example.com/hook?a=1&bodySHA256=${hash}`);
    expect(request.headers["Content-Type"]).toBe("application/json");
    expect(JSON.parse(request.body)).toEqual({ Body: "It's amazing 👋 & more", From: "+14155550123" });
    expect(verify(request, false, true)).toBe(true);
  });

  it("turns user information into Basic authentication and signs it", () => {
    const request = prepare("https://us%40er:p%3Ass@example.com/hook");
    expect(request.headers.Authorization).toBe(`Basic ${Buffer.from("us@er:p:ss").toString("base64")}`);
    expect(request.url.href).toBe("https://us%40er:p%3Ass@example.com/hook");
    expect(verify(request, true)).toBe(true);
  });

  it("keeps an escape in user information that is none", () => {
    expect(prepare("https://a%zz@example.com/").headers.Authorization).toBe(
      `Basic ${Buffer.from("a%zz:").toString("base64")}`,
    );
  });

  it("carries the token", () => {
    expect(prepare("https://example.com/").headers["I-Twilio-Idempotency-Token"]).toBe("token-1");
  });

  it("signs what the receiver reads, whatever the parameters", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1, unit: "grapheme" }), fc.string({ unit: "grapheme" })),
        fc.constantFrom("GET" as const, "POST" as const),
        (parameters, method) => {
          const request = prepare("https://example.com/hook?a=1", { parameters, method });
          // The path as it is sent, as a server would put its URL together.
          const url = `https://example.com${request.url.pathname}${request.url.search}`;
          const signature = request.headers["X-Twilio-Signature"];
          const received = method === "POST" ? { parameters: parseForm(request.body) } : {};
          expect(verifyTwilioSignature({ authToken: AUTH_TOKEN, signature, url, ...received })).toBe(true);
        },
      ),
    );
  });
});

describe("withoutCredentials", () => {
  it.each([
    ["https://user:pass@example.com/a?b=1#rc=2", "https://example.com/a?b=1"],
    ["https://user@example.com/", "https://example.com/"],
    ["https://example.com", "https://example.com"],
    ["https://example.com/a@b?c=d@e", "https://example.com/a@b?c=d@e"],
    ["https:\\\\user:pass@example.com/", "https://example.com/"],
    ["http://user:pa@ss@exa mple/", "http://exa mple/"],
    ["user:pass@nowhere/x", "nowhere/x"],
  ])("makes %s into %s", (url, expected) => {
    expect(withoutCredentials(url)).toBe(expected);
  });
});
