import { say } from "./process.mjs";
import { findProgram, installFromDebian } from "./programs.mjs";

/**
 * Makes sure that the tests find a redis-server to start, installing Debian's where this process may. Resolves to
 * whether there is one; says how to get it when not.
 *
 * @returns {Promise<boolean>}
 */
export async function findRedis() {
  const isThere = () => findProgram(["redis-server"]) !== undefined;
  if (isThere() || ((await installFromDebian("redis-server")) && isThere())) return true;
  say(
    "The tests start redis-server (7.0 or later) and found none on PATH. Install it and run again: " +
      "`apt-get install redis-server` (Debian, Ubuntu), `brew install redis` (macOS).",
  );
  return false;
}
