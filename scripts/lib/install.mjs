import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { ROOT, run, say } from "./process.mjs";

const STAMP = `${ROOT}node_modules/.installed`;

/**
 * Installs what the lockfile says, with the pnpm that package.json pins, unless that is what node_modules holds.
 * Resolves to whether the dependencies are there; says why not.
 *
 * @returns {Promise<boolean>}
 */
export async function install() {
  const wanted = lockfileHash();
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted) return true;

  const { packageManager } = JSON.parse(readFileSync(`${ROOT}package.json`, "utf8"));
  // "pnpm@12.21.0+sha512.…" is allowed in package.json, not by npx.
  const pnpm = packageManager.split("+")[0];
  say(`Installing dependencies (${pnpm}) …`);
  // CI: never ask before replacing a node_modules that another package manager made. loglevel: `npm --silent` would
  // hide npx's reason for failing.
  const env = { CI: "true", npm_config_loglevel: "error" };
  const code = await run("npx", ["-y", pnpm, "install", "--frozen-lockfile"], { quiet: true, env });
  if (code !== 0) {
    say(`Installing dependencies failed (npx -y ${pnpm} install --frozen-lockfile, exit code ${code}).`);
    return false;
  }
  writeFileSync(STAMP, wanted);
  return true;
}

/** By content, not by time: a checkout sets times as it likes. */
function lockfileHash() {
  const hash = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) hash.update(readFileSync(ROOT + file));
  return hash.digest("hex");
}
