import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPages } from "../support/snippets.ts";
import { ROOT } from "../support/source-file.ts";

const pages = readPages();

describe("links", () => {
  it.each(pages)("of $page lead somewhere", ({ page, text }) => {
    const broken = relativeLinks(text).filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(join(ROOT, target), "utf8")).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("lead from docs/README.md to every page", () => {
    const linked = relativeLinks(readFileSync(join(ROOT, "docs/README.md"), "utf8"));
    for (const name of readdirSync(join(ROOT, "docs")).filter((file) => /(?<!README)\.md$/.test(file)))
      expect(linked).toContain(name);
  });

  it("are read without those of code, and headings become anchors as GitHub makes them", () => {
    expect(relativeLinks("[a](b.md#c) `[x](y)` [d](https://example.com) [e](#f)")).toEqual(["b.md#c", "#f"]);
    expect(anchorsOf('# What `x()` is, and why\n## <a id="b-c"></a>B_C')).toEqual([
      "what-x-is-and-why",
      "b-c",
      "b_c",
    ]);
  });
});

function relativeLinks(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, "");
  return Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, link = ""]) => link).filter(
    (link) => !/^[a-z]+:/.test(link),
  );
}

function anchorsOf(text: string): string[] {
  return Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading = ""]) => [
    ...Array.from(heading.matchAll(/id="([^"]+)"/g), ([, id = ""]) => id),
    heading
      .replace(/<[^>]*>/g, "")
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  ]).flat();
}
