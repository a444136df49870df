import { describe, expect, it } from "vitest";
import { ACCOUNT, ask, basic, createRestWorld } from "./support/api.ts";

const URL = `/2010-04-01/Accounts/${ACCOUNT}/Nothing.json`;

describe("a request for the API", () => {
  it.each([
    ["no credentials", ""],
    ["a wrong token", basic(ACCOUNT, "x")],
    ["a wrong account", basic(`AC${"2".repeat(32)}`)],
    ["another scheme", "Bearer abc"],
    ["no text", "Basic %%%"],
  ])("with %s is answered 401", async (_, authorization) => {
    const { api } = createRestWorld();
    const { status, headers, json } = await ask(api, "GET", URL, undefined, { authorization });
    expect(status).toBe(401);
    expect(headers["www-authenticate"]).toMatch(/^Basic realm=/);
    expect(headers["twilio-request-id"]).toMatch(/^RQ[0-9a-f]{32}$/);
    expect(json).toEqual({
      code: 20003,
      message: expect.any(String),
      more_info: "https://www.twilio.com/docs/errors/20003",
      status: 401,
    });
  });

  it("of an unknown resource is answered 404", async () => {
    const { api } = createRestWorld();
    expect(await ask(api, "GET", URL)).toMatchObject({ status: 404, json: { code: 20404 } });
  });

  it("may use an API key", async () => {
    const sid = `SK${"3".repeat(32)}`;
    const { api } = createRestWorld({ apiKeys: [{ sid, secret: "s:1" }] });
    expect(await ask(api, "GET", URL, undefined, { authorization: basic(sid, "s:1") })).toMatchObject({
      status: 404,
    });
    expect(await ask(api, "GET", URL, undefined, { authorization: basic(sid, "s") })).toMatchObject({
      status: 401,
    });
  });
});
