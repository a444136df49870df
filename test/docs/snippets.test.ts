import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { signTwilioRequest } from "@messaging-service/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readPages, type SnippetModule, snippetsOf, writeSnippets } from "../support/snippets.ts";
import { ROOT } from "../support/source-file.ts";
import { printed } from "./given.ts";
import { createOutsideWorld, type OutsideWorld } from "./outside-world.ts";

const pages = readPages();
const snippets = pages.flatMap(({ page, text }) => snippetsOf(page, text));
let modules: readonly SnippetModule[] = [];
let world: OutsideWorld;

beforeAll(async () => {
  modules = await writeSnippets(snippets);
});
afterAll(() => {
  remove(modules);
});
beforeEach(async () => {
  printed.length = 0;
  world = await createOutsideWorld();
});
afterEach(() => world.restore());

describe("every snippet", () => {
  it("is found", () => {
    const fences = pages.flatMap(
      ({ text }) => text.match(/^```(ts|typescript|js|javascript|mjs)\b.*$/gm) ?? [],
    );
    expect(fences.filter((fence) => fence !== "```ts")).toEqual([]);
    expect(snippets).toHaveLength(fences.length);
    expect(snippets.length).toBeGreaterThan(10);
  });

  it.each(snippets.map((snippet, index) => ({ ...snippet, index })))(
    "does what it says: $page:$line",
    async ({ index, is, code, typesOnly }) => {
      const module = modules[index];
      if (is !== undefined) {
        expect(code).toBe(readFileSync(join(ROOT, is), "utf8"));
        return;
      }
      expect(module?.errors).toEqual([]);
      if (typesOnly) return;
      await import(module?.path ?? "");
      expect(world.logged.filter((line) => line.includes(" error: "))).toEqual([]);
    },
  );
});

describe("the snippet of README.md", () => {
  const PHONE = "+14155550199";

  /** A text to one of its senders, as Twilio posts it. */
  async function text(
    Body: string,
    authToken = world.authToken,
  ): Promise<{ readonly status: number; readonly body: string }> {
    const parameters = { MessageSid: `SM${Body.padStart(32, "0")}`, From: PHONE, To: "+14155550100", Body };
    const url = "https://example.com/messaging/inbound";
    const signature = signTwilioRequest({ authToken, url, parameters });
    const response = await fetch(`${world.urls[0]}/messaging/inbound`, {
      method: "POST",
      headers: { "x-twilio-signature": signature },
      body: new URLSearchParams(parameters),
    });
    return { status: response.status, body: await response.text() };
  }

  it("sends, says why by that sender, answers texts and refuses forgeries", async () => {
    const index = snippets.findIndex(({ page }) => page === "README.md");
    // Once more: with a query it is another module.
    await import(`${modules[index]?.path}?again`);
    expect(printed).toHaveLength(1);
    expect(printed[0]).toMatch(/^12345 .*rule: 'type'/s);

    const { status, body } = await text("Coming!");
    expect(status).toBe(200);
    expect(body).toContain(">You wrote: Coming!</Message>");
    expect((await text("Coming!")).body).toBe(body);
    expect((await text("STOP", "not the token")).status).toBe(403);
    expect((await fetch(`${world.urls[0]}/messaging/inbound`, { method: "POST" })).status).toBe(400);
    expect((await fetch(`${world.urls[0]}/elsewhere`)).status).toBe(404);
  });
});

describe("snippetsOf", () => {
  it("reads the directives above a block", () => {
    const page = [
      "text",
      "<!-- snippet: given service, carrier; types -->",
      "```ts",
      "a();",
      "```",
      "<!-- snippet: continues -->",
      "",
      "```ts",
      "b();",
      "```",
      "```sh",
      "c",
      "```",
    ].join("\n");
    expect(snippetsOf("a.md", page)).toMatchObject([
      { line: 4, code: "a();\n", given: ["service", "carrier"], typesOnly: true, continues: false },
      { line: 9, code: "b();\n", given: [], typesOnly: false, continues: true },
    ]);
  });

  it.each(["skip", "types later", "continues", "given"])("refuses the directive %j", (directive) => {
    expect(() => snippetsOf("a.md", `<!-- snippet: ${directive} -->\n\`\`\`ts\n\`\`\`\n`)).toThrow(
      "is no directive",
    );
  });

  it("finds what the compiler has against a snippet, on the page's line", async () => {
    const [module] = await writeSnippets(snippetsOf("a.md", "# A\n\n```ts\nlet a: string;\na = 1;\n```\n"));
    remove([module]);
    expect(module?.errors).toEqual([expect.stringMatching(/^a\.md:5: error TS2322/)]);
  });

  it("fails a snippet that prints something else than it says", async () => {
    const [module] = await writeSnippets(snippetsOf("a.md", "```ts\nconsole.log(1 + 1); // 3\n```\n"));
    await expect(import(module?.path ?? "")).rejects.toThrow("2");
    remove([module]);
  });
});

/** Deletes the folder of snippets that were written together. */
function remove([first]: readonly (SnippetModule | undefined)[]): void {
  if (first !== undefined) rmSync(dirname(first.path), { recursive: true });
}
