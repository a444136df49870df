import { type RootDatabase, TransactionFlags } from "lmdb";

/** Runs a piece of work inside the next write transaction and resolves once that is on disk. */
export type Transact = <T>(work: () => T) => Promise<T>;

/** A thrown error undoes it; the flush is awaited apart, off the event loop. */
const FLAGS: TransactionFlags =
  TransactionFlags.ABORTABLE | TransactionFlags.SYNCHRONOUS_COMMIT | TransactionFlags.NO_SYNC_FLUSH;

/**
 * Group commit: everything asked for in one turn of the event loop shares one transaction and one flush. LMDB's
 * writer lock makes the transactions of all processes a sequence, and the work sees what came before it.
 */
export function createBatch(root: RootDatabase): Transact {
  interface Job {
    readonly run: () => void;
    readonly settle: (failure: { readonly error: unknown } | undefined) => void;
  }
  let queue: Job[] = [];

  async function commit(): Promise<void> {
    const jobs = queue;
    queue = [];
    let failure: { readonly error: unknown } | undefined;
    try {
      root.transactionSync(() => {
        for (const job of jobs) job.run();
      }, FLAGS);
      await root.flushed;
    } catch (error) {
      failure = { error };
    }
    for (const job of jobs) job.settle(failure);
  }

  return <T>(work: () => T) =>
    new Promise<T>((resolve, reject) => {
      let result: { readonly value: T } | undefined;
      if (queue.length === 0) setImmediate(commit);
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
