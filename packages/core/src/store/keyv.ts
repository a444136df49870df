import { type Clock, systemClock } from "../clock.ts";
import { MessagingError } from "../errors.ts";
import { optionNames } from "../option-checks.ts";
import { wholeTtl } from "./arguments.ts";
import { createTimeLimit, DEFAULT_STORE_TIMEOUT_MS, type Step } from "./guard.ts";
import { adaptersOf, createKeyvAccess, failLoudly, type KeyvAccess } from "./keyv-access.ts";
import { keyvFindings } from "./keyv-inspect.ts";
import { createKeyvLog } from "./keyv-log.ts";
import { createMutex, type Mutex } from "./mutex.ts";
import { type RedisAdapter, redisStore } from "./redis.ts";
import type { LogWrite, RangeOptions, Store, StoreFinding, StoreWrite } from "./store.ts";

/**
 * What this library uses of a Keyv instance, 5.6 or 6, spelled structurally so that either major fits. Only `get`,
 * `set` and `delete` are required.
 */
export interface KeyvLike {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown, ttl?: number): Promise<unknown>;
  delete(key: string): Promise<unknown>;
  getMany?(keys: string[]): Promise<unknown[]>;
  on?(event: string, listener: (error: unknown) => void): unknown;
  readonly store?: unknown;
  readonly namespace?: string | undefined;
  readonly ttl?: number | undefined;
  /** Keyv 5. */
  readonly useKeyPrefix?: boolean;
  /** Keyv 5, private there. */
  _getKeyPrefix?(key: string): string;
  /** Keyv 5. */
  serializeData?(data: KeyvEnvelope): Promise<unknown>;
  /** Keyv 5. */
  deserializeData?(data: string): Promise<unknown>;
  /** Keyv 6. */
  encode?(data: KeyvEnvelope): Promise<unknown>;
  /** Keyv 6. */
  decode?(data: unknown): Promise<unknown>;
  /** Keyv 6. */
  readonly sanitize?: { readonly enabled?: boolean } | undefined;
}

/** How Keyv wraps a value in storage. */
export interface KeyvEnvelope {
  // Mutable and `any`-free: Keyv's own parameter type must accept it.
  value: string;
  expires?: number;
}

/** Settings of {@link keyvStore}. */
export interface KeyvStoreOptions {
  /** Milliseconds a call may take before it rejects with STORE_UNAVAILABLE; default 2,000. */
  readonly timeoutMs?: number | undefined;
  /** Measures {@link timeoutMs}. Default: the machine's clock, on which Keyv's own times to live run. */
  readonly clock?: Clock | undefined;
}

/** Whether a value is a Keyv instance: not an adapter, not a Map, not a {@link Store}. */
export function isKeyv(value: unknown): value is KeyvLike {
  if (typeof value !== "object" || value === null || value instanceof Map) return false;
  const methods = value as Readonly<Record<string, unknown>>;
  const has = (...names: string[]): boolean => names.every((name) => typeof methods[name] === "function");
  // An adapter has no store inside it; a Store has setIfAbsent.
  return has("get", "set", "delete") && !has("setIfAbsent") && "store" in value;
}

/** Locks belong to the backend: two stores, or two Keyvs, on one Map in this process exclude each other. */
const mutexes = new WeakMap<object, Mutex>();

/**
 * A {@link Store} on any Keyv instance. With @keyv/redis it speaks Redis's own commands in Keyv's key and value
 * format, one round trip a call, exact across processes. On any other backend it is exact within this process, and
 * confirms each write by reading it back. The Keyv stays the user's: it is never closed, and its `throwOnErrors` is
 * switched on, for what it swallows cannot be told from what is absent.
 *
 * @throws MessagingError INVALID_OPTION for anything but a Keyv instance, or for a timeoutMs that is not positive; UNKNOWN_OPTION.
 */
export function keyvStore(keyv: KeyvLike, options: KeyvStoreOptions = {}): Store {
  if (!isKeyv(keyv)) {
    throw new MessagingError("INVALID_OPTION", "store must be a Keyv instance: new Keyv(adapter).");
  }
  optionNames("keyvStore", options, ["timeoutMs", "clock"]);
  const timeoutMs = options.timeoutMs ?? DEFAULT_STORE_TIMEOUT_MS;
  if (!(timeoutMs > 0)) {
    throw new MessagingError("INVALID_OPTION", `timeoutMs must be a positive number, not ${timeoutMs}.`);
  }
  const clock = options.clock ?? systemClock;
  failLoudly(keyv);
  const redis = adaptersOf(keyv).find(isRedisAdapter);
  return redis === undefined
    ? anyKeyvStore(keyv, timeoutMs, clock)
    : redisStore(keyv, redis, timeoutMs, clock);
}

function isRedisAdapter(adapter: Record<string, unknown>): adapter is Record<string, unknown> & RedisAdapter {
  return typeof adapter.getClient === "function" && typeof adapter.createKeyPrefix === "function";
}

function anyKeyvStore(keyv: KeyvLike, timeoutMs: number, clock: Clock): Store {
  const access = createKeyvAccess(keyv);
  const backend = adaptersOf(keyv).at(-1) ?? keyv;
  const mutex = mutexes.get(backend) ?? createMutex();
  mutexes.set(backend, mutex);
  const limited = createTimeLimit("keyv", timeoutMs, clock);
  const burnt = new Map<string, number>();
  const durable = !(backend instanceof Map);

  /** One call: its pieces stop when its time is over, so that a backend that hangs holds no lock. */
  function call<T>(name: string, body: (steps: KeyvAccess, locked: Mutex) => Promise<T>): Promise<T> {
    return limited(name, (step) =>
      body(stepwise(access, step), (keys, inner) => mutex(keys, () => step(inner))),
    );
  }

  return Object.freeze({
    name: "keyv",
    atomicity: "process",
    durable,
    get: (key: string) => call("get", (steps, locked) => locked([key], () => steps.read(key))),
    getMany: (keys: readonly string[]) =>
      call("getMany", (steps, locked) => locked(keys, () => steps.readMany(keys))),
    set: (key: string, value: string, ttlMs: number) =>
      call("set", async (steps, locked) => {
        const ttl = wholeTtl(ttlMs);
        await locked([key], () => steps.write(key, value, ttl));
      }),
    setMany: (writes: readonly StoreWrite[]) =>
      call("setMany", async (steps, locked) => {
        const last = new Map(writes.map(({ key, value, ttlMs }) => [key, { value, ttl: wholeTtl(ttlMs) }]));
        await locked([...last.keys()], async () => {
          const written = [...last].map(([key, { value, ttl }]) => steps.write(key, value, ttl));
          // All of them, also when one fails: the locks cover whatever is still on its way.
          await Promise.allSettled(written);
          await Promise.all(written);
        });
      }),
    delete: (key: string) => call("delete", (steps, locked) => locked([key], () => steps.remove(key))),
    setIfAbsent: (key: string, value: string, ttlMs: number) =>
      call("setIfAbsent", async (steps, locked) => {
        const ttl = wholeTtl(ttlMs);
        return locked([key], async () => {
          const there = await steps.read(key);
          if (there === undefined) await steps.write(key, value, ttl);
          return there;
        });
      }),
    compareAndSet: (
      key: string,
      expected: string | undefined,
      value: string | undefined,
      ttlMs: number,
      appends: readonly LogWrite[] = [],
    ) =>
      call("compareAndSet", async (steps, locked) => {
        const ttl = wholeTtl(ttlMs);
        const lines = appends.map((line) => ({ ...line, ttlMs: wholeTtl(line.ttlMs) }));
        const log = createKeyvLog(steps, locked, burnt);
        return locked([key], async () => {
          if ((await steps.read(key)) !== expected) return false;
          // The lines first: when the process dies in between, who tries again writes them twice rather than never.
          for (const line of lines) await log.append(line.log, line.value, line.ttlMs);
          if (value !== undefined) await steps.write(key, value, ttl);
          else if (expected !== undefined) await steps.remove(key);
          return true;
        });
      }),
    append: (log: string, value: string, ttlMs: number) =>
      call("append", async (steps, locked) => {
        const ttl = wholeTtl(ttlMs);
        return createKeyvLog(steps, locked, burnt).append(log, value, ttl);
      }),
    range: (log: string, range: RangeOptions = {}) =>
      call("range", (steps, locked) => createKeyvLog(steps, locked, burnt).range(log, range)),
    trim: (log: string, upTo: string) =>
      call("trim", (steps, locked) => createKeyvLog(steps, locked, burnt).trim(log, upTo)),
    inspect: async () => anyKeyvFindings(keyv, durable),
  } satisfies Store);
}

/** The same access, each piece of it a step of one call. */
function stepwise(access: KeyvAccess, step: Step): KeyvAccess {
  return {
    read: (key) => step(() => access.read(key)),
    readMany: (keys) => step(() => access.readMany(keys)),
    write: (key, value, ttlMs) => step(() => access.write(key, value, ttlMs)),
    remove: (key) => step(() => access.remove(key)),
  };
}

function anyKeyvFindings(keyv: KeyvLike, durable: boolean): StoreFinding[] {
  const found: StoreFinding[] = [
    {
      level: "info",
      code: "STORE_ATOMIC_IN_PROCESS",
      message:
        "On this Keyv backend two processes can both win a race: run one process, or use Redis or lmdb.",
    },
  ];
  if (!durable) {
    found.push({
      level: "warn",
      code: "STORE_NOT_DURABLE",
      message: "A Keyv on a Map loses consent and messages when the process ends.",
    });
  }
  return [...found, ...keyvFindings(keyv)];
}
