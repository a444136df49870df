import { SaxesParser } from "saxes";
import { MessagingError } from "../errors.ts";

/** What a webhook answered. Frozen. */
export interface TwimlDocument {
  /** In order; at most 10. */
  readonly messages: readonly TwimlMessage[];
  /** Where to fetch more TwiML, after the messages; `url` may be relative to the webhook's. */
  readonly redirect?: TwimlRedirect | undefined;
  /** What was left out and why, each beginning with Twilio's number (`"14109: …"`). At most 20. */
  readonly warnings: readonly string[];
}
export interface TwimlRedirect {
  readonly url: string;
  readonly method: "GET" | "POST";
}

/** One `<Message>`. */
export interface TwimlMessage {
  readonly body: string;
  readonly mediaUrl: readonly string[];
  readonly to?: string | undefined;
  readonly from?: string | undefined;
  /** URL of the status callback, by its current name. */
  readonly action?: string | undefined;
  /** Of the call to `action`; Twilio's default is POST. */
  readonly method?: "GET" | "POST" | undefined;
  /** URL of the status callback, by its deprecated name; `action` goes before it. */
  readonly statusCallback?: string | undefined;
}

/** Error 11750. */
const MAX_BYTES = 65_536;
/** Warning 14109. */
const MAX_MESSAGES = 10;
const MAX_WARNINGS = 20;
const ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  Response: [],
  Message: ["to", "from", "action", "method", "statusCallback"],
  Redirect: ["method"],
  Body: [],
  Media: [],
};
/** Which elements an element may hold; "" is the document. */
const CHILDREN: Readonly<Record<string, readonly string[]>> = {
  "": ["Response"],
  Response: ["Message", "Redirect"],
  Message: ["Body", "Media"],
  Redirect: [],
  Body: [],
  Media: [],
};

/**
 * Reads a webhook's answer: TwiML (`text/xml`, `application/xml`, `text/html`), or `text/plain`, which is one message. An empty
 * answer sends nothing. Blanks around a text are layout, not text. Anything after a `<Redirect>` is ignored.
 *
 * Throws INVALID_TWIML, with Twilio's number in `details.twilioCode`: more than 64 kB (11750), a content type that is neither
 * (12300), text that is no XML, such as blanks before its header (12100), another root than `<Response>` (12102). Entities
 * other than XML's own five are refused, never fetched or expanded.
 *
 * @see https://www.twilio.com/docs/messaging/twiml
 */
export function parseTwiml(body: string, contentType: string | undefined): TwimlDocument {
  if (Buffer.byteLength(body) > MAX_BYTES) throw invalid(11750, "The answer is longer than 64 kB.");
  if (trim(body) === "") return freeze([], undefined, []);
  const type = trim(contentType?.split(";", 1)[0] ?? "").toLowerCase();
  if (type === "text/plain") return freeze([{ body: trim(body), mediaUrl: [] }], undefined, []);
  if (!["text/xml", "application/xml", "text/html"].includes(type) && !type.endsWith("+xml"))
    throw invalid(12300, `The answer's Content-Type is ${type === "" ? "missing" : `"${type}"`}.`);
  return parsePlain(body) ?? parseXml(body);
}

/**
 * What most webhooks answer, to the letter: nothing, or one message of plain text. Everything in it means itself, so that
 * the parser would make the same of it; whatever else there is, is the parser's.
 */
const PLAIN =
  /^(?:<\?xml version="1\.0" encoding="UTF-8"\?>\n?)?(?:<Response\/>|<Response>(?:<Message>([\t\n -%'-;=?-~\u00A0-\uD7FF]*)<\/Message>)?<\/Response>)\n?$/;

function parsePlain(body: string): TwimlDocument | undefined {
  const found = PLAIN.exec(body);
  if (found === null) return undefined;
  const [, text] = found;
  if (text === undefined) return freeze([], undefined, []);
  const trimmed = trim(text);
  return trimmed === "" ? undefined : freeze([{ body: trimmed, mediaUrl: [] }], undefined, []);
}

interface OpenElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** False for an element that is ignored, and all it holds. */
  readonly read: boolean;
  /** Texts in document order: its own, and of a message its bodies'. */
  readonly texts: string[];
  readonly mediaUrl: string[];
}

function parseXml(body: string): TwimlDocument {
  const messages: TwimlMessage[] = [];
  const warnings: string[] = [];
  let redirect: TwimlRedirect | undefined;
  const open: OpenElement[] = [
    { name: "", attributes: {}, read: true, texts: [], mediaUrl: [] }, // the document
  ];
  const top = (): OpenElement => open[open.length - 1] as OpenElement;
  const warn = (code: number, text: string): void => {
    if (warnings.length < MAX_WARNINGS) warnings.push(`${code}: ${text}`);
  };

  /** Blanks after text in a message: more of it where text follows, layout where an element does. */
  let blanks = "";
  let afterText = false;
  const addText = (text: string): void => {
    top().texts.push(blanks + text);
    blanks = "";
    afterText = true;
  };

  const parser = new SaxesParser();
  parser.on("opentag", ({ name, attributes }) => {
    blanks = "";
    afterText = false;
    const parent = top();
    const known = parent.read && (CHILDREN[parent.name]?.includes(name) ?? false);
    if (parent.name === "" && !known) throw invalid(12102, `The root element is <${name}>, not <Response>.`);
    const read = known && redirect === undefined;
    if (parent.read && redirect === undefined) {
      if (!known) warn(14110, `<${name}> is not known in <${parent.name}> and was ignored.`);
      for (const attribute of known ? Object.keys(attributes) : [])
        if (!ATTRIBUTES[name]?.includes(attribute))
          warn(12200, `<${name}> has no attribute "${attribute}"; it was ignored.`);
    }
    open.push({ name, attributes, read, texts: [], mediaUrl: [] });
  });
  parser.on("text", (text) => {
    if (!top().read) return;
    if (top().name !== "Message" || trim(text) !== "") addText(text);
    else if (afterText) blanks += text;
  });
  parser.on("cdata", (text) => {
    if (top().read) addText(text);
  });
  parser.on("closetag", () => {
    blanks = "";
    afterText = false;
    const element = open.pop() as OpenElement;
    if (!element.read) return;
    const parent = top();
    const text = trim(element.texts.join(""));
    if (element.name === "Body") parent.texts.push(text);
    else if (element.name === "Media" && text !== "") parent.mediaUrl.push(text);
    else if (element.name === "Redirect") {
      if (text === "") warn(11100, "<Redirect> without a URL was ignored.");
      else redirect = { url: text, method: methodOf(element, warn) ?? "POST" };
    } else if (element.name === "Message") addMessage(messages, element, warn);
    else if (element.name === "Response" && text !== "") warn(12200, "Text outside <Message> was ignored.");
  });
  try {
    parser.write(body).close();
  } catch (cause) {
    if (cause instanceof MessagingError) throw cause;
    throw invalid(12100, `The answer is not XML (line:column ${(cause as Error).message})`, cause);
  }
  return freeze(messages, redirect, warnings);
}

type Warn = (code: number, text: string) => void;

function addMessage(messages: TwimlMessage[], element: OpenElement, warn: Warn): void {
  const { mediaUrl, attributes } = element;
  const body = trim(element.texts.join(""));
  if (body === "" && mediaUrl.length === 0) warn(14103, "<Message> without text or media was ignored.");
  else if (messages.length === MAX_MESSAGES) warn(14109, "Only the first 10 messages are sent.");
  else {
    const { to, from, action, statusCallback } = attributes;
    const given = Object.entries({ to, from, action, method: methodOf(element, warn), statusCallback });
    messages.push({
      body,
      mediaUrl,
      ...Object.fromEntries(given.filter(([, value]) => (value ?? "") !== "")),
    });
  }
}

function methodOf({ name, attributes }: OpenElement, warn: Warn): "GET" | "POST" | undefined {
  const method = attributes.method?.toUpperCase();
  if (method === undefined || method === "GET" || method === "POST") return method;
  warn(14104, `<${name}> has the method "${attributes.method}"; it is GET or POST.`);
  return undefined;
}

/** XML's own blanks only: a no-break space is text. By hand, since `/\s+$/` takes quadratic time on runs of blanks. */
function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

function invalid(twilioCode: number, message: string, cause?: unknown): MessagingError {
  return new MessagingError("INVALID_TWIML", `${message} (${twilioCode})`, {
    cause,
    details: Object.freeze({ twilioCode }),
  });
}

function freeze(
  messages: readonly TwimlMessage[],
  redirect: TwimlRedirect | undefined,
  warnings: readonly string[],
): TwimlDocument {
  for (const message of messages) Object.freeze(message.mediaUrl);
  return Object.freeze({
    messages: Object.freeze(messages.map((message) => Object.freeze(message))),
    ...(redirect === undefined ? {} : { redirect: Object.freeze(redirect) }),
    warnings: Object.freeze([...warnings]),
  });
}
