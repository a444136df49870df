import { type Segmentation, segment, smartEncode } from "@messaging-service/core";

/** One way to do the work: called with a text, it returns anything that depends on it. */
interface Contender {
  readonly name: string;
  readonly run: (body: string) => unknown;
}

const FAMILY = "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}";
const SENTENCE =
  "Your table for two is booked for 7:30 pm on Friday. Reply C to cancel, or call us at 415-555-0100. ";

/** Texts by what they cost: short and long, GSM-7 and UCS-2, the foreign character first and last, clusters. */
const SEGMENT_CASES: Readonly<Record<string, string>> = {
  "40 GSM": repeatTo(SENTENCE, 40),
  "160 GSM": repeatTo(SENTENCE, 160),
  "170 with [ ]": repeatTo("Order [1042] shipped, track it {here} or reply. ", 170),
  "70 UCS-2": repeatTo("Ваш столик на двоих заказан на пятницу. ", 70),
  "159 + ’": `${repeatTo(SENTENCE, 159)}\u2019`,
  "1600 GSM": repeatTo(SENTENCE, 1600),
  "1600 UCS-2": repeatTo("Ваш столик на двоих заказан на пятницу. ", 1600),
  "1600 clusters": repeatTo(`See you soon \u{1F600} ${FAMILY} from \u{1F1EB}\u{1F1F7}, n\u0303 `, 1600),
};

const SMART_CASES: Readonly<Record<string, string>> = {
  "125, 5 replaced": repeatTo("“Hello”, it’s Ann — see you … ", 30) + repeatTo(SENTENCE, 95),
  "125, none": repeatTo(SENTENCE, 125),
  "1600 replaced": repeatTo(`“Hello”, it’s Ann — see you. ${SENTENCE}`, 1600),
  "125 Cyrillic": repeatTo("Ваш столик на двоих заказан на пятницу. ", 125),
};

/**
 * Segmentation beside its peers in one run: nanoseconds of the bare loop, and every other contender as a multiple of
 * it. Peers that only count are marked; they do less. Ratios, since times vary between machines.
 */
export async function run(report: (line: string) => void): Promise<void> {
  report("segment(body), × of a bare loop over a 64 KiB table");
  table(SEGMENT_CASES, [limit, ours, ...(await peers())], report);
  report("smartEncode(body), × of a bare loop over a table of replacements");
  table(SMART_CASES, await smartContenders(), report);
}

const limit: Contender = { name: "bare loop", run: bareLoop };
const ours: Contender = { name: "@messaging-service/core", run: (body): Segmentation => segment(body) };

async function peers(): Promise<readonly Contender[]> {
  const [length, counter, split, gsm, trt2, calculator] = await Promise.all([
    load<{ count: Contender["run"] }>("sms-length"),
    // Its main file is ES module text that Node takes for CommonJS.
    load<{ default: { count: Contender["run"] } }>("sms-counter/build/index.js"),
    load<{ split: Contender["run"] }>("split-sms"),
    load<Contender["run"]>("gsm"),
    load<{ splitStringIntoSmsSegments: Contender["run"] }>("@trt2/gsm-charset-utils/lib/SmsUtil.js"),
    load<Calculator>("sms-segments-calculator"),
  ]);
  return [
    { name: "sms-length (count only)", run: length.count },
    { name: "sms-counter (count only)", run: counter.default.count },
    { name: "@trt2/gsm-charset-utils", run: trt2.splitStringIntoSmsSegments },
    { name: "gsm", run: gsm },
    { name: "split-sms", run: split.split },
    { name: "sms-segments-calculator", run: (body) => new calculator.SegmentedMessage(body).segments },
  ];
}

async function smartContenders(): Promise<readonly Contender[]> {
  const calculator = await load<Calculator>("sms-segments-calculator");
  return [
    { name: "bare loop", run: bareReplace },
    { name: "@messaging-service/core", run: smartEncode },
    {
      name: "sms-segments-calculator",
      run: (body) => new calculator.SegmentedMessage(body, "auto", true).segments,
    },
  ];
}

interface Calculator {
  readonly SegmentedMessage: new (body: string, encoding?: "auto", smart?: boolean) => { segments: unknown };
}

/** A peer, all of them CommonJS: `default` of the import is `module.exports`. */
async function load<T>(name: string): Promise<T> {
  return ((await import(name)) as { default: T }).default;
}

/** Times every contender on every case and reports a row per contender: × of the first, which is given in ns, and their mean. */
function table(
  cases: Readonly<Record<string, string>>,
  contenders: readonly Contender[],
  report: (line: string) => void,
): void {
  report(row("", [...Object.keys(cases), "geometric mean"]));
  const columns = Object.values(cases).map((body) => medians(contenders, body));
  contenders.forEach(({ name }, index) => {
    const ratios = columns.map((column) => (column[index] ?? 0) / (column[0] ?? 1));
    const mean = Math.exp(ratios.reduce((sum, each) => sum + Math.log(each), 0) / ratios.length);
    const cells = columns.map(([limit = 0], at) =>
      index === 0 ? `${Math.round(limit)} ns` : ratio(ratios[at] ?? 0),
    );
    report(row(name, index === 0 ? cells : [...cells, ratio(mean)]));
  });
}

/** Nanoseconds per call of each contender: the median of rounds in which all take turns. */
function medians(contenders: readonly Contender[], body: string): readonly number[] {
  const batches = contenders.map(({ run }) => {
    // Once to compile, then often enough for a batch of a millisecond.
    time(run, body, 3);
    time(run, body, Math.ceil(2e6 / time(run, body, 5)));
    return Math.max(1, Math.ceil(1e6 / time(run, body, 20)));
  });
  const samples = contenders.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round += 1)
    contenders.forEach(({ run }, index) => {
      samples[index]?.push(time(run, body, batches[index] ?? 1));
    });
  return samples.map((values) => values.sort((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN);
}

const ROUNDS = 41;
/** Where results go, so that no call can be optimised away. */
const kept: unknown[] = [];

function time(run: Contender["run"], body: string, calls: number): number {
  const start = process.hrtime.bigint();
  for (let call = 0; call < calls; call += 1) kept[0] = run(body);
  return Number(process.hrtime.bigint() - start) / calls;
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(26) + cells.map((cell) => cell.padStart(17)).join("");
}

function ratio(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}

function repeatTo(text: string, length: number): string {
  return text.repeat(Math.ceil(length / text.length)).slice(0, length);
}

const ALPHABET =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const COSTS: Uint8Array = new Uint8Array(0x10000);
for (const character of ALPHABET) COSTS[character.charCodeAt(0)] = 1;
for (const character of "\f^{}\\[~]|€") COSTS[character.charCodeAt(0)] = 2;

/** What plain JavaScript can do: one pass, surrogate pairs and escapes whole, grapheme clusters not. */
function bareLoop(body: string): { encoding: string; units: number; segments: string[] } {
  const segments: string[] = [];
  let units = 0;
  let used = 0;
  let start = 0;
  for (let at = 0; at < body.length; at += 1) {
    const cost = COSTS[body.charCodeAt(at)] as number;
    if (cost === 0) return bareUcs2(body);
    if (used + cost > 153) {
      segments.push(body.slice(start, at));
      start = at;
      used = 0;
    }
    used += cost;
    units += cost;
  }
  if (units <= 160) return { encoding: "GSM-7", units, segments: [body] };
  segments.push(body.slice(start));
  return { encoding: "GSM-7", units, segments };
}

function bareUcs2(body: string): { encoding: string; units: number; segments: string[] } {
  if (body.length <= 70) return { encoding: "UCS-2", units: body.length, segments: [body] };
  const segments: string[] = [];
  for (let start = 0; start < body.length; ) {
    let end = start + 67;
    if (end < body.length && (body.charCodeAt(end) & 0xfc00) === 0xdc00) end -= 1;
    segments.push(body.slice(start, end));
    start = end;
  }
  return { encoding: "UCS-2", units: body.length, segments };
}

const REPLACED: readonly (string | undefined)[] = Array.from({ length: 0x10000 }, (_, code) => {
  const character = String.fromCharCode(code);
  const encoded = smartEncode(character);
  return encoded === character && COSTS[code] === 0 ? undefined : encoded;
});

function bareReplace(body: string): string {
  let encoded = "";
  for (let at = 0; at < body.length; at += 1) {
    const replacement = REPLACED[body.charCodeAt(at)];
    if (replacement === undefined) return body;
    encoded += replacement;
  }
  return encoded;
}
