import { describe, expect, it } from "vitest";
import { isHttpUrl } from "../src/settings.ts";
import { parseUrl } from "../src/url.ts";

/** More calls than V8 takes to compile one. */
const MANY = 20_000;

describe("parseUrl", () => {
  it.each([
    ["https://example.com/a?b=c#d", undefined, "https://example.com/a?b=c#d"],
    ["https://bücher.example/é", undefined, "https://xn--bcher-kva.example/%C3%A9"],
    ["/next", "https://bücher.example/a", "https://xn--bcher-kva.example/next"],
  ])("reads %s", (text, base, href) => {
    expect(parseUrl(text, base)?.href).toBe(href);
  });

  it.each(["", "/next", "https://", "https://a b/", "https://example.com:99999"])(
    "finds no URL in %j",
    (text) => {
      expect(parseUrl(text)).toBeUndefined();
    },
  );

  it("knows a host with letters beyond ASCII however often it is asked", () => {
    let known = 0;
    for (let call = 0; call < MANY; call += 1) if (isHttpUrl("https://bücher.example/menü.png")) known += 1;
    expect(known).toBe(MANY);
  });
});
