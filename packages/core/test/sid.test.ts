import { describe, expect, it } from "vitest";
import { createId, createSid, deriveSid, isSid } from "../src/sid.ts";

describe("SIDs", () => {
  it("are a prefix and 32 hexadecimal digits, new every time", () => {
    const sids = Array.from({ length: 1_000 }, () => createSid("SM"));
    for (const sid of sids) expect(sid).toMatch(/^SM[0-9a-f]{32}$/);
    expect(new Set(sids).size).toBe(1_000);
  });

  it("that are derived follow from their parts and nothing else", () => {
    expect(deriveSid("MG", "a", "b")).toBe(deriveSid("MG", "a", "b"));
    expect(deriveSid("MG", "ab")).not.toBe(deriveSid("MG", "a", "b"));
    expect(deriveSid("MG", "a,b")).not.toBe(deriveSid("MG", "a", "b"));
    expect(deriveSid("MG", "a")).toMatch(/^MG[0-9a-f]{32}$/);
  });

  it("are told from what is none", () => {
    expect(isSid(createSid("SM"), "SM", "MM")).toBe(true);
    expect(isSid(createSid("MM"), "SM", "MM")).toBe(true);
    expect(isSid(createSid("AC"), "SM", "MM")).toBe(false);
    for (const value of [
      "SM",
      `SM${"g".repeat(32)}`,
      `SM${"a".repeat(33)}`,
      ` SM${"a".repeat(32)}`,
      5,
      undefined,
    ])
      expect(isSid(value, "SM")).toBe(false);
  });
});

describe("IDs", () => {
  it("are as long as asked for, of digits and small letters", () => {
    for (const length of [1, 7, 10, 100])
      expect(createId(length)).toMatch(new RegExp(`^[0-9a-z]{${length}}$`));
  });

  it("use every character about as often", () => {
    const counts = new Map<string, number>();
    for (const character of createId(36_000)) counts.set(character, (counts.get(character) ?? 0) + 1);
    expect(counts.size).toBe(36);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(250);
  });
});
