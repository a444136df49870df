import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "./run.ts";
import { ROOT } from "./source-file.ts";

/**
 * A ```ts block of a page. It is compiled and run as it stands, as a module. What it needs besides is said in a comment above
 * it, which no reader sees:
 *
 * - `<!-- snippet: given service, carrier -->` it uses these names of `test/docs/given.ts`;
 * - `<!-- snippet: continues -->` it goes on from the block before it on the page, with its variables;
 * - `<!-- snippet: types -->` it is compiled only: it talks to something that is not on this machine;
 * - `<!-- snippet: is examples/own-provider/src/pigeon.ts -->` it is that file, word for word.
 *
 * Several are separated by `;`. A comment after a `console.log` on its line is what that prints, `…` standing for anything.
 */
export interface Snippet {
  /** Path of the page from the root. */
  readonly page: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  readonly code: string;
  readonly given: readonly string[];
  readonly continues: boolean;
  readonly typesOnly: boolean;
  readonly is: string | undefined;
}

/** A snippet, written to a file that can be compiled and imported. */
export interface SnippetModule {
  readonly snippet: Snippet;
  readonly path: string;
  /** What the compiler has against it, each with its place on the page. */
  readonly errors: readonly string[];
}

/** The pages whose snippets run. */
export function readPages(): readonly { readonly page: string; readonly text: string }[] {
  const guides = readdirSync(join(ROOT, "docs")).map((name) => `docs/${name}`);
  const readmes = ["packages", "examples"].flatMap((parent) =>
    readdirSync(join(ROOT, parent)).flatMap((folder) =>
      readdirSync(join(ROOT, parent, folder))
        .filter((name) => name === "README.md")
        .map((name) => `${parent}/${folder}/${name}`),
    ),
  );
  return ["README.md", "CONTRIBUTING.md", ...guides.filter((path) => path.endsWith(".md")), ...readmes].map(
    (page) => ({ page, text: readFileSync(join(ROOT, page), "utf8") }),
  );
}

/** The snippets of a page, in order. Throws for a directive it does not know. */
export function snippetsOf(page: string, text: string): Snippet[] {
  const blocks = text.matchAll(/(?:^<!-- snippet: (.*?) -->\n+)?^```ts\n([\s\S]*?)^```$/gm);
  return Array.from(blocks, ([block, directives = "", code = ""], index) => {
    const said = directives.split(";").filter((each) => each.trim() !== "");
    const snippet = {
      given: [] as string[],
      continues: false,
      typesOnly: false,
      is: undefined as string | undefined,
    };
    for (const [word, rest] of said.map((each) => each.trim().split(/\s+(.*)/s))) {
      if (word === "given" && rest) snippet.given = rest.split(",").map((name) => name.trim());
      else if (word === "is" && rest) snippet.is = rest;
      else if (word === "types" && !rest) snippet.typesOnly = true;
      else if (word === "continues" && !rest && index > 0) snippet.continues = true;
      else throw new Error(`${page}: "snippet: ${directives}" is no directive.`);
    }
    const start = text.indexOf(block) + block.indexOf("```ts\n");
    return { page, line: text.slice(0, start).split("\n").length + 1, code, ...snippet };
  });
}

/**
 * Writes the snippets into a folder of the test package, where imports resolve as they do for tests, and compiles them.
 * The folder is the first part of every path.
 */
export async function writeSnippets(snippets: readonly Snippet[]): Promise<readonly SnippetModule[]> {
  const cache = join(ROOT, "test/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "snippets-"));
  const modules = snippets.map((snippet, index) => {
    // What goes before is put on the first line, which is none of the page's.
    const parts = partsOf(snippets, index);
    const given = [...new Set(parts.flatMap((part) => part.given))];
    const names = given.length === 0 ? "" : ` const { ${given.join(", ")} } = createGiven();`;
    const prelude = `import { console, createGiven } from "../../docs/given.ts";${names} export {}; void [console, createGiven];`;
    const code = fromPage(snippet.page, parts.map((part) => part.code).join(""));
    const path = join(folder, `${String(index).padStart(3, "0")}.ts`);
    writeFileSync(path, `${prelude}\n${withExpectations(code)}`);
    return { snippet, path, skipped: code.split("\n").length - snippet.code.split("\n").length + 1 };
  });
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(CONFIG));
  const { stdout } = await run(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder, "--pretty", "false"], {
    cwd: folder,
  });
  // Without a file: the set-up's own. Errors in other files are the build's to report.
  if (/^error TS/m.test(stdout)) throw new Error(stdout);
  return modules.map(({ snippet, path, skipped }) => {
    const errors = stdout.matchAll(
      new RegExp(`^${path.slice(folder.length + 1)}\\((\\d+),\\d+\\): (.*)$`, "gm"),
    );
    return {
      snippet,
      path,
      errors: Array.from(
        errors,
        ([, line, text]) => `${snippet.page}:${Number(line) - skipped + snippet.line - 1}: ${text}`,
      ),
    };
  });
}

const CONFIG = {
  extends: "../../../tsconfig.tests.json",
  compilerOptions: { allowJs: false, checkJs: false, incremental: false, tsBuildInfoFile: null },
  include: ["*.ts"],
  references: [],
};

/** The snippet and those it continues. */
function partsOf(snippets: readonly Snippet[], index: number): Snippet[] {
  const snippet = snippets[index];
  if (snippet === undefined) return [];
  return snippet.continues ? [...partsOf(snippets, index - 1), snippet] : [snippet];
}

/** Relative imports are relative to the page. */
function fromPage(page: string, code: string): string {
  return code.replace(/^(.*\bfrom ")(\.[^"]*)";$/gm, (_, start: string, path: string) => {
    return `${start}${join(ROOT, dirname(page), path)}";`;
  });
}

/** `console.log(a); // b` says that a prints b. */
function withExpectations(code: string): string {
  return code.replace(
    /^(\s*)console\.log\((.*)\); \/\/ (.*)$/gm,
    (_, indent: string, args: string, text: string) =>
      `${indent}console.expect(${JSON.stringify(text)}).log(${args});`,
  );
}
