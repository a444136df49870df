import { describe, expect, it } from "vitest";
import { renderReply } from "../../src/opt-out/replies.ts";

describe("renderReply without a support contact", () => {
  it.each([
    ["{brand}: Call {supportContact}. Reply STOP to end.", "Acme: Reply STOP to end."],
    ["Acme. Visit acme.com or call {supportContact}. Reply STOP to end.", "Acme. Reply STOP to end."],
    ["Questions? Text {supportContact} (v2.0)! Reply STOP to end.", "Questions? Reply STOP to end."],
    ["{brand}: Support: {supportContact}\nReply STOP to end", "Acme:\nReply STOP to end"],
    ["帮助：{supportContact}。回复 STOP 退订。", "回复 STOP 退订。"],
  ])("leaves out its sentence, whole and alone: %j", (template, text) => {
    expect(renderReply(template, { brand: "Acme" })).toBe(text);
  });

  it("fills it in where there is one, dots and all", () => {
    const template = "{brand}: Visit acme.com or call {supportContact}. Reply STOP to end.";
    expect(renderReply(template, { brand: "A. & Co.", supportContact: "help@acme.com" })).toBe(
      "A. & Co.: Visit acme.com or call help@acme.com. Reply STOP to end.",
    );
  });
});
