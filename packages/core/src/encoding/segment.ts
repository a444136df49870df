import type { Encoding } from "../types.ts";
import { cutAtCluster, foreignClusters } from "./grapheme.ts";
import { countSeptets, UNIT_CLASS } from "./gsm7.ts";
import { smartEncode } from "./smart.ts";
import { toUnits } from "./units.ts";

/** How a text leaves as SMS. */
export interface Segmentation {
  readonly encoding: Encoding;
  /** At least 1: the empty text is one empty segment, as Twilio's calculator counts it. */
  readonly numSegments: number;
  /** The text of each segment; joined, they are `body`. */
  readonly segments: readonly string[];
  /** Length of the whole `body`: septets in GSM-7 (an extension character is 2), UTF-16 code units in UCS-2. */
  readonly units: number;
  /** The text that leaves: after Smart Encoding, where it was asked for and could help. */
  readonly body: string;
  /**
   * The distinct characters (grapheme clusters) that made it UCS-2, in order of appearance; empty for GSM-7. Found
   * when first read, since most callers never ask: a copy by spread has it only after that.
   */
  readonly forcedBy: readonly string[];
}

/** How to segment. */
export interface SegmentOptions {
  /** Apply Smart Encoding first (see {@link smartEncode}). Default false: the text is counted as it is given. */
  readonly smartEncoding?: boolean | undefined;
}

/** Septets of a lone segment, and of each of several: 140 octets, of which a header then takes 6 (3GPP TS 23.040). */
const GSM7_SINGLE = 160;
const GSM7_EACH = 153;
/** The same in UTF-16 code units. */
const UCS2_SINGLE = 70;
const UCS2_EACH = 67;

const NONE: readonly string[] = Object.freeze([]);

/**
 * The encoding of a text and the segments it is sent, and paid, in: 160 septets or 70 UTF-16 code units alone, 153 or
 * 67 each when joined. No escape sequence, surrogate pair or grapheme cluster is torn over two segments, save a
 * cluster longer than a segment, which is cut between code points; CR LF may part. Counts equal those of Twilio's
 * sms-segments-calculator, except at the few clusters that newer Unicode rules join and its Unicode 10 does not
 * (Indic conjuncts, later skin tones). Never throws.
 *
 * @param options `smartEncoding` defaults to false here; a messaging service defaults to true.
 */
export function segment(body: string, options?: SegmentOptions): Segmentation {
  const septets = countSeptets(body);
  if (septets >= 0) return gsm7(body, septets);
  if (options?.smartEncoding !== true) return ucs2(body);
  const encoded = smartEncode(body);
  return encoded === body ? ucs2(body) : gsm7(encoded, countSeptets(encoded));
}

function gsm7(body: string, units: number): Segmentation {
  const segments = units <= GSM7_SINGLE ? [body] : splitGsm7(body, units);
  return { encoding: "GSM-7", numSegments: segments.length, segments, units, body, forcedBy: NONE };
}

function splitGsm7(body: string, units: number): string[] {
  const segments: string[] = [];
  let start = 0;
  if (units > body.length) {
    let used = 0;
    const codes = toUnits(body);
    for (let at = 0; at < body.length; at += 1) {
      const cost = UNIT_CLASS[codes[at] as number] as number;
      used += cost;
      if (used > GSM7_EACH) {
        segments.push(body.slice(start, at));
        start = at;
        used = cost;
      }
    }
  } else {
    for (; body.length - start > GSM7_EACH; start += GSM7_EACH)
      segments.push(body.slice(start, start + GSM7_EACH));
  }
  segments.push(body.slice(start));
  return segments;
}

function ucs2(body: string): Segmentation {
  return new Ucs2(body, body.length <= UCS2_SINGLE ? [body] : splitUcs2(body));
}

function splitUcs2(body: string): string[] {
  const units = toUnits(body);
  const segments: string[] = [];
  let start = 0;
  while (body.length - start > UCS2_EACH) {
    const end = cutAtCluster(units, start, start + UCS2_EACH);
    segments.push(body.slice(start, end));
    start = end;
  }
  segments.push(body.slice(start));
  return segments;
}

/** Naming the characters that made a text UCS-2 costs many times what counting its segments does, so it waits until somebody asks. */
class Ucs2 implements Segmentation {
  declare readonly encoding: "UCS-2";
  declare readonly numSegments: number;
  declare readonly segments: readonly string[];
  declare readonly units: number;
  declare readonly body: string;

  constructor(body: string, segments: readonly string[]) {
    this.encoding = "UCS-2";
    this.numSegments = segments.length;
    this.segments = segments;
    this.units = body.length;
    this.body = body;
  }

  get forcedBy(): readonly string[] {
    const value = foreignClusters(this.body);
    // Kept on the result for the next reader; a result that someone froze answers anew each time.
    Reflect.defineProperty(this, "forcedBy", { value, enumerable: true });
    return value;
  }

  toJSON(): Segmentation {
    return { ...this, forcedBy: this.forcedBy };
  }
}
