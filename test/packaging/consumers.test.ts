import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyExample } from "../../scripts/copy-example.mjs";
import { manifestOf, PACKAGES, packAll, temporaryFolder } from "../support/pack.ts";
import { run, runWell, startServer } from "../support/run.ts";
import { ROOT } from "../support/source-file.ts";

/** What a program beside ours brings along: each framework in both of the majors we promise. */
const STACKS = {
  "Express 5 and Koa 3": {
    express: "^5.0.0",
    "@types/express": "^5.0.0",
    koa: "^3.0.0",
    "@types/koa": "^3.0.0",
    "@types/node": "^24.0.0",
  },
  "Express 4 and Koa 2": {
    express: "^4.18.0",
    "@types/express": "^4.17.0",
    koa: "^2.15.0",
    "@types/koa": "^2.15.0",
    "@types/node": "^20.19.0",
  },
} as const;
type Stack = keyof typeof STACKS;
const stacks = Object.keys(STACKS) as Stack[];

/** The oldest compiler we promise, and the newest. */
const COMPILERS = {
  "TypeScript 5.9": join(ROOT, "test/node_modules/typescript-5/bin/tsc"),
  "TypeScript 7": join(ROOT, "node_modules/typescript/bin/tsc"),
} as const;

const RESOLUTIONS = {
  NodeNext: { module: "NodeNext", moduleResolution: "NodeNext" },
  bundler: { module: "ESNext", moduleResolution: "bundler" },
} as const;

const PROGRAMS = [
  { compiler: "TypeScript 7", resolution: "NodeNext" },
  { compiler: "TypeScript 7", resolution: "bundler" },
  { compiler: "TypeScript 5.9", resolution: "NodeNext" },
] as const;

const folder = temporaryFolder("consumers");
let tarballs: ReadonlyMap<string, string> = new Map();

beforeAll(async () => {
  mkdirSync(join(folder, "tarballs"));
  tarballs = await packAll(join(folder, "tarballs"));
  await Promise.all(stacks.map((stack) => installStack(stack)));
}, 240_000);

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe.each(stacks)("beside %s", (stack) => {
  it.each(PROGRAMS)(
    "type-checks for $compiler, resolution $resolution",
    async ({ compiler, resolution }) => {
      const cwd = folderOf(stack);
      const compilerOptions = {
        ...RESOLUTIONS[resolution],
        target: "ES2022",
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        esModuleInterop: true,
        // Our declarations are checked too, not only what the program touches.
        skipLibCheck: false,
        noEmit: true,
        types: ["node"],
      };
      writeJson(join(cwd, `${resolution}.json`), { compilerOptions, files: ["everything.ts"] });
      const args = [COMPILERS[compiler], "-p", `${resolution}.json`];
      const { code, stdout } = await run(process.execPath, args, { cwd });
      const errors = stdout.split("\n").filter((line) => line.includes("error TS"));
      expect(errors.filter((line) => !isOfThirdParty(line))).toEqual([]);
      expect(code === 0, stdout).toBe(errors.length === 0);
    },
    120_000,
  );

  it("loads by require() as by import", async () => {
    const specifiers = PACKAGES.flatMap((name) => {
      const { name: scope, exports } = manifestOf(name);
      return Object.keys(exports).map((path) => scope + path.slice(1));
    });
    const program = `
      Promise.all(${JSON.stringify(specifiers)}.filter((name) => !name.endsWith(".json")).map(async (name) => {
        const required = require(name);
        if (Object.keys(required).length === 0 || required !== (await import(name)))
          throw new Error(name + " is not one module");
      })).then(() => console.log("one module each"));
    `;
    writeFileSync(join(folderOf(stack), "load.cjs"), program);
    const { stdout, stderr } = await run(process.execPath, ["load.cjs"], { cwd: folderOf(stack) });
    expect(stdout, stderr).toBe("one module each\n");
  });

  it("sends, receives and closes, from CommonJS", async () => {
    cpSync(join(ROOT, "test/packaging/consumer/program.cjs"), join(folderOf(stack), "program.cjs"));
    const stdout = await runWell(process.execPath, ["program.cjs"], { cwd: folderOf(stack) });
    expect(stdout).toBe("HELLO\nOPTED_OUT\n");
  });
});

describe("an example copied out of the repository", () => {
  it.each([
    { name: "express-quickstart", args: ["--once"], says: "+14155550100" },
    { name: "own-provider", args: [], says: "is delivered" },
    { name: "twilio-compatible", args: ["--once"], says: "All as expected." },
  ])(
    "$name installs, compiles and runs on its own",
    async ({ name, args, says }) => {
      const target = join(folder, name);
      copyExample(name, target, (dependency) => `file:${tarballOf(dependency.split("/")[1] ?? "")}`);
      expect(readFileSync(join(target, "package.json"), "utf8")).not.toContain("workspace:");
      await npmInstall(target);
      await runWell("npm", ["run", "build"], { cwd: target });
      expect(existsSync(join(target, "node_modules/@messaging-service/core/dist/index.js"))).toBe(true);
      const started = runWell("npm", ["start", "--", ...args], { cwd: target, env: { PORT: "0" } });
      expect(await started).toContain(says);
    },
    180_000,
  );

  it("koa-support-inbox installs, compiles, takes in a text, shows its page and ends in order", async () => {
    const target = join(folder, "koa-support-inbox");
    copyExample(
      "koa-support-inbox",
      target,
      (dependency) => `file:${tarballOf(dependency.split("/")[1] ?? "")}`,
    );
    await npmInstall(target);
    await runWell("npm", ["run", "build"], { cwd: target });
    const server = startServer(["dist/server.js"], { cwd: target, env: { PORT: "0" } });
    const [, url] = await server.says(/^Inbox +(\S+), sign in with the token \S+$/m);
    const body = JSON.stringify({ from: "+14155550123", body: "hello" });
    const headers = { "content-type": "application/json" };
    const text = await fetch(`${url}/handset/texts`, { method: "POST", headers, body });
    expect(await text.json()).toEqual({ status: 200, replies: [] });
    const page = await fetch(`${url}/`);
    expect(await page.text()).toContain("<title>Support inbox</title>");
    expect(await server.end()).toBe(0);
  }, 180_000);

  it("takes the packages it needs along, so that no registry has to have them", async () => {
    const target = join(folder, "hono-fetch");
    await runWell(process.execPath, ["scripts/copy-example.mjs", "hono-fetch", target], { cwd: ROOT });
    await npmInstall(target);
    await runWell("npm", ["run", "build"], { cwd: target });
    const account = { TWILIO_ACCOUNT_SID: `AC${"1".repeat(32)}`, TWILIO_AUTH_TOKEN: "token" };
    const env = { ...account, SENDERS: "+14155550100", PUBLIC_URL: "https://app.example", PORT: "0" };
    const server = startServer(["dist/server.js"], { cwd: target, env });
    await server.says(/^Listens on port \d+\.$/m);
    expect(await server.end()).toBe(0);
  }, 180_000);

  it("needs a folder of its own", () => {
    expect(() => copyExample("express-quickstart", ROOT)).toThrow("is not empty");
    expect(() => copyExample("fax-machine", join(folder, "fax"))).toThrow('no example "fax-machine"');
  });
});

function tarballOf(name: string): string {
  const path = tarballs.get(name);
  if (path === undefined) throw new Error(`${name} was not packed.`);
  return path;
}

function folderOf(stack: Stack): string {
  return join(folder, String(stacks.indexOf(stack)));
}

async function installStack(stack: Stack): Promise<void> {
  const target = folderOf(stack);
  mkdirSync(target);
  const ours = Object.fromEntries(PACKAGES.map((name) => [manifestOf(name).name, `file:${tarballOf(name)}`]));
  const dependencies = { ...ours, ...STACKS[stack] };
  writeJson(join(target, "package.json"), { private: true, type: "module", dependencies });
  await npmInstall(target);
  cpSync(join(ROOT, "test/packaging/consumer/everything.ts"), join(target, "everything.ts"));
}

/** From the registry, or from npm's cache what it holds already. */
async function npmInstall(cwd: string): Promise<void> {
  await runWell("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd,
  });
}

/** Frameworks' own declarations do not always fit each other's newest version. */
function isOfThirdParty(line: string): boolean {
  return /^node_modules\/(?!@messaging-service)/.test(line);
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, JSON.stringify(value, undefined, 2));
}
