// Copies an example out of the workspace, to where it stands on its own:
// `node scripts/copy-example.mjs express-quickstart ../my-app`, then there `npm install && npm run build && npm start`.
// The packages of this repository go along, packed as they are here; with `--released` they come from npm's registry.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { install } from "./lib/install.mjs";
import { bin, ROOT, run } from "./lib/process.mjs";

/** Options of the compiler that only a workspace of packages wants. */
const OF_THE_WORKSPACE = [
  "composite",
  "customConditions",
  "declaration",
  "declarationMap",
  "isolatedDeclarations",
  "tsBuildInfoFile",
];
/** What `npm run build` needs and the workspace's root gives. */
const TOOLS = ["@types/node", "typescript"];

/**
 * Copies sources, pages and README, and writes a package.json and a tsconfig.json that need nothing around them: versions
 * instead of `workspace:`, the compiler's options in one file. Tests stay behind, for they use this repository's own.
 *
 * @param {string} name folder in examples/
 * @param {string} target a folder that does not exist, or is empty
 * @param {(name: string, version: string) => string} [versionOf] what stands for a package of this repository; default `^version`
 */
export function copyExample(name, target, versionOf = (_name, version) => `^${version}`) {
  const source = join(ROOT, "examples", name);
  if (!existsSync(join(source, "package.json"))) throw new Error(`There is no example "${name}".`);
  if (existsSync(target) && readdirSync(target).length > 0) throw new Error(`${target} is not empty.`);
  mkdirSync(target, { recursive: true });
  for (const entry of ["src", "public", "README.md"])
    if (existsSync(join(source, entry)))
      cpSync(join(source, entry), join(target, entry), { recursive: true });
  writeJson(join(target, "package.json"), standalonePackage(source, target, versionOf));
  writeJson(join(target, "tsconfig.json"), standaloneConfig(source));
}

/**
 * @param {string} source
 * @param {string} target
 * @param {(name: string, version: string) => string} versionOf
 */
function standalonePackage(source, target, versionOf) {
  const manifest = readJson(join(source, "package.json"));
  const root = readJson(join(ROOT, "package.json"));
  const used = readSources(join(source, "src"));
  /** @param {Record<string, string>} dependencies */
  const released = (dependencies) =>
    Object.fromEntries(
      Object.entries(dependencies).map(([name, range]) => [
        name,
        range.startsWith("workspace:") ? versionOf(name, versionInWorkspace(name)) : range,
      ]),
    );
  // Types of what the sources import; the other development dependencies are the tests'.
  const types = Object.entries(manifest.devDependencies ?? {}).filter(
    ([name]) => name.startsWith("@types/") && used.includes(`from "${name.slice("@types/".length)}"`),
  );
  const tools = TOOLS.map((name) => [name, root.devDependencies[name]]);
  return {
    ...manifest,
    name: basename(resolve(target)).toLowerCase(),
    scripts: { ...manifest.scripts, build: "tsc -p ." },
    dependencies: released(manifest.dependencies),
    devDependencies: Object.fromEntries([...types, ...tools].sort()),
  };
}

/** @param {string} source */
function standaloneConfig(source) {
  const base = readJson(join(ROOT, "tsconfig.base.json"));
  const own = readJson(join(source, "tsconfig.json"));
  const compilerOptions = { ...base.compilerOptions, ...own.compilerOptions };
  for (const name of OF_THE_WORKSPACE) delete compilerOptions[name];
  return { compilerOptions, include: own.include };
}

/** @param {string} name */
function versionInWorkspace(name) {
  return readJson(join(ROOT, "packages", name.replace(/^@messaging-service\//, ""), "package.json")).version;
}

/** @param {string} folder */
function readSources(folder) {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  return files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"));
}

/**
 * @param {string} path
 * @param {unknown} value
 */
function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

/** Where the packages that went along stand in the copy. */
const VENDOR = "vendor";

/**
 * The file of a packed package, in the copy.
 *
 * @param {string} name
 * @param {string} version
 */
function tarballOf(name, version) {
  return `file:${VENDOR}/${name.replace("@", "").replace("/", "-")}-${version}.tgz`;
}

/**
 * Builds and packs what the copy names by file. Resolves to an exit code.
 *
 * @param {string} target
 */
async function packInto(target) {
  if (!(await install())) return 1;
  const { dependencies } = readJson(join(target, "package.json"));
  const names = Object.keys(dependencies).filter((name) => dependencies[name].startsWith("file:"));
  const folders = names.map((name) => `packages/${name.replace(/^@messaging-service\//, "")}`);
  const code = await bin("tsc", ["-b", ...folders], { quiet: true });
  if (code !== 0) return code;
  // pnpm, because it alone writes versions where the workspace says `workspace:`.
  const [pnpm = ""] = readJson(join(ROOT, "package.json")).packageManager.split("+");
  const filters = names.flatMap((name) => ["--filter", name]);
  const args = ["-y", pnpm, "--recursive", ...filters, "pack", "--pack-destination", resolve(target, VENDOR)];
  return run("npx", args, { quiet: true });
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [name, target, option, ...more] = process.argv.slice(2);
  const isKnown = (option === undefined || option === "--released") && more.length === 0;
  if (name === undefined || target === undefined || !isKnown) {
    console.error("Usage: node scripts/copy-example.mjs EXAMPLE FOLDER [--released]");
    process.exit(1);
  }
  try {
    copyExample(name, target, option === undefined ? tarballOf : undefined);
    process.exitCode = option === undefined ? await packInto(target) : 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
  if (process.exitCode === 0) console.log(`cd ${target} && npm install && npm run build && npm start`);
}
