import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ALERT_CODES, PLAN_ALERTS } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { ROOT } from "../support/source-file.ts";

const page = readFileSync(join(ROOT, "docs/alerts.md"), "utf8");

describe("docs/alerts.md", () => {
  it("lists every alert with its level, number and remedy, and no other", () => {
    const rows = page.matchAll(/^\| `([A-Z_]+)` \| (ERROR|WARNING) \| (\d+|–) \| ([^|]+) \| ([^|]+) \|$/gm);
    const listed = Array.from(rows, ([, code, level, number, , help]) => [
      code,
      { level, errorCode: number === "–" ? null : Number(number), help },
    ]);
    expect(Object.fromEntries(listed)).toEqual(ALERT_CODES);
    expect(listed).toHaveLength(Object.keys(ALERT_CODES).length);
  });
});

describe("the table of alerts", () => {
  it("knows every alert of a plan", () => {
    expect(Object.keys(ALERT_CODES)).toEqual(expect.arrayContaining(Object.keys(PLAN_ALERTS)));
  });

  it("has no row that nothing raises", () => {
    const folder = join(ROOT, "packages/core/src");
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && name !== "alert-table.ts")
      .map((name) => readFileSync(join(folder, name), "utf8"))
      .join("");
    expect(Object.keys(ALERT_CODES).filter((code) => !new RegExp(`\\b${code}\\b`).test(sources))).toEqual([]);
  });
});
