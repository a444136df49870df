import type { FormParameters } from "@messaging-service/core";
import { fault, type RestErrorCode } from "./errors.ts";

/** A parameter's text; of a repeated one the first. `undefined` where it is missing. */
export function textOf(form: FormParameters, name: string): string | undefined {
  const value = form[name];
  return typeof value === "string" ? value : value?.[0];
}

/** Every value of a repeatable parameter, in order. */
export function listOf(form: FormParameters, name: string): readonly string[] {
  const value = form[name];
  return value === undefined ? [] : typeof value === "string" ? [value] : value;
}

/** True or false as clients write it, in any case. @throws Fault with the code (default 20422). */
export function flagOf(form: FormParameters, name: string, code: RestErrorCode = 20422): boolean | undefined {
  const value = textOf(form, name);
  if (value === undefined || value === "") return undefined;
  switch (value.toLowerCase()) {
    case "true":
      return true;
    case "false":
      return false;
    default:
      throw fault(code, `${name} is true or false.`);
  }
}

/** A whole number in a range. @throws Fault with the code (default 20422). */
export function integerOf(
  form: FormParameters,
  name: string,
  least: number,
  most: number,
  code: RestErrorCode = 20422,
): number | undefined {
  const value = textOf(form, name);
  if (value === undefined || value === "") return undefined;
  const number = /^[+-]?\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw fault(code, code === 20422 ? `${name} is a whole number from ${least} to ${most}.` : undefined);
}

/** One of a few words, in any case; answered as it stands in the list. @throws Fault with the code (default 20422). */
export function oneOf<Word extends string>(
  form: FormParameters,
  name: string,
  words: readonly Word[],
  code: RestErrorCode = 20422,
): Word | undefined {
  const value = textOf(form, name);
  if (value === undefined || value === "") return undefined;
  const found = words.find((word) => word.toLowerCase() === value.toLowerCase());
  if (found !== undefined) return found;
  throw fault(code, code === 20422 ? `${name} is one of ${words.join(", ")}.` : undefined);
}

const SID = /^[A-Z]{2}[0-9a-fA-F]{32}$/;

/** Whether a text is a SID of these kinds. */
export function isSid(text: string, ...prefixes: readonly string[]): boolean {
  return SID.test(text) && prefixes.includes(text.slice(0, 2));
}

/** A SID of that kind. @throws Fault with the code. */
export function sidOf(
  form: FormParameters,
  name: string,
  prefix: string,
  code: RestErrorCode,
): string | undefined {
  const value = textOf(form, name);
  if (value === undefined || value === "" || isSid(value, prefix)) return value === "" ? undefined : value;
  throw fault(code);
}
