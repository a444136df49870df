import { mkdtempSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeStaleOutput } from "../../scripts/lib/stale.mjs";
import { runWell } from "./run.ts";
import { ROOT } from "./source-file.ts";

/** A folder outside the workspace, where nothing of it is found by accident. */
export function temporaryFolder(name: string): string {
  return mkdtempSync(join(realpathSync(tmpdir()), `messaging-service-${name}-`));
}

/** Names of the folders in packages/. */
export const PACKAGES: readonly string[] = readdirSync(join(ROOT, "packages")).sort();

/** What of a package.json the tests read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly [field: string]: unknown;
}

/** The package.json of a package, by its folder. */
export function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, "packages", folder, "package.json"), "utf8")) as Manifest;
}

/** Builds every package and packs it, as it would be published, into a folder; resolves to the tarballs' paths by package. */
export async function packAll(folder: string): Promise<ReadonlyMap<string, string>> {
  const paths = PACKAGES.map((name) => `packages/${name}`);
  await runWell(join(ROOT, "node_modules/.bin/tsc"), ["-b", ...paths], { cwd: ROOT });
  removeStaleOutput();
  const { packageManager } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as Manifest;
  const pnpm = String(packageManager).split("+")[0] ?? "";
  // pnpm, because it alone writes versions where the workspace says `workspace:`.
  const args = ["-y", pnpm, "--recursive", "--filter", "./packages/*", "pack", "--pack-destination", folder];
  await runWell("npx", args, { cwd: ROOT });
  return new Map(
    PACKAGES.map((name) => {
      const { name: full, version } = manifestOf(name);
      return [name, join(folder, `${full.replace("@", "").replace("/", "-")}-${version}.tgz`)];
    }),
  );
}
