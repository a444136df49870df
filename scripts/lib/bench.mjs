// Runs one compiled bench: `node scripts/lib/bench.mjs bench/dist/<name>.js [FILE]`; FILE gets what it reports.
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [file = "", report] = process.argv.slice(2);
/** @type {string[]} */
const lines = [];
const { run } = await import(pathToFileURL(resolve(file)).href);
await run((/** @type {string} */ line) => {
  lines.push(line);
  console.log(`  ${line}`);
});
if (report !== undefined) writeFileSync(report, `${lines.join("\n")}\n`);
// What a peer leaves open (sockets, timers of its own) must not keep the next bench waiting.
process.exit(0);
