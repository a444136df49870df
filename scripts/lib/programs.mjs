import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { run, say } from "./process.mjs";

/**
 * The first of these programs that this machine has: names are looked up on PATH, absolute paths taken as they are.
 *
 * @param {readonly string[]} names
 * @returns {string | undefined} its path
 */
export function findProgram(names) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return names
    .flatMap((name) => (isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name))))
    .find(isExecutable);
}

/** @type {Promise<unknown> | undefined} */
let updated;

/**
 * Installs a Debian package where there is apt-get and this process may use it: as root, or by a sudo that asks nothing.
 *
 * @param {string} name of the package
 * @returns {Promise<boolean>} whether it is installed
 */
export async function installFromDebian(name) {
  if (findProgram(["apt-get"]) === undefined) return false;
  const root = process.getuid?.() === 0;
  // -n: fail, never ask for a password.
  const sudo = ["-n", "env", "DEBIAN_FRONTEND=noninteractive"];
  const [command, before] = root ? ["env", sudo.slice(2)] : ["sudo", sudo];
  if (!root && (findProgram(["sudo"]) === undefined || (await run("sudo", ["-n", "true"], { quiet: true }))))
    return false;
  say(`Installing ${name} …`);
  // An outdated index is only a reason to fail if the package cannot be had from it.
  updated ??= run(command, [...before, "apt-get", "update", "-q"], { quiet: true });
  await updated;
  const args = [...before, "apt-get", "install", "-y", "-q", "--no-install-recommends", name];
  return (await run(command, args, { quiet: true })) === 0;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
