import { describe, expect, it } from "vitest";
import { segment } from "../../src/encoding/segment.ts";
import { resolveOptOut } from "../../src/opt-out/keywords.ts";
import { lintReply } from "../../src/opt-out/lint.ts";
import { normalizeKeyword } from "../../src/opt-out/normalize.ts";
import { countryPack, languagePack, PACK_COUNTRIES, PACK_LANGUAGES } from "../../src/opt-out/packs/packs.ts";
import { renderReply } from "../../src/opt-out/replies.ts";
import { checkCountry, checkLanguage } from "../../src/opt-out/validate.ts";

const languages = PACK_LANGUAGES.map((language) => languagePack(language)).filter(
  (pack) => pack !== undefined,
);
const countries = PACK_COUNTRIES.map((country) => countryPack(country)).filter((pack) => pack !== undefined);
const sets = [...languages, ...countries.flatMap((pack) => pack.sets)];
const TYPES = { stop: "STOP", start: "START", help: "HELP" } as const;
const replies = sets.flatMap((set) =>
  (["stop", "start", "help"] as const).map((name) => ({
    language: set.language,
    type: TYPES[name],
    text: set.replies[name],
  })),
);
const SLOTS = { brand: "Acme", supportContact: "1-800-555-0199" };

describe("the built-in packs", () => {
  it("know their language, countries, date and evidence", () => {
    for (const set of sets) {
      expect(() => checkLanguage(set.language, "pack")).not.toThrow();
      for (const country of set.countries) expect(() => checkCountry(country, "pack")).not.toThrow();
      expect(set.asOf).toMatch(/^\d{4}-\d\d-\d\d$/);
      for (const word of set.words) {
        if (word.verified) expect(word.source).toMatch(/^https:\/\//);
        else expect(word.reason).not.toBe("");
      }
    }
  });

  it("hold no word twice", () => {
    for (const set of sets) {
      const keys = set.words.map((word) => normalizeKeyword(word.word));
      expect([set.language, new Set(keys).size]).toEqual([set.language, keys.length]);
    }
  });

  it("have an opt-out and a help word each", () => {
    for (const set of sets) {
      const types = set.words.map((word) => word.optOutType);
      expect(types).toEqual(expect.arrayContaining(["STOP", "HELP"]));
    }
  });

  it.each(replies)("say in $language what a $type reply must say", ({ text, type }) => {
    const codes = lintReply(renderReply(text, SLOTS), { type, brand: "Acme" }).map((warning) => warning.code);
    expect(codes.filter((code) => code !== "ucs-2")).toEqual([]);
  });

  it.each(replies)("read well in $language without brand and contact ($type)", ({ text }) => {
    const rendered = renderReply(text, {});
    expect(rendered).not.toMatch(/[{}]|^[\s:,]|\s{2}|[:：]\s*$/);
    expect(rendered.length).toBeGreaterThan(3);
  });

  it.each(replies.filter(({ text }) => segment(text.replace(/\{\w+\}/g, "")).encoding === "GSM-7"))(
    "stay in one GSM-7 segment in $language with a brand of 25 characters ($type)",
    ({ text }) => {
      const rendered = renderReply(text, { brand: "B".repeat(25), supportContact: "1-800-555-0199" });
      expect([rendered, segment(rendered).numSegments]).toEqual([rendered, 1]);
    },
  );

  it("keep the English replies in one segment with a brand of 40 characters", () => {
    const { standard } = resolveOptOut({ brand: "B".repeat(40), supportContact: "1-800-555-0199" });
    for (const { reply } of standard.words) {
      expect([reply, segment(reply).numSegments, segment(reply).encoding]).toEqual([reply, 1, "GSM-7"]);
    }
  });

  it("keep Canada's replies at 160 characters", () => {
    const { countries: resolved } = resolveOptOut({
      brand: "B".repeat(25),
      supportContact: "1-800-555-0199",
    });
    for (const { reply } of resolved.flatMap((set) => set.words)) {
      expect([reply, reply.length <= 160]).toEqual([reply, true]);
    }
  });
});

describe("renderReply", () => {
  it("fills the slots with text as it is", () => {
    expect(
      renderReply("{brand}: call {supportContact}.", { brand: "A$& {supportContact}", supportContact: "x" }),
    ).toBe("A$& {supportContact}: call x.");
  });

  it("drops the brand's prefix without a brand", () => {
    expect(renderReply("{brand}: Bye.", {})).toBe("Bye.");
  });

  it("drops the sentence of a contact that is not known, but not the brand before it", () => {
    expect(renderReply("{brand}: For help see {supportContact}. Reply STOP.", { brand: "Acme" })).toBe(
      "Acme: Reply STOP.",
    );
    expect(renderReply("{brand}: For help see {supportContact}. Reply STOP.", {})).toBe("Reply STOP.");
  });
});
