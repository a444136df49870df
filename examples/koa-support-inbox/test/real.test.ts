import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lmdbStore } from "@messaging-service/lmdb";
import supertest from "supertest";
import twilio from "twilio";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startReal } from "../src/real.ts";

const account = {
  accountSid: `AC${"0".repeat(32)}`,
  authToken: "token",
  senders: ["+14155550100"],
  publicUrl: "https://inbox.example",
};
const agentToken = "a token for all the agents";
let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "koa-support-inbox-"));
});
afterEach(() => rmSync(data, { recursive: true }));

/** A text as Twilio posts it, signed by Twilio's own package. */
function post(port: number, body: string) {
  const form = { MessageSid: `SM${"1".repeat(32)}`, From: "+14155550123", To: "+14155550100", Body: body };
  const url = `${account.publicUrl}/messaging/inbound`;
  return supertest(`http://127.0.0.1:${port}`)
    .post("/messaging/inbound")
    .type("form")
    .set("X-Twilio-Signature", twilio.getExpectedTwilioSignature(account.authToken, url, form))
    .send(form);
}

it("takes in what the real Twilio signs for the public URL, and has it after a restart", async () => {
  const first = await startReal(account, { port: 0, agentToken, store: lmdbStore(data) });
  const response = await post(first.port, "hello").expect(200);
  expect(response.text).not.toContain("<Message");
  await first.close();

  const second = await startReal(account, { port: 0, agentToken, store: lmdbStore(data) });
  // Cookies of an https origin are for https alone: what supertest would not send back is sent by hand.
  const url = `http://127.0.0.1:${second.port}`;
  const signIn = await supertest(url)
    .post("/api/session")
    .send({ token: agentToken, name: "Ada" })
    .expect(204);
  const cookie = String(signIn.headers["set-cookie"]).split(";")[0] ?? "";
  const { body } = await supertest(url).get("/api/conversations").set("Cookie", cookie).expect(200);
  expect(body.conversations).toMatchObject([{ address: "+14155550123", last: { text: "hello" } }]);
  await second.close();
});

it("has no handset: nobody texts through it from outside", async () => {
  const app = await startReal(account, { port: 0, agentToken, store: lmdbStore(data) });
  const text = supertest(`http://127.0.0.1:${app.port}`).post("/handset/texts");
  await text.send({ from: "+14155550123", body: "hello" }).expect(404);
  await app.close();
});

it("refuses a port that is taken: what forwards to it would miss us", async () => {
  const app = await startReal(account, { port: 0, agentToken, store: lmdbStore(data) });
  const second = startReal(account, { port: app.port, agentToken, store: lmdbStore(`${data}/second`) });
  await expect(second).rejects.toMatchObject({ code: "EADDRINUSE" });
  await app.close();
});
