import { hash, randomBytes } from "node:crypto";

/** Twilio's prefixes: AC account, MG service, SM message, MM message with media, PN number, and so on. */
export type SidPrefix = "AC" | "MG" | "SM" | "MM" | "CH" | "IM" | "MB" | "NO" | "ME";

/** Random bytes are drawn for this many SIDs at a time: a call for 16 bytes costs as much as one for 4,096. */
const SIDS_PER_DRAW = 256;
const SID_BYTES = 16;
let drawn: Buffer = Buffer.alloc(0);
let used = 0;

/** A new SID: the prefix and 32 random hexadecimal digits (34 characters, Twilio's form). */
export function createSid(prefix: SidPrefix): string {
  if (used === drawn.length) {
    drawn = randomBytes(SIDS_PER_DRAW * SID_BYTES);
    used = 0;
  }
  used += SID_BYTES;
  return prefix + drawn.toString("hex", used - SID_BYTES, used);
}

/** The SID that always belongs to these parts: the same parts give the same SID in every process. */
export function deriveSid(prefix: SidPrefix, ...parts: readonly string[]): string {
  return prefix + hash("sha256", JSON.stringify(parts), "hex").slice(0, 32);
}

/** Whether the value is a SID with that prefix. */
export function isSid(value: unknown, ...prefixes: readonly SidPrefix[]): value is string {
  return (
    typeof value === "string" &&
    /^[A-Z]{2}[0-9a-fA-F]{32}$/.test(value) &&
    prefixes.some((prefix) => value.startsWith(prefix))
  );
}

/** A short random identifier (no prefix): `length` characters of 0-9a-z. */
export function createId(length = 10): string {
  const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
  let id = "";
  // 252 = 7 × 36: bytes above it would favour the first letters.
  while (id.length < length)
    for (const byte of randomBytes(length)) if (byte < 252 && id.length < length) id += alphabet[byte % 36];
  return id;
}
