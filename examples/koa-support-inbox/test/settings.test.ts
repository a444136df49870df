import { describe, expect, it } from "vitest";
import { readSettings } from "../src/settings.ts";

const ACCOUNT = {
  TWILIO_ACCOUNT_SID: "AC1",
  TWILIO_AUTH_TOKEN: "token",
  TWILIO_SENDERS: " +14155550100, whatsapp:+14155550101 ,",
  PUBLIC_URL: "https://inbox.example/",
  AGENT_TOKEN: "a token for all the agents",
};

describe("readSettings", () => {
  it("simulates on port 3000, in memory, when nothing is set", () => {
    expect(readSettings({})).toEqual({
      port: 3000,
      agentToken: undefined,
      dataFolder: undefined,
      redisUrl: undefined,
      account: undefined,
    });
  });

  it("uses the real Twilio when its credentials are there", () => {
    expect(readSettings(ACCOUNT)).toMatchObject({
      agentToken: ACCOUNT.AGENT_TOKEN,
      account: {
        accountSid: "AC1",
        authToken: "token",
        senders: ["+14155550100", "whatsapp:+14155550101"],
        publicUrl: "https://inbox.example",
      },
    });
  });

  it.each(Object.keys(ACCOUNT))("names %s when only it is missing", (name) => {
    expect(() => readSettings({ ...ACCOUNT, [name]: " " })).toThrow(name);
  });

  it("keeps state in one place", () => {
    expect(readSettings({ DATA_FOLDER: "data" }).dataFolder).toBe("data");
    expect(readSettings({ REDIS_URL: "redis://127.0.0.1" }).redisUrl).toBe("redis://127.0.0.1");
    expect(() => readSettings({ DATA_FOLDER: "data", REDIS_URL: "redis://127.0.0.1" })).toThrow("both set");
  });

  it.each(["65536", "http", "-1"])("refuses %s as a port", (port) => {
    expect(() => readSettings({ PORT: port })).toThrow(`PORT is ${port}`);
  });
});
