import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A file of the repository: its path from the root, with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The TypeScript and module files of these folders (paths from the root; `*` as the second part of one stands for each folder there). */
export function readSources(...folders: readonly string[]): SourceFile[] {
  return folders.flatMap(expand).flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(ts|mjs)$/.test(name))
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
      .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") })),
  );
}

function expand(folder: string): string[] {
  const [parent = "", rest] = folder.split("/*/");
  if (rest === undefined) return [folder];
  return readdirSync(join(ROOT, parent), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${parent}/${entry.name}/${rest}`)
    .filter((path) => readdirSync(join(ROOT, path, "..")).includes(rest));
}

/** One import, re-export or `import()` of a file. */
export interface Import {
  readonly specifier: string;
  /** True when the whole statement is `import type` or `export type`: nothing of it is left at run time. */
  readonly typeOnly: boolean;
}

/** Read from the lines as Biome formats them: a statement starts its line, in double quotes. */
export function importsOf(text: string): Import[] {
  const statements = text.matchAll(/^(?:import|export)\b(\s+type\b)?(?:[^;"'`]*?\bfrom)?\s*"([^"]+)"/gm);
  const calls = text.matchAll(/\bimport\(\s*"([^"]+)"\s*\)(\.[A-Z])?/g);
  return [
    ...Array.from(statements, ([, type, specifier = ""]) => ({ specifier, typeOnly: type !== undefined })),
    ...Array.from(calls, ([, specifier = "", member]) => ({ specifier, typeOnly: member !== undefined })),
  ];
}

/** The lines that are code: no blank ones, no comments, and strings emptied. Each line is judged alone. */
export function codeLines(text: string): string[] {
  return text
    .split("\n")
    .map((line) =>
      /^\s*(\/\/|\/?\*)/.test(line)
        ? ""
        : line
            .replace(/"(?:[^"\\]|\\.)*"/g, '""')
            .replace(/\/\*.*?\*\//g, "")
            .replace(/(^|\s)\/\/\s.*$/, ""),
    )
    .filter((line) => line.trim() !== "");
}
