import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { run, say } from "./process.mjs";

/**
 * Makes sure that the tests find a redis-server to start, installing Debian's where this process may. Resolves to
 * whether there is one; says how to get it when not.
 *
 * @returns {Promise<boolean>}
 */
export async function findRedis() {
  if (onPath("redis-server")) return true;
  if (await installFromDebian()) return true;
  say(
    "The tests start redis-server (7.0 or later) and found none on PATH. Install it and run again: " +
      "`apt-get install redis-server` (Debian, Ubuntu), `brew install redis` (macOS).",
  );
  return false;
}

async function installFromDebian() {
  if (!onPath("apt-get")) return false;
  const root = process.getuid?.() === 0;
  // -n: fail, never ask for a password.
  const sudo = ["-n", "env", "DEBIAN_FRONTEND=noninteractive"];
  const [command, before] = root ? ["env", sudo.slice(2)] : ["sudo", sudo];
  if (!root && !(onPath("sudo") && (await run("sudo", ["-n", "true"], { quiet: true })) === 0)) return false;
  say("Installing redis-server …");
  // An outdated index is only a reason to fail if the package cannot be had from it.
  await run(command, [...before, "apt-get", "update", "-q"], { quiet: true });
  const args = [...before, "apt-get", "install", "-y", "-q", "--no-install-recommends", "redis-server"];
  return (await run(command, args, { quiet: true })) === 0 && onPath("redis-server");
}

/** @param {string} name */
function onPath(name) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
