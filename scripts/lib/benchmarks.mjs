import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { ROOT } from "./process.mjs";

const PAGE = `${ROOT}docs/benchmarks.md`;
const HEAD = `# Benchmarks

What \`npm run bench -- --save\` measured, a section a bench, each with its machine, date and commit. Peers run side by side in one process or on one machine,
in turns; the ratios travel from machine to machine, the absolute figures do not. \`npm run bench -- --save segment\` renews one section.
`;

/**
 * Puts what a bench reported into docs/benchmarks.md, in the place of what it reported before.
 *
 * @param {string} name
 * @param {string} report
 */
export function saveBenchmark(name, report) {
  const sections = readSections();
  sections.set(name, `${where()}\n\n\`\`\`text\n${report.trimEnd()}\n\`\`\`\n`);
  const body = [...sections]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([title, text]) => `\n## ${title}\n\n${text}`);
  writeFileSync(PAGE, HEAD + body.join(""));
}

/** @returns {Map<string, string>} */
function readSections() {
  const page = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "";
  const parts = page.split(/^## /m).slice(1);
  return new Map(
    parts.map((part) => {
      const end = part.indexOf("\n");
      return [part.slice(0, end), `${part.slice(end).trim()}\n`];
    }),
  );
}

/** The machine, the date and the commit, on one line. */
function where() {
  const git = (/** @type {string[]} */ ...args) =>
    execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();
  const changed = git("status", "--porcelain", "--", "packages", "bench") === "" ? "" : " with changes";
  const model = cpus()[0]?.model.trim() ?? process.arch;
  const date = new Date().toISOString().slice(0, 10);
  return `${model}, ${availableParallelism()} cores, Node ${process.version}, ${date}, commit ${git("rev-parse", "--short", "HEAD")}${changed}`;
}
