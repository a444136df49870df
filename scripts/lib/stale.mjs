import { existsSync, readdirSync, rmSync } from "node:fs";
import { ROOT } from "./process.mjs";

/**
 * Deletes what the compiler once wrote for a source that is gone: it never takes a file back, and a package ships its
 * `dist` whole.
 */
export function removeStaleOutput() {
  for (const parent of ["packages", "examples"])
    for (const { name } of readdirSync(ROOT + parent, { withFileTypes: true })) {
      const folder = `${ROOT}${parent}/${name}`;
      if (!existsSync(`${folder}/dist`) || !existsSync(`${folder}/src`)) continue;
      for (const file of staleFiles(listFiles(`${folder}/dist`), listFiles(`${folder}/src`)))
        rmSync(`${folder}/dist/${file}`);
    }
}

/**
 * The files of a `dist` that no file of `src` explains. Paths from either folder.
 *
 * @param {readonly string[]} output
 * @param {readonly string[]} sources
 * @returns {string[]}
 */
export function staleFiles(output, sources) {
  const stems = new Set(sources.map((file) => file.replace(/\.ts$/, "")));
  return output.filter((file) => {
    const stem = file.replace(/(\.d\.ts|\.js)(\.map)?$/, "");
    return stem !== file && !stems.has(stem);
  });
}

/** @param {string} folder */
function listFiles(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => file.replaceAll("\\", "/"));
}
