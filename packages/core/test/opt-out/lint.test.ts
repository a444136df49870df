import { describe, expect, it } from "vitest";
import { resolveOptOut } from "../../src/opt-out/keywords.ts";
import { lintOptOut, lintReply } from "../../src/opt-out/lint.ts";

const codes = (text: string, options: Parameters<typeof lintReply>[1]) =>
  lintReply(text, options).map((warning) => warning.code);

describe("lintReply", () => {
  it("finds nothing in a complete reply", () => {
    expect(
      codes("Acme: You are unsubscribed. Reply START to return.", { type: "STOP", brand: "Acme" }),
    ).toEqual([]);
    expect(codes("Acme: help at acme.example. Reply STOP to end.", { type: "HELP", brand: "ACME" })).toEqual(
      [],
    );
    expect(codes("{brand}: call {supportContact}. STOP to end.", { type: "HELP" })).toEqual([]);
  });

  it("misses the brand", () => {
    expect(codes("You are unsubscribed. START to return.", { type: "STOP", brand: "Acme" })).toEqual([
      "missing-brand",
    ]);
  });

  it("misses the way back, the way out and the contact", () => {
    expect(codes("Acme: You are unsubscribed. RESTART anytime.", { type: "STOP", brand: "Acme" })).toEqual([
      "missing-opt-in",
    ]);
    expect(codes("Acme: You are subscribed again.", { type: "START", brand: "Acme" })).toEqual([
      "missing-opt-out",
    ]);
    expect(codes("Acme: Reply with what you need.", { type: "HELP", brand: "Acme" })).toEqual([
      "missing-opt-out",
      "missing-support-contact",
    ]);
  });

  it.each(["a", "a-", "a.b@", "1("])("takes no more time than a text is long: %s…", (part) => {
    const begun = performance.now();
    expect(lintReply(part.repeat(100_000), { type: "HELP" }).length).toBeGreaterThan(0);
    // From each character on, it would be ten seconds.
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it("takes a pack's word, or your own, for the instruction", () => {
    expect(codes("Acme: Alta. Responda BAJA para salir.", { type: "START", brand: "Acme" })).toEqual([]);
    expect(
      codes("Acme: joined. Reply BASTA to end it.", { type: "START", brand: "Acme", keywords: ["BASTA"] }),
    ).toEqual([]);
    expect(
      codes("Acme：您已退订，不会再收到我们的短信，可以回复START重新订阅", { type: "STOP", brand: "Acme" }),
    ).toEqual(["ucs-2"]);
  });

  it("warns of UCS-2, of several segments and of a slot nothing fills", () => {
    const long = `Acme: ${"word ".repeat(40)}Reply START.`;
    expect(codes(long, { type: "STOP", brand: "Acme" })).toEqual(["several-segments"]);
    expect(codes("Acme: ok – reply START to return ✓", { type: "STOP", brand: "Acme" })).toEqual(["ucs-2"]);
    expect(codes("{Brand}: Acme. Reply START to return.", { type: "STOP", brand: "Acme" })).toEqual([
      "unknown-slot",
    ]);
  });

  it("warns of a text the campaign registry would refuse", () => {
    expect(codes("Acme: START?", { type: "STOP", brand: "Acme" })).toEqual(["too-short"]);
    expect(codes(`Acme START ${"x".repeat(310)}`, { type: "STOP", brand: "Acme" })).toEqual([
      "too-long",
      "several-segments",
    ]);
  });
});

describe("lintOptOut", () => {
  it("has nothing to say of the defaults with brand and contact", () => {
    expect(lintOptOut(resolveOptOut({ brand: "Acme", supportContact: "1-800-555-0199" }))).toEqual([]);
  });

  it("asks for the brand and the contact", () => {
    const found = new Set(lintOptOut(resolveOptOut({})).map((warning) => warning.code));
    expect(found).toContain("missing-brand");
    expect(found).toContain("missing-support-contact");
  });
});
