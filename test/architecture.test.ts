import { describe, expect, it } from "vitest";
import {
  fileViolations,
  flowViolations,
  layerViolations,
  packageViolations,
  purityViolations,
  thirdPartyViolations,
} from "./support/architecture.ts";
import { codeLines, importsOf, readSources } from "./support/source-file.ts";

const packages = readSources("packages/*/src");
const everything = [...packages, ...readSources("examples/*/src", "bench/src", "scripts")];

/** The one file a rule is tried on. */
function file(path: string, text: string) {
  return [{ path: `packages/${path}`, text }];
}

describe("the source", () => {
  it("is read from every package", () => {
    expect(packages.map(({ path }) => path)).toContain("packages/core/src/index.ts");
    expect(packages.length).toBeGreaterThan(20);
  });

  it("imports from lower rows and its own folder only", () => {
    expect(layerViolations(packages)).toEqual([]);
  });

  it("has flows that know nothing of each other", () => {
    expect(flowViolations(packages)).toEqual([]);
  });

  it("holds no effect in a pure folder", () => {
    expect(purityViolations(packages)).toEqual([]);
  });

  it("reaches core by its public face, and never a sibling package", () => {
    expect(packageViolations(packages)).toEqual([]);
  });

  it("imports every third-party package in one file", () => {
    expect(thirdPartyViolations(packages)).toEqual([]);
  });

  it("asks parseUrl what is a URL, since URL.canParse forgets hosts beyond ASCII once V8 has compiled it", () => {
    const asking = packages.filter(({ text }) => codeLines(text).some((line) => line.includes(".canParse(")));
    expect(asking.map(({ path }) => path)).toEqual([]);
  });

  it("keeps files short, exports named and the environment to the examples", () => {
    expect(fileViolations(everything)).toEqual([]);
  });
});

describe("layerViolations", () => {
  it.each([
    ["an import from above", "core/src/phone/number.ts", 'import { plan } from "../planning/plan.ts";'],
    ["a type from above", "core/src/phone/number.ts", 'import type { Plan } from "../planning/plan.ts";'],
    ["a re-export from above", "core/src/store/memory.ts", 'export { a } from "../records/keys.ts";'],
    ["an import() from above", "core/src/store/memory.ts", 'const a = await import("../records/keys.ts");'],
    ["a folder beside it", "core/src/encoding/segment.ts", 'import { isNanp } from "../phone/nanp.ts";'],
    ["a root file beside it", "core/src/queue/memory.ts", 'import { toRequest } from "../http.ts";'],
    [
      "a value from above in options.ts",
      "core/src/options.ts",
      'import { keyvStore } from "./store/keyv.ts";',
    ],
    ["several lines", "core/src/wire/form.ts", 'import {\n  a,\n  b,\n} from "../flows/send.ts";'],
    ["a file in no row", "core/src/helpers.ts", ""],
    ["a folder in no row", "core/src/util/text.ts", ""],
  ])("finds %s", (_, path, text) => {
    expect(layerViolations(file(path, text))).toHaveLength(1);
  });

  it.each([
    ["a lower row", "core/src/planning/plan.ts", 'import { segment } from "../encoding/segment.ts";'],
    ["its own folder", "core/src/planning/plan.ts", 'import { POOL } from "./pool.ts";'],
    ["the bottom row", "core/src/clock.ts", 'import type { Message } from "./types.ts";'],
    ["data", "core/src/phone/nanp.ts", 'import codes from "../../data/nanp.json" with { type: "json" };'],
    ["a type in options.ts", "core/src/options.ts", 'import type { Store } from "./store/store.ts";'],
    ["a comment", "core/src/phone/number.ts", '/**\n * import { a } from "../flows/send.ts";\n */'],
  ])("allows %s", (_, path, text) => {
    expect(layerViolations(file(path, text))).toEqual([]);
  });
});

describe("flowViolations", () => {
  it("finds a flow that imports a flow", () => {
    expect(
      flowViolations(file("core/src/flows/inbound.ts", 'import { send } from "./send.ts";')),
    ).toHaveLength(1);
  });

  it("finds a context that imports a flow", () => {
    expect(
      flowViolations(file("core/src/flows/context.ts", 'import type { Send } from "./send.ts";')),
    ).toHaveLength(1);
  });

  it("finds an effect in what flows share", () => {
    expect(flowViolations(file("core/src/flows/context.ts", "await send();"))).toHaveLength(1);
  });

  it("allows a flow to import the context, a record and Node", () => {
    const text =
      'import type { FlowContext } from "./context.ts";\nimport { readConsent } from "../records/consent.ts";\nimport "node:crypto";';
    expect(flowViolations(file("core/src/flows/inbound.ts", text))).toEqual([]);
  });
});

describe("purityViolations", () => {
  it.each([
    "const a = await b;",
    "async function f() {}",
    "const now = new Date();",
    "const chance = Math.random();",
    "setTimeout(f, 1);",
    "const cwd = process.cwd();",
    'import { join } from "node:path";',
    'import { createHmac } from "node:crypto";',
  ])("finds %s", (text) => {
    expect(purityViolations(file("core/src/planning/plan.ts", text))).toHaveLength(1);
  });

  it("allows node:crypto in wire/signature.ts alone", () => {
    const text = 'import { createHmac } from "node:crypto";';
    expect(purityViolations(file("core/src/wire/signature.ts", text))).toEqual([]);
    expect(purityViolations(file("core/src/wire/form.ts", text))).toHaveLength(1);
  });

  it("reads code, not comments and strings", () => {
    const text = '/** A Date. */\nconst header = "Date"; // not a Date';
    expect(purityViolations(file("core/src/wire/form.ts", text))).toEqual([]);
  });

  it("lets the other folders have effects", () => {
    expect(purityViolations(file("core/src/store/memory.ts", "await a;"))).toEqual([]);
  });
});

describe("packageViolations", () => {
  it.each([
    ["a sibling", "express/src/index.ts", 'import { twilio } from "@messaging-service/providers/twilio";'],
    ["core's inside", "express/src/index.ts", 'import { a } from "@messaging-service/core/dist/http.js";'],
    ["core's source", "providers/src/twilio.ts", 'import { a } from "../../core/src/wire/form.ts";'],
    ["another's peer", "providers/src/twilio.ts", 'import express from "express";'],
    ["an adapter of 61 lines", "koa/src/index.ts", "f();\n".repeat(61)],
    ["an adapter of two files", "koa/src/router.ts", ""],
    ["an unknown package", "nest/src/index.ts", ""],
  ])("finds %s", (_, path, text) => {
    expect(packageViolations(file(path, text))).toHaveLength(1);
  });

  it("allows core's public face, node:, its own files and its own peer", () => {
    const text =
      'import { a } from "@messaging-service/core";\nimport { b } from "node:fs";\nimport { c } from "lmdb";\nimport { d } from "./d.ts";';
    expect(packageViolations(file("lmdb/src/index.ts", text))).toEqual([]);
  });

  it("counts lines of code, not comments", () => {
    expect(packageViolations(file("koa/src/index.ts", "// why\n\n".repeat(61)))).toEqual([]);
  });
});

describe("thirdPartyViolations", () => {
  it("finds a package with two importers, whatever part of it they import", () => {
    const files = [
      ...file("core/src/phone/number.ts", 'import { parse } from "libphonenumber-js/max";'),
      ...file("core/src/phone/nanp.ts", 'import type { CountryCode } from "libphonenumber-js";'),
    ];
    expect(thirdPartyViolations(files)).toHaveLength(1);
    expect(thirdPartyViolations(files.slice(1))).toEqual([]);
  });
});

describe("fileViolations", () => {
  it.each([
    ["a default export", "export default function f() {}"],
    ["a renamed default export", "export { f as default };"],
    ["251 lines", "f();\n".repeat(251)],
    ["process.env", "const url = process.env.REDIS_URL;"],
  ])("finds %s", (_, text) => {
    expect(fileViolations(file("core/src/service.ts", text))).toHaveLength(1);
  });

  it("allows data of any length", () => {
    const text = "f();\n".repeat(251);
    expect(fileViolations(file("core/src/error-table.ts", text))).toEqual([]);
    expect(fileViolations(file("core/data/nanp.ts", text))).toEqual([]);
  });
});

describe("reading source", () => {
  it("tells an import of types from one of values", () => {
    const text = 'import type { A } from "./a.ts";\nimport { type B, c } from "./b.ts";\nimport "./c.ts";';
    expect(importsOf(text).map(({ typeOnly }) => typeOnly)).toEqual([true, false, false]);
  });

  it("drops comments, blank lines and what strings say", () => {
    expect(codeLines('// a\n\n/** b */\nconst c = "http://d"; // e')).toEqual(['const c = "";']);
  });
});
