import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { optionsOf, renderOptionsDoc } from "../../scripts/options-doc.mjs";
import { ROOT } from "../support/source-file.ts";

const read = (file: string): string => readFileSync(join(ROOT, "packages/core/src", file), "utf8");

describe("docs/options.md", () => {
  it("is what scripts/options-doc.mjs writes", () => {
    expect(readFileSync(join(ROOT, "docs/options.md"), "utf8")).toBe(renderOptionsDoc(read));
  });

  it("has a row for every option and setting that is checked at run time", () => {
    const rows = [...renderOptionsDoc(read).matchAll(/^\| `(\w+)`/gm)].map(([, option]) => option);
    const settings = /const DEFAULTS: Settings = Object\.freeze\(\{\n([\s\S]*?)\n\}\)/.exec(
      read("settings.ts"),
    )?.[1];
    const options = ["options.ts", "conversation-options.ts"]
      .map(
        (file) =>
          /const OPTION_NAMES(?:: readonly string\[\])? = \[([\s\S]*?)\n\];/.exec(read(file))?.[1] ?? "",
      )
      .join();
    const names = [...(settings ?? "").matchAll(/^ {2}(\w+):/gm), ...options.matchAll(/"(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect(names.length).toBeGreaterThan(30);
    expect(rows.toSorted()).toEqual(names.toSorted());
  });

  it("says the default of everything that is not required", () => {
    const all = [
      ...optionsOf(read("settings.ts"), "SettingsInput"),
      ...optionsOf(read("options.ts"), "MessagingServiceOptions"),
      ...optionsOf(read("conversation-options.ts"), "ConversationOptions"),
    ];
    const silent = all.filter(({ required, text }) => !required && !/default|required unless/i.test(text));
    expect(silent.map(({ option }) => option)).toEqual([]);
  });
});

describe("optionsOf", () => {
  it("reads names, types and docstrings over several lines", () => {
    const source = `
export interface Options extends Other {
  /** One. */
  readonly one: string;
  /**
   * Two, of
   * two lines.
   *
   * @see https://example.com
   */
  readonly two?: ((a: string) => void) | undefined;
}
`;
    expect(optionsOf(source, "Options")).toEqual([
      { option: "one", required: true, type: "string", text: "One." },
      {
        option: "two",
        required: false,
        type: "(a: string) => void",
        text: "Two, of two lines. [source](https://example.com)",
      },
    ]);
  });

  it("refuses an option without a docstring", () => {
    expect(() => optionsOf("export interface A {\n  readonly one: string;\n}\n", "A")).toThrow(
      "A.one has no docstring",
    );
  });
});
