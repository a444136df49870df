// The one entry of every npm script: works on a fresh clone that has Node and npm and nothing else.
import { readFileSync } from "node:fs";

const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
if (!isAtLeast(process.versions.node, engines.node.replace(">=", ""))) {
  console.error(`Node ${engines.node} is needed; this is ${process.versions.node} (${process.execPath}).`);
  process.exit(1);
}

// Imported only now: an older Node could stumble over their syntax before it has said why.
const { install } = await import("./lib/install.mjs");
/** @type {Record<string, (args: string[]) => Promise<number | undefined>>} */
const commands = { ...(await import("./lib/commands.mjs")) };

const [name = "", ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error(`Unknown command "${name}": one of ${Object.keys(commands).join(", ")}.`);
  process.exit(1);
}
if (!(await install())) {
  // The line that `npm test` promises, whatever happens.
  if (name === "test") console.log("0 passed, 1 failed");
  process.exit(1);
}
const code = await command(args);
// `start` has no code to give: the server it starts lives on in this process.
if (code !== undefined) process.exitCode = code;

/**
 * @param {string} version
 * @param {string} least
 */
function isAtLeast(version, least) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split(".").map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
