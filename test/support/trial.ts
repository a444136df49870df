import { it } from "vitest";

/** The long form of a trial: `npm run trials`. `npm test` runs a twentieth of it. */
const FULL: boolean = process.env.MESSAGING_TRIALS === "full";

/** Numbers that look random and come again with the same seed. */
export interface Random {
  /** A whole number from `low` to `high`, both possible. */
  whole(low: number, high: number): number;
  pick<T>(items: readonly T[]): T;
}

/** What a trial gets. */
export interface Trial {
  readonly random: Random;
  /** The first in the long form, the second in the short one. */
  sized(full: number, short: number): number;
  /** Says a figure, in the long form. */
  figure(name: string, value: unknown): void;
}

/** How long a trial may take, in seconds. */
export interface TrialLimits {
  readonly full: number;
  readonly short: number;
}

/**
 * A test with chance in it. What fails names its seed; `MESSAGING_TRIALS_SEED` runs that one again. Chance decides when
 * something is killed, not how fast the machine is, so a repetition is close and not exact.
 */
export function trial(name: string, limits: TrialLimits, run: (trial: Trial) => Promise<void>): void {
  const seed = Number(process.env.MESSAGING_TRIALS_SEED ?? Math.floor(Math.random() * 2 ** 31));
  it(name, { timeout: (FULL ? limits.full : limits.short) * 1_000 }, async () => {
    const begin = performance.now();
    try {
      await run({
        random: createRandom(seed),
        sized: (full, short) => (FULL ? full : short),
        figure: (what, value) => {
          if (FULL) process.stderr.write(`  ${name}: ${what} ${value}\n`);
        },
      });
      if (FULL)
        process.stderr.write(
          `  ${name}: took ${((performance.now() - begin) / 1_000).toFixed(1)} s (MESSAGING_TRIALS_SEED=${seed})\n`,
        );
    } catch (error) {
      if (error instanceof Error) error.message += `\n(MESSAGING_TRIALS_SEED=${seed})`;
      throw error;
    }
  });
}

/** Mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  return {
    whole,
    pick(items) {
      const item = items[whole(0, items.length - 1)];
      if (item === undefined) throw new Error("There is nothing to pick from.");
      return item;
    },
  };
}

/** Resolves after `ms` of real time: trials are about processes, which run on the machine's clock. */
export function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks until the answer is yes; resolves to whether it came within `ms`. */
export async function within(ms: number, ask: () => Promise<boolean> | boolean): Promise<boolean> {
  const end = performance.now() + ms;
  for (;;) {
    if (await ask()) return true;
    if (performance.now() >= end) return false;
    await pass(50);
  }
}

/** What went wrong, in a failure's text: how many, and the first few. */
export function few(items: readonly unknown[]): string {
  return items.length === 0 ? "none" : `${items.length}: ${JSON.stringify(items.slice(0, 5))}`;
}

/** `count` mobile numbers of San Francisco, the n-th always the same; `series` tells lists apart. */
export function phones(count: number, series: number): string[] {
  return Array.from({ length: count }, (_, index) => `+1415${series}${String(index).padStart(6, "0")}`);
}
