import { ESCAPED, FOREIGN, JOINING, UNIT_CLASS } from "./gsm7.ts";

let segmenter: Intl.Segmenter | undefined;

/** Grapheme clusters by Unicode TR29; the locale does not matter to them. Made late: it costs more than most texts. */
function clusters(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return segmenter.segment(text);
}

/**
 * The last place at or before `end` where a text may be cut so that no extended grapheme cluster is torn. CR LF may
 * be: receivers join segments before they show them, and Twilio's calculator counts it so. A cluster longer than
 * `end - start` is cut at `end`, between two code points.
 *
 * @param start Where the segment begins: a cluster boundary.
 * @param end Where it must end, in UTF-16 code units; inside the text and at least 2 after `start`.
 */
export function cutAtCluster(body: string, start: number, end: number): number {
  const cut = isPair(body, end) ? end - 1 : end;
  if (isPlainBoundary(body, cut)) return cut;
  let from = cut - 1;
  while (from > start && !isPlainBoundary(body, from)) from -= 1;
  // Whether clusters part at the cut depends on what precedes it and on the one code point that follows.
  const cluster = clusters(body.slice(from, cut + 2)).containing(cut - from)?.index ?? 0;
  return from + cluster > start ? from + cluster : cut;
}

/** The distinct grapheme clusters that do not fit the GSM 7-bit alphabet, in order of appearance. Frozen. */
export function foreignClusters(body: string): readonly string[] {
  const found = new Set<string>();
  let start = 0;
  for (let at = 1; at <= body.length; at += 1) {
    if (at < body.length && !isPlainBoundary(body, at)) continue;
    if (at - start === 1) {
      if (classAt(body, start) > ESCAPED) found.add(body.slice(start, at));
    } else {
      for (const { segment } of clusters(body.slice(start, at)))
        if (segment.length > 1 || classAt(segment, 0) > ESCAPED) found.add(segment);
    }
    start = at;
  }
  return Object.freeze([...found]);
}

/** Whether the characters around `at` are both known to stand alone. False says nothing. */
function isPlainBoundary(body: string, at: number): boolean {
  if (classAt(body, at) === JOINING) return false;
  const before = classAt(body, at - 1);
  if (before !== JOINING) return true;
  // The second half of a pair is as its first half says.
  return at >= 2 && isPair(body, at - 1) && classAt(body, at - 2) === FOREIGN;
}

/** Whether `at` is between the two halves of a surrogate pair. */
function isPair(body: string, at: number): boolean {
  return (body.charCodeAt(at) & 0xfc00) === 0xdc00 && (body.charCodeAt(at - 1) & 0xfc00) === 0xd800;
}

function classAt(body: string, at: number): number {
  return UNIT_CLASS[body.charCodeAt(at)] as number;
}
