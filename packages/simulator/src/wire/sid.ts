import { randomBytes } from "node:crypto";

/** Bytes drawn at a time: a draw of 16 costs as much. */
const DRAWN = 4_096;
const SID_BYTES = 16;
let drawn: Buffer = Buffer.alloc(0);
let used = 0;

/** A new SID: two letters and 32 random hexadecimal digits. */
export function createSid(prefix: "SM" | "MM" | "RQ"): string {
  if (used === drawn.length) {
    drawn = randomBytes(DRAWN);
    used = 0;
  }
  used += SID_BYTES;
  return prefix + drawn.toString("hex", used - SID_BYTES, used);
}
