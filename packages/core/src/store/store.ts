/** One entry of a log, with the cursor that stands for its place. */
export interface LogEntry {
  /** Opaque, ordered within its log: pass it as `after` or `before`. */
  readonly cursor: string;
  readonly value: string;
}

/** Which part of a log {@link Store.range} reads. Bounds are exclusive. */
export interface RangeOptions {
  readonly after?: string | undefined;
  readonly before?: string | undefined;
  /** At most this many entries; default 100. */
  readonly limit?: number | undefined;
  /** Newest first. Default false: oldest first. */
  readonly reverse?: boolean | undefined;
}

/** One write of {@link Store.setMany}. */
export interface StoreWrite {
  readonly key: string;
  readonly value: string;
  /** Milliseconds to live; 0 for ever. */
  readonly ttlMs: number;
}

/** How far a backend keeps its word; the README's table of guarantees prints this. */
export type Atomicity = "store" | "process";

/** An entry that a conditional write adds to a log in the same step. */
export interface LogWrite {
  readonly log: string;
  readonly value: string;
  /** Milliseconds to live; 0 for ever. */
  readonly ttlMs: number;
}

/**
 * Where the service keeps its state: strings under strings, plus append-only logs. Every call either does what it
 * says or rejects; a lost read or write is never answered with `undefined` or `true`. Records are serialised by
 * their own repositories, so a store holds no domain words.
 *
 * Writing your own: pass `describeStore` (docs/stores.md).
 */
export interface Store {
  /** Names the backend in logs and in doctor(): "memory", "keyv", "redis", "lmdb". */
  readonly name: string;
  /** "store": setIfAbsent, compareAndSet and append are exact across processes. "process": within this process only. */
  readonly atomicity: Atomicity;
  /** Whether what is written outlives the process. */
  readonly durable: boolean;

  get(key: string): Promise<string | undefined>;
  /** As many answers as keys, in their order. One round trip where the backend can. */
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>;
  /** `ttlMs` 0 keeps the value for ever, whatever default the backend has. */
  set(key: string, value: string, ttlMs: number): Promise<void>;
  setMany(writes: readonly StoreWrite[]): Promise<void>;
  delete(key: string): Promise<void>;
  /** Writes only where nothing is. Resolves `undefined` when it wrote, else the value that is there. */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<string | undefined>;
  /**
   * Replaces `expected` (`undefined`: nothing there) by `value` (`undefined` deletes). Resolves false, and writes nothing,
   * when something else is there. `appends` go to their logs in the same step: where atomicity is "store", either all of
   * it happened or none.
   */
  compareAndSet(
    key: string,
    expected: string | undefined,
    value: string | undefined,
    ttlMs: number,
    appends?: readonly LogWrite[],
  ): Promise<boolean>;

  /** Adds to the end of a log and resolves to the entry's cursor. `ttlMs` 0 keeps the entry for ever. */
  append(log: string, value: string, ttlMs: number): Promise<string>;
  /**
   * A part of a log. An entry appears only after every earlier one of that log is visible, so a reader that keeps its
   * last cursor misses nothing and sees nothing twice.
   */
  range(log: string, options?: RangeOptions): Promise<LogEntry[]>;

  /** Drops a log's entries up to and including the cursor. A store without it keeps them until they expire. */
  trim?(log: string, upTo: string): Promise<void>;

  /** What is wrong or worth knowing about this backend (eviction policy, persistence, version); for doctor(). */
  inspect?(): Promise<StoreFinding[]>;
  /** Releases what the store itself opened; a Keyv handed in by the user stays open. */
  close?(): Promise<void>;
}

/** One finding of {@link Store.inspect}. `refuse` at its start keeps the service from sending; `warn` becomes an alert. */
export interface StoreFinding {
  readonly level: "refuse" | "warn" | "info";
  readonly code: string;
  readonly message: string;
}
