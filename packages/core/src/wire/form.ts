import { MessagingError } from "../errors.ts";

/** Parameters as a form or a query carries them: a repeated name holds its values in order. They inherit nothing. */
export type FormParameters = Record<string, string | string[]>;

/** Bounds of {@link parseForm}. */
export interface FormLimits {
  /** Name-value pairs accepted; default 1,000. */
  readonly maxParameters?: number | undefined;
}

const DEFAULT_MAX_PARAMETERS = 1_000;
const SPACE = 0x20;
const PERCENT = 0x25;
const AMPERSAND = 0x26;
const PLUS = 0x2b;
const EQUALS = 0x3d;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** To V8 an object whose prototype is null is a dictionary, whose names take ten times as long to list; of a prototype that is empty it is not. */
class Parameters {}
Object.setPrototypeOf(Parameters.prototype, null);
Reflect.deleteProperty(Parameters.prototype, "constructor");

/** Parameters without any: an object that inherits nothing, so one may be called `__proto__`. */
export function createParameters(): FormParameters {
  return new Parameters() as FormParameters;
}

/** A parameter of a form as it reads, and where it begins, its value begins, and it ends. Without an `=` its value is at its end. */
interface Place {
  readonly name: string;
  value: string;
  start: number;
  from: number;
  /** {@link UNREAD} until its value was read. */
  end: number;
}

const UNREAD = -1;

/**
 * The last form, and its parameters. Who sends forms sends the same names each time, and many of the same values: to see that the same
 * bytes stand there takes less time than to read them, and less room where what was read is kept.
 */
const lastBytes: Uint8Array = new Uint8Array(2_048);
const NONE: readonly Place[] = Object.freeze([]);
let lastPlaces: readonly Place[] = NONE;
/** Of a form with more parameters nothing is remembered. */
const MOST_PLACES = 64;

/**
 * Reads an `application/x-www-form-urlencoded` body as the URL Standard does: `+` is a space, an incomplete escape stays as
 * written. The result inherits nothing, so a parameter may be called `__proto__`. Takes time linear in the body.
 *
 * Throws MALFORMED_REQUEST when the text is not UTF-8 or holds more than `maxParameters` parameters.
 *
 * @see https://url.spec.whatwg.org/#urlencoded-parsing
 */
export function parseForm(body: Uint8Array | string, limits: FormLimits = {}): FormParameters {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const maxParameters = limits.maxParameters ?? DEFAULT_MAX_PARAMETERS;
  const parameters = createParameters();
  const last = lastPlaces;
  // They move on the way: of a form that is refused nothing is remembered.
  lastPlaces = NONE;
  const places: Place[] = [];
  /** The one whose value was read last: Twilio says a message's SID under three names. */
  let read: Place | undefined;
  for (let start = 0; start < bytes.length; start++) {
    if (bytes[start] === AMPERSAND) continue;
    if (places.length === maxParameters)
      throw new MessagingError("MALFORMED_REQUEST", `The form holds more than ${maxParameters} parameters.`);
    const place = moved(last[places.length], bytes, start) ?? nameAt(bytes, start);
    if (place.end === UNREAD) {
      place.end = valueEnd(bytes, place.from);
      place.value = sameValue(read, place, bytes) ?? toText(bytes, place.from, place.end, strictUtf8);
      read = place;
    }
    places.push(place);
    addParameter(parameters, place.name, place.value);
    start = place.end;
  }
  if (places.length <= MOST_PLACES && bytes.length <= lastBytes.length) {
    lastBytes.set(bytes);
    lastPlaces = places;
  }
  return parameters;
}

/** The place of the last form, moved to where its name stands in this one; unread where another value stands there. */
function moved(place: Place | undefined, bytes: Uint8Array, start: number): Place | undefined {
  if (place === undefined || lastBytes[place.from - 1] !== EQUALS) return undefined;
  const named = place.from - place.start;
  if (!isSame(lastBytes, place.start, bytes, start, named)) return undefined;
  const from = start + named;
  const length = place.end - place.from;
  const end = from + length;
  const isEnd = end >= bytes.length || bytes[end] === AMPERSAND;
  place.end = isEnd && isSame(lastBytes, place.from, bytes, from, length) ? end : UNREAD;
  place.start = start;
  place.from = from;
  return place;
}

/** The value of the one, where that of the other is the same. */
function sameValue(one: Place | undefined, { from, end }: Place, bytes: Uint8Array): string | undefined {
  if (one === undefined || one.end - one.from !== end - from) return undefined;
  return isSame(bytes, one.from, bytes, from, end - from) ? one.value : undefined;
}

function isSame(a: Uint8Array, atA: number, b: Uint8Array, atB: number, length: number): boolean {
  for (let index = 0; index < length; index++) if (a[atA + index] !== b[atB + index]) return false;
  return true;
}

function nameAt(bytes: Uint8Array, start: number): Place {
  let end = start;
  while (end < bytes.length && bytes[end] !== EQUALS && bytes[end] !== AMPERSAND) end++;
  const name = toText(bytes, start, end, strictUtf8);
  return bytes[end] === EQUALS
    ? { name, value: "", start, from: end + 1, end: UNREAD }
    : { name, value: "", start, from: end, end };
}

function valueEnd(bytes: Uint8Array, from: number): number {
  let end = from;
  while (end < bytes.length && bytes[end] !== AMPERSAND) end++;
  return end;
}

function addParameter(parameters: FormParameters, name: string, value: string): void {
  const earlier = parameters[name];
  if (earlier === undefined) parameters[name] = value;
  else if (typeof earlier === "string") parameters[name] = [earlier, value];
  else earlier.push(value);
}

/** The parameters of a URL's query, absolute or not; none without a query. Throws what {@link parseForm} throws. */
export function parseQuery(url: string, limits: FormLimits = {}): FormParameters {
  const end = indexOrLength(url, "#");
  const question = url.indexOf("?");
  return parseForm(question === -1 || question > end ? "" : url.slice(question + 1, end), limits);
}

function indexOrLength(text: string, character: string): number {
  const index = text.indexOf(character);
  return index === -1 ? text.length : index;
}

/** Decodes one name or value of a form; what is not UTF-8 becomes U+FFFD. */
export function decodeComponent(text: string): string {
  const bytes = Buffer.from(text);
  return toText(bytes, 0, bytes.length, lenientUtf8);
}

const scratch: Buffer = Buffer.alloc(1_024);

/** A name or value as it reads. Nothing of the form itself is kept with it. */
function toText(bytes: Uint8Array, from: number, end: number, utf8: typeof strictUtf8): string {
  const unescaped = end - from <= scratch.length ? scratch : Buffer.alloc(end - from);
  let length = 0;
  let all = 0;
  for (let at = from; at < end; at++) {
    let code = bytes[at] as number;
    if (code === PLUS) code = SPACE;
    else if (code === PERCENT && at + 2 < end) {
      const value = (hexDigit(bytes[at + 1] as number) << 4) | hexDigit(bytes[at + 2] as number);
      if (value >= 0) {
        code = value;
        at += 2;
      }
    }
    unescaped[length++] = code;
    all |= code;
  }
  if (all <= 0x7f) return unescaped.toString("latin1", 0, length);
  try {
    return utf8.decode(unescaped.subarray(0, length));
  } catch (cause) {
    throw new MessagingError("MALFORMED_REQUEST", "The form is not UTF-8.", { cause });
  }
}

/** Its value; negative for what is none. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
