import type { Clock } from "../clock.ts";
import { invalidCursor, rangeLimit, wholeTtl } from "./arguments.ts";
import { createTimeLimit, type Step } from "./guard.ts";
import type { KeyvLike } from "./keyv.ts";
import { createEnvelope } from "./redis-envelope.ts";
import { inspectRedis } from "./redis-inspect.ts";
import { APPEND, COMPARE_AND_SET, RANGE, SET_IF_ABSENT, SET_MANY } from "./redis-scripts.ts";
import type { LogEntry, RangeOptions, Store, StoreWrite } from "./store.ts";

/** What this library uses of @keyv/redis (KeyvRedis), 5 or 6. */
export interface RedisAdapter {
  getClient(): Promise<unknown>;
  createKeyPrefix(key: string, namespace?: string): string;
  readonly namespace?: string | undefined;
  isCluster?(): boolean;
  isSentinel?(): boolean;
}

/** Sends one command; `key` tells a cluster where to. */
export type RedisCommand = (key: string | undefined, ...args: string[]) => Promise<unknown>;

/**
 * A {@link Store} on the Redis behind a Keyv, in Keyv's own key and value format: what one writes, the other reads.
 * Each call is one round trip, and calls made together share one. Keys and format are those the Keyv has now. A log
 * is a stream under its key and `~log`, out of Keyv's sight.
 */
export function redisStore(keyv: KeyvLike, adapter: RedisAdapter, timeoutMs: number, clock: Clock): Store {
  const limited = createTimeLimit("redis", timeoutMs, clock);
  const envelope = createEnvelope(keyv);
  const clustered = adapter.isCluster?.() === true;
  // Keyv 5 prefixes with `namespace:` and the adapter with `namespace::`; another Keyv made on this adapter changes its
  // namespace under our feet, so both are read once.
  const prefix = adapter.createKeyPrefix(keyv._getKeyPrefix?.("") ?? "", adapter.namespace);
  const entryKey = (key: string): string => prefix + key;
  const logKey = (log: string): string => `${prefix}${log}~log`;

  const call = <T>(name: string, body: (command: RedisCommand) => Promise<T>): Promise<T> =>
    limited(name, (step) => body(commandOf(adapter, timeoutMs, step)));

  async function decodeReply(raw: unknown): Promise<string | undefined> {
    if (raw === null || raw === undefined) return undefined;
    return envelope.decode(String(raw));
  }

  /** Where the raw form cannot be foretold: read, compare what it says, and replace exactly that raw form. */
  async function compareDecoded(
    command: RedisCommand,
    key: string,
    expected: string,
    change: readonly string[],
  ): Promise<boolean> {
    for (;;) {
      const raw = await command(key, "GET", key);
      if ((await decodeReply(raw)) !== expected) return false;
      const reply = await command(key, "EVAL", COMPARE_AND_SET, "1", key, String(raw), "whole", ...change);
      if (Number(reply) === 1) return true;
    }
  }

  return Object.freeze({
    name: "redis",
    atomicity: "store",
    durable: true,
    get: (key: string) =>
      call("get", async (command) => decodeReply(await command(entryKey(key), "GET", entryKey(key)))),
    getMany: (keys: readonly string[]) =>
      call("getMany", async (command) => {
        if (keys.length === 0) return [];
        const names = keys.map(entryKey);
        const raws = clustered
          ? await Promise.all(names.map((name) => command(name, "GET", name)))
          : ((await command(names[0], "MGET", ...names)) as unknown[]);
        return Promise.all(raws.map(decodeReply));
      }),
    set: (key: string, value: string, ttlMs: number) =>
      call("set", async (command) => {
        const ttl = wholeTtl(ttlMs);
        const raw = await envelope.encode(value, ttl);
        await command(entryKey(key), "SET", entryKey(key), raw, ...(ttl === 0 ? [] : ["PX", String(ttl)]));
      }),
    setMany: (writes: readonly StoreWrite[]) =>
      call("setMany", async (command) => {
        const encoded = await Promise.all(
          writes.map(async ({ key, value, ttlMs }) => {
            const ttl = wholeTtl(ttlMs);
            return { name: entryKey(key), change: [await envelope.encode(value, ttl), String(ttl)] };
          }),
        );
        if (encoded.length === 0) return;
        const batches = clustered ? encoded.map((write) => [write]) : [encoded];
        await Promise.all(
          batches.map((batch) => {
            const names = batch.map(({ name }) => name);
            const changes = batch.flatMap(({ change }) => change);
            return command(names[0], "EVAL", SET_MANY, String(names.length), ...names, ...changes);
          }),
        );
      }),
    delete: (key: string) =>
      call("delete", async (command) => {
        await command(entryKey(key), "DEL", entryKey(key));
      }),
    setIfAbsent: (key: string, value: string, ttlMs: number) =>
      call("setIfAbsent", async (command) => {
        const ttl = wholeTtl(ttlMs);
        const raw = await envelope.encode(value, ttl);
        return decodeReply(
          await command(entryKey(key), "EVAL", SET_IF_ABSENT, "1", entryKey(key), raw, String(ttl)),
        );
      }),
    compareAndSet: (key: string, expected: string, value: string | undefined, ttlMs: number) =>
      call("compareAndSet", async (command) => {
        const ttl = wholeTtl(ttlMs);
        const change =
          value === undefined ? ["delete", "", "0"] : ["set", await envelope.encode(value, ttl), String(ttl)];
        const start = await envelope.commonStart(expected);
        const name = entryKey(key);
        if (start === undefined) return compareDecoded(command, name, expected, change);
        return (
          Number(await command(name, "EVAL", COMPARE_AND_SET, "1", name, start, "start", ...change)) === 1
        );
      }),
    append: (log: string, value: string, ttlMs: number) =>
      call("append", async (command) => {
        const name = logKey(log);
        const id = await command(name, "EVAL", APPEND, "1", name, value, String(wholeTtl(ttlMs)));
        return toRedisCursor(String(id));
      }),
    range: (log: string, options: RangeOptions = {}) =>
      call("range", async (command) => {
        const low = options.after === undefined ? "-" : `(${fromRedisCursor(options.after)}`;
        const high = options.before === undefined ? "+" : `(${fromRedisCursor(options.before)}`;
        const limit = rangeLimit(options);
        if (limit === 0) return [];
        const name = logKey(log);
        const reverse = options.reverse === true ? "1" : "0";
        const reply = await command(name, "EVAL", RANGE, "1", name, low, high, String(limit), reverse);
        return toEntries(reply as unknown[]);
      }),
    inspect: () => call("inspect", (command) => inspectRedis(keyv, command)),
  } satisfies Store);
}

/** One command as a step of a call: a client that connects late does not send what was given up. */
function commandOf(adapter: RedisAdapter, timeoutMs: number, step: Step): RedisCommand {
  return async (key, ...args) => {
    const client = (await step(() => adapter.getClient())) as {
      readonly isReady?: boolean;
      sendCommand(...args: unknown[]): Promise<unknown>;
    };
    // While disconnected the client queues, without end; its own timeout takes back what was not sent.
    const options = client.isReady === false ? { timeout: timeoutMs } : undefined;
    return step(() => {
      if (adapter.isCluster?.() === true) return client.sendCommand(key, false, args, options);
      if (adapter.isSentinel?.() === true) return client.sendCommand(false, args, options);
      return client.sendCommand(args, options);
    });
  };
}

const STREAM_ID = /^(\d{1,15})-(\d{1,10})$/;
const REDIS_CURSOR = /^(\d{15})-(\d{10})$/;

/** A stream's ID with its two numbers padded, so that text order is log order. */
function toRedisCursor(id: string): string {
  const [, time = "", count = ""] = STREAM_ID.exec(id) ?? [];
  if (time === "") throw new Error(`Redis answered ${id}, which is no stream ID`);
  return `${time.padStart(15, "0")}-${count.padStart(10, "0")}`;
}

function fromRedisCursor(cursor: string): string {
  const [, time, count] = REDIS_CURSOR.exec(cursor) ?? [];
  if (time === undefined || count === undefined) throw invalidCursor(cursor);
  return `${Number(time)}-${Number(count)}`;
}

function toEntries(reply: readonly unknown[]): LogEntry[] {
  const entries: LogEntry[] = [];
  for (let at = 0; at < reply.length; at += 2) {
    entries.push({ cursor: toRedisCursor(String(reply[at])), value: String(reply[at + 1]) });
  }
  return entries;
}
