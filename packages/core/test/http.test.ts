import { describe, expect, it } from "vitest";
import { MessagingError } from "../src/errors.ts";
import { mediaTypeOf, placeOf, toErrorResponse, toWebhookRequest } from "../src/http.ts";
import type { HttpRequest } from "../src/provider.ts";

const FORM = "application/x-www-form-urlencoded";

function request(more: Partial<HttpRequest> = {}): HttpRequest {
  return { method: "POST", url: "/messaging/inbound?a=b", headers: {}, body: undefined, ...more };
}

describe("placeOf", () => {
  it.each([
    ["/messaging/inbound", { endpoint: "inbound", rest: undefined }],
    ["/messaging/inbound/", { endpoint: "inbound", rest: undefined }],
    ["/messaging/inbound/telnyx?x=/y#/z", { endpoint: "inbound", rest: "telnyx" }],
    ["/messaging/status?sid=SM1", { endpoint: "status", rest: undefined }],
    ["/messaging/m/abc", { endpoint: "media", rest: "abc" }],
    ["/messaging/status/acme%20gateway", { endpoint: "status", rest: "acme gateway" }],
    ["/messaging/status/100%", { endpoint: "status", rest: "100%" }],
  ])("finds %s", (url, place) => {
    expect(placeOf(url, "/messaging")).toEqual(place);
  });

  it.each([
    "/",
    "/messaging",
    "/messaging/",
    "/messaginginbound",
    "/messaging/toString",
    "/messaging/inbound/a/b",
    "/api/messaging/inbound",
  ])("leaves %s alone", (url) => {
    expect(placeOf(url, "/messaging")).toBeUndefined();
    expect(placeOf(url, "/messaging", "https://a.example/api/messaging")).toBeUndefined();
  });
});

it("a place is found with the path of publicUrl before it, and without", () => {
  const at = (url: string) => placeOf(url, "/messaging", "https://a.example/api")?.endpoint;
  expect(at("/api/messaging/inbound")).toBe("inbound");
  expect(at("/messaging/inbound")).toBe("inbound");
  expect(at("/apis/messaging/inbound")).toBeUndefined();
  expect(at("/v1/messaging/inbound")).toBeUndefined();
});

describe("toWebhookRequest", () => {
  it("takes a GET's parameters from the query", () => {
    const webhook = toWebhookRequest(request({ method: "GET" }), "https://a.example");
    expect(webhook.parameters).toEqual({ a: "b" });
    expect(webhook.absoluteUrl).toBe("https://a.example/messaging/inbound?a=b");
  });

  it("prefers publicUrl to the request's own origin", () => {
    const own = request({ origin: "http://internal", method: "GET" });
    expect(toWebhookRequest(own, undefined).absoluteUrl).toMatch(/^http:\/\/internal\//);
    expect(toWebhookRequest(own, "https://a.example").absoluteUrl).toMatch(/^https:\/\/a\.example\//);
  });

  it.each([
    ["/messaging/inbound?a=b", "https://a.example/api/messaging/inbound?a=b"],
    ["/api/messaging/inbound?a=b", "https://a.example/api/messaging/inbound?a=b"],
    ["/apis/messaging/inbound", "https://a.example/api/apis/messaging/inbound"],
  ])("puts the path of publicUrl before %s unless it is there", (url, absoluteUrl) => {
    expect(toWebhookRequest(request({ url }), "https://a.example/api").absoluteUrl).toBe(absoluteUrl);
  });

  it.each([FORM, undefined, "text/plain"])("reads a body of type %s as a form", (type) => {
    const body = new TextEncoder().encode("a=1&a=2&b=%C3%A9+");
    const { parameters } = toWebhookRequest(request({ headers: { "content-type": type }, body }), undefined);
    expect(parameters).toEqual({ a: ["1", "2"], b: "é " });
  });

  it("takes a form that was parsed, own names only", () => {
    const parsed = Object.assign(Object.create({ inherited: "x" }), { a: "1", b: ["2", "3"] });
    expect(toWebhookRequest(request({ parsed }), undefined).parameters).toEqual({ a: "1", b: ["2", "3"] });
  });

  it("says that the body is consumed where a parser took names apart", () => {
    const parsed = { a: { b: "1" } };
    expect(() => toWebhookRequest(request({ parsed }), undefined)).toThrow(
      expect.objectContaining({ code: "BODY_CONSUMED" }),
    );
  });

  it("parses JSON beside the parameters", () => {
    const headers = { "content-type": "Application/JSON; charset=utf-8" };
    const body = new TextEncoder().encode('{"a":1}');
    expect(toWebhookRequest(request({ headers, body }), undefined)).toMatchObject({
      json: { a: 1 },
      parameters: {},
    });
  });

  it.each(["PUT", "HEAD", "DELETE"])("refuses %s", (method) => {
    expect(() => toWebhookRequest(request({ method }), undefined)).toThrow(
      expect.objectContaining({ code: "METHOD_NOT_ALLOWED" }),
    );
  });
});

describe("toErrorResponse", () => {
  it("hides what was not written for the network behind 503", () => {
    const response = toErrorResponse(new Error("password in here"));
    expect(response).toMatchObject({ status: 503, headers: { "retry-after": expect.any(String) } });
    expect(response.body).not.toContain("password");
  });

  it("says the code and the remedy, not the message", () => {
    const response = toErrorResponse(new MessagingError("MALFORMED_REQUEST", "inner detail"));
    expect(response.status).toBe(400);
    expect(JSON.parse(String(response.body))).toEqual({
      code: "MALFORMED_REQUEST",
      help: expect.any(String),
    });
    expect(response.body).not.toContain("inner detail");
  });

  it("answers an error of our own set-up 503, never 500", () => {
    expect(toErrorResponse(new MessagingError("INVALID_OPTION", "x")).status).toBe(503);
  });
});

describe("mediaTypeOf", () => {
  it("drops parameters and case", () => {
    expect(mediaTypeOf({ "content-type": " Text/XML ; charset=utf-8" })).toBe("text/xml");
    expect(mediaTypeOf({})).toBe("");
  });
});
