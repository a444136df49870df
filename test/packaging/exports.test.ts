import { join } from "node:path";
import ts from "typescript-5";
import { describe, expect, it } from "vitest";
import { manifestOf, PACKAGES } from "../support/pack.ts";
import { ROOT } from "../support/source-file.ts";

/** The condition under which a package's entry is its source. */
const SOURCE = "@messaging-service/source";

interface Entry {
  /** As written in an import. */
  readonly specifier: string;
  readonly source: string;
}

const entries: readonly Entry[] = PACKAGES.flatMap((folder) => {
  const { name, exports } = manifestOf(folder);
  return Object.entries(exports).flatMap(([path, target]) => {
    const source = typeof target === "string" ? undefined : target[SOURCE];
    if (source === undefined) return [];
    return [{ specifier: name + path.slice(1), source: join(ROOT, "packages", folder, source) }];
  });
});

describe("the public face", () => {
  // One program for all: it reads the sources of core once.
  const program = ts.createProgram(
    entries.map(({ source }) => source),
    {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      types: [],
      customConditions: [SOURCE],
      allowImportingTsExtensions: true,
      noEmit: true,
    },
  );

  it("is every entry of every package", () => {
    expect(entries.map(({ specifier }) => specifier)).toContain("@messaging-service/core");
    expect(entries.length).toBeGreaterThanOrEqual(PACKAGES.length);
  });

  // A name that comes or goes changes a file under exports/: `vitest run test/packaging/exports.test.ts -u`, then read the diff.
  it.each(entries)("of $specifier is this list", async ({ specifier, source }) => {
    const file = `./exports/${specifier.replace("@messaging-service/", "").replace("/", "-")}.txt`;
    await expect(`${exportsOf(program, source).join("\n")}\n`).toMatchFileSnapshot(file);
  });

  it.each(entries)("of $specifier is what an import gives at run time", async ({ specifier, source }) => {
    const values = exportsOf(program, source).filter((line) => !line.startsWith("type "));
    const names = values.map((line) => line.split(" ")[1]);
    expect(Object.keys((await import(specifier)) as object).sort()).toEqual(names.sort());
  });
});

/** The entry's exported names, sorted, each with what it is: `function`, `const`, `class` or `type`. */
function exportsOf(program: ts.Program, source: string): string[] {
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(source);
  const module = file === undefined ? undefined : checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${source} exports nothing.`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => {
      const { flags } = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      return `${kindOf(flags)} ${symbol.name}`;
    })
    .sort();
}

function kindOf(flags: ts.SymbolFlags): string {
  if (flags & ts.SymbolFlags.Class) return "class";
  if (flags & ts.SymbolFlags.Function) return "function";
  return flags & ts.SymbolFlags.Variable ? "const" : "type";
}
