import { matchKeyword, type OptOutOptions } from "@messaging-service/core";

/** Words configured beside each other: the standard ones, every pack, and sets of one's own. */
const SIZES = [13, 100, 1_000, 10_000];

const LONG =
  "Hello, I wanted to ask whether the table by the window is still free on Friday, and if we could move it to eight. ";

/** Texts by how they are told: a word, a word in noise, words that are none, and an ordinary message at its longest. */
const TEXTS: Readonly<Record<string, (last: string) => string>> = {
  "the first word": () => "STOP",
  "the last word": (last) => last,
  "in noise": () => "  «ＳＴＯＰ»!! 👋\u200b ",
  "no keyword": () => "Thanks, see you",
  "1600 characters": () => LONG.repeat(15).slice(0, 1_600),
};

const ROUNDS = 21;
/** Where results go, so that no call can be optimised away. */
const kept: unknown[] = [];

/**
 * Nanoseconds to tell whether a text is a keyword, by the number of words that are: one normalization and at most two
 * look-ups, so the rows are alike.
 */
export async function run(report: (line: string) => void): Promise<void> {
  report("matchKeyword(body), ns, by the number of words configured");
  report(row("words", Object.keys(TEXTS)));
  for (const size of SIZES) {
    const optOut = optionsOf(size);
    const last = size <= 13 ? "HELP" : wordOf(size - 1);
    const cells = Object.values(TEXTS).map((textOf) => {
      const body = textOf(last);
      return `${Math.round(median(() => matchKeyword(body, { optOut, country: "MX" })))} ns`;
    });
    report(row(String(size), cells));
  }
}

/** So many words in all: the standard ones and as many more in a country's set. */
function optionsOf(size: number): OptOutOptions {
  const more = Array.from({ length: size - 13 }, (_, index) => wordOf(index + 13));
  // Twilio's thirteen, without ours.
  const keywords = { remove: ["OPT OUT"] };
  if (more.length === 0) return { keywords, countries: { CA: false } };
  return { keywords, countries: { CA: false, MX: { languages: { es: { stop: more } } } } };
}

function wordOf(index: number): string {
  return `PALABRA ${index}`;
}

/** Nanoseconds per call: the median of rounds of about a millisecond. */
function median(task: () => unknown): number {
  time(task, 2_000);
  const calls = Math.max(1, Math.ceil(1e6 / time(task, 200)));
  const samples = Array.from({ length: ROUNDS }, () => time(task, calls));
  return samples.sort((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN;
}

function time(task: () => unknown, calls: number): number {
  const start = process.hrtime.bigint();
  for (let call = 0; call < calls; call += 1) kept[0] = task();
  return Number(process.hrtime.bigint() - start) / calls;
}

function row(name: string, cells: readonly string[]): string {
  return name.padEnd(10) + cells.map((cell) => cell.padStart(17)).join("");
}
