/** Longest text that the scratch holds; those of messages are shorter. */
const MOST_KEPT = 4_096;
const BYTES: Buffer = Buffer.alloc((MOST_KEPT + 1) * 2);
const SCRATCH: Uint16Array = new Uint16Array(BYTES.buffer, BYTES.byteOffset, MOST_KEPT + 1);
/** Whether the platform's byte order is that of UTF-16LE. */
const IS_LITTLE: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/**
 * The UTF-16 code units of a text, and a 0 after them; valid until the next call. Worth its one copy where a text is
 * looked at unit by unit: every `charCodeAt` finds out anew how the string is kept, and costs several times a load.
 */
export function toUnits(body: string): Uint16Array {
  const { length } = body;
  const units = length <= MOST_KEPT ? SCRATCH : new Uint16Array(length + 1);
  if (units === SCRATCH && IS_LITTLE) BYTES.write(body, "utf16le");
  else for (let at = 0; at < length; at += 1) units[at] = body.charCodeAt(at);
  units[length] = 0;
  return units;
}
