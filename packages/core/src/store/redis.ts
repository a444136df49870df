import type { Clock } from "../clock.ts";
import { invalidCursor, rangeLimit, wholeTtl } from "./arguments.ts";
import { createTimeLimit, type Step } from "./guard.ts";
import type { KeyvLike } from "./keyv.ts";
import { createEnvelope } from "./redis-envelope.ts";
import { inspectRedis } from "./redis-inspect.ts";
import { APPEND, COMPARE_AND_SET, RANGE, SET_IF_ABSENT, SET_MANY } from "./redis-scripts.ts";
import type { LogEntry, LogWrite, RangeOptions, Store, StoreFinding, StoreWrite } from "./store.ts";

/** What this library uses of @keyv/redis (KeyvRedis), 5 or 6. */
export interface RedisAdapter {
  getClient(): Promise<unknown>;
  createKeyPrefix(key: string, namespace?: string): string;
  readonly namespace?: string | undefined;
  isCluster?(): boolean;
  isSentinel?(): boolean;
}

/** Sends one command; `key` tells a cluster where to. */
export type RedisCommand = (key: string, ...args: string[]) => Promise<unknown>;

/**
 * A {@link Store} on the Redis behind a Keyv, in Keyv's own key and value format: what one writes, the other reads.
 * Each call is one round trip, and calls made together share one. Keys and format are those the Keyv has now. A log
 * is a stream under its key and `~log`, out of Keyv's sight.
 */
export function redisStore(keyv: KeyvLike, adapter: RedisAdapter, timeoutMs: number, clock: Clock): Store {
  const limited = createTimeLimit("redis", timeoutMs, clock);
  const senderOf = createSender(adapter, timeoutMs);
  const envelope = createEnvelope(keyv);
  // Keyv 5 prefixes with `namespace:` and the adapter with `namespace::`; another Keyv made on this adapter changes its
  // namespace under our feet, so both are read once.
  const prefix = adapter.createKeyPrefix(keyv._getKeyPrefix?.("") ?? "", adapter.namespace);
  const entryKey = (key: string): string => prefix + key;
  const logKey = (log: string): string => `${prefix}${log}~log`;

  const call = <T>(name: string, body: (command: RedisCommand) => Promise<T>): Promise<T> =>
    limited(name, (step) => body(senderOf(step)));

  async function decodeReply(raw: unknown): Promise<string | undefined> {
    if (raw === null || raw === undefined) return undefined;
    return envelope.decode(String(raw));
  }

  /** Where the raw form cannot be foretold: read, compare what it says, and replace exactly that raw form. */
  async function compareDecoded(command: RedisCommand, expected: string, change: Change): Promise<boolean> {
    const [key] = change.keys;
    for (;;) {
      const raw = await command(key, "GET", key);
      if ((await decodeReply(raw)) !== expected) return false;
      if (await replace(command, [String(raw), "whole"], change)) return true;
    }
  }

  async function changeOf(
    key: string,
    value: string | undefined,
    ttlMs: number,
    appends: readonly LogWrite[],
  ): Promise<Change> {
    const ttl = wholeTtl(ttlMs);
    const entry =
      value === undefined ? ["delete", "", "0"] : ["set", await envelope.encode(value, ttl), String(ttl)];
    const lines = appends.flatMap((line) => [toLine(line.value), String(wholeTtl(line.ttlMs))]);
    return { keys: [entryKey(key), ...appends.map(({ log }) => logKey(log))], args: [...entry, ...lines] };
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
        const raws = (await command(prefix, "MGET", ...names)) as unknown[];
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
        const names = encoded.map(({ name }) => name);
        const changes = encoded.flatMap(({ change }) => change);
        await command(prefix, "EVAL", SET_MANY, String(names.length), ...names, ...changes);
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
    compareAndSet: (
      key: string,
      expected: string | undefined,
      value: string | undefined,
      ttlMs: number,
      appends: readonly LogWrite[] = [],
    ) =>
      call("compareAndSet", async (command) => {
        const change = await changeOf(key, value, ttlMs, appends);
        if (expected === undefined) return replace(command, ["", "absent"], change);
        const start = await envelope.commonStart(expected);
        if (start === undefined) return compareDecoded(command, expected, change);
        return replace(command, [start, "start"], change);
      }),
    append: (log: string, value: string, ttlMs: number) =>
      call("append", async (command) => {
        const args = [toLine(value), String(wholeTtl(ttlMs))];
        return toRedisCursor(String(await command(logKey(log), "EVAL", APPEND, "1", logKey(log), ...args)));
      }),
    trim: (log: string, upTo: string) =>
      call("trim", async (command) => {
        const [time, count] = streamId(upTo);
        await command(logKey(log), "XTRIM", logKey(log), "MINID", `${time}-${count + 1}`);
      }),
    range: (log: string, options: RangeOptions = {}) =>
      call("range", async (command) => {
        const low = options.after === undefined ? "-" : `(${streamId(options.after).join("-")}`;
        const high = options.before === undefined ? "+" : `(${streamId(options.before).join("-")}`;
        const limit = rangeLimit(options);
        if (limit === 0) return [];
        const name = logKey(log);
        const reverse = options.reverse === true ? "1" : "0";
        const reply = await command(name, "EVAL", RANGE, "1", name, low, high, String(limit), reverse);
        return toEntries(reply as unknown[]);
      }),
    inspect: () =>
      call("inspect", async (command) => [
        ...clusterFindings(adapter, prefix),
        ...(await inspectRedis(keyv, (...args) => command(prefix, ...args))),
      ]),
  } satisfies Store);
}

/** A cluster changes several keys in one step only where a hash tag keeps them together. */
function clusterFindings(adapter: RedisAdapter, prefix: string): StoreFinding[] {
  if (adapter.isCluster?.() !== true || /\{[^}]+\}/.test(prefix)) return [];
  return [
    {
      level: "refuse",
      code: "REDIS_CLUSTER",
      message:
        "On a Redis Cluster the Keyv's namespace must be in braces, like {messaging}, so that all keys share a slot.",
    },
  ];
}

/** What a {@link COMPARE_AND_SET} does when it finds what it expects: its keys, and its arguments after the expectation. */
interface Change {
  readonly keys: readonly [entry: string, ...logs: string[]];
  readonly args: readonly string[];
}

async function replace(
  command: RedisCommand,
  expectation: readonly [text: string, how: "absent" | "whole" | "start"],
  { keys, args }: Change,
): Promise<boolean> {
  const count = String(keys.length);
  const reply = await command(keys[0], "EVAL", COMPARE_AND_SET, count, ...keys, ...expectation, ...args);
  return Number(reply) === 1;
}

interface RedisClient {
  readonly isReady?: boolean;
  sendCommand(...args: unknown[]): Promise<unknown>;
}

/**
 * How a call sends its commands. Calls that come while the client connects wait for the same connection: a cluster's
 * knows no slots before. Each command is a step of its call, so that what was given up is not sent later.
 */
function createSender(adapter: RedisAdapter, timeoutMs: number): (step: Step) => RedisCommand {
  let connecting: Promise<RedisClient> | undefined;

  function connected(): Promise<RedisClient> {
    connecting ??= (adapter.getClient() as Promise<RedisClient>).finally(() => {
      connecting = undefined;
    });
    return connecting;
  }

  return (step) =>
    async (key, ...args) => {
      const client = await step(connected);
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

function streamId(cursor: string): [time: number, count: number] {
  const [, time, count] = REDIS_CURSOR.exec(cursor) ?? [];
  if (time === undefined || count === undefined) throw invalidCursor(cursor);
  return [Number(time), Number(count)];
}

/** A log's value as JSON: the client writes UTF-8, which has no lone surrogates. */
const toLine = (value: string): string => JSON.stringify(value);

function toEntries(reply: readonly unknown[]): LogEntry[] {
  const entries: LogEntry[] = [];
  for (let at = 0; at < reply.length; at += 2) {
    entries.push({ cursor: toRedisCursor(String(reply[at])), value: JSON.parse(String(reply[at + 1])) });
  }
  return entries;
}
