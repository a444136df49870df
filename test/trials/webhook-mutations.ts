import { createHash } from "node:crypto";
import { parseForm, renderForm, signTwilioRequest } from "@messaging-service/core";
import type { Random } from "../support/trial.ts";

/** A request to write, as it is. */
export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What the requests are made for. */
export interface Target {
  readonly authToken: string;
  readonly origin: string;
  readonly sender: string;
}

const FORM = "application/x-www-form-urlencoded";
const JSON_TYPE = "application/json";
/** Lists as text: a name or value between two bars. */
const list = (...lines: readonly string[]): readonly string[] => lines.join("|").split("|");

const NAMES = list(
  "MessageSid|SmsSid|SmsMessageSid|From|To|Body|NumMedia|MediaUrl0|NumSegments|OptOutType|SmsStatus",
  "MessageStatus|MessagingServiceSid|AccountSid|ErrorCode|ProfileName|__proto__|constructor|prototype|toString",
  "hasOwnProperty|__proto__[polluted]|a[b][c]|a[]|| |\0|é|👋|a.b|a=b|a&b",
);
const VALUES = list(
  "| |0|-1|1|10|999999|1e9|NaN|null|true|[]|{}|\0|\r\nX-Injected: 1|STOP|stop.|ARRÊT|START|HELP|YES|hello",
  "It's 100% & more 👋|\u202eevil|ﬁ|\ud800|+|+1|+14155550100|+14155550123|12345|ACME|anonymous|Restricted",
  "whatsapp:|whatsapp:+14155550123|rcs:|rcs:agent|messenger:1|sip:a@b|:|::|+44\u00a07911|sent|delivered|failed",
  "received|read|http://[|javascript:alert(1)|https://example.com/a.png|SM|../../etc/passwd|a:b:c|*|%|%zz|{{7*7}}",
  `+1${"4".repeat(60)}|SM${"0".repeat(32)}|SM${"z".repeat(32)}`,
);
const HUGE = [
  "STOP ".repeat(500),
  "é".repeat(5_000),
  "👋".repeat(3_000),
  "&".repeat(3_000),
  "a".repeat(60_000),
];
const TYPES = list(
  `${FORM}|${FORM}; charset=utf-8|${FORM}; charset=latin1|${FORM.toUpperCase()}|${JSON_TYPE}|text/plain|text/xml`,
  `multipart/form-data; boundary=x|application/octet-stream||;|a/b/c|${JSON_TYPE}; charset=utf-16`,
);
const METHODS = list("PUT|PATCH|DELETE|HEAD|OPTIONS|PROPFIND");
const PATHS = list(
  "/messaging/inbound/|/messaging/inbound/twilio|/messaging/inbound/nobody|/messaging/inbound/twilio/x",
  "/messaging/status|/messaging/status?sid=SM1|/messaging/m/abc|/messaging/m/|/messaging/m/..%2f..|/messaging",
  "/messaging/|/messaging/__proto__|/messaging/constructor|//messaging/inbound|/messaging//inbound|/",
  "/messaging/inbound?|/messaging/inbound?%|/messaging/inbound?a=%ff|/messaging/inbound?bodySHA256=",
  "/messaging/inbound?bodySHA256=00&bodySHA256=11|/messaging/inbound?sid[a]=1",
  `/messaging/status?sid=SM${"0".repeat(32)}`,
);
const SIGNATURES = list(`none||=|a|Zm9yZ2Vk|${"A".repeat(27)}=|${"x".repeat(5_000)}`);

/** A webhook of Twilio's, or something that was one: changed before it was signed, or afterwards, or not at all. */
export function mutatedWebhook(random: Random, target: Target): RawRequest {
  const chance = (percent: number): boolean => random.whole(1, 100) <= percent;
  const method = chance(5) ? random.pick(METHODS) : chance(12) ? "GET" : "POST";
  const path = chance(12) ? random.pick(PATHS) : "/messaging/inbound";
  const json = method !== "GET" && chance(8);
  let body = json ? jsonBody(random) : Buffer.from(formText(random, target));
  if (chance(15)) body = damaged(random, body);
  const query =
    method === "GET" ? body.toString("latin1").replace(/[^!-~]|#/g, "%") : json ? hashOf(body) : "";
  const url = query === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${query}`;
  const signature = chance(75)
    ? signed(target, url, method === "GET" || json ? Buffer.alloc(0) : body)
    : forged(random);
  // What is damaged now was whole when it was signed.
  if (chance(5)) body = damaged(random, body);
  const type = chance(6) ? random.pick(TYPES) : json ? JSON_TYPE : FORM;
  return {
    method,
    path: url,
    body: method === "GET" || method === "HEAD" ? Buffer.alloc(0) : body,
    headers: {
      host: chance(3)
        ? random.pick(["", "[", "a b", "evil.example", "app.example:99999"]).replaceAll(" ", "")
        : "app.example",
      ...(type !== "" && { "content-type": type }),
      ...(signature !== undefined && { "x-twilio-signature": signature }),
      ...(chance(3) && {
        "x-forwarded-host": random.pick(["evil", "a,b", "[::1]", "%"]),
        "x-forwarded-proto": "gopher",
      }),
      ...(chance(3) && { "i-twilio-idempotency-token": random.pick(["", "x".repeat(4_000), "__proto__"]) }),
    },
  };
}

/** A webhook as Twilio sends it, of a message that is new. */
export function intactWebhook({ authToken, origin, sender }: Target): RawRequest {
  const parameters = { MessageSid: `SM${"f".repeat(32)}`, From: "+14155550123", To: sender, Body: "hello" };
  const path = "/messaging/inbound";
  const signature = signTwilioRequest({ authToken, url: origin + path, parameters });
  return {
    method: "POST",
    path,
    headers: { host: "app.example", "content-type": FORM, "x-twilio-signature": signature },
    body: Buffer.from(renderForm(parameters)),
  };
}

/** A form: few messages and people, so that what is kept of them has an end. */
function formText(random: Random, { sender }: Target): string {
  const number = random.whole(1, 400);
  const sid = `SM${number.toString(16).padStart(32, "0")}`;
  const parameters: Record<string, string | string[]> = Object.assign(Object.create(null), {
    MessageSid: sid,
    SmsSid: sid,
    From: `+1415555${String(number).padStart(4, "0")}`,
    To: sender,
    Body: random.pick(VALUES),
    NumMedia: "0",
    NumSegments: "1",
    AccountSid: `AC${"1".repeat(32)}`,
  });
  for (let changes = random.pick([0, 0, 1, 2, 5]); changes > 0; changes--) {
    const name = random.pick(NAMES);
    const kind = random.whole(1, 20);
    if (kind <= 12) parameters[name] = random.pick(VALUES);
    else if (kind <= 15) delete parameters[name];
    else if (kind <= 17) parameters[name] = [random.pick(VALUES), random.pick(VALUES), random.pick(VALUES)];
    else if (kind === 18) parameters[name] = random.pick(HUGE);
    else parameters[String(random.whole(0, 99))] = random.pick(VALUES);
  }
  const text = renderForm(parameters);
  // Rare, since it is the costly one: more parameters than any webhook has.
  return random.whole(1, 500) === 1 ? `${text}${"&a=1".repeat(10_000)}` : text;
}

function jsonBody(random: Random): Buffer {
  const depth = random.whole(1, 20_000);
  return Buffer.from(
    random.pick([
      "{}",
      "null",
      "0",
      '"text"',
      "",
      "{",
      '{"a":1,}',
      '{"__proto__":{"polluted":true},"MessageSid":"SM1"}',
      '{"constructor":{"prototype":{"polluted":true}}}',
      "[".repeat(depth) + "]".repeat(depth),
      "[".repeat(depth),
      `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`,
      JSON.stringify({
        MessageSid: "SM1",
        From: "+14155550123",
        To: "+14155550100",
        Body: random.pick(VALUES),
      }),
      JSON.stringify(Array.from({ length: 2_000 }, (_, index) => index)),
    ]),
  );
}

/** Bytes changed, cut, doubled, or put in between. */
function damaged(random: Random, body: Buffer): Buffer {
  const at = random.whole(0, Math.max(0, body.length - 1));
  switch (random.whole(1, 5)) {
    case 1: {
      const copy = Buffer.from(body);
      if (copy.length > 0) copy[at] = random.whole(0, 255);
      return copy;
    }
    case 2:
      return body.subarray(0, at);
    case 3:
      return Buffer.concat([
        body.subarray(0, at),
        Buffer.from(random.pick(["%", "%f", "%ff%fe", "&&", "==", "+%2"])),
        body.subarray(at),
      ]);
    case 4:
      return Buffer.concat([body.subarray(0, at), Buffer.from([0xc3, 0x28, 0xff, 0x00]), body.subarray(at)]);
    default:
      return Buffer.concat([body, body.subarray(0, 2_000)]);
  }
}

function signed({ authToken, origin }: Target, path: string, body: Buffer): string {
  const url = origin + path;
  try {
    return signTwilioRequest({ authToken, url, parameters: parseForm(body) });
  } catch {
    // It is no form any more: nobody could sign it.
    return signTwilioRequest({ authToken, url });
  }
}

function forged(random: Random): string | undefined {
  const text = random.pick(SIGNATURES);
  return text === "none" ? undefined : text;
}

function hashOf(body: Buffer): string {
  return `bodySHA256=${createHash("sha256").update(body).digest("hex")}`;
}
