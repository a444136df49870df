import { describe, expect, it } from "vitest";
import { nearest } from "../src/nearest.ts";

const KNOWN = ["webhook", "stickySender", "publicUrl", "senders"];

describe("nearest", () => {
  it.each([
    ["webhok", "webhook"],
    ["stickysender", "stickySender"],
    ["PUBLICURL", "publicUrl"],
    ["sender", "senders"],
    ["senders", "senders"],
    ["public", "publicUrl"],
    ["URL", "publicUrl"],
  ])("finds for %s %s", (name, near) => {
    expect(nearest(name, KNOWN)).toBe(near);
  });

  it("takes the first of equals, and nothing from nothing", () => {
    expect(nearest("ac", ["ab", "ad"])).toBe("ab");
    expect(nearest("x", [])).toBe("");
  });
});
