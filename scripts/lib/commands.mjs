// One export per `node scripts/run.mjs <command>`. Each resolves to an exit code.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { saveBenchmark } from "./benchmarks.mjs";
import { findChromium } from "./chromium.mjs";
import { bin, CACHE, ROOT, run, say } from "./process.mjs";
import { findRedis } from "./redis.mjs";
import { removeStaleOutput } from "./stale.mjs";
import { printTally, runVitest, tallyLine } from "./vitest.mjs";

const QUICKSTART = "examples/express-quickstart";
const NODE_VERSIONS = ["22.23.3", "24.21.0"];

/** Compiles everything; also the type check of the tests, which emit nothing. */
export function build() {
  removeStaleOutput();
  return bin("tsc", ["-b"]);
}

/**
 * Builds and runs the quickstart, in this process: its signals and exit code are the server's own.
 *
 * @param {readonly string[]} args passed on to the server
 * @returns {Promise<number | undefined>}
 */
export async function start(args) {
  const code = await bin("tsc", ["-b", QUICKSTART], { quiet: true });
  if (code !== 0) return code;
  const server = `${ROOT}${QUICKSTART}/dist/server.js`;
  process.argv = [process.execPath, server, ...args];
  await import(pathToFileURL(server).href);
}

/**
 * The quickstart, compiled and restarted at every change.
 *
 * @param {readonly string[]} args passed on to the server
 */
export async function dev(args) {
  const code = await bin("tsc", ["-b", QUICKSTART]);
  if (code !== 0) say("The build fails; the server starts when it passes.");
  const children = [
    [`${ROOT}node_modules/.bin/tsc`, "-b", "--watch", "--preserveWatchOutput", QUICKSTART],
    [process.execPath, "--watch", `${QUICKSTART}/dist/server.js`, ...args],
  ].map(([command = "", ...rest]) =>
    // A group each: tsc is a wrapper around the compiler, and only a signal to both ends both.
    spawn(command, rest, { cwd: ROOT, stdio: "inherit", detached: true }),
  );
  const stop = () => {
    for (const { pid, exitCode, signalCode } of children)
      if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, "SIGTERM");
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
  await Promise.all(children.map((child) => new Promise((resolve) => child.on("close", resolve))));
  return 0;
}

/** Lint, format and types. */
export async function check() {
  return (await failedChecks()).length === 0 ? 0 : 1;
}

/**
 * Everything: lint, types, build, tests. Its last line is `N passed, N failed`.
 *
 * @param {readonly string[]} args passed on to vitest: files, -t
 */
export async function test(args) {
  const failed = await failedChecks();
  if (!(await findRedis())) failed.push("redis-server");
  if (!(await findChromium())) failed.push("chromium");
  const tally = await runVitest(args);
  return printTally({ ...tally, failed: tally.failed + failed.length }, failed);
}

/**
 * The trials in their long form; `npm test` runs them short.
 *
 * @param {readonly string[]} args passed on to vitest
 */
export async function trials(args) {
  const code = await build();
  if (code !== 0) return code;
  if (!(await findRedis())) return 1;
  return printTally(
    await runVitest(["test/trials", "--no-file-parallelism", ...args], { env: { MESSAGING_TRIALS: "full" } }),
  );
}

/**
 * The benches, one after the other and each in its own process.
 *
 * @param {readonly string[]} args parts of file names; none: all. `--save` keeps the figures in docs/benchmarks.md
 */
export async function bench(args) {
  const names = args.filter((arg) => arg !== "--save");
  const code = await build();
  if (code !== 0) return code;
  const files = readdirSync(`${ROOT}bench/src`).filter((file) => file.endsWith(".ts"));
  const all = files.map((file) => file.replace(/\.ts$/, ""));
  const chosen = all.filter((name) => names.length === 0 || names.some((part) => name.includes(part)));
  if (chosen.length === 0) {
    say(`No bench is named like ${names.join(", ")}: there are ${all.join(", ")}.`);
    return 1;
  }
  for (const name of chosen) {
    console.log(`\n${name}`);
    const report = `${CACHE}bench-${name}.txt`;
    mkdirSync(CACHE, { recursive: true });
    const failed = await run(process.execPath, ["scripts/lib/bench.mjs", `bench/dist/${name}.js`, report]);
    if (failed !== 0) return failed;
    if (names.length < args.length) saveBenchmark(name, readFileSync(report, "utf8"));
  }
  return 0;
}

/**
 * The tests on every later Node this project promises; a line per version at the end.
 *
 * @param {readonly string[]} args passed on to vitest
 */
export async function nodes(args) {
  const code = await build();
  if (code !== 0) return code;
  if (!(await findRedis()) || !(await findChromium())) return 1;
  const lines = [];
  let failed = false;
  for (const version of NODE_VERSIONS) {
    const node = await findNode(version);
    if (node === undefined) return 1;
    say(`\nNode ${version}`);
    const tally = await runVitest(args, { node });
    failed ||= tally.failed > 0;
    lines.push(`Node ${version}: ${tallyLine(tally)}`);
  }
  console.log(`\n${lines.join("\n")}`);
  return failed ? 1 : 0;
}

/** Runs the checks that come before the tests; resolves to the names of those that failed. */
async function failedChecks() {
  const failed = [];
  if ((await bin("biome", ["check", "."])) !== 0) failed.push("lint (biome check)");
  if ((await build()) !== 0) failed.push("types and build (tsc -b)");
  return failed;
}

/**
 * A Node binary of that version, from npm: these packages hold one and need no install script.
 *
 * @param {string} version
 */
async function findNode(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const prefix = `${CACHE}node-${version}`;
  const node = `${prefix}/node_modules/${name}/bin/node`;
  if (existsSync(node)) return node;
  say(`Installing Node ${version} …`);
  const args = ["install", "--prefix", prefix, "--no-save", "--no-audit", "--no-fund", `${name}@${version}`];
  if ((await run("npm", args, { quiet: true })) === 0 && existsSync(node)) return node;
  say(`Node ${version} could not be installed (${name}@${version}).`);
  return undefined;
}
