import type { HttpRequest } from "@messaging-service/core";
import type { Random } from "../support/trial.ts";

/** What the requests are for. */
export interface RestTarget {
  readonly accountSid: string;
  readonly authToken: string;
  readonly sender: string;
  /** SIDs that exist, and grow. */
  readonly sids: readonly string[];
}

const METHODS = ["GET", "GET", "POST", "POST", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "get"];
const PARAMETERS = [
  ...[
    "To",
    "From",
    "Body",
    "MessagingServiceSid",
    "MediaUrl",
    "ContentSid",
    "ContentVariables",
    "StatusCallback",
  ],
  ...[
    "ValidityPeriod",
    "SendAt",
    "ScheduleType",
    "SmartEncoded",
    "SendAsMms",
    "FallbackFrom",
    "Attempt",
    "Tags",
  ],
  ...[
    "ApplicationSid",
    "MaxPrice",
    "MessageIntent",
    "ContentRetention",
    "AddressRetention",
    "RiskCheck",
    "Status",
  ],
  ...[
    "Outcome",
    "PageSize",
    "Page",
    "PageToken",
    "DateSent",
    "DateSent<",
    "DateSent>",
    "DateCreated",
    "FriendlyName",
  ],
  ...[
    "InboundRequestUrl",
    "StickySender",
    "UseInboundWebhookOnNumber",
    "PhoneNumberSid",
    "AlphaSender",
    "Usecase",
  ],
  ...["__proto__", "constructor", "toString", "to", "To[]", "To[x]", "", "\u0000", "Body\u0000"],
];
const VALUES = [
  ...[
    "",
    " ",
    "0",
    "-1",
    "1",
    "50",
    "1000",
    "1001",
    "36000",
    "36001",
    "1e9",
    "NaN",
    "Infinity",
    "true",
    "false",
    "TRUE",
  ],
  ...[
    "+14155550123",
    "+1",
    "+",
    "nobody",
    "12345",
    "ACME",
    "whatsapp:+14155550123",
    "rcs:agent",
    "messenger:1",
    "fixed",
  ],
  ...[
    "2026-01-01",
    "2026-13-45",
    "2030-01-01T00:00:00Z",
    "2126-01-01T00:00:00Z",
    "0000-00-00",
    "+275760-09-13T00:00:00Z",
  ],
  ...[
    "canceled",
    "confirmed",
    "marketing",
    "retain",
    "discard",
    "{}",
    "[]",
    "null",
    '{"1":"a"}',
    '{"__proto__":{"x":"y"}}',
    "{",
  ],
  ...[
    "https://a.example/x",
    "http://[::1",
    "http://a_b.example",
    "ftp://a.example",
    "javascript:alert(1)",
    "http://",
  ],
  ...[
    "PA",
    "PB",
    "PAMDAw",
    "PA%00",
    "PAMDAwMDAwMDAwMDAwMDAwMA",
    "constructor",
    "__proto__",
    "../../etc/passwd",
  ],
  ...[
    "\u0000",
    "\ud800",
    "😀",
    "é",
    "\r\nSet-Cookie: a=b",
    "x".repeat(2_000),
    "9".repeat(400),
    "%",
    "%zz",
    "a&b=c",
    "🙂".repeat(900),
  ],
];
const HEADERS: readonly (readonly [string, string])[] = [
  ["accept", "application/xml"],
  ["accept", "application/json"],
  ["content-type", "application/json"],
  ["content-type", "text/xml"],
  ["content-type", "application/x-www-form-urlencoded; charset=utf-16"],
  ["content-type", ";;;"],
  ["authorization", "Basic"],
  ["authorization", "Basic ////"],
  ["authorization", `Basic ${"QQ".repeat(700)}`],
  ["authorization", "Digest a=b"],
];
const COLLECTIONS = [
  ...["PhoneNumbers", "ShortCodes", "AlphaSenders", "DestinationAlphaSenders", "ChannelSenders", "OptOuts"],
  ...["StickyMappings", "Explanations", "Alerts", "OptOutConfiguration", "OptOutConfiguration/Keywords"],
  ...["OptOutConfiguration/Messages", "Messages", "Nothing"],
];
const KINDS = ["AC", "MG", "SM", "MM", "PN", "ME", "XX"];

/** A request as anybody might make it: often nearly right, sometimes not a request at all. */
export function randomRequest(random: Random, target: RestTarget): HttpRequest {
  const method = random.pick(METHODS);
  const form = random.whole(0, 9) === 0 ? usual(target) : parameters(random, target);
  const text = encode(form, random);
  const query = random.whole(0, 2) === 0 ? `?${encode(parameters(random, target), random)}` : "";
  const headers: Record<string, string> = {
    authorization: `Basic ${Buffer.from(`${target.accountSid}:${target.authToken}`).toString("base64")}`,
    "content-type": "application/x-www-form-urlencoded",
  };
  if (random.whole(0, 7) === 0) {
    const [name, value] = random.pick(HEADERS);
    headers[name] = value;
  }
  const url = mutated(path(random, target), random) + query;
  const request = { method, url, headers, body: undefined, origin: "http://localhost:3000" };
  if (method === "GET" || method === "HEAD") return request;
  if (random.whole(0, 4) === 0) return { ...request, parsed: nested(form, random) };
  return { ...request, body: bytes(text, random) };
}

function usual({ sender }: RestTarget): [string, string][] {
  return [
    ["To", "+14155550123"],
    ["From", sender],
    ["Body", "Hello"],
  ];
}

function path(random: Random, { accountSid, sids }: RestTarget): string {
  const account = random.whole(0, 9) === 0 ? sid(random) : accountSid;
  const messages = sids.filter((each) => !each.startsWith("MG")).slice(-50);
  const message = messages.length > 0 && random.whole(0, 1) === 0 ? random.pick(messages) : sid(random);
  const root = `/2010-04-01/Accounts/${account}`;
  const services = sids.filter((each) => each.startsWith("MG"));
  const service = `/v1/Services/${services.length > 0 && random.whole(0, 3) > 0 ? random.pick(services) : sid(random)}`;
  return random.pick([
    `${root}/Messages.json`,
    `${root}/Messages.json`,
    `${root}/Messages`,
    `${root}/Messages.xml`,
    `${root}/Messages/${message}.json`,
    `${root}/Messages/${message}.json`,
    `${root}/Messages/${message}/Media.json`,
    `${root}/Messages/${message}/Media/${sid(random)}`,
    `${root}/Messages/${message}/Feedback.json`,
    `${root}/IncomingPhoneNumbers.json`,
    `${root}/SMS/ShortCodes.json`,
    "/v1/Services",
    service,
    service,
    `${service}/${random.pick(COLLECTIONS)}`,
    `${service}/${random.pick(COLLECTIONS)}`,
    `${service}/${random.pick(COLLECTIONS)}/${sid(random)}`,
    `${service}/OptOutConfiguration/Keywords/${random.pick(["OPT_OUT", "STOP", "x"])}/${random.pick(VALUES)}/${random.pick(VALUES)}`,
    "/v1/Consents/Bulk",
    "/2010-04-01",
    "/",
  ]);
}

function sid(random: Random): string {
  const digits = Array.from({ length: 32 }, () => random.whole(0, 15).toString(16)).join("");
  return random.whole(0, 9) === 0 ? random.pick(VALUES) : random.pick(KINDS) + digits;
}

function parameters(random: Random, target: RestTarget): [string, string][] {
  const given = random.whole(0, 2) === 0 ? usual(target) : [];
  for (let count = random.whole(0, 6); count > 0; count--) {
    const copies = random.whole(0, 19) === 0 ? 30 : 1;
    const pair: [string, string] = [
      random.pick(PARAMETERS),
      random.pick([...VALUES, target.sender, sid(random)]),
    ];
    for (let copy = 0; copy < copies; copy++) given.push(pair);
  }
  return given;
}

function encode(form: readonly (readonly [string, string])[], random: Random): string {
  const isRaw = random.whole(0, 9) === 0;
  return form
    .map((pair) =>
      pair.map((text) => (isRaw ? text : encodeURIComponent(Buffer.from(text).toString()))).join("="),
    )
    .join("&");
}

/** A path with a byte changed, added or lost, now and then. */
function mutated(text: string, random: Random): string {
  if (random.whole(0, 5) > 0) return text;
  const at = random.whole(0, text.length);
  const odd = random.pick([
    "/",
    "//",
    "%",
    "%00",
    "%2F",
    "..",
    ";",
    "?",
    "#",
    "\\",
    "é",
    ".json",
    ".xml",
    "x".repeat(3_000),
  ]);
  return random.pick([text.slice(0, at) + odd + text.slice(at), text.slice(0, at), text + odd]);
}

function bytes(text: string, random: Random): Uint8Array {
  const body = Buffer.from(text);
  if (random.whole(0, 9) > 0 || body.length === 0) return body;
  body[random.whole(0, body.length - 1)] = random.whole(0, 255);
  return body;
}

/** What a parser may have made of a value. */
const LEFT: readonly ((value: string) => unknown)[] = [
  (value) => value,
  (value) => value,
  (value) => value,
  (value) => [value, value],
  (value) => ({ 0: value, 1: value }),
  (value) => ({ a: { b: value } }),
  () => 7,
  () => null,
  () => undefined,
];

/** As body parsers leave it: own objects, lists, lists as numbered objects, and what they nested. */
function nested(form: readonly (readonly [string, string])[], random: Random): unknown {
  const parsed: Record<string, unknown> = Object.create(random.whole(0, 1) === 0 ? null : Object.prototype);
  for (const [name, value] of form)
    Object.defineProperty(parsed, name, {
      value: LEFT[random.whole(0, LEFT.length - 1)]?.(value),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return [parsed, parsed, parsed, parsed, [], "To=x", 5, null][random.whole(0, 7)];
}
