import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import request from "supertest";
import twilio from "twilio";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startReal } from "../src/real.ts";

const account = {
  accountSid: `AC${"0".repeat(32)}`,
  authToken: "token",
  senders: ["+14155550100"],
  publicUrl: "https://bookings.example",
  to: undefined,
};
let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "express-quickstart-"));
});
afterEach(() => rmSync(data, { recursive: true }));

/** A text as Twilio posts it, signed by Twilio's own package. */
function post(port: number, body: string) {
  const form = { MessageSid: `SM${"1".repeat(32)}`, From: "+14155550123", To: "+14155550100", Body: body };
  const signature = twilio.getExpectedTwilioSignature(
    account.authToken,
    `${account.publicUrl}/messaging/inbound`,
    form,
  );
  return request(`http://127.0.0.1:${port}`)
    .post("/messaging/inbound")
    .type("form")
    .set("X-Twilio-Signature", signature)
    .send(form);
}

it("answers what the real Twilio signs for the public URL", async () => {
  const app = await startReal(account, { port: 0, data });
  const response = await post(app.port, "hello").expect(200);
  expect(response.text).toContain("Thanks! You wrote: hello");
  // The route's answer leaves before it is on record.
  await expect.poll(() => app.service.messages({ direction: "inbound" })).toHaveLength(1);
  await app.close();
});

it("leaves STOP to Twilio, which answers it on +1 numbers, and takes note of it", async () => {
  const app = await startReal(account, { port: 0, data });
  const response = await post(app.port, "STOP").expect(200);
  expect(response.text).not.toContain("<Message");
  expect(await app.service.consent.get("+14155550123")).toMatchObject({ status: "opted-out" });
  await app.close();
});

it("has no handset: nobody sends through it from outside", async () => {
  const app = await startReal(account, { port: 0, data });
  await request(`http://127.0.0.1:${app.port}`)
    .post("/send")
    .type("form")
    .send("To=%2B14155550123")
    .expect(404);
  await app.close();
});

it("refuses a port that is taken: what forwards to it would miss us", async () => {
  const app = await startReal(account, { port: 0, data });
  const second = startReal(account, { port: app.port, data });
  await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });
  await app.close();
});
