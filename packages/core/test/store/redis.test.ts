import { connect as connectSocket, createServer } from "node:net";
import { gunzipSync, gzipSync } from "node:zlib";
import KeyvRedis, { createCluster, createKeyv } from "@keyv/redis";
import { Keyv } from "keyv";
import { Keyv as Keyv6 } from "keyv-6";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { describeStore } from "../../../../test/contracts/describe-store.ts";
import { freePort, type RedisServer, startRedis } from "../../../../test/support/redis.ts";
import { type KeyvLike, keyvStore } from "../../src/store/keyv.ts";
import { adaptersOf } from "../../src/store/keyv-access.ts";
import type { Store } from "../../src/store/store.ts";

let redis: RedisServer;
let open: KeyvLike[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());
afterEach(async () => {
  for (const keyv of open) {
    // By force: a polite one waits for a Redis that may not be there.
    const adapters = adaptersOf(keyv) as { disconnect?(force: boolean): Promise<void> }[];
    await adapters.at(-1)?.disconnect?.(true);
  }
  open = [];
});

function opened<T extends KeyvLike>(keyv: T): T {
  open.push(keyv);
  return keyv;
}

const gzip = {
  compress: async (value: unknown) => gzipSync(JSON.stringify(value)).toString("base64"),
  decompress: async (value: string) => JSON.parse(gunzipSync(Buffer.from(value, "base64")).toString()),
};

/** Every way a user makes a Keyv on Redis. */
const keyvs: readonly [string, () => KeyvLike][] = [
  ["Keyv 5.6 with its default namespace", () => new Keyv(new KeyvRedis(redis.url))],
  ["Keyv 5.6 with a namespace", () => new Keyv(new KeyvRedis(redis.url), { namespace: "keyv" })],
  [
    "Keyv 5.6 without a key prefix",
    () => new Keyv(new KeyvRedis(redis.url), { namespace: "keyv", useKeyPrefix: false }),
  ],
  ["Keyv 5.6 with the namespace ''", () => new Keyv(new KeyvRedis(redis.url), { namespace: "" })],
  ["createKeyv(url)", () => createKeyv(redis.url)],
  ["createKeyv(url, { namespace })", () => createKeyv(redis.url, { namespace: "keyv" })],
  [
    "Keyv 5.6 with a separator of its own",
    () => new Keyv(new KeyvRedis(redis.url, { keyPrefixSeparator: "/" }), { namespace: "keyv" }),
  ],
  ["Keyv 5.6 with the client's options", () => new Keyv(new KeyvRedis({ url: redis.url }))],
  ["Keyv 5.6 over RESP 3", () => new Keyv(new KeyvRedis({ url: redis.url, RESP: 3 }))],
  ["Keyv 5.6 with compression", () => new Keyv({ store: new KeyvRedis(redis.url), compression: gzip })],
  ["Keyv 6", () => new Keyv6(new KeyvRedis(redis.url))],
  ["Keyv 6 with a namespace", () => new Keyv6(new KeyvRedis(redis.url), { namespace: "keyv" })],
];

const [, byDefault] = keyvs[0]!;
const [, compressed] = keyvs[9]!;

for (const [name, createKeyvOnRedis] of [
  ["Redis through Keyv 5.6", byDefault],
  ["Redis through a Keyv with compression", compressed],
] as const) {
  describeStore(name, async () => {
    await redis.command("FLUSHALL");
    const create = (): Store => keyvStore(opened(createKeyvOnRedis()), { timeoutMs: 10_000 });
    return {
      store: create(),
      second: create,
      reopen: async () => create(),
      // Redis keeps its own time, and nobody turns it.
      advance: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      close: async () => {},
    };
  });
}

describe.each(keyvs)("on Redis, with %s", (_, createKeyvOnRedis) => {
  it("what the store writes, Keyv reads, and the other way round", async () => {
    await redis.command("FLUSHALL");
    const keyv = opened(createKeyvOnRedis());
    const store = keyvStore(keyv);
    expect(store).toMatchObject({ name: "redis", atomicity: "store", durable: true });
    const texts = ["plain", ":colon", ":base64:AAAA", "größe 你好 😀", "\ud83d", "", '"quoted"'];
    for (const [index, text] of texts.entries()) {
      await store.set(`ours ${index}`, text, index % 2 === 0 ? 0 : 60_000);
      await keyv.set(`theirs ${index}`, text, index % 2 === 0 ? 60_000 : undefined);
      expect(await keyv.get(`ours ${index}`)).toBe(text);
      expect(await store.get(`theirs ${index}`)).toBe(text);
      expect(await store.setIfAbsent(`theirs ${index}`, "other", 0)).toBe(text);
      expect(await store.compareAndSet(`theirs ${index}`, text, `${text}!`, 60_000)).toBe(true);
      expect(await keyv.get(`theirs ${index}`)).toBe(`${text}!`);
    }
    expect(await store.setIfAbsent("claim", "ours", 60_000)).toBeUndefined();
    expect(await keyv.get("claim")).toBe("ours");
    await keyv.delete("claim");
    expect(await store.get("claim")).toBeUndefined();
    expect(await store.getMany(["ours 0", "claim", "theirs 1"])).toEqual(["plain", undefined, ":colon!"]);
  });
});

describe("a store on Redis", () => {
  it("keeps for ever what is written for ever, on a Keyv with a default time to live", async () => {
    const store = keyvStore(opened(new Keyv(new KeyvRedis(redis.url), { ttl: 1_000, namespace: "ttl" })));
    await store.set("set", "1", 0);
    await store.setMany([{ key: "setMany", value: "1", ttlMs: 0 }]);
    await store.setIfAbsent("setIfAbsent", "1", 0);
    await store.set("compareAndSet", "1", 5_000);
    await store.compareAndSet("compareAndSet", "1", "2", 0);
    await store.append("append", "1", 0);
    for (const key of ["set", "setMany", "setIfAbsent", "compareAndSet", "append~log"]) {
      expect(await redis.command("PTTL", `ttl::ttl:${key}`), key).toBe(":-1\r\n");
    }
    const codes = (await store.inspect?.())?.map(({ code }) => code);
    expect(codes).toContain("KEYV_DEFAULT_TTL");
  });

  it("stays in its namespace when another Keyv takes its adapter over", async () => {
    const adapter = new KeyvRedis(redis.url);
    const store = keyvStore(opened(new Keyv(adapter, { namespace: "one" })));
    await store.set("a", "1", 0);
    new Keyv(adapter, { namespace: "two" });
    expect(await store.get("a")).toBe("1");
    const codes = (await store.inspect?.())?.map(({ code }) => code);
    expect(codes).toContain("KEYV_ADAPTER_SHARED");
  });

  it("lets a log's last entry take the whole key along", async () => {
    const store = keyvStore(opened(new Keyv(new KeyvRedis(redis.url), { namespace: "end" })));
    await store.append("log", "1", 60_000);
    const left = Number((await redis.command("PTTL", "end::end:log~log")).slice(1));
    expect(left).toBeGreaterThan(50_000);
    await store.append("log", "2", 1_000);
    expect(Number((await redis.command("PTTL", "end::end:log~log")).slice(1))).toBeGreaterThan(50_000);
    await store.append("log", "3", 120_000);
    expect(Number((await redis.command("PTTL", "end::end:log~log")).slice(1))).toBeGreaterThan(110_000);
    await store.append("log", "4", 0);
    await store.append("log", "5", 1_000);
    expect(await redis.command("PTTL", "end::end:log~log")).toBe(":-1\r\n");
  });

  it("drops expired entries of a log as others are added", async () => {
    const store = keyvStore(opened(new Keyv(new KeyvRedis(redis.url), { namespace: "trim" })));
    for (let index = 0; index < 20; index += 1) await store.append("log", `${index}`, 1);
    await redis.command("PERSIST", "trim::trim:log~log");
    while ((await store.range("log")).length > 0);
    for (let index = 0; index < 20; index += 1) await store.append("log", `${index}`, 60_000);
    expect(await redis.command("XLEN", "trim::trim:log~log")).toBe(":20\r\n");
  });

  it("rejects where something is stored that is no text", async () => {
    const keyv = opened(new Keyv(new KeyvRedis(redis.url), { namespace: "foreign" }));
    await keyv.set("object", { an: "object" });
    await redis.command("LPUSH", "foreign::foreign:list", "x");
    await redis.command("SET", "foreign::foreign:garbage", "{");
    const store = keyvStore(keyv);
    const unavailable = { code: "STORE_UNAVAILABLE" };
    for (const key of ["object", "list", "garbage"]) {
      await expect(store.get(key)).rejects.toMatchObject(unavailable);
      await expect(store.setIfAbsent(key, "1", 0)).rejects.toMatchObject(unavailable);
    }
    await expect(store.compareAndSet("list", "1", "2", 0)).rejects.toMatchObject(unavailable);
    expect(await store.compareAndSet("object", "1", "2", 0)).toBe(false);
  });

  it("needs one round trip a call, and one for all calls of a turn", async () => {
    const { port, exchanges, close } = await startCountingProxy(redis.port);
    const store = keyvStore(
      opened(new Keyv(new KeyvRedis(`redis://127.0.0.1:${port}`), { namespace: "trips" })),
    );
    await store.get("connect");
    const write = (key: string) => ({ key, value: "1", ttlMs: 60_000 });
    const calls: Record<string, () => Promise<unknown>> = {
      get: () => store.get("a"),
      getMany: () => store.getMany(["a", "b", "c"]),
      set: () => store.set("a", "1", 0),
      setMany: () => store.setMany([write("a"), write("b"), write("c")]),
      delete: () => store.delete("b"),
      "setIfAbsent, absent": () => store.setIfAbsent("b", "1", 1_000),
      "setIfAbsent, present": () => store.setIfAbsent("b", "1", 1_000),
      compareAndSet: () => store.compareAndSet("a", "1", "2", 1_000),
      "compareAndSet with lines": () =>
        store.compareAndSet("a", "2", "1", 1_000, [{ log: "log", value: "1", ttlMs: 0 }]),
      append: () => store.append("log", "1", 1_000),
      range: () => store.range("log"),
    };
    for (const [name, call] of Object.entries(calls)) {
      const before = exchanges();
      await call();
      expect(exchanges() - before, name).toBe(1);
    }
    const before = exchanges();
    await Promise.all(Object.values(calls).map((call) => call()));
    expect(exchanges() - before).toBe(1);
    await close();
  });
});

describe("a store on a Redis Cluster", () => {
  let node: RedisServer;
  beforeAll(async () => {
    node = await startRedis({ args: ["--cluster-enabled", "yes"] });
    await node.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    while (!(await node.command("CLUSTER", "INFO")).includes("cluster_state:ok"));
  });
  afterAll(() => node.stop());

  const storeIn = (namespace: string): Store => {
    const cluster = createCluster({ rootNodes: [{ url: node.url }] });
    return keyvStore(opened(new Keyv(new KeyvRedis(cluster), { namespace })));
  };

  it("keeps its promises under a namespace in braces", async () => {
    const store = storeIn("{messaging}");
    await store.setMany(["a", "b", "c"].map((key) => ({ key, value: key, ttlMs: 0 })));
    expect(await store.getMany(["c", "b", "x"])).toEqual(["c", "b", undefined]);
    expect(await store.setIfAbsent("a", "1", 0)).toBe("a");
    const lines = ["one", "two"].map((log) => ({ log, value: log, ttlMs: 60_000 }));
    expect(await store.compareAndSet("a", "a", "1", 0, lines)).toBe(true);
    expect((await store.range("two")).map(({ value }) => value)).toEqual(["two"]);
    expect((await store.inspect?.())?.map(({ code }) => code)).toEqual(["REDIS_PERSISTENCE"]);
  });

  it("is refused under any other, where keys have slots of their own", async () => {
    const found = await storeIn("messaging").inspect?.();
    expect(found).toContainEqual(expect.objectContaining({ level: "refuse", code: "REDIS_CLUSTER" }));
  });
});

describe("inspect() of a store on Redis", () => {
  const codesOf = async (server: RedisServer, url = server.url): Promise<string[]> => {
    const found = (await keyvStore(opened(createKeyv(url))).inspect?.()) ?? [];
    return found.map(({ level, code }) => `${level} ${code}`);
  };

  it("warns where nothing is kept on disk", async () => {
    expect(await codesOf(redis)).toEqual(["warn REDIS_PERSISTENCE"]);
  });

  it.each([
    ["allkeys-lru", ["refuse REDIS_EVICTION"]],
    ["allkeys-random", ["refuse REDIS_EVICTION"]],
    ["volatile-lru", ["warn REDIS_EVICTION"]],
    ["volatile-ttl", ["warn REDIS_EVICTION"]],
    ["noeviction", []],
  ])("judges the eviction policy %s", async (policy, findings) => {
    const server = await startRedis({ persistent: true, args: ["--maxmemory-policy", policy] });
    expect(await codesOf(server)).toEqual(findings);
    await server.stop();
  });

  it("is satisfied with snapshots", async () => {
    const server = await startRedis({ args: ["--save", "3600", "1"] });
    expect(await codesOf(server)).toEqual([]);
    await server.stop();
  });

  it("says what an ACL kept from it, and does not fail", async () => {
    const server = await startRedis({ persistent: true });
    const allowed = ["+@read", "+@write", "+@connection", "+eval", "+time"];
    await server.command("ACL", "SETUSER", "app", "on", ">secret", "~*", ...allowed);
    const url = server.url.replace("//", "//app:secret@");
    expect(await codesOf(server, url)).toEqual(["info REDIS_UNCHECKED"]);
    const store = keyvStore(opened(createKeyv(url)));
    await store.setMany([{ key: "a", value: "1", ttlMs: 60_000 }]);
    expect(await store.setIfAbsent("a", "2", 0)).toBe("1");
    expect(await store.compareAndSet("a", "1", "2", 0, [{ log: "log", value: "1", ttlMs: 60_000 }])).toBe(
      true,
    );
    const cursor = await store.append("log", "2", 0);
    expect(await store.range("log")).toHaveLength(2);
    await store.trim?.("log", cursor);
    await store.delete("a");
    await server.stop();
  });
});

describe("a store on a Redis that goes away", () => {
  const TIMEOUT_MS = 300;
  const unavailable = { name: "MessagingError", code: "STORE_UNAVAILABLE" };

  function everyCall(store: Store): Record<string, () => Promise<unknown>> {
    return {
      get: () => store.get("a"),
      getMany: () => store.getMany(["a", "b"]),
      set: () => store.set("a", "lost", 0),
      setMany: () => store.setMany([{ key: "a", value: "lost", ttlMs: 0 }]),
      delete: () => store.delete("a"),
      setIfAbsent: () => store.setIfAbsent("c", "lost", 0),
      compareAndSet: () => store.compareAndSet("a", "1", "lost", 0),
      append: () => store.append("log", "lost", 0),
      range: () => store.range("log"),
      trim: () => store.trim?.("log", `${"9".repeat(15)}-${"0".repeat(10)}`) ?? Promise.resolve(),
      inspect: () => store.inspect?.() ?? Promise.resolve(),
    };
  }

  async function expectAllToFailInTime(store: Store): Promise<void> {
    const started = performance.now();
    await Promise.all(
      Object.entries(everyCall(store)).map(([name, call]) =>
        expect(call(), name).rejects.toMatchObject(unavailable),
      ),
    );
    expect(performance.now() - started).toBeLessThan(TIMEOUT_MS + 500);
  }

  /** Asks until it answers: reconnecting takes the client's own time. */
  async function recovered(store: Store): Promise<void> {
    for (;;) {
      const answer = await store.get("probe").then(
        () => true,
        () => false,
      );
      if (answer) return;
    }
  }

  it.each([
    ["Keyv 5.6", (url: string) => new Keyv(new KeyvRedis(url))],
    ["Keyv 6", (url: string) => new Keyv6(new KeyvRedis(url))],
  ])("rejects within its time while Redis is stopped, and works after, with %s", async (_, create) => {
    const server = await startRedis();
    const store = keyvStore(opened(create(server.url)), { timeoutMs: TIMEOUT_MS });
    await store.set("a", "1", 0);
    server.pause();
    await expectAllToFailInTime(store);
    server.resume();
    await recovered(store);
    await store.set("b", "2", 0);
    expect(await store.get("b")).toBe("2");
    await server.stop();
  });

  it.each([
    ["Keyv 5.6", (url: string) => new Keyv(new KeyvRedis(url))],
    ["Keyv 6", (url: string) => new Keyv6(new KeyvRedis(url))],
  ])("rejects while Redis is dead, and works by itself after a restart, with %s", async (_, create) => {
    const server = await startRedis({ persistent: true });
    const store = keyvStore(opened(create(server.url)), { timeoutMs: TIMEOUT_MS });
    await store.set("a", "1", 0);
    const cursor = await store.append("log", "1", 0);
    await server.kill();
    await expectAllToFailInTime(store);
    await expectAllToFailInTime(store);
    await server.restart();
    await recovered(store);
    // What was written is there; what was refused while the client was disconnected never arrived.
    expect(await store.getMany(["a", "c"])).toEqual(["1", undefined]);
    expect(await store.range("log")).toEqual([{ cursor, value: "1" }]);
    const next = await store.append("log", "2", 0);
    expect(await store.range("log", { after: cursor })).toEqual([{ cursor: next, value: "2" }]);
    await server.stop();
  });

  it("rejects in time where there is no Redis, and does not send later what it gave up", async () => {
    const port = await freePort();
    const store = keyvStore(opened(new Keyv(new KeyvRedis(`redis://127.0.0.1:${port}`))), {
      timeoutMs: TIMEOUT_MS,
    });
    await expectAllToFailInTime(store);
    const server = await startRedis({ port });
    await recovered(store);
    expect(await server.command("DBSIZE")).toBe(":0\r\n");
    await store.set("a", "1", 0);
    expect(await store.get("a")).toBe("1");
    await server.stop();
  });

  it("rejects with the reason where Redis refuses", async () => {
    const server = await startRedis({ args: ["--requirepass", "secret"] });
    const url = server.url.replace("//", "//:secret@");
    const store = keyvStore(opened(createKeyv(url)), { timeoutMs: TIMEOUT_MS });
    await store.set("a", "1", 0);
    const refusing = keyvStore(opened(createKeyv(server.url)), { timeoutMs: TIMEOUT_MS });
    await expect(refusing.get("a")).rejects.toMatchObject({
      ...unavailable,
      message: expect.stringContaining("NOAUTH"),
    });
    await server.stop();
  });

  it("rejects writes that a full Redis refuses, and still reads", async () => {
    const server = await startRedis();
    const store = keyvStore(opened(createKeyv(server.url)), { timeoutMs: TIMEOUT_MS });
    await store.set("a", "1", 0);
    await server.command("CONFIG", "SET", "maxmemory", "1");
    const { get, getMany, range, trim, delete: remove, inspect, ...writes } = everyCall(store);
    for (const [name, write] of Object.entries(writes)) {
      await expect(write(), name).rejects.toMatchObject(unavailable);
    }
    expect(await store.get("a")).toBe("1");
    await server.stop();
  });
});

/** A proxy that counts exchanges: how often the client began to speak after Redis had spoken. */
async function startCountingProxy(target: number) {
  let exchanges = 0;
  let clientSpeaks = false;
  const server = createServer((client) => {
    const upstream = connectSocket(target, "127.0.0.1");
    client.on("data", (chunk) => {
      if (!clientSpeaks) exchanges += 1;
      clientSpeaks = true;
      upstream.write(chunk);
    });
    upstream.on("data", (chunk) => {
      clientSpeaks = false;
      client.write(chunk);
    });
    client.on("close", () => upstream.destroy());
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { port, exchanges: () => exchanges, close: async () => void server.close() };
}
