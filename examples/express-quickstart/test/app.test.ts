import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type MessagingServiceOptions, silentLogger } from "@messaging-service/core";
import { lmdbStore } from "@messaging-service/lmdb";
import { createCarrier } from "@messaging-service/simulator";
import request from "supertest";
import twilio from "twilio";
import { afterEach, describe, expect, it } from "vitest";
import { buildApp } from "../src/app.ts";
import { finalMessage } from "../src/deliver.ts";
import { listen, stop } from "../src/listen.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const PUBLIC_URL = "https://bookings.example";
const INBOUND = "/messaging/inbound";

const cleanUps: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function build(options: Partial<MessagingServiceOptions> = {}) {
  const built = buildApp({
    twilio: { accountSid: `AC${"0".repeat(32)}`, authToken: TOKEN, optOutHandling: "off" },
    senders: ["+14155550100"],
    store: "memory",
    publicUrl: PUBLIC_URL,
    logger: silentLogger,
    ...options,
  });
  cleanUps.push(() => built.service.close());
  return built;
}

/** A text as Twilio posts it, signed by Twilio's own package. */
function post(app: ReturnType<typeof build>["app"], body: string, others: Record<string, string> = {}) {
  const parameters = {
    MessageSid: `SM${randomBytes(16).toString("hex")}`,
    From: "+14155550123",
    To: "+14155550100",
    Body: body,
    NumMedia: "0",
    ...others,
  };
  const signature = twilio.getExpectedTwilioSignature(TOKEN, PUBLIC_URL + INBOUND, parameters);
  return request(app).post(INBOUND).type("form").set("X-Twilio-Signature", signature).send(parameters);
}

describe("buildApp", () => {
  it("answers a text that Twilio signed, as TwiML in the response", async () => {
    const response = await post(build().app, "Fish & chips?").expect(200);
    expect(response.headers["content-type"]).toContain("xml");
    expect(response.text).toMatch(/<Message[^>]*>.*Thanks! You wrote: Fish &amp; chips\?/);
  });

  it("answers a text to which Twilio added parameters of its own", async () => {
    const response = await post(build().app, "Ça va ?", { NewOne: "x", EmptyOne: "" }).expect(200);
    expect(response.text).toContain("Thanks!");
  });

  it("refuses a text that was changed on its way", async () => {
    const { app, service } = build();
    const response = await post(app, "hello").send({ Body: "changed" }).expect(403);
    expect(response.text).not.toContain("Thanks!");
    expect(await service.messages()).toHaveLength(0);
  });

  it("answers a repeated webhook with the same answer, and sends one reply", async () => {
    const { app, service } = build();
    const sid = { MessageSid: `SM${"a".repeat(32)}` };
    const first = await post(app, "hello", sid).expect(200);
    const second = await post(app, "hello", sid).expect(200);
    expect(second.text).toBe(first.text);
    expect(await service.messages({ direction: "outbound-reply" })).toHaveLength(1);
  });

  it("answers STOP in the service's name, and refuses to send afterwards", async () => {
    const { app, service } = build();
    const response = await post(app, "Stop.").expect(200);
    expect(response.text).toContain("Acme: ");
    expect(response.text).not.toContain("Thanks!");
    const refused = service.send({ to: "+14155550123", body: "One more thing" });
    await expect(refused).rejects.toMatchObject({ code: "OPTED_OUT", twilioCode: 21610 });
  });

  it("does not answer a text to a number that is none of its senders", async () => {
    await post(build().app, "hello", { To: "+14155550199" }).expect(404);
  });

  it("remembers an opt-out across a restart, with a store that lasts", async () => {
    const folder = mkdtempSync(join(tmpdir(), "express-quickstart-"));
    cleanUps.push(() => rmSync(folder, { recursive: true }));
    const before = build({ store: lmdbStore(folder) });
    await post(before.app, "STOP").expect(200);
    await before.service.close();
    const after = build({ store: lmdbStore(folder) });
    await expect(after.service.send({ to: "+14155550123", body: "x" })).rejects.toMatchObject({
      code: "OPTED_OUT",
    });
  });

  it("sends over Twilio's API, and learns of the delivery from callbacks that Twilio's package accepts", async () => {
    const carrier = createCarrier({ authToken: TOKEN });
    cleanUps.push(() => carrier.close());
    const { url: baseUrl } = await carrier.listen();
    const signatures: string[] = [];
    const server = createServer();
    cleanUps.push(() => stop(server));
    const publicUrl = `http://127.0.0.1:${await listen(server, { port: 0, host: "127.0.0.1" })}`;
    const { accountSid } = carrier;
    const { app, service } = buildApp({
      twilio: { accountSid, authToken: TOKEN, baseUrl },
      senders: ["+14155550100"],
      store: "memory",
      publicUrl,
      logger: silentLogger,
    });
    cleanUps.push(() => service.close());
    server.on("request", (req, res) => {
      signatures.push(String(req.headers["x-twilio-signature"]));
      app(req, res);
    });

    const { sid } = await service.send({ to: "+14155550123", body: "Your table is ready" });
    expect((await finalMessage(service, sid)).status).toBe("delivered");

    await carrier.settled();
    const callbacks = carrier.messages.flatMap((message) => message.callbacks);
    expect(callbacks.map(({ status }) => status)).toEqual(["sent", "delivered"]);
    for (const [index, { url, parameters, responseStatus }] of callbacks.entries()) {
      expect(url).toBe(`${publicUrl}/messaging/status/twilio?sid=${sid}`);
      expect(twilio.validateRequest(TOKEN, signatures[index] ?? "", url, parameters)).toBe(true);
      expect(responseStatus).toBe(200);
    }
  });

  it("names an option that is wrong", () => {
    expect(() => build({ senders: ["not a sender!"] })).toThrow("not a sender!");
  });
});
