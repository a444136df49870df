import type { ProviderReply } from "../provider.ts";

const HEADER = '<?xml version="1.0" encoding="UTF-8"?>';

/**
 * The TwiML that sends these replies; `<Response/>` for none. A reply without media is `<Message>text</Message>`, as Twilio's SDK
 * writes it. Characters that XML 1.0 cannot hold (control characters, lone surrogates) are left out.
 *
 * @see https://www.twilio.com/docs/messaging/twiml/message
 */
export function renderTwiml(replies: readonly ProviderReply[]): string {
  if (replies.length === 0) return `${HEADER}<Response/>`;
  return `${HEADER}<Response>${replies.map(renderMessage).join("")}</Response>`;
}

function renderMessage({ body, mediaUrl, to, from, statusCallback }: ProviderReply): string {
  // `action` is the status callback of a reply; the attribute called statusCallback is deprecated.
  const attributes = attribute("to", to) + attribute("from", from) + attribute("action", statusCallback);
  const text = escapeText(body);
  const media = mediaUrl.map((url) => `<Media>${escapeText(url)}</Media>`).join("");
  const content = media === "" || text === "" ? text + media : `<Body>${text}</Body>${media}`;
  return content === "" ? `<Message${attributes}/>` : `<Message${attributes}>${content}</Message>`;
}

/** With the `u` flag only lone surrogates match the surrogate range. @see https://www.w3.org/TR/xml/#charsets */
const ILLEGAL = /[\0-\x08\x0B\f\x0E-\x1F\uD800-\uDFFF\uFFFE\uFFFF]/gu;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#x9;",
  "\n": "&#xA;",
  "\r": "&#xD;",
};

/** What most texts are: nothing to escape. */
const PLAIN = /^[ !#-%'-;=?-~]*$/;

function attribute(name: string, value: string | undefined): string {
  return value === undefined ? "" : ` ${name}="${escapeAttribute(value)}"`;
}

function escapeText(text: string): string {
  if (PLAIN.test(text)) return text;
  // A parser turns a bare carriage return into a line feed.
  return text.replace(ILLEGAL, "").replace(/[&<>\r]/g, (character) => ESCAPES[character] ?? "");
}

function escapeAttribute(value: string): string {
  if (PLAIN.test(value)) return value;
  return value.replace(ILLEGAL, "").replace(/[&<"\t\n\r]/g, (character) => ESCAPES[character] ?? "");
}
