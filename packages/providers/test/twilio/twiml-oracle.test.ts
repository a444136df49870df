import type { ProviderReply } from "@messaging-service/core";
import { parseTwiml, renderTwiml } from "@messaging-service/core";
import fc from "fast-check";
import twilioSdk from "twilio";
import { describe, expect, it } from "vitest";

const { MessagingResponse } = twilioSdk.twiml;

/** Characters the SDK writes; it throws on those XML cannot hold. */
const text = fc.string({
  unit: fc.constantFrom(..."ab &<>\"'\r\n\té👋;#x1", "👋", "&amp;"),
  minLength: 1,
  maxLength: 30,
});

describe("renderTwiml, beside twilio.twiml.MessagingResponse", () => {
  it("writes the same for no reply", () => {
    expect(renderTwiml([])).toBe(new MessagingResponse().toString());
  });

  it("writes the same for texts", () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), (texts) => {
        const response = new MessagingResponse();
        for (const body of texts) response.message(body);
        expect(renderTwiml(texts.map((body) => ({ body, mediaUrl: [] })))).toBe(response.toString());
      }),
    );
  });

  it("writes the same for a reply with everything", () => {
    fc.assert(
      fc.property(
        text,
        text,
        text,
        fc.array(text, { minLength: 1, maxLength: 2 }),
        (body, to, action, mediaUrl) => {
          const response = new MessagingResponse();
          const message = response.message({ to, from: "+1", action }, "");
          message.body(body);
          for (const url of mediaUrl) message.media(url);
          const reply: ProviderReply = { body, mediaUrl, to, from: "+1", statusCallback: action };
          expect(renderTwiml([reply])).toBe(response.toString());
        },
      ),
    );
  });
});

describe("parseTwiml", () => {
  it("reads what twilio.twiml.MessagingResponse writes", () => {
    const response = new MessagingResponse();
    response.message("Hi & <bye>");
    response.message({ action: "/status", method: "POST", to: "+15005550006" }, "Again");
    response.message("").media("https://example.test/a.png");
    response.redirect({ method: "GET" }, "/next");
    expect(parseTwiml(response.toString(), "text/xml")).toEqual({
      messages: [
        { body: "Hi & <bye>", mediaUrl: [] },
        { body: "Again", mediaUrl: [], action: "/status", method: "POST", to: "+15005550006" },
        { body: "", mediaUrl: ["https://example.test/a.png"] },
      ],
      redirect: { url: "/next", method: "GET" },
      warnings: [],
    });
  });
});
