/** Runs a piece of work inside the next write transaction and resolves once that is on disk. */
export type Transact = <T>(work: () => T) => Promise<T>;

interface Job {
  readonly run: () => void;
  readonly settle: (failure: { readonly error: unknown } | undefined) => void;
}

/**
 * Group commit: everything asked for in one turn of the event loop shares one transaction and one flush. LMDB's
 * writer lock makes the transactions of all processes a sequence, and the work sees what came before it.
 *
 * @param commit Runs a function in one transaction and resolves once that is on disk.
 */
export function createBatch(commit: (run: () => void) => Promise<void>): Transact {
  let queue: Job[] = [];

  async function commitAll(): Promise<void> {
    const jobs = queue;
    queue = [];
    let failure: { readonly error: unknown } | undefined;
    try {
      await commit(() => {
        for (const job of jobs) job.run();
      });
    } catch (error) {
      failure = { error };
    }
    for (const job of jobs) job.settle(failure);
  }

  return <T>(work: () => T) =>
    new Promise<T>((resolve, reject) => {
      let result: { readonly value: T } | undefined;
      if (queue.length === 0) setImmediate(commitAll);
      queue.push({
        run: () => {
          result = { value: work() };
        },
        settle: (failure) => {
          if (failure === undefined && result !== undefined) resolve(result.value);
          else reject(failure?.error);
        },
      });
    });
}
