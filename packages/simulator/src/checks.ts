import { MessagingError, parseUrl } from "@messaging-service/core";

/** What a field may hold: the test, and its words in an error. */
export type Rule = readonly [allows: (value: unknown) => boolean, allowed: string];

/** Rules that several options share. */
export const rules: Readonly<
  Record<"flag" | "text" | "code" | "count" | "milliseconds" | "seconds" | "parts" | "method" | "url", Rule>
> = {
  flag: [(value) => typeof value === "boolean", "true or false"],
  text: [(value) => typeof value === "string" && value !== "", "a text that is not empty"],
  code: [(value) => isWhole(value, 1), "a number of Twilio's, such as 30003"],
  count: [(value) => isWhole(value, 0), "a whole number from 0"],
  milliseconds: [isWait, "0 or more milliseconds"],
  seconds: [isWait, "0 or more seconds"],
  parts: [(value) => typeof value === "object" && value !== null, "an object"],
  method: oneOf("GET", "POST"),
  url: [isHttpUrl, "an absolute http(s) URL"],
};

/** One of these values. */
export function oneOf(...values: readonly unknown[]): Rule {
  return [(value) => values.includes(value), values.join(", ").replace(/, (?=[^,]*$)/, " or ")];
}

/** A list of these values. */
export function listOf([allows, allowed]: Rule): Rule {
  return [(value) => Array.isArray(value) && value.every(allows), `a list of ${allowed}`];
}

/** A whole number from `least`. */
export function isWhole(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= least;
}

/**
 * Checks what a caller gave against the fields there are. A name written wrong would steer nothing, and a test that relies on it might
 * pass: so it throws UNKNOWN_OPTION, and INVALID_OPTION for a value that is not allowed. `undefined` is as good as absent.
 */
export function checkFields(what: string, given: unknown, fields: Readonly<Record<string, Rule>>): void {
  check(rules.parts[0](given), what, given, "an object");
  for (const [name, value] of Object.entries(given as object)) {
    const rule = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (rule === undefined)
      throw new MessagingError(
        "UNKNOWN_OPTION",
        `${what} has no ${name}; it has ${Object.keys(fields).join(", ")}.`,
      );
    if (value !== undefined) check(rule[0](value), `${name} of ${what}`, value, rule[1]);
  }
}

/** Throws INVALID_OPTION, naming the option and what it allows. */
export function check(valid: boolean, name: string, value: unknown, allowed: string): void {
  if (!valid) throw new MessagingError("INVALID_OPTION", `${name} must be ${allowed}, not ${show(value)}.`);
}

function show(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return `that ${typeof value}`; // It holds itself, as an app does.
  }
}

function isWait(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isHttpUrl(value: unknown): boolean {
  return typeof value === "string" && /^https?:\/\//i.test(value) && parseUrl(value) !== undefined;
}
