/** A unit of work on a lane: one message that waits for its sender. */
export interface Job {
  /** The message's SID. */
  readonly id: string;
  /** The sender's ID; one FIFO lane each, each at its own rate. */
  readonly lane: string;
  /** What the job costs of the lane's rate: segments for SMS, 1 for everything else. */
  readonly cost: number;
  /** Not before this time (ms since the epoch); retries and back-off. Default: now. */
  readonly notBefore?: number | undefined;
  /** Which of the lane's buckets pays: "SMS" or the others. Default "SMS". */
  readonly bucket?: string | undefined;
}

/** What a lane may carry. */
export interface LaneLimit {
  /** Units per second (segments for SMS). */
  readonly rate: number;
  /** Most units that may wait; further `add`s are refused. Default 10 hours of the rate. */
  readonly capacity: number;
}

/** How a job joins its lane. */
export interface AddOptions {
  /** Whatever the lane holds: it was accepted before. Default false. */
  readonly force?: boolean | undefined;
  /** Before all that wait, once it is due: it had its turn and comes again. Default false. */
  readonly first?: boolean | undefined;
}

/** What the queue says to an `add`. */
export type AddResult = "added" | "full" | "closed";

/**
 * Between accepted and delivered: FIFO lanes, one per sender, each at its own rate. The queue holds SIDs, not messages;
 * the record in the store is the truth, and a queue that forgets is refilled from it by `ready()`.
 */
export interface Queue {
  /** Starts handing jobs to `run`. A job whose `run` rejects is dropped from the lane; `run` re-adds what it wants again. */
  start(run: (job: Job) => Promise<void>): void;
  /** Puts a job at the end of its lane. Never waits. */
  add(job: Job, options?: AddOptions): AddResult;
  /** Takes a waiting job off its lane; false when it is not waiting. */
  remove(id: string): boolean;
  /** Whether the lane has anything waiting or under way: the Scaler prefers lanes that have not. */
  busy(lane: string): boolean;
  /** Units waiting: on all lanes, on one, or in one of its buckets (a queue that keeps none may answer for the lane). */
  size(lane?: string, bucket?: string): number;
  /** Holds a lane back for `ms` (a provider's Retry-After). */
  pause(lane: string, ms: number): void;
  /** Takes no new jobs, lets running ones finish for up to `timeoutMs`, resolves to the IDs still waiting. */
  close(timeoutMs: number): Promise<string[]>;
}
