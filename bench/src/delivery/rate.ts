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

/**
 * The best of several rounds of each: what else the machine does only ever slows one down, and the first rounds also warm up: V8 compiles
 * what is called often, for some ten thousand messages. The peers take turns, so that they meet the same machine.
 */
export async function best<Name extends string>(
  peers: Readonly<Record<Name, () => Promise<Rate>>>,
  rounds = 6,
): Promise<Record<Name, Rate>> {
  const names = Object.keys(peers) as Name[];
  const rates = new Map<Name, Rate[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const name of names) rates.get(name)?.push(await peers[name]());
  return Object.fromEntries(names.map((name) => [name, bestOf(rates.get(name) ?? [])])) as Record<Name, Rate>;
}

function bestOf(rates: readonly Rate[]): Rate {
  return {
    accepted: Math.max(...rates.map(({ accepted }) => accepted)),
    done: Math.max(...rates.map(({ done }) => done)),
    cpu: Math.min(...rates.map(({ cpu }) => cpu)),
  };
}
