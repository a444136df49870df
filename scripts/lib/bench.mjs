// Runs one compiled bench: `node scripts/lib/bench.mjs bench/dist/<name>.js`.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [file = ""] = process.argv.slice(2);
const { run } = await import(pathToFileURL(resolve(file)).href);
await run((/** @type {string} */ line) => console.log(`  ${line}`));
