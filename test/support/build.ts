import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * Builds a package and what it references, so that a child process can load it: Node 20 runs no TypeScript. It takes
 * an instant when nothing changed.
 */
export function buildPackage(name: "core" | "express" | "lmdb" | "providers"): void {
  const root = fileURLToPath(new URL("../../", import.meta.url));
  const compiler = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, [compiler, "-b", `packages/${name}`], {
    cwd: root,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`packages/${name} does not build:\n${stdout}`);
}

/** Builds all that a trial's worker loads. */
export function buildPackages(): void {
  for (const name of ["lmdb", "express", "providers"] as const) buildPackage(name);
}
