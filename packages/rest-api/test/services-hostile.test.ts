import fc from "fast-check";
import { expect, it } from "vitest";
import { registryRows } from "../src/resources/rows.ts";
import { ACCOUNT, ask, createRestWorld, PHONE, SENDER } from "./support/api.ts";

/** Every parameter that a resource of services, pools and numbers reads. */
const PARAMETERS = [
  ...[
    "FriendlyName",
    "InboundRequestUrl",
    "InboundMethod",
    "FallbackUrl",
    "FallbackMethod",
    "StatusCallback",
  ],
  ...["StickySender", "MmsConverter", "SmartEncoding", "AreaCodeGeomatch", "ValidityPeriod", "Usecase"],
  ...["UseInboundWebhookOnNumber", "ScanMessageContent", "PhoneNumberSid", "ShortCodeSid", "AlphaSender"],
  ...["IsoCountryCode", "Sid", "PhoneNumber", "AreaCode", "SmsUrl", "SmsMethod", "Address", "Source", "Note"],
  ...["DateOfConsent", "Category", "Sender", "Force", "To", "Body", "From", "MediaUrl", "ContentSid", "All"],
  ...["KeywordType", "MessageType", "Keyword", "Message", "Languages", "Brand", "Scope", "Enabled", "Items"],
  ...["PageSize", "Page", "PageToken", "__proto__", "constructor"],
];

it("no request is answered by more than 4xx, whatever it says", async () => {
  const { api, clock } = createRestWorld({ inventory: [SENDER, { shortCode: "12345", country: "US" }] });
  const { sid } = (await ask(api, "POST", "/v1/Services", { FriendlyName: "A" })).json;
  const path = `/2010-04-01/Accounts/${ACCOUNT}/IncomingPhoneNumbers.json`;
  const number = (await ask(api, "GET", path)).json.incoming_phone_numbers[0].sid;
  const rows = registryRows({ registry: {} as never, accountSid: ACCOUNT, now: () => 0 });
  const known = [
    ...[
      sid,
      number,
      PHONE,
      SENDER,
      `whatsapp:${PHONE}`,
      "true",
      "false",
      "",
      "1",
      "36000",
      "-1",
      "GET",
      "FR",
    ],
    ...[
      "STOP.SPANISH",
      "ALL",
      "US",
      "ACME",
      "HALT",
      "website",
      "https://app.example/x",
      "SPANISH",
      "account",
    ],
    ...[
      "PA",
      "PAY29kZTA",
      "PBOTk5OjE",
      "2025-01-01",
      '{"contact_id":"+14155550123"}',
      "[]",
      "null",
      "\u0000",
    ],
  ];
  const value = fc.oneof(fc.constantFrom(...known), fc.string({ maxLength: 40, unit: "binary" }));
  const form = fc.dictionary(
    fc.constantFrom(...PARAMETERS),
    fc.oneof(value, fc.array(value, { maxLength: 3 })),
    {
      maxKeys: 5,
    },
  );
  const segment = fc.oneof(fc.constantFrom(sid, number, PHONE, "x", "MG", "%", "STOP.ENGLISH"), value);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...rows),
      fc.array(segment, { minLength: 4, maxLength: 4 }),
      form,
      form,
      async ([method, template], segments, query, body) => {
        const filled = template
          .replace("{AccountSid}", ACCOUNT)
          .replace("{ServiceSid}", sid)
          .replace(/\{\w+\}/g, () => encodeURIComponent(segments.pop() ?? "x"));
        const url = `${filled}?${new URLSearchParams(flat(query))}`;
        const text = new URLSearchParams(flat(body)).toString();
        const answer = await ask(api, method, url, method === "POST" ? text : undefined);
        if (answer.status >= 400) expect(answer.json).toMatchObject({ status: answer.status });
        expect(answer.status).toBeLessThan(500);
      },
    ),
    { numRuns: 1_500 },
  );
  await clock.advance(1_000);
});

function flat(form: Readonly<Record<string, string | string[]>>): [string, string][] {
  return Object.entries(form).flatMap(([name, value]) =>
    [value].flat().map((each): [string, string] => [name, each]),
  );
}
