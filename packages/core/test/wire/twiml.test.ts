import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTwiml } from "../../src/wire/twiml-parse.ts";
import { renderTwiml } from "../../src/wire/twiml-render.ts";

const HEADER = '<?xml version="1.0" encoding="UTF-8"?>';
const twiml = (inner: string) => parseTwiml(`${HEADER}<Response>${inner}</Response>`, "text/xml");
const refusal = (twilioCode: number) =>
  expect.objectContaining({ code: "INVALID_TWIML", details: { twilioCode } });

describe("parseTwiml", () => {
  it("makes of a plain answer what the XML parser makes of it", () => {
    const character = fc.oneof(
      fc.constantFrom(..." \t\n\r&<>]['\"/é\u00a0\u007f\u0085\u0001\ud800\ufffe👋"),
      fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
      fc.constantFrom("]]>", "&amp;", "<!---->", "</Message>", "<Body>x</Body>"),
    );
    const text = fc.array(character, { maxLength: 6 }).map((parts) => parts.join(""));
    const around = fc.constantFrom("", "", "\n", " ", "\n\n", "x");
    const inner = fc.oneof(
      fc.constant(""),
      text.map((body) => `<Message>${body}</Message>`),
      text,
    );
    const outcome = (document: string): unknown => {
      try {
        return parseTwiml(document, "text/xml");
      } catch (error) {
        return (error as { readonly details?: unknown }).details;
      }
    };
    fc.assert(
      fc.property(fc.constantFrom("", HEADER), around, inner, around, (header, before, content, after) => {
        // The blank says nothing, and only the parser reads it.
        const written = (open: string) => `${header}${before}${open}${content}</Response>${after}`;
        expect(outcome(written("<Response>"))).toEqual(outcome(written("<Response >")));
      }),
      { numRuns: 1_000 },
    );
    expect(outcome(`${HEADER}<Response/>`)).toEqual(outcome(`${HEADER}<Response />`));
  });

  it("reads direct text", () => {
    expect(twiml("<Message>Hi &amp; &#128075; <![CDATA[<there>]]></Message>")).toEqual({
      messages: [{ body: "Hi & 👋 <there>", mediaUrl: [] }],
      warnings: [],
    });
  });

  it.each([
    ["<![CDATA[Hello]]> <![CDATA[World]]>", "Hello World"],
    ["Hello<!-- a --> <!-- b -->World", "Hello World"],
    ["<![CDATA[a]]>\n\n<!-- c -->\n<![CDATA[b]]>\n", "a\n\n\nb"],
    ["\n <Body>a</Body> \n <![CDATA[b]]> <Body>c</Body> ", "abc"],
  ])("keeps the blanks between two texts of %j", (inner, body) => {
    expect(twiml(`<Message>${inner}</Message>`).messages[0]?.body).toBe(body);
  });

  it("reads a body, media and every attribute", () => {
    const { messages, warnings } = twiml(`
      <Message to="+14155550123" from="+14155550100" action="https://x.test/a?b=1&amp;c=2" method="get" statusCallback="https://x.test/old">
        <Body>Hi</Body>
        <Media>https://x.test/1.png</Media>
        <Media> https://x.test/2.png </Media>
      </Message>`);
    expect(messages).toEqual([
      {
        body: "Hi",
        mediaUrl: ["https://x.test/1.png", "https://x.test/2.png"],
        to: "+14155550123",
        from: "+14155550100",
        action: "https://x.test/a?b=1&c=2",
        method: "GET",
        statusCallback: "https://x.test/old",
      },
    ]);
    expect(warnings).toEqual([]);
  });

  it("joins several bodies, without the layout between them", () => {
    expect(twiml("<Message>\n <Body>a</Body>\n <Body>b</Body>\n</Message>").messages[0]?.body).toBe("ab");
  });

  it("trims layout but keeps a no-break space", () => {
    expect(twiml("<Message>\n   a\n b\u00a0\n</Message>").messages[0]?.body).toBe("a\n b\u00a0");
  });

  it("reads media without text", () => {
    expect(twiml("<Message><Media>https://x.test/1</Media></Message>").messages).toEqual([
      { body: "", mediaUrl: ["https://x.test/1"] },
    ]);
  });

  it.each([
    ["text/plain", undefined],
    ["text/plain; charset=utf-8", undefined],
    ["TEXT/PLAIN", undefined],
  ])("takes %s for one message", (type) => {
    expect(parseTwiml(" <b>Hi</b>\n", type)).toEqual({
      messages: [{ body: "<b>Hi</b>", mediaUrl: [] }],
      warnings: [],
    });
  });

  it.each(["text/xml", "application/xml; charset=utf-8", "text/html", "application/twiml+xml"])(
    "reads %s",
    (type) => {
      expect(parseTwiml("<Response><Message>Hi</Message></Response>", type).messages).toHaveLength(1);
    },
  );

  it.each([
    ["", undefined],
    ["", "application/json"],
    [" \r\n", "text/plain"],
    ["<Response/>", "text/xml"],
    [`${HEADER}\n<Response></Response>\n`, "text/xml"],
    ["\uFEFF<Response/>", "text/xml"],
  ])("sends nothing for %j", (body, type) => {
    expect(parseTwiml(body, type)).toEqual({ messages: [], warnings: [] });
  });

  it.each([undefined, "application/json", "", "image/png"])("refuses the content type %j", (type) => {
    expect(() => parseTwiml("<Response/>", type)).toThrow(refusal(12300));
  });

  it.each([
    "hello",
    ` ${HEADER}<Response/>`,
    "<Response>",
    "<Response><Message>a</Response>",
    "<Response/><Response/>",
    "<Response/>x",
    "<Response><Message>a & b</Message></Response>",
    "<Response><Message>&eacute;</Message></Response>",
    "<Response><Message>&constructor;</Message></Response>",
    "<Response><Message a='1' a='2'>x</Message></Response>",
    "<Response><Message>\u0001</Message></Response>",
  ])("refuses %j as no XML", (body) => {
    expect(() => parseTwiml(body, "text/xml")).toThrow(refusal(12100));
  });

  it.each(["<response/>", "<html><body>Hi</body></html>", "<!DOCTYPE html><html></html>"])(
    "refuses the root of %j",
    (body) => {
      expect(() => parseTwiml(body, "text/html")).toThrow(refusal(12102));
    },
  );

  it("refuses more than 64 kB, counted in bytes", () => {
    const body = (length: number) => "é".repeat(length / 2);
    expect(parseTwiml(body(65_536), "text/plain").messages).toHaveLength(1);
    expect(() => parseTwiml(body(65_538), "text/plain")).toThrow(refusal(11750));
  });

  it("never expands or fetches an entity", () => {
    const bomb = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>';
    for (const entity of ["a", "b", "f"])
      expect(() =>
        parseTwiml(`${bomb}<Response><Message>&${entity};</Message></Response>`, "text/xml"),
      ).toThrow(refusal(12100));
  });

  it("survives the deepest nesting and the longest run of blanks that fit", () => {
    const depth = 9_000;
    expect(twiml("<a>".repeat(depth) + "</a>".repeat(depth)).messages).toEqual([]);
    expect(twiml(`<Message>a${" ".repeat(64_000)}b</Message>`).messages).toHaveLength(1);
  });

  it("keeps ten messages and warns of the rest", () => {
    const { messages, warnings } = twiml("<Message>x</Message>".repeat(12));
    expect(messages).toHaveLength(10);
    expect(warnings).toEqual([expect.stringMatching(/^14109/), expect.stringMatching(/^14109/)]);
  });

  it("ignores all after a redirect", () => {
    expect(twiml("<Message>a</Message><Redirect> /next </Redirect><Message>b</Message><Say/>")).toEqual({
      messages: [{ body: "a", mediaUrl: [] }],
      redirect: { url: "/next", method: "POST" },
      warnings: [],
    });
    expect(twiml('<Redirect method="GET">https://x.test/</Redirect>').redirect).toEqual({
      url: "https://x.test/",
      method: "GET",
    });
  });

  it.each([
    ["<Say>Hi</Say>", "14110"],
    ["<constructor><Message/></constructor>", "14110"],
    ["<Say><Response><Message>nested</Message></Response></Say>", "14110"],
    ["<Message><Message><Body>nested</Body></Message></Message>", "14110"],
    ["<message>Hi</message>", "14110"],
    ["<Gather><Message>nested</Message></Gather>", "14110"],
    ["<Message/>", "14103"],
    ["<Message><Redirect>/x</Redirect></Message>", "14110"],
    ["<Redirect/>", "11100"],
    ["stray", "12200"],
  ])("ignores %j with warning %s", (inner, code) => {
    const document = twiml(`${inner}<Message>kept</Message>`);
    expect(document.messages).toEqual([{ body: "kept", mediaUrl: [] }]);
    expect(document.redirect).toBeUndefined();
    expect(document.warnings[0]).toMatch(new RegExp(`^${code}: `));
  });

  it("warns of attributes that mean nothing", () => {
    const { messages, warnings } = twiml('<Message statuscallback="x" method="PUT">a</Message>');
    expect(messages).toEqual([{ body: "a", mediaUrl: [] }]);
    expect(warnings.map((warning) => warning.slice(0, 5))).toEqual(["12200", "14104"]);
  });

  it("stops warning after twenty", () => {
    expect(twiml("<a/>".repeat(100)).warnings).toHaveLength(20);
  });

  it("never fails but with INVALID_TWIML", () => {
    const piece = fc.constantFrom(
      "<Response>",
      "</Response>",
      "<Message",
      ' to="x"',
      ">",
      "</Message>",
      "<Body>",
      "</Body>",
      "<![CDATA[",
      "]]>",
      "&",
      ";",
      "amp",
      "<!--",
      "-->",
      "<!DOCTYPE",
      "\0",
      "\ud800",
      " x ",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        try {
          parseTwiml(pieces.join(""), "text/xml");
        } catch (error) {
          expect(error).toMatchObject({ code: "INVALID_TWIML" });
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("renderTwiml", () => {
  it("answers nothing with an empty response", () => {
    expect(renderTwiml([])).toBe(`${HEADER}<Response/>`);
  });

  it("drops what XML cannot hold", () => {
    expect(renderTwiml([{ body: "a\0b\x0B\ud83dc\uFFFE👋", mediaUrl: [] }])).toBe(
      `${HEADER}<Response><Message>abc👋</Message></Response>`,
    );
  });

  it("carries the status callback as action", () => {
    expect(renderTwiml([{ body: "a", mediaUrl: [], statusCallback: 'https://x.test/?a=1&b="' }])).toBe(
      `${HEADER}<Response><Message action="https://x.test/?a=1&amp;b=&quot;">a</Message></Response>`,
    );
  });

  it("is undone by parseTwiml", () => {
    const text = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
      .map((value) => value.replace(/[\0-\x08\x0B\f\x0E-\x1F\uFFFE\uFFFF]/g, "").trim())
      .filter((value) => value !== "");
    const optional = fc.option(text, { nil: undefined });
    const reply = fc.record({
      body: text,
      mediaUrl: fc.array(text, { maxLength: 3 }),
      to: optional,
      from: optional,
      statusCallback: optional,
    });
    fc.assert(
      fc.property(fc.array(reply, { maxLength: 10 }), (replies) => {
        const { messages } = parseTwiml(renderTwiml(replies), "text/xml");
        expect(messages).toEqual(
          replies.map(({ statusCallback, ...rest }) => ({ ...rest, action: statusCallback })),
        );
      }),
    );
  });
});
