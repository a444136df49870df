import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { staleFiles } from "../../scripts/lib/stale.mjs";
import { type Manifest, manifestOf, PACKAGES, packAll, temporaryFolder } from "../support/pack.ts";
import { run, runWell } from "../support/run.ts";
import { ROOT } from "../support/source-file.ts";

/**
 * Most kilobytes (1,000 bytes) of each package: its tarball, and installed, without dependencies. Half of it is sources
 * and maps, with which a debugger and "go to definition" show the TypeScript. A package that outgrows its line needs a reason.
 */
const BUDGETS: Readonly<Record<string, { readonly packed: number; readonly installed: number }>> = {
  core: { packed: 835, installed: 3_360 },
  express: { packed: 8, installed: 25 },
  koa: { packed: 8, installed: 25 },
  lmdb: { packed: 25, installed: 80 },
  providers: { packed: 150, installed: 600 },
  "rest-api": { packed: 220, installed: 850 },
  simulator: { packed: 150, installed: 600 },
};

const folder = temporaryFolder("tarballs");
let tarballs: ReadonlyMap<string, string> = new Map();

beforeAll(async () => {
  tarballs = await packAll(folder);
  for (const name of PACKAGES) {
    mkdirSync(unpacked(name));
    await runWell("tar", ["-xzf", tarballOf(name), "-C", unpacked(name), "--strip-components", "1"]);
  }
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe.each(PACKAGES)("the tarball of %s", (name) => {
  it("passes publint", async () => {
    const tarball = readFileSync(tarballOf(name));
    const { buffer, byteOffset, byteLength } = tarball;
    const { messages, pkg } = await publint({
      strict: true,
      pack: { tarball: buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer },
    });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it("has types where every modern resolution looks for them (attw)", async () => {
    const attw = join(ROOT, "test/node_modules/.bin/attw");
    const { code, stdout } = await run(attw, [tarballOf(name), "--profile", "esm-only", "--no-color"]);
    expect(stdout).toContain(manifestOf(name).name);
    expect(code, stdout).toBe(0);
  });

  it("holds what it needs and nothing else", () => {
    const files = filesOf(name);
    const allowed = /^(package\.json|README\.md|LICENSE|src\/.+\.ts|dist\/.+\.(js|d\.ts)(\.map)?)$/;
    expect(files.filter((file) => !allowed.test(file))).toEqual([]);
    for (const file of ["README.md", "LICENSE", "package.json"]) expect(files).toContain(file);
    expect(staleFiles(within(files, "dist/"), within(files, "src/"))).toEqual([]);
    for (const source of within(files, "src/"))
      expect(files).toContain(`dist/${source.replace(/\.ts$/, ".js")}`);
  });

  it("carries the repository's licence", () => {
    const text = readFileSync(join(unpacked(name), "LICENSE"), "utf8");
    expect(text).toBe(readFileSync(join(ROOT, "LICENSE"), "utf8"));
    expect(text).toMatch(/^MIT License/);
  });

  it("names versions, not the workspace", () => {
    const manifest = JSON.parse(readFileSync(join(unpacked(name), "package.json"), "utf8")) as Manifest;
    expect(JSON.stringify(manifest)).not.toMatch(/workspace:|file:|link:/);
    const { version } = manifestOf("core");
    if (name !== "core")
      expect(manifest.dependencies).toMatchObject({ "@messaging-service/core": `^${version}` });
    expect(manifest).toMatchObject({
      version,
      type: "module",
      license: "MIT",
      engines: { node: ">=20.19" },
      publishConfig: { access: "public" },
      sideEffects: false,
    });
  });

  it("stays within its size", () => {
    const budget = BUDGETS[name] ?? { packed: 0, installed: 0 };
    const installed = filesOf(name).reduce((sum, file) => sum + statSync(join(unpacked(name), file)).size, 0);
    expect(statSync(tarballOf(name)).size / 1_000, "packed, kB").toBeLessThanOrEqual(budget.packed);
    expect(installed / 1_000, "installed, kB").toBeLessThanOrEqual(budget.installed);
  });
});

describe("staleFiles", () => {
  it("finds output whose source is gone, and nothing else", () => {
    const output = ["a.js", "a.js.map", "b/c.d.ts", "b/c.d.ts.map", "b/d.js", "tsconfig.tsbuildinfo", "b"];
    expect(staleFiles(output, ["a.ts", "b/d.ts", "b"])).toEqual(["b/c.d.ts", "b/c.d.ts.map"]);
  });
});

function tarballOf(name: string): string {
  const path = tarballs.get(name);
  if (path === undefined) throw new Error(`${name} was not packed.`);
  return path;
}

function unpacked(name: string): string {
  return join(folder, name);
}

/** Paths of a package's files, with `/`. */
function filesOf(name: string): string[] {
  return readdirSync(unpacked(name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(unpacked(name).length + 1)
        .replaceAll("\\", "/"),
    );
}

function within(files: readonly string[], folder: string): string[] {
  return files.filter((file) => file.startsWith(folder)).map((file) => file.slice(folder.length));
}
