import { type FormParameters, type HttpRequest, parseForm } from "@messaging-service/core";
import { fault, faultOf } from "./errors.ts";

const NOTHING: FormParameters = Object.freeze(Object.create(null));

/**
 * The form of a request. Twilio takes no other body: JSON is refused rather than read as an empty form.
 *
 * @throws Fault 20422 with 415 for another content type, with 400 for a form that is not UTF-8.
 */
export function readForm({ headers, body, parsed }: HttpRequest): FormParameters {
  const type = headers["content-type"];
  const isForm = type === undefined || /^\s*(application\/x-www-form-urlencoded)?\s*(;|$)/i.test(type);
  const isEmpty = (body === undefined || body.byteLength === 0) && parsed === undefined;
  if (!isForm && !isEmpty)
    throw faultOf({
      code: 20422,
      status: 415,
      message: "Send parameters as application/x-www-form-urlencoded.",
    });
  if (body !== undefined) return parseForm(body);
  return parsed === undefined ? NOTHING : fromParsed(parsed);
}

/**
 * A form that a body parser took apart. Names it nested (`a[b]`) are parameters that this API does not know, and lists that it wrote as
 * numbered objects are lists again.
 */
function fromParsed(parsed: unknown): FormParameters {
  if (typeof parsed === "string" || parsed instanceof Uint8Array) return parseForm(parsed);
  const form = Object.create(null) as FormParameters;
  if (typeof parsed !== "object" || parsed === null) return form;
  for (const [name, value] of Object.entries(parsed)) {
    if (typeof value === "string") form[name] = value;
    else if (
      typeof value === "object" &&
      value !== null &&
      Object.keys(value).every((key) => /^\d+$/.test(key))
    )
      form[name] = Object.values(value).filter((each): each is string => typeof each === "string");
  }
  return form;
}

/** Whether a client takes XML and nothing that we write. */
export function wantsXml(accept = ""): boolean {
  return accept.includes("xml") && !accept.includes("json") && !accept.includes("*/*");
}

/** @throws Fault 20422 with 406: this API writes JSON. */
export function refuseXml(): never {
  throw faultOf({
    code: 20422,
    status: 406,
    message: "This API answers JSON: ask for .json, or leave the suffix out.",
  });
}

/** @throws Fault 20004 with `Allow`. */
export function refuseMethod(allowed: Iterable<string>): never {
  throw fault(20004, undefined, { allow: [...allowed].join(", ") });
}
