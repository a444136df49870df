import { memoryStore, type Store } from "@messaging-service/core";

/** The calls of a {@link Store} that read or write. */
export type StoreCall = Exclude<keyof Store, "name" | "atomicity" | "durable" | "inspect" | "close">;

/** A store in memory that rejects what it is told to. */
export interface FaultyStore extends Store {
  /** From now on these calls reject; `after` lets them do their work first, so that only the answer is lost. */
  break(
    when: (call: StoreCall, key: string, given: readonly unknown[]) => boolean,
    options?: { readonly after?: boolean },
  ): void;
  /** Works again. */
  heal(): void;
  /** Calls that rejected. */
  readonly rejected: number;
}

const CALLS: readonly StoreCall[] = [
  "get",
  "getMany",
  "set",
  "setMany",
  "delete",
  "setIfAbsent",
  "compareAndSet",
  "append",
  "range",
];
/** The calls that only read. */
export const READS: readonly StoreCall[] = ["get", "getMany", "range"];

/** A store whose failures a test decides. */
export function createFaultyStore(inner: Store = memoryStore()): FaultyStore {
  let when: Parameters<FaultyStore["break"]>[0] | undefined;
  let after = false;
  let rejected = 0;
  const wrapped = Object.fromEntries(
    CALLS.map((call) => [
      call,
      async (...args: unknown[]) => {
        const key = Array.isArray(args[0]) ? JSON.stringify(args[0]) : String(args[0]);
        const broken = when?.(call, key, args) ?? false;
        const act = inner[call] as (...values: unknown[]) => Promise<unknown>;
        const result = broken && !after ? undefined : await act(...args);
        if (!broken) return result;
        rejected += 1;
        throw new Error(`The store is broken for ${call}.`);
      },
    ]),
  ) as unknown as Pick<Store, StoreCall>;
  return {
    name: "faulty",
    atomicity: "store",
    durable: true,
    ...wrapped,
    break(condition, options = {}) {
      when = condition;
      after = options.after ?? false;
    },
    heal() {
      when = undefined;
    },
    get rejected() {
      return rejected;
    },
  };
}
