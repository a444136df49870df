import { readXml, textOf, type XmlElement } from "./xml.ts";

/** One `<Message>` of an answer. */
export interface TwimlMessage {
  readonly body: string;
  readonly mediaUrl: readonly string[];
  readonly to?: string | undefined;
  readonly from?: string | undefined;
  /** `action`, or the older `statusCallback`; perhaps relative to the webhook's URL. */
  readonly statusCallback?: string | undefined;
}

/** What an answer asks for, or the number of what is wrong with it. */
export type TwimlReading =
  | {
      readonly ok: true;
      readonly messages: readonly TwimlMessage[];
      readonly redirect?: { readonly url: string; readonly method: "GET" | "POST" } | undefined;
    }
  | { readonly ok: false; readonly errorCode: number };

const MAX_BYTES = 64 * 1024;
/** Replies to one inbound message (error 14109 beyond). */
const MAX_MESSAGES = 10;

/**
 * Reads a webhook's answer as the carrier does: TwiML for an XML or HTML content type, one reply for `text/plain`,
 * nothing for an empty body. Errors: 11750 over 64 kB, 12300 other content types, 12100 not well-formed, 12102 another
 * root than Response.
 */
export function readAnswer(contentType: string | undefined, body: string): TwimlReading {
  if (body.trim() === "") return { ok: true, messages: [] };
  if (Buffer.byteLength(body) > MAX_BYTES) return { ok: false, errorCode: 11750 };
  const type = contentType?.split(";", 1)[0]?.trim().toLowerCase();
  if (type === "text/plain") return { ok: true, messages: [{ body, mediaUrl: [] }] };
  if (type !== "text/xml" && type !== "application/xml" && type !== "text/html")
    return { ok: false, errorCode: 12300 };
  const root = readXml(body);
  if (root === undefined) return { ok: false, errorCode: 12100 };
  if (root.name !== "Response") return { ok: false, errorCode: 12102 };
  const messages: TwimlMessage[] = [];
  for (const verb of elements(root)) {
    if ((verb.name === "Message" || verb.name === "Sms") && messages.length < MAX_MESSAGES)
      messages.push(readMessage(verb));
    if (verb.name === "Redirect") {
      const method = verb.attributes.get("method")?.toUpperCase() === "GET" ? "GET" : "POST";
      return { ok: true, messages, redirect: { url: textOf(verb).trim(), method } };
    }
  }
  return { ok: true, messages };
}

function readMessage(verb: XmlElement): TwimlMessage {
  const nouns = elements(verb);
  const body = nouns.find((noun) => noun.name === "Body");
  const loose = verb.children.filter((child) => typeof child === "string").join("");
  return {
    body: body === undefined ? loose.trim() : textOf(body),
    mediaUrl: nouns.filter((noun) => noun.name === "Media").map((noun) => textOf(noun).trim()),
    to: verb.attributes.get("to"),
    from: verb.attributes.get("from"),
    statusCallback: verb.attributes.get("action") ?? verb.attributes.get("statusCallback"),
  };
}

function elements(parent: XmlElement): XmlElement[] {
  return parent.children.filter((child) => typeof child === "object");
}

/** Replies as TwiML. */
export function renderTwiml(messages: readonly TwimlMessage[]): string {
  const verbs = messages.map(({ body, mediaUrl, to, from, statusCallback }) => {
    const attributes = Object.entries({ to, from, action: statusCallback })
      .map(([name, value]) => (value === undefined ? "" : ` ${name}="${escapeXml(value)}"`))
      .join("");
    const media = mediaUrl.map((url) => `<Media>${escapeXml(url)}</Media>`).join("");
    return `<Message${attributes}><Body>${escapeXml(body)}</Body>${media}</Message>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?><Response>${verbs.join("")}</Response>`;
}

function escapeXml(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, "")
    .replace(/[&<>"\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
