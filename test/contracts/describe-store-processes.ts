import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LogEntry, Store } from "@messaging-service/core";
import { describe, expect, it } from "vitest";

/** How a process of its own gets at the backend under test. */
export interface SharedStore {
  /** The same backend in this process, empty. */
  readonly store: Store;
  /** URL of a module that exports `createStore(argument)`. */
  readonly module: string;
  readonly argument: string;
  readonly close: () => Promise<void>;
}

const worker = fileURLToPath(new URL("../support/store-worker.mjs", import.meta.url));

/** What a store of atomicity "store" promises to several processes. */
export function describeStoreProcesses(name: string, share: () => Promise<SharedStore>): void {
  describe(`${name}, in several processes`, () => {
    it("gives each claim to one of three", async () => {
      const { store, close, ...shared } = await share();
      expect(store.atomicity).toBe("store");
      const won = (await Promise.all(
        ["0", "1", "2"].map((who) => run(shared, "claim", who, "200")),
      )) as number[][];
      expect(won.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, index) => index));
      for (const [who, claims] of won.entries()) {
        for (const claim of claims) expect(await store.get(`claim:${claim}`)).toBe(`${who}`);
      }
      await close();
    });

    it("loses no increment of three", async () => {
      const { store, close, ...shared } = await share();
      await store.set("counter", "0", 0);
      await Promise.all([0, 1, 2].map(() => run(shared, "count", "100")));
      expect(await store.get("counter")).toBe("300");
      await close();
    });

    it("shows a tailing reader every entry that three append, once and in order", async () => {
      const { store, close, ...shared } = await share();
      const seen: LogEntry[] = [];
      const read = async (): Promise<void> => {
        const after = seen.at(-1)?.cursor;
        seen.push(...(await store.range("log", { ...(after === undefined ? {} : { after }), limit: 1_000 })));
      };
      let running = true;
      const writers = Promise.all(["0", "1", "2"].map((who) => run(shared, "append", who, "150"))).finally(
        () => {
          running = false;
        },
      );
      while (running) {
        await read();
        await new Promise((resolve) => setImmediate(resolve));
      }
      const cursors = ((await writers) as string[][]).flat();
      await read();
      expect(seen.map(({ cursor }) => cursor)).toEqual(cursors.sort());
      expect(new Set(seen.map(({ value }) => value)).size).toBe(450);
      await close();
    });

    it("has all that a killed process was told was written", async () => {
      const { store, close, ...shared } = await share();
      const child = spawn(process.execPath, [worker, shared.module, shared.argument, "write"]);
      let confirmed = "";
      await new Promise<void>((resolve) => {
        child.stdout.on("data", (chunk) => {
          confirmed += chunk;
          if (confirmed.split("\n").length > 50) child.kill("SIGKILL");
        });
        child.once("close", () => resolve());
      });
      const last = Number(confirmed.trimEnd().split("\n").at(-1));
      const indices = Array.from({ length: last + 1 }, (_, index) => `${index}`);
      expect(last).toBeGreaterThanOrEqual(49);
      expect(await store.getMany(indices.map((index) => `key:${index}`))).toEqual(indices);
      const entries = await store.range("log", { limit: 10_000 });
      expect(entries.slice(0, last + 1).map(({ value }) => value)).toEqual(indices);
      // And nothing it held stops the others.
      await store.set("after", "1", 0);
      await close();
    });
  });
}

function run(
  shared: { readonly module: string; readonly argument: string },
  ...words: string[]
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [worker, shared.module, shared.argument, ...words]);
    let [output, errors] = ["", ""];
    child.stdout.on("data", (chunk) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    child.once("close", (code) => {
      if (code === 0) resolve(JSON.parse(output));
      else reject(new Error(`the worker ended with ${code}: ${errors}`));
    });
  });
}
