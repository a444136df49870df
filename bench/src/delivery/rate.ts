/** Messages per second, until all were accepted and until all were done; and CPU time of this process per message, in µs. */
export interface Rate {
  readonly accepted: number;
  readonly done: number;
  readonly cpu: number;
}

/** Calls under way at a time, for everybody. */
export const WIDTH = 100;

/** Something that ends with its `count`-th tick. */
export function countdown(count: number): { readonly end: Promise<void>; tick(): void } {
  let left = count;
  let resolve: (() => void) | undefined;
  const end = new Promise<void>((done) => {
    resolve = done;
  });
  return {
    end,
    tick() {
      left -= 1;
      if (left === 0) resolve?.();
    },
  };
}

/** Calls `count` times, {@link WIDTH} at once, and waits for the end. */
export async function timed(
  count: number,
  call: (n: number) => Promise<unknown>,
  end: Promise<void>,
): Promise<Rate> {
  let next = 0;
  const before = process.cpuUsage();
  const start = performance.now();
  const loop = async (): Promise<void> => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: WIDTH }, loop));
  const accepted = performance.now();
  await end;
  const done = performance.now();
  const { user, system } = process.cpuUsage(before);
  return {
    accepted: (count * 1_000) / (accepted - start),
    done: (count * 1_000) / (done - start),
    cpu: (user + system) / count,
  };
}

/** The best of several rounds: what else the machine does only ever slows one down. */
export async function best(measure: () => Promise<Rate>, rounds = 2): Promise<Rate> {
  const rates: Rate[] = [];
  for (let round = 0; round < rounds; round++) rates.push(await measure());
  return {
    accepted: Math.max(...rates.map(({ accepted }) => accepted)),
    done: Math.max(...rates.map(({ done }) => done)),
    cpu: Math.min(...rates.map(({ cpu }) => cpu)),
  };
}
