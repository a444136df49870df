import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ERROR_CODES, type ErrorCode, MessagingError } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { renderErrorsDoc } from "../scripts/errors-doc.mjs";
import { ROOT } from "./support/source-file.ts";

const page = readFileSync(join(ROOT, "docs/errors.md"), "utf8");
const codes = Object.keys(ERROR_CODES) as ErrorCode[];

describe("docs/errors.md", () => {
  it("is what scripts/errors-doc.mjs writes", () => {
    expect(page).toBe(renderErrorsDoc(ERROR_CODES));
  });

  it("has one heading per code", () => {
    const headings = Array.from(page.matchAll(/^## .*>(\w+)$/gm), ([, code]) => code);
    expect(headings).toEqual(codes);
  });

  it.each(codes)("has the anchor that an error with %s names, its status, number and remedy", (code) => {
    const error = new MessagingError(code, "Something is wrong.");
    const [path, anchor] = error.docs.split("#");
    expect(path).toBe("docs/errors.md");
    const section = page.split("\n## ").find((text) => text.startsWith(`<a id="${anchor}"></a>${code}\n`));
    expect(section).toContain(`HTTP ${error.status}, `);
    expect(section).toContain(error.twilioCode === null ? "no Twilio number" : `Twilio ${error.twilioCode}.`);
    expect(section).toContain(error.help);
  });
});
