import { describe, expect, it } from "vitest";
import { ACCOUNT, ask, createRestWorld, SENDER } from "./support/api.ts";
import { openApi } from "./support/openapi.ts";

const messaging = openApi("twilio-messaging-v1");
const numbers = openApi("twilio-api-v2010-numbers");
const OWNED = `/2010-04-01/Accounts/${ACCOUNT}`;

async function createEverything() {
  const { api } = createRestWorld({
    inventory: [SENDER, { shortCode: "12345", country: "US" }, "whatsapp:+14155550101"],
  });
  const service = await ask(api, "POST", "/v1/Services", {
    FriendlyName: "A",
    InboundRequestUrl: "https://app.example/sms",
  });
  const path = `/v1/Services/${service.json.sid}`;
  const [number] = (await ask(api, "GET", `${OWNED}/IncomingPhoneNumbers.json`)).json.incoming_phone_numbers;
  const [code] = (await ask(api, "GET", `${OWNED}/SMS/ShortCodes.json`)).json.short_codes;
  return { api, path, number, code };
}

describe("answers", () => {
  it("of services and their lists are as Twilio describes them", async () => {
    const { api, path } = await createEverything();
    const other = await ask(api, "POST", "/v1/Services", { FriendlyName: "B" });
    for (const { json } of [other, await ask(api, "GET", path)])
      expect(messaging("messaging.v1.service", json)).toEqual([]);
    for (const url of ["/v1/Services", "/v1/Services?PageSize=1"])
      expect(messaging("ListService", (await ask(api, "GET", url)).json)).toEqual([]);
    const usecases = await ask(api, "GET", "/v1/Services/Usecases");
    expect(messaging("messaging.v1.usecase", usecases.json)).toEqual([]);
  });

  it("of pools and their lists are as Twilio describes them", async () => {
    const { api, path, number, code } = await createEverything();
    const { createHash } = process.getBuiltinModule("node:crypto");
    const digest = createHash("sha256").update(JSON.stringify([ACCOUNT, "whatsapp:+14155550101"]));
    const channel = `XE${digest.digest("hex").slice(0, 32)}`;
    for (const [resource, schema, list, form] of [
      ["PhoneNumbers", "phone_number", "ListPhoneNumber", { PhoneNumberSid: number.sid }],
      ["ShortCodes", "short_code", "ListShortCode", { ShortCodeSid: code.sid }],
      ["AlphaSenders", "alpha_sender", "ListAlphaSender", { AlphaSender: "ACME" }],
      [
        "DestinationAlphaSenders",
        "destination_alpha_sender",
        "ListDestinationAlphaSender",
        { AlphaSender: "ACME", IsoCountryCode: "FR" },
      ],
      ["ChannelSenders", "channel_sender", "ListChannelSender", { Sid: channel }],
    ] as const) {
      const added = await ask(api, "POST", `${path}/${resource}`, form);
      expect([resource, added.status, messaging(`messaging.v1.service.${schema}`, added.json)]).toEqual([
        resource,
        201,
        [],
      ]);
      const listed = await ask(api, "GET", `${path}/${resource}`);
      expect([resource, messaging(list, listed.json)]).toEqual([resource, []]);
    }
  });

  it("of owned numbers and their lists are as Twilio describes them", async () => {
    const { api, number, code } = await createEverything();
    expect(numbers("api.v2010.account.incoming_phone_number", number)).toEqual([]);
    expect(numbers("api.v2010.account.short_code", code)).toEqual([]);
    const all = await ask(api, "GET", `${OWNED}/IncomingPhoneNumbers.json?PageSize=1`);
    expect(numbers("ListIncomingPhoneNumber", all.json)).toEqual([]);
    const codes = await ask(api, "GET", `${OWNED}/SMS/ShortCodes.json`);
    expect(numbers("ListShortCode", codes.json)).toEqual([]);
    const updated = await ask(api, "POST", `${OWNED}/IncomingPhoneNumbers/${number.sid}.json`, {
      SmsUrl: "https://app.example/sms",
    });
    expect(numbers("api.v2010.account.incoming_phone_number", updated.json)).toEqual([]);
  });

  it("that differ are found", () => {
    expect(messaging("messaging.v1.service", { sid: "x" }).length).toBeGreaterThan(20);
    expect(numbers("api.v2010.account.short_code", { sid: `PN${"0".repeat(32)}` })).not.toEqual([]);
  });
});
