import { chmodSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { run } from "./support/run.ts";
import { ROOT } from "./support/source-file.ts";

const folder = mkdtempSync(join(realpathSync(tmpdir()), "programs-"));
afterAll(() => rmSync(folder, { recursive: true }));

function program(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, "#!/bin/sh\n");
  chmodSync(path, 0o755);
  return path;
}

/** What a script finds in a process of its own, where nothing but our folder is on PATH. */
async function evaluate(expression: string, env: Readonly<Record<string, string>> = {}) {
  const code = `const chromium = await import("${ROOT}scripts/lib/chromium.mjs"); console.log(await chromium.${expression});`;
  const path = [join(folder, "nowhere"), folder].join(delimiter);
  const args = ["--input-type=module", "-e", code];
  const { stdout, stderr } = await run(process.execPath, args, {
    env: { CHROME_PATH: "", PATH: path, ...env },
  });
  return { answer: stdout.trim(), says: stderr };
}

describe("the browser of the tests", () => {
  it("is the one that CHROME_PATH names, before any on PATH", async () => {
    program("chromium");
    const named = program("my-browser");
    expect(await evaluate("chromiumPath()", { CHROME_PATH: named })).toMatchObject({ answer: named });
  });

  it("is Chromium before Chrome, wherever on PATH they are", async () => {
    const chromium = program("chromium");
    program("google-chrome");
    expect(await evaluate("chromiumPath()")).toMatchObject({ answer: chromium });
  });

  it("is not what cannot be run", async () => {
    const path = program("chromium");
    chmodSync(path, 0o644);
    const { answer } = await evaluate("chromiumPath()");
    expect(answer).not.toBe(path);
  });

  it("is missed with a word on what CHROME_PATH says", async () => {
    const { answer, says } = await evaluate("findChromium()", { CHROME_PATH: join(folder, "absent") });
    expect(answer).toBe("false");
    expect(says).toContain(`CHROME_PATH is ${join(folder, "absent")}, which is no program.`);
  });
});
