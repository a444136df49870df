import { createHash, randomBytes } from "node:crypto";

/** Prefixes of what this package names: service, number, short code, channel sender, sender ID, opt-out configuration. */
export type ResourcePrefix = "MG" | "PN" | "SC" | "XE" | "AI" | "OO" | "NO";

/** A new SID: the prefix and 32 random hexadecimal digits. */
export function createResourceSid(prefix: ResourcePrefix): string {
  return prefix + randomBytes(16).toString("hex");
}

/** The SID that always belongs to these parts, in every process. */
export function resourceSid(prefix: ResourcePrefix, ...parts: readonly string[]): string {
  return prefix + createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);
}
