import { describe, expect, it } from "vitest";
import { manifestOf, PACKAGES } from "../support/pack.ts";
import { importsOf, readSources } from "../support/source-file.ts";

type Ranges = Readonly<Record<string, string>>;

const versions = new Set(PACKAGES.map((name) => manifestOf(name).version));

describe("the packages", () => {
  it("share one version", () => {
    expect(versions.size).toBe(1);
  });
});

describe.each(PACKAGES)("the package.json of %s", (name) => {
  const manifest = manifestOf(name);
  const dependencies = Object.keys((manifest.dependencies ?? {}) as Ranges);
  const peers = Object.keys((manifest.peerDependencies ?? {}) as Ranges);
  const imported = new Set(
    readSources(`packages/${name}/src`)
      .flatMap(({ text }) => importsOf(text))
      .map(({ specifier }) => specifier)
      .filter((specifier) => !/^(\.|node:)/.test(specifier))
      .map((specifier) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/")),
  );

  it("declares what the sources import, and depends on nothing else", () => {
    expect([...imported].filter((each) => ![...dependencies, ...peers].includes(each))).toEqual([]);
    // A peer may be there for its types' sake, or for the objects it hands us.
    expect(dependencies.filter((each) => !imported.has(each))).toEqual([]);
  });

  it("says what it is, under the same terms as its siblings", () => {
    expect(manifest).toMatchObject({
      name: `@messaging-service/${name}`,
      description: expect.stringMatching(/^[A-Z].*\.$/),
      keywords: expect.arrayContaining(["sms"]),
      exports: { "./package.json": "./package.json" },
      files: ["dist", "src", "!dist/*.tsbuildinfo"],
      // A tarball is never older than its sources.
      scripts: { prepack: "tsc -b" },
    });
  });

  it("gives every entry its source, its types and its module, in that order", () => {
    for (const [path, target] of Object.entries(manifest.exports)) {
      if (path === "./package.json") continue;
      const file =
        typeof target === "string" ? "" : (target.default ?? "").replace(/^\.\/dist\/(.*)\.js$/, "$1");
      expect(Object.entries(target)).toEqual([
        ["@messaging-service/source", `./src/${file}.ts`],
        ["types", `./dist/${file}.d.ts`],
        ["default", `./dist/${file}.js`],
      ]);
    }
  });
});
