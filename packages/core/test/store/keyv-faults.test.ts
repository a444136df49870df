import { EventEmitter } from "node:events";
import { Keyv } from "keyv";
import { Keyv as Keyv6 } from "keyv-6";
import { describe, expect, it } from "vitest";
import { type KeyvLike, keyvStore } from "../../src/store/keyv.ts";
import type { Store } from "../../src/store/store.ts";

/** What goes wrong at one call of the backend. */
type Fault = "reject" | "reject after" | "swallow" | "lie" | "answer false" | "hang" | "hang after";
const FAULTS: readonly Fault[] = [
  "reject",
  "reject after",
  "swallow",
  "lie",
  "answer false",
  "hang",
  "hang after",
];

/** Calls of the backend that one call of the store makes, at most. */
const MOST_CALLS = 12;
const TIMEOUT_MS = 15;

/** An adapter over a Map whose n-th call, counted from {@link FaultyAdapter.arm}, goes wrong. */
function createFaultyAdapter(batches: boolean) {
  const map = new Map<string, unknown>();
  const events = new EventEmitter();
  let left = Number.POSITIVE_INFINITY;
  let fault: Fault = "reject";

  async function run<T>(write: boolean, absent: T, action: () => T): Promise<T> {
    left -= 1;
    if (left !== 0) return action();
    if (fault === "reject after" || fault === "hang after") action();
    if (fault === "hang" || fault === "hang after") return new Promise<T>(() => {});
    if (fault === "reject" || fault === "reject after") throw new Error("backend down");
    if (fault === "swallow") {
      events.emit("error", new Error("backend down"));
      return absent;
    }
    // Only a write can claim to have happened: a read that lies is beyond anyone's detection.
    if (!write) return action();
    return (fault === "lie") as T;
  }

  const adapter = {
    namespace: undefined as string | undefined,
    opts: { url: "faulty://" },
    on: (event: string, listener: (error: unknown) => void) => void events.on(event, listener),
    get: async (key: string) => run<unknown>(false, undefined, () => map.get(key)),
    set: async (key: string, value: unknown) => run<boolean>(true, true, () => map.set(key, value).has(key)),
    delete: async (key: string) => run<boolean>(true, false, () => map.delete(key)),
    has: async (key: string) => map.has(key),
    clear: async () => map.clear(),
    ...(batches
      ? {
          getMany: async (keys: string[]) =>
            run<unknown[]>(
              false,
              keys.map(() => undefined),
              () => keys.map((key) => map.get(key)),
            ),
        }
      : {}),
  };
  return {
    adapter,
    arm(atCall: number, what: Fault): void {
      left = atCall;
      fault = what;
    },
    /** Whether the fault has happened. */
    fired: () => left <= 0,
  };
}

/** A call of the store, and whether its answer is what it is without a fault. */
const CALLS: Readonly<Record<string, (store: Store) => Promise<unknown>>> = {
  get: (store) => store.get("present"),
  "get of nothing": (store) => store.get("absent"),
  getMany: (store) => store.getMany(["present", "absent"]),
  set: (store) => store.set("present", "new", 0),
  setMany: (store) =>
    store.setMany([
      { key: "present", value: "new", ttlMs: 0 },
      { key: "absent", value: "new", ttlMs: 60_000 },
    ]),
  delete: (store) => store.delete("present"),
  "setIfAbsent where something is": (store) => store.setIfAbsent("present", "new", 0),
  "setIfAbsent where nothing is": (store) => store.setIfAbsent("absent", "new", 0),
  compareAndSet: (store) => store.compareAndSet("present", "old", "new", 0),
  "compareAndSet to nothing": (store) => store.compareAndSet("present", "old", undefined, 0),
  "compareAndSet of something else": (store) => store.compareAndSet("present", "other", "new", 0),
  "compareAndSet with lines": (store) =>
    store.compareAndSet("present", "old", "new", 0, [{ log: "log", value: "line", ttlMs: 0 }]),
  trim: async (store) => store.trim?.("log", (await store.range("log"))[0]?.cursor ?? ""),
  append: async (store) => typeof (await store.append("log", "new", 0)),
  range: async (store) => (await store.range("log")).map(({ value }) => value),
};

/** Everything the calls above may change. */
async function stateOf(store: Store): Promise<unknown> {
  return [await store.getMany(["present", "absent"]), (await store.range("log")).map(({ value }) => value)];
}

async function prepared(createKeyv: (adapter: object) => KeyvLike, batches: boolean) {
  const faulty = createFaultyAdapter(batches);
  const store = keyvStore(createKeyv(faulty.adapter), { timeoutMs: TIMEOUT_MS });
  await store.set("present", "old", 0);
  await store.append("log", "old", 0);
  return { store, faulty };
}

const keyvs: readonly [string, boolean, (adapter: object) => KeyvLike][] = [
  ["Keyv 5.6", false, (adapter) => new Keyv({ store: adapter, namespace: "ns" })],
  ["Keyv 5.6 with getMany", true, (adapter) => new Keyv({ store: adapter, namespace: "ns" })],
  ["Keyv 6", false, (adapter) => new Keyv6({ store: adapter })],
  ["Keyv 6 with getMany", true, (adapter) => new Keyv6({ store: adapter })],
  [
    "Keyv 6 with an error listener of the user's",
    true,
    (adapter) => {
      const keyv = new Keyv6({ store: adapter });
      keyv.on("error", () => {});
      return keyv;
    },
  ],
];

describe.each(keyvs)(
  "%s on a backend that fails, lies or hangs at each call in turn",
  (_, batches, createKeyv) => {
    it.each(Object.entries(CALLS))("%s does what it says or rejects", async (_name, call) => {
      const without = await prepared(createKeyv, batches);
      const answer = await call(without.store);
      const state = await stateOf(without.store);

      const trial = async (fault: Fault, atCall: number): Promise<boolean> => {
        const { store, faulty } = await prepared(createKeyv, batches);
        faulty.arm(atCall, fault);
        const context = `${fault} at backend call ${atCall}`;
        const outcome = await call(store).then(
          (value) => ({ value }),
          (error: unknown) => ({ error }),
        );
        const fired = faulty.fired();
        faulty.arm(Number.POSITIVE_INFINITY, fault);
        if ("error" in outcome) {
          expect(fired, context).toBe(true);
          expect(outcome.error, context).toMatchObject({ name: "MessagingError", code: "STORE_UNAVAILABLE" });
        } else {
          expect(outcome.value, context).toEqual(answer);
          expect(await stateOf(store), context).toEqual(state);
        }
        // And it works again at once, locks and log included.
        await store.set("present", "after", 0);
        expect(await store.get("present"), context).toBe("after");
        const cursor = await store.append("log", "after", 0);
        expect((await store.range("log", { reverse: true, limit: 1 }))[0], context).toEqual({
          cursor,
          value: "after",
        });
        return fired;
      };

      for (const fault of FAULTS) {
        const fired = await Promise.all(
          Array.from({ length: MOST_CALLS }, (__, index) => trial(fault, index + 1)),
        );
        // The fault happened at every call of the backend there is, and there are no more than were tried.
        expect(fired[0]).toBe(true);
        expect(fired.at(-1)).toBe(false);
      }
    });
  },
);

it("never gives the place of an append that timed out to another entry", async () => {
  const map = new Map<string, unknown>();
  let hold: Promise<void> | undefined;
  const adapter = {
    get: async (key: string) => map.get(key),
    async set(key: string, value: unknown) {
      await hold;
      map.set(key, value);
      return true;
    },
    delete: async (key: string) => map.delete(key),
    clear: async () => map.clear(),
  };
  const store = keyvStore(new Keyv({ store: adapter }), { timeoutMs: TIMEOUT_MS });
  await store.append("log", "first", 0);
  let letGo = (): void => {};
  hold = new Promise((resolve) => {
    letGo = resolve;
  });
  await expect(store.append("log", "late", 0)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
  hold = undefined;
  await store.append("log", "second", 0);
  letGo();
  await new Promise((resolve) => setImmediate(resolve));
  const values = (await store.range("log")).map(({ value }) => value);
  expect(values.filter((value) => value !== "late")).toEqual(["first", "second"]);
});

it("does not let Keyv's clean-up of an expired entry take a new one with it", async () => {
  const map = new Map<string, unknown>();
  const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const adapter = {
    async get(key: string) {
      const value = map.get(key);
      await later();
      return value;
    },
    set: async (key: string, value: unknown) => map.set(key, value).has(key),
    delete: async (key: string) => map.delete(key),
    clear: async () => map.clear(),
  };
  const keyv = new Keyv({ store: adapter, namespace: "" });
  const store = keyvStore(keyv);
  map.set("lease", JSON.stringify({ value: "old", expires: 1 }));
  const [seen] = await Promise.all([store.get("lease"), store.set("lease", "new", 0)]);
  expect(seen).toBeUndefined();
  expect(await store.get("lease")).toBe("new");
});
