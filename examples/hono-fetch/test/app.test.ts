import { memoryStore } from "@messaging-service/core";
import { twilio } from "@messaging-service/providers/twilio";
import twilioSdk from "twilio";
import { afterEach, expect, it } from "vitest";
import { buildApp } from "../src/app.ts";

const AUTH_TOKEN = "12345678901234567890123456789012";
const ORIGIN = "https://example.com";
const PHONE = "+14155550123";
const sent: URLSearchParams[] = [];
let app: ReturnType<typeof buildApp>;

function build(): void {
  const api: typeof fetch = async (_, init) => {
    sent.push(new URLSearchParams(String(init?.body)));
    return Response.json({ sid: `SM${"f".repeat(32)}`, status: "queued" }, { status: 201 });
  };
  app = buildApp({
    provider: twilio({
      accountSid: `AC${"1".repeat(32)}`,
      authToken: AUTH_TOKEN,
      optOutHandling: "off",
      fetch: api,
    }),
    store: memoryStore(),
    publicUrl: ORIGIN,
    senders: ["+14155550100"],
  });
}
afterEach(() => app.service.close());

/** A text as Twilio posts it. */
function text(index: number, Body: string): Promise<Response> {
  const form = {
    MessageSid: `SM${String(index).padStart(32, "0")}`,
    From: PHONE,
    To: "+14155550100",
    Body,
  };
  const signature = twilioSdk.getExpectedTwilioSignature(AUTH_TOKEN, `${ORIGIN}/messaging/inbound`, form);
  return Promise.resolve(
    app.request("/messaging/inbound", {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        "x-twilio-signature": signature,
      },
      body: new URLSearchParams(form).toString(),
    }),
  );
}

it("answers a text by its route, and the keyword by itself", async () => {
  build();
  const echoed = await text(1, "héllo");
  expect(echoed.status).toBe(200);
  expect(await echoed.text()).toContain("You said: héllo");
  expect(await (await text(2, "STOP")).text()).toContain("unsubscribed");
  await expect(app.service.send({ to: PHONE, body: "hi" })).rejects.toMatchObject({ code: "OPTED_OUT" });
});

it("sends", async () => {
  build();
  const answer = await app.request("/send", {
    method: "POST",
    body: JSON.stringify({ to: PHONE, body: "hello" }),
  });
  expect(answer.status).toBe(202);
  expect(await answer.json()).toMatchObject({ from: "+14155550100" });
  await expect.poll(() => sent.map((form) => form.get("Body"))).toEqual(["hello"]);
});
