import { GRAPHEME_RANGES, type GraphemeClass } from "./grapheme-table.ts";
import { ESCAPED, UNIT_CLASS } from "./gsm7.ts";
import { toUnits } from "./units.ts";

/** Classes of code points in the rules of TR29, after the names of {@link GRAPHEME_RANGES}. */
const OTHER = 0;
const HANGUL_LV = 1;
const HANGUL_LVT = 2;
const CLASSES = {
  CONTROL: 3,
  PREPEND: 4,
  REGIONAL_INDICATOR: 5,
  HANGUL_L: 6,
  HANGUL_V: 7,
  HANGUL_T: 8,
  PICTOGRAPHIC: 9,
  CONSONANT: 10,
  // What continues whatever cluster it follows comes last.
  SPACING_MARK: 11,
  ZWJ: 12,
  EXTEND_ALONE: 13,
  EXTEND: 14,
  LINKER: 15,
} as const satisfies Readonly<Record<GraphemeClass, number>>;

/** Code points above have no class but in the plane of tags and variation selectors. */
const TABLE_END = 0x20_000;
const TAGS = 0xe0_000;
const TAGS_END = 0xe1_000;
const JOINER = 0x200d;
/** What a surrogate pair is above its code point. */
const PAIR_OFFSET = (0xd800 << 10) + 0xdc00 - 0x10_000;
const SYLLABLES = 0xac00;
const SYLLABLES_END = 0xd7a4;
/** Syllables with the same leading consonant and vowel, the first of which has no trailing consonant. */
const TRAILING = 28;

/** What Hangul letters and syllables join with. */
const JOINED_HANGUL: ReadonlyMap<number, readonly number[]> = new Map([
  [CLASSES.HANGUL_L, [CLASSES.HANGUL_L, CLASSES.HANGUL_V, HANGUL_LV, HANGUL_LVT]],
  [HANGUL_LV, [CLASSES.HANGUL_V, CLASSES.HANGUL_T]],
  [CLASSES.HANGUL_V, [CLASSES.HANGUL_V, CLASSES.HANGUL_T]],
  [HANGUL_LVT, [CLASSES.HANGUL_T]],
  [CLASSES.HANGUL_T, [CLASSES.HANGUL_T]],
]);

/** Class by code point, the plane of tags moved to the end. */
const TABLE: Uint8Array = createTable();

/** By code unit: 0 where it is a whole character that parts from another such before and after it. */
const JOINS: Uint8Array = Uint8Array.from({ length: 0x1_0000 }, (_, unit) =>
  (unit & 0xf800) === 0xd800 ? 1 : (TABLE[unit] as number),
);

const NEVER = 0;
const ALWAYS = 1;
const DEPENDS = 2;
/** Whether clusters part between two classes, by `before << 4 | after`; sometimes that depends on what comes before. */
const PARTS: Uint8Array = Uint8Array.from({ length: 256 }, (_, at) => partsBetween(at >> 4, at & 15));

function createTable(): Uint8Array {
  const classes = new Uint8Array(TABLE_END + TAGS_END - TAGS).fill(OTHER);
  for (const [name, ranges] of Object.entries(GRAPHEME_RANGES)) {
    for (const range of ranges.split(" ")) {
      const [first = 0, last = first] = range.split("-").map((code) => indexOf(Number.parseInt(code, 16)));
      classes.fill(CLASSES[name as GraphemeClass], first, last + 1);
    }
  }
  for (let code = SYLLABLES; code < SYLLABLES_END; code += 1)
    classes[code] = (code - SYLLABLES) % TRAILING === 0 ? HANGUL_LV : HANGUL_LVT;
  return classes;
}

function indexOf(codePoint: number): number {
  return codePoint < TABLE_END ? codePoint : codePoint - TAGS + TABLE_END;
}

/**
 * The last place at or before `end` where a text may be cut so that no extended grapheme cluster is torn. CR LF may
 * be: receivers join segments before they show them, and Twilio's calculator counts it so. A cluster longer than
 * `end - start` is cut at `end`, between two code points.
 *
 * @param units The text's code units (see {@link toUnits}).
 * @param start Where the segment begins: a cluster boundary.
 * @param end Where it must end, in UTF-16 code units; inside the text and at least 2 after `start`.
 */
export function cutAtCluster(units: Uint16Array, start: number, end: number): number {
  if (((JOINS[units[end - 1] as number] as number) | (JOINS[units[end] as number] as number)) === 0)
    return end;
  return cutBefore(units, start, end);
}

/** The same where a character before or after `end` joins with others. */
function cutBefore(units: Uint16Array, start: number, end: number): number {
  const cut = previous(units, end + 1);
  let after = classAt(units, cut);
  for (let at = cut; at > start; ) {
    const unit = units[at - 1] as number;
    if (unit === JOINER && after === CLASSES.PICTOGRAPHIC) {
      // A family: straight to the pictograph ahead, of the same class.
      const ahead = pictographBefore(units, start, at - 1);
      if (ahead < 0) return at;
      at = ahead;
      continue;
    }
    const isPair = endsPair(units, at);
    const back = isPair ? at - 2 : at - 1;
    const before = isPair ? classOfPair(units[back] as number, unit) : (TABLE[unit] as number);
    const parts = PARTS[(before << 4) | after] as number;
    if (parts === ALWAYS || (parts === DEPENDS && !isJoined(units, start, back, before, after))) return at;
    at = back;
    after = before;
  }
  return cut;
}

/** The distinct grapheme clusters that do not fit the GSM 7-bit alphabet, in order of appearance. Frozen. */
export function foreignClusters(body: string): readonly string[] {
  const isForeign = (cluster: string): boolean =>
    cluster.length > 1 || (UNIT_CLASS[cluster.charCodeAt(0)] as number) > ESCAPED;
  return Object.freeze([...new Set(clustersOf(body).filter(isForeign))]);
}

/** The grapheme clusters of a text, in time that grows with its length; joined, they are the text. CR LF are two. */
export function clustersOf(body: string): readonly string[] {
  const units = toUnits(body);
  const found: string[] = [];
  let start = 0;
  let before: number = CLASSES.CONTROL;
  let back = 0;
  for (let at = 0; at < body.length; ) {
    const after = classAt(units, at);
    if (at > 0 && isBoundary(units, start, back, before, after)) {
      found.push(body.slice(start, at));
      start = at;
    }
    [back, before] = [at, after];
    at = next(units, at);
  }
  if (body.length > 0) found.push(body.slice(start));
  return found;
}

/**
 * The rules for two classes, one after the other; their numbers are those of TR29. GB3 (CR LF) is left out.
 *
 * @see https://www.unicode.org/reports/tr29/#Grapheme_Cluster_Boundary_Rules
 */
function partsBetween(before: number, after: number): number {
  // GB4, GB5
  if (before === CLASSES.CONTROL || after === CLASSES.CONTROL) return ALWAYS;
  // GB9, GB9a, GB9b
  if (after >= CLASSES.SPACING_MARK || before === CLASSES.PREPEND) return NEVER;
  // GB6, GB7, GB8
  if (JOINED_HANGUL.get(before)?.includes(after)) return NEVER;
  // GB9c, GB11, GB12 and GB13
  const depends =
    (after === CLASSES.CONSONANT && before > CLASSES.SPACING_MARK) ||
    (after === CLASSES.PICTOGRAPHIC && before === CLASSES.ZWJ) ||
    (after === CLASSES.REGIONAL_INDICATOR && before === CLASSES.REGIONAL_INDICATOR);
  // GB999
  return depends ? DEPENDS : ALWAYS;
}

/**
 * Whether clusters part between two code points of the classes `before`, which begins at `back`, and `after`. What comes
 * before counts from `start`, itself a boundary.
 */
function isBoundary(units: Uint16Array, start: number, back: number, before: number, after: number): boolean {
  const parts = PARTS[(before << 4) | after] as number;
  return parts === DEPENDS ? !isJoined(units, start, back, before, after) : parts === ALWAYS;
}

/** Whether two code points are in one cluster that part or not by what comes before. */
function isJoined(units: Uint16Array, start: number, back: number, before: number, after: number): boolean {
  switch (after) {
    case CLASSES.CONSONANT:
      return endsLinked(units, start, back, before);
    case CLASSES.PICTOGRAPHIC:
      return pictographBefore(units, start, back) >= 0;
    default:
      return countRegional(units, start, back) % 2 === 0;
  }
}

/** Whether the code point at `at`, of class `last`, ends a consonant with what extends it, a linker among that. */
function endsLinked(units: Uint16Array, start: number, at: number, last: number): boolean {
  let isLinked = false;
  let from = at;
  for (let each = last; ; each = classAt(units, from)) {
    if (each === CLASSES.CONSONANT) return isLinked;
    if (each === CLASSES.LINKER) isLinked = true;
    else if (each !== CLASSES.EXTEND && each !== CLASSES.ZWJ) return false;
    if (from <= start) return false;
    from = previous(units, from);
  }
}

/** Where a pictograph begins that, with what extends it, ends before `at`; -1 where none does. */
function pictographBefore(units: Uint16Array, start: number, at: number): number {
  for (let from = at; from > start; ) {
    const unit = units[from - 1] as number;
    const isPair = endsPair(units, from);
    from -= isPair ? 2 : 1;
    const each = isPair ? classOfPair(units[from] as number, unit) : (TABLE[unit] as number);
    if (each === CLASSES.PICTOGRAPHIC) return from;
    if (each < CLASSES.EXTEND_ALONE) return -1;
  }
  return -1;
}

/** How many regional indicators, the letters of flags, stand in a row before `at`. */
function countRegional(units: Uint16Array, start: number, at: number): number {
  let count = 0;
  for (let from = at; from > start; count += 1) {
    from = previous(units, from);
    if (classAt(units, from) !== CLASSES.REGIONAL_INDICATOR) return count;
  }
  return count;
}

/** Class of the code point that begins at `at`. */
function classAt(units: Uint16Array, at: number): number {
  const unit = units[at] as number;
  return (unit & 0xfc00) === 0xd800 ? classOfPair(unit, units[at + 1] as number) : (TABLE[unit] as number);
}

function classOfPair(high: number, low: number): number {
  if ((low & 0xfc00) !== 0xdc00) return OTHER;
  const codePoint = (high << 10) + low - PAIR_OFFSET;
  if (codePoint < TABLE_END) return TABLE[codePoint] as number;
  return codePoint < TAGS || codePoint >= TAGS_END ? OTHER : (TABLE[indexOf(codePoint)] as number);
}

/** Where the code point before `at`, which is at least 1, begins. */
function previous(units: Uint16Array, at: number): number {
  return endsPair(units, at) ? at - 2 : at - 1;
}

/** Whether a surrogate pair ends there. */
function endsPair(units: Uint16Array, at: number): boolean {
  const isLow = ((units[at - 1] as number) & 0xfc00) === 0xdc00;
  return isLow && at >= 2 && ((units[at - 2] as number) & 0xfc00) === 0xd800;
}

/** Where the code point after the one at `at` begins. */
function next(units: Uint16Array, at: number): number {
  const isHigh = ((units[at] as number) & 0xfc00) === 0xd800;
  return isHigh && ((units[at + 1] as number) & 0xfc00) === 0xdc00 ? at + 2 : at + 1;
}
