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
/** What is remembered of the last form stays small, whatever comes. */
const MOST_NAMES = 64;
const LONGEST_NAME = 64;
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

/** Names of the last form, as they stood in it. Who sends forms sends the same names each time: cutting one out and looking it up takes longer than to see that it stands there. */
let lastNames: readonly string[] = Object.freeze([]);

/**
 * Reads an `application/x-www-form-urlencoded` body as the URL Standard does: `+` is a space, an incomplete escape stays as
 * written. The result inherits nothing, so a parameter may be called `__proto__`. Takes time linear in the body.
 *
 * Throws MALFORMED_REQUEST when the text is not UTF-8 or holds more than `maxParameters` parameters.
 *
 * @see https://url.spec.whatwg.org/#urlencoded-parsing
 */
export function parseForm(body: Uint8Array | string, limits: FormLimits = {}): FormParameters {
  const text = typeof body === "string" ? body : decodeUtf8(body, "refuse");
  const maxParameters = limits.maxParameters ?? DEFAULT_MAX_PARAMETERS;
  const parameters = createParameters();
  const expected = lastNames;
  /** This form's names, from where it stops being like the last one. */
  let names: string[] | undefined;
  let count = 0;
  for (let start = 0; start < text.length; ) {
    let name = names === undefined ? nameAt(text, start, expected[count]) : undefined;
    let equals = name === undefined ? -1 : start + name.length;
    let nameEscaped = false;
    let escaped = false;
    let end = equals + 1 || start;
    // One look at every character: most names and values hold nothing to decode.
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      if (code === AMPERSAND) break;
      if (code === PERCENT || code === PLUS) escaped = true;
      else if (code === EQUALS && equals === -1) {
        equals = end;
        nameEscaped = escaped;
        escaped = false;
      }
    }
    if (end > start) {
      if (count === maxParameters)
        throw new MessagingError(
          "MALFORMED_REQUEST",
          `The form holds more than ${maxParameters} parameters.`,
        );
      if (name === undefined) {
        if (equals === -1) nameEscaped = escaped;
        const written = text.slice(start, equals === -1 ? end : equals);
        name = nameEscaped ? decodeComponent(written, "refuse") : written;
        names ??= expected.slice(0, count);
        // An escaped one is not found as it stands there.
        names.push(nameEscaped || written.length > LONGEST_NAME ? "" : written);
      }
      count += 1;
      const value = equals === -1 ? "" : text.slice(equals + 1, end);
      addParameter(parameters, name, escaped && equals !== -1 ? decodeComponent(value, "refuse") : value);
    }
    start = end + 1;
  }
  if (names !== undefined && count <= MOST_NAMES) lastNames = names;
  return parameters;
}

/** The name, where it is what stands there. */
function nameAt(text: string, start: number, name: string | undefined): string | undefined {
  if (name === undefined || text.charCodeAt(start + name.length) !== EQUALS) return undefined;
  return text.startsWith(name, start) ? name : undefined;
}

/** The parameters of a URL's query, absolute or not; none without a query. Throws what {@link parseForm} throws. */
export function parseQuery(url: string, limits: FormLimits = {}): FormParameters {
  const end = indexOrLength(url, "#", 0);
  const question = url.indexOf("?");
  return parseForm(question === -1 || question > end ? "" : url.slice(question + 1, end), limits);
}

/**
 * Decodes one name or value of a form. Escapes that are not UTF-8 throw MALFORMED_REQUEST ("refuse") or become U+FFFD ("replace").
 */
export function decodeComponent(text: string, invalidUtf8: "refuse" | "replace"): string {
  return decodeAscii(text) ?? decodeAny(text, invalidUtf8);
}

function decodeAny(text: string, invalidUtf8: "refuse" | "replace"): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    // An incomplete escape, or bytes that are not UTF-8: decodeURIComponent does not say which.
    return decodeUtf8(unescapeBytes(spaced), invalidUtf8);
  }
}

const ascii = Buffer.alloc(1_024);

/** What most values are: a number, a name, a sentence. `undefined` for a longer one, and for one that is not ASCII or not well escaped. */
function decodeAscii(text: string): string | undefined {
  if (text.length > ascii.length) return undefined;
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    let code = text.charCodeAt(at);
    if (code === PLUS) code = SPACE;
    else if (code === PERCENT) {
      const high = hexDigit(text.charCodeAt(at + 1));
      const low = hexDigit(text.charCodeAt(at + 2));
      if (high === -1 || low === -1) return undefined;
      code = high * 16 + low;
      at += 2;
    }
    if (code > 0x7f) return undefined;
    ascii[length++] = code;
  }
  return ascii.toString("latin1", 0, length);
}

function addParameter(parameters: FormParameters, name: string, value: string): void {
  const earlier = parameters[name];
  if (earlier === undefined) parameters[name] = value;
  else if (typeof earlier === "string") parameters[name] = [earlier, value];
  else earlier.push(value);
}

function decodeUtf8(bytes: Uint8Array, invalidUtf8: "refuse" | "replace"): string {
  if (invalidUtf8 === "replace") return lenientUtf8.decode(bytes);
  try {
    return strictUtf8.decode(bytes);
  } catch (cause) {
    throw new MessagingError("MALFORMED_REQUEST", "The form is not UTF-8.", { cause });
  }
}

function unescapeBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text, "utf8");
  let length = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    const high = byte === PERCENT ? hexDigit(bytes[index + 1]) : -1;
    const low = high === -1 ? -1 : hexDigit(bytes[index + 2]);
    if (low !== -1) index += 2;
    bytes[length++] = low === -1 ? byte : high * 16 + low;
  }
  return bytes.subarray(0, length);
}

function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function indexOrLength(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from);
  return index === -1 ? text.length : index;
}
