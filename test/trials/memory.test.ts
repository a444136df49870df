import { fileURLToPath } from "node:url";
import { beforeAll, expect } from "vitest";
import { buildPackages } from "../support/build.ts";
import { trial } from "../support/trial.ts";
import { spawnWorker } from "../support/worker.ts";

beforeAll(buildPackages);

const script = fileURLToPath(new URL("./workers/soak.mjs", import.meta.url));

trial(
  "a million sends in memory leave the heap as it was",
  { full: 900, short: 120 },
  async ({ sized, figure }) => {
    const sends = sized(1_000_000, 50_000);
    const child = spawnWorker(script, [String(sends)], ["--expose-gc"]);
    const heaps: number[] = [];
    let errors = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      errors += chunk.toString("utf8");
    });
    child.on("message", (bytes: number) => heaps.push(bytes / 2 ** 20));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(code, errors).toBe(0);
    expect(heaps).toHaveLength(5);
    // The first two fifths warm up; then the heap may waver, and does not grow.
    const [, warm = 0, ...rest] = heaps;
    figure("heap after each fifth, MiB", heaps.map((heap) => heap.toFixed(1)).join(" "));
    expect(Math.max(...rest), `heap in MiB after each fifth: ${heaps}`).toBeLessThan(warm + 8);
  },
);
