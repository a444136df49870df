import { describe, expect, it } from "vitest";
import { readSettings } from "../src/settings.ts";

const ACCOUNT = { TWILIO_ACCOUNT_SID: "AC1", TWILIO_AUTH_TOKEN: "token", TWILIO_SENDERS: "+14155550100" };

describe("readSettings", () => {
  it("simulates on port 3000, in memory, when nothing is set", () => {
    expect(readSettings([], {})).toEqual({ once: false, port: 3000, data: undefined, account: undefined });
  });

  it("takes a free port with --once, whatever PORT says", () => {
    expect(readSettings(["--once"], { PORT: "8080" })).toMatchObject({ once: true, port: 0 });
  });

  it("takes the port from PORT, an empty one being none", () => {
    expect(readSettings([], { PORT: "8080" }).port).toBe(8080);
    expect(readSettings([], { PORT: "" }).port).toBe(3000);
    expect(() => readSettings([], { PORT: "65536" })).toThrow("PORT is 65536");
    expect(() => readSettings([], { PORT: "http" })).toThrow("PORT is http");
  });

  it("takes the data folder from --data before DATA_FOLDER", () => {
    expect(readSettings([], { DATA_FOLDER: "/a" }).data).toBe("/a");
    expect(readSettings(["--data=/b=c"], { DATA_FOLDER: "/a" }).data).toBe("/b=c");
  });

  it("uses the real Twilio when its credentials are there", () => {
    const env = {
      ...ACCOUNT,
      TWILIO_SENDERS: " +14155550100, whatsapp:+14155550101 ,",
      PUBLIC_URL: "https://a.b/",
    };
    expect(readSettings(["--to=+14155550123"], env).account).toEqual({
      accountSid: "AC1",
      authToken: "token",
      senders: ["+14155550100", "whatsapp:+14155550101"],
      publicUrl: "https://a.b",
      to: "+14155550123",
    });
  });

  it.each(["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_SENDERS"])(
    "names %s when only it is missing",
    (name) => {
      expect(() => readSettings([], { ...ACCOUNT, [name]: "" })).toThrow(name);
    },
  );

  it.each(["--onec", "--once=yes", "--data", "--data=", "once"])(
    "refuses %s and says what there is",
    (arg) => {
      expect(() => readSettings([arg], {})).toThrow("Usage: npm start");
    },
  );

  it("refuses --to without a Twilio account: the simulated carrier reaches nobody", () => {
    expect(() => readSettings(["--to=+14155550123"], {})).toThrow("TWILIO_ACCOUNT_SID");
  });
});
