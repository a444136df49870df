import { randomBytes } from "node:crypto";

/** A new SID: two letters and 32 random hexadecimal digits. */
export function createSid(prefix: "SM" | "MM" | "RQ"): string {
  return prefix + randomBytes(16).toString("hex");
}
