import { createHash } from "node:crypto";
import { type TwilioSignatureInput, verifyTwilioSignature } from "@messaging-service/core";
import fc from "fast-check";
import twilioSdk from "twilio";
import { describe, expect, it } from "vitest";

const authToken = "12345";

const host = fc.constantFrom(
  "example.com",
  "EXAMPLE.com",
  "münchen.example",
  "[::1]",
  "127.0.0.1",
  "a_b.example",
);
const userInfo = fc.constantFrom("", "", "user@", "user:pass@", "u%40x:p'w@", "a@b@");
const port = fc.constantFrom("", "", ":80", ":443", ":8443", ":");
const piece = fc.constantFrom(
  ..."a b é 👋 ' \" + % %27 %2B %20 %C3%A9 %FF %zz %4 & && = == ; , / ? : @ ! ~ * ( ) | \\ { } ^ ` < > 1 2 [0] __proto__".split(
    " ",
  ),
  " ",
);
const text = (maxLength: number) => fc.array(piece, { maxLength }).map((pieces) => pieces.join(""));
const url = fc
  .tuple(
    fc.constantFrom("https://", "http://", "HTTPS://"),
    userInfo,
    host,
    port,
    text(3).map((path) => (path === "" ? "" : `/${path}`)),
    fc.option(text(10), { nil: undefined }),
  )
  .map(([scheme, user, name, number, path, query]) =>
    [scheme, user, name, number, path, query === undefined ? "" : `?${query}`].join(""),
  )
  .filter((candidate) => URL.canParse(candidate));
const value = fc.oneof(fc.string({ unit: "grapheme", maxLength: 8 }), text(3));
const parameters = fc.dictionary(
  fc.oneof(fc.constantFrom("Body", "From", "To", "MediaUrl0", ""), text(2)),
  fc.oneof(value, fc.array(value, { minLength: 1, maxLength: 4 })),
  { maxKeys: 6, noNullPrototype: true },
);

/** The forms of a URL that Twilio, or a proxy before us, may have turned it into. */
const rewrites: Record<string, (seen: string) => string> = {
  "as it is": (seen) => seen,
  "without its port": (seen) =>
    seen.replace(/^([a-z]+:\/\/(?:[^/?#]*@)?(?:\[[^\]]*\]|[^/?#:@]*)):\d*/i, "$1"),
  "with port 443": (seen) => seen.replace(/^([a-z]+:\/\/[^/?#:]*)(?=[/?]|$)/i, "$1:443"),
  "with port 80": (seen) => seen.replace(/^([a-z]+:\/\/[^/?#:]*)(?=[/?]|$)/i, "$1:80"),
  normalized: (seen) => new URL(seen).toString(),
  "normalized with its port": (seen) =>
    new URL(seen)
      .toString()
      .replace(/^(https?:\/\/[^/?#:]*)(?=[/?]|$)/i, seen.startsWith("https") ? "$1:443" : "$1:80"),
  "escaped by querystring": (seen) => {
    const { searchParams } = new URL(seen);
    const base = new URL(seen).toString().split("?", 1)[0] ?? "";
    const names = [...new Set(searchParams.keys())];
    const pairs = names.flatMap((name) =>
      searchParams.getAll(name).map((single) => `${encodeURIComponent(name)}=${encodeURIComponent(single)}`),
    );
    return pairs.length === 0 ? seen : `${base}?${pairs.join("&")}`;
  },
  "with another path": (seen) => seen.replace("example", "elsewhere"),
  "with an apostrophe escaped": (seen) => seen.replaceAll("'", "%27"),
  "with spaces as plus": (seen) => seen.replaceAll("%20", "+").replaceAll(" ", "+"),
};

type Parameters = NonNullable<TwilioSignatureInput["parameters"]>;

describe("verifyTwilioSignature, beside twilio.validateRequest", () => {
  it("gives the same verdict however the URL was rewritten", () => {
    const verdicts = { true: 0, false: 0 };
    fc.assert(
      fc.property(url, parameters, fc.constantFrom(...Object.values(rewrites)), (seen, form, rewrite) => {
        const signature = twilioSdk.getExpectedTwilioSignature(authToken, rewrite(seen), form);
        const expected = twilioSdk.validateRequest(authToken, signature, seen, form);
        expect(
          verifyTwilioSignature({ authToken, signature, url: seen, parameters: form as Parameters }),
        ).toBe(expected);
        verdicts[`${expected}`]++;
      }),
      { numRuns: 3_000 },
    );
    // The property says something only when both verdicts come up.
    expect(Math.min(verdicts.true, verdicts.false)).toBeGreaterThan(100);
  });

  it("gives the same verdict on tampered parameters", () => {
    fc.assert(
      fc.property(url, parameters, parameters, (seen, form, tampered) => {
        const signature = twilioSdk.getExpectedTwilioSignature(authToken, seen, form);
        const input = { authToken, signature, url: seen, parameters: tampered as Parameters };
        expect(verifyTwilioSignature(input)).toBe(
          twilioSdk.validateRequest(authToken, signature, seen, tampered),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it("gives the same verdict on bodies", () => {
    const verdicts = { true: 0, false: 0 };
    fc.assert(
      fc.property(
        url.filter((candidate) => !candidate.includes("#")),
        fc.json(),
        fc.constantFrom("same", "changed", "missing", "no hash", "upper case"),
        fc.boolean(),
        (base, body, change, isSigned) => {
          const hash = createHash("sha256").update(body).digest("hex");
          const given = change === "no hash" ? "" : change === "upper case" ? hash.toUpperCase() : hash;
          const seen = `${base}${base.includes("?") ? "&" : "?"}bodySHA256=${given}`;
          const received = change === "changed" ? `${body} ` : change === "missing" ? undefined : body;
          const signature = twilioSdk.getExpectedTwilioSignature(isSigned ? authToken : "other", seen, {});
          const expected = twilioSdk.validateRequestWithBody(authToken, signature, seen, received ?? "{}");
          expect(verifyTwilioSignature({ authToken, signature, url: seen, body: received })).toBe(expected);
          verdicts[`${expected}`]++;
        },
      ),
      { numRuns: 1_000 },
    );
    expect(Math.min(verdicts.true, verdicts.false)).toBeGreaterThan(50);
  });
});
