import { MessagingError } from "../errors.ts";
import { isCountry, isKeyed, show } from "../option-checks.ts";
import { MAX_REPLY_LENGTH } from "./replies.ts";

/** The most characters a keyword may have, as at Twilio. */
export const MAX_KEYWORD_LENGTH = 34;

/** Refuses what is no plain object, and keys that no option has; the message names the nearest one. */
export function checkObject(value: unknown, allowed: readonly string[] | undefined, path: string): void {
  if (!isKeyed(value)) {
    throw new MessagingError("INVALID_OPTION", `${path} must be an object, not ${show(value)}.`);
  }
  for (const key of Object.keys(value)) {
    if (allowed === undefined || allowed.includes(key)) continue;
    throw new MessagingError(
      "UNKNOWN_OPTION",
      `${path} has no option "${key}"; the nearest is "${nearest(key, allowed)}".`,
    );
  }
}

/** Refuses a value that is not one of the allowed ones; undefined is. */
export function checkOneOf(value: unknown, allowed: readonly unknown[], path: string): void {
  if (value === undefined || allowed.includes(value)) return;
  const choices = allowed.map((choice) => JSON.stringify(choice)).join(", ");
  throw new MessagingError("INVALID_OPTION", `${path} must be one of ${choices}, not ${show(value)}.`);
}

/** Refuses a value that is no text with a visible character; undefined is allowed. */
export function checkText(value: unknown, path: string): void {
  if (value === undefined || (typeof value === "string" && value.trim() !== "")) return;
  throw new MessagingError("INVALID_OPTION", `${path} must be a text that is not empty, not ${show(value)}.`);
}

/** Refuses what is no list of texts; undefined is allowed. */
export function checkTexts(value: unknown, path: string): void {
  if (value === undefined) return;
  if (Array.isArray(value) && value.every((item) => typeof item === "string" && item !== "")) return;
  throw new MessagingError("INVALID_OPTION", `${path} must be a list of texts, not ${show(value)}.`);
}

/** Refuses a reply that is empty, or longer than a reply may be once its slots are filled. */
export function checkReply(rendered: unknown, place: string): void {
  if (typeof rendered !== "string" || rendered.trim() === "") {
    throw new MessagingError("INVALID_KEYWORD", `The reply ${place} is empty.`);
  }
  const length = [...rendered].length;
  if (length <= MAX_REPLY_LENGTH) return;
  throw new MessagingError(
    "INVALID_KEYWORD",
    `The reply ${place} has ${length} characters; at most ${MAX_REPLY_LENGTH} are allowed.`,
  );
}

let languageNames: Intl.DisplayNames | undefined;

/** Refuses what is no language tag in canonical form ("es", "pt-BR"). */
export function checkLanguage(language: string, path: string): void {
  languageNames ??= new Intl.DisplayNames(["en"], { type: "language", fallback: "none" });
  let canonical: string | undefined;
  try {
    canonical = Intl.getCanonicalLocales(language)[0];
  } catch {
    canonical = undefined;
  }
  if (canonical !== undefined && canonical !== language) {
    throw new MessagingError(
      "INVALID_KEYWORD",
      `${path}: the language "${language}" is written "${canonical}".`,
    );
  }
  if (canonical !== undefined && languageNames.of(canonical) !== undefined) return;
  throw new MessagingError(
    "INVALID_KEYWORD",
    `${path}: "${language}" is not a language code (BCP 47, as "es").`,
  );
}

/** Refuses what is no ISO 3166-1 alpha-2 code in upper case. */
export function checkCountry(country: string, path: string): void {
  if (isCountry(country)) return;
  throw new MessagingError(
    "INVALID_KEYWORD",
    `${path}: "${country}" is not a country code (ISO 3166-1 alpha-2 in capitals, as "MX").`,
  );
}

function nearest(key: string, allowed: readonly string[]): string {
  let best = allowed[0] ?? "";
  for (const name of allowed) if (editDistance(key, name) < editDistance(key, best)) best = name;
  return best;
}

/** Letters to insert, delete, replace or swap with their neighbour to make one word of the other. */
export function editDistance(from: string, to: string): number {
  const rows: number[][] = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= from.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1;
      const above = rows[i - 1] ?? [];
      let cost = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        cost = Math.min(cost, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    rows.push(row);
  }
  return rows[from.length]?.[to.length] ?? 0;
}
