import { Keyv } from "keyv";
import { Keyv as Keyv6 } from "keyv-6";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { describeStore, type StoreHarness } from "../../../../test/contracts/describe-store.ts";
import { isKeyv, type KeyvLike, type KeyvStoreOptions, keyvStore } from "../../src/store/keyv.ts";
import { memoryStore } from "../../src/store/memory.ts";

/** Keyv's times to live run on the machine's clock: turn that. */
async function harnessOf(createKeyv: () => KeyvLike, durable: boolean): Promise<StoreHarness> {
  vi.useFakeTimers({ toFake: ["Date"] });
  const store = keyvStore(createKeyv());
  return {
    store,
    second: () => keyvStore(createKeyv()),
    ...(durable ? { reopen: async () => keyvStore(createKeyv()) } : {}),
    advance: async (ms) => void vi.setSystemTime(Date.now() + ms),
    close: async () => void vi.useRealTimers(),
  };
}

/** An adapter over a Map that answers in its own time and cannot be iterated over. */
function createSlowAdapter(map: Map<string, unknown> = new Map()) {
  const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    namespace: undefined as string | undefined,
    opts: { url: "slow://" },
    async get(key: string) {
      await later();
      return map.get(key);
    },
    async set(key: string, value: unknown) {
      await later();
      map.set(key, value);
      return true;
    },
    async delete(key: string) {
      await later();
      return map.delete(key);
    },
    async has(key: string) {
      return map.has(key);
    },
    async clear() {
      throw new Error("never cleared");
    },
    iterator(): never {
      throw new Error("never iterated over");
    },
    entries(): never {
      throw new Error("never iterated over");
    },
    keys(): never {
      throw new Error("never iterated over");
    },
    [Symbol.iterator](): never {
      throw new Error("never iterated over");
    },
  };
}

function createBatchAdapter(map: Map<string, unknown> = new Map()) {
  return Object.assign(createSlowAdapter(map), {
    getMany: async (keys: string[]) => keys.map((key) => map.get(key)),
  });
}

const backends: readonly [string, () => () => KeyvLike, boolean][] = [
  [
    "Keyv 5.6 on a Map",
    () => {
      const map = new Map();
      return () => new Keyv({ store: map });
    },
    false,
  ],
  [
    "Keyv 6 on a Map",
    () => {
      const map = new Map();
      return () => new Keyv6({ store: map });
    },
    false,
  ],
  [
    "Keyv 6 with a namespace on a Map",
    () => {
      const map = new Map();
      return () => new Keyv6({ store: map, namespace: "keyv" });
    },
    false,
  ],
  [
    "Keyv 5.6 on an adapter without iteration",
    () => {
      const adapter = createSlowAdapter();
      return () => new Keyv({ store: adapter, namespace: "keyv" });
    },
    true,
  ],
  [
    "Keyv 5.6 on an adapter with getMany",
    () => {
      const adapter = createBatchAdapter();
      return () => new Keyv({ store: adapter, namespace: "keyv" });
    },
    true,
  ],
  [
    "Keyv 6 on an adapter without iteration",
    () => {
      const adapter = createSlowAdapter();
      return () => new Keyv6({ store: adapter });
    },
    true,
  ],
];

for (const [name, createBackend, durable] of backends) {
  describeStore(name, () => harnessOf(createBackend(), durable));
}

describe.each([
  ["5.6", (options: object): KeyvLike => new Keyv(options)],
  ["6", (options: object): KeyvLike => new Keyv6(options)],
])("a store on Keyv %s", (_, createKeyv) => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());

  it("reads what Keyv wrote, and writes what Keyv reads", async () => {
    const keyv = createKeyv({});
    const store = keyvStore(keyv);
    await keyv.set("a", "1");
    await store.set("b", "2", 0);
    expect(await store.get("a")).toBe("1");
    expect(await keyv.get("b")).toBe("2");
  });

  it("keeps for ever what is written for ever, on a Keyv with a default time to live", async () => {
    const keyv = createKeyv({ ttl: 1_000 });
    const store = keyvStore(keyv);
    await store.set("consent", "STOP", 0);
    await store.setMany([{ key: "senders", value: "1", ttlMs: 0 }]);
    await store.setIfAbsent("message", "1", 0);
    await store.compareAndSet("message", "1", "2", 0);
    await store.append("log", "1", 0);
    vi.setSystemTime(Date.now() + 3_600_000);
    expect(await store.getMany(["consent", "senders", "message"])).toEqual(["STOP", "1", "2"]);
    expect(await store.range("log")).toHaveLength(1);
    expect(await store.inspect?.()).toContainEqual(expect.objectContaining({ code: "KEYV_DEFAULT_TTL" }));
  });

  it("rejects for an entry that is no text", async () => {
    const keyv = createKeyv({});
    await keyv.set("a", { an: "object" });
    await expect(keyvStore(keyv).get("a")).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  it("says that it is exact within this process only, and whether it lasts", async () => {
    const store = keyvStore(createKeyv({}));
    expect(store).toMatchObject({ name: "keyv", atomicity: "process", durable: false });
    const codes = (await store.inspect?.())?.map(({ level, code }) => `${level} ${code}`);
    expect(codes).toEqual(["info STORE_ATOMIC_IN_PROCESS", "warn STORE_NOT_DURABLE"]);
  });

  it("excludes other stores on the same Map, under whatever namespace", async () => {
    const map = new Map();
    const stores = ["a", "b"].map((namespace) => keyvStore(createKeyv({ store: map, namespace })));
    await Promise.all(stores.map((store, index) => store.set("key", `${index}`, 0)));
    expect(await Promise.all(stores.map((store) => store.get("key")))).toEqual(["0", "1"]);
  });

  it("drops the items and the head of a log that is over", async () => {
    const map = new Map();
    const store = keyvStore(createKeyv({ store: map, namespace: "ns" }));
    for (let index = 0; index < 20; index += 1) {
      await store.append("log", `${index}`, 1_000);
      vi.setSystemTime(Date.now() + 500);
    }
    // Expired items are dropped as later ones arrive: two live ones, two just seen to, and the head.
    expect(map.size).toBeLessThanOrEqual(6);
  });
});

it("gives each keyv one listener, however many stores are made of it", () => {
  const keyv = new Keyv();
  for (let index = 0; index < 200; index += 1) keyvStore(keyv);
  expect(keyv.listeners("error")).toHaveLength(1);
});

it("warns of an adapter that a second Keyv has taken over", async () => {
  const adapter = createSlowAdapter();
  const first = new Keyv({ store: adapter, namespace: "one" });
  new Keyv({ store: adapter, namespace: "two" });
  const codes = (await keyvStore(first).inspect?.())?.map(({ code }) => code);
  expect(codes).toContain("KEYV_ADAPTER_SHARED");
});

it("warns of a Keyv that sanitizes keys", async () => {
  const keyv = new Keyv6({ sanitize: { keys: true } });
  const codes = (await keyvStore(keyv).inspect?.())?.map(({ code }) => code);
  expect(codes).toContain("KEYV_SANITIZES_KEYS");
});

it("tells a Keyv from an adapter, a Map and a store", () => {
  expect(isKeyv(new Keyv())).toBe(true);
  expect(isKeyv(new Keyv6())).toBe(true);
  for (const other of [new Map(), createSlowAdapter(), memoryStore(), {}, null, "redis://", () => {}]) {
    expect(isKeyv(other)).toBe(false);
  }
});

it("refuses what is no Keyv, and a time limit that is none", () => {
  const invalid = expect.objectContaining({ code: "INVALID_OPTION" });
  expect(() => keyvStore(new Map() as unknown as KeyvLike)).toThrow(invalid);
  for (const timeoutMs of [0, -1, Number.NaN]) {
    expect(() => keyvStore(new Keyv(), { timeoutMs })).toThrow(invalid);
  }
  const misspelt = { timeout: 5 } as KeyvStoreOptions;
  expect(() => keyvStore(new Keyv(), misspelt)).toThrow(
    'keyvStore has no option "timeout"; did you mean "timeoutMs"?',
  );
});
