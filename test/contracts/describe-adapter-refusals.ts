import { memoryStore, type Store } from "@messaging-service/core";
import supertest from "supertest";
import { describe, expect, it } from "vitest";
import {
  type AdapterHarness,
  createWorld,
  dial,
  FORM,
  inbound,
  JSON_TYPE,
  post,
  send,
  sign,
} from "./adapter-world.ts";

const INBOUND = "/messaging/inbound";
const KIB = 1_024;

/** What is refused, by which status, and that nothing from outside is answered 500. */
export function describeAdapterRefusals(harness: AdapterHarness): void {
  describe("what it refuses", () => {
    it("a missing signature by 400, a forged one by 403", async () => {
      const world = await createWorld(harness);
      const agent = supertest(world.server);
      const missing = await agent.post(INBOUND).type("form").send(inbound()).expect(400);
      expect(missing.body).toMatchObject({ code: "MISSING_SIGNATURE", help: expect.any(String) });
      const forged = await agent.post(INBOUND).type("form").set("x-twilio-signature", "AAAA").send(inbound());
      expect(forged.status).toBe(403);
      expect(forged.body).toMatchObject({ code: "INVALID_SIGNATURE" });
    });

    it("a body whose declared length is over the limit by 413, unread", async () => {
      const world = await createWorld(harness);
      const length = 257 * KIB;
      const headers = { "content-type": FORM, "content-length": String(length) };
      const answer = await send(world, INBOUND, headers, ["x".repeat(length)]);
      expect(answer.status).toBe(413);
      expect(JSON.parse(answer.text)).toMatchObject({ code: "BODY_TOO_LARGE" });
    });

    it("a chunked body by 413 as soon as it is over the limit", async () => {
      const world = await createWorld(harness);
      let written = 0;
      const pieces = (async function* () {
        for (; written < 64; written++) yield "x".repeat(16 * KIB);
      })();
      const answer = await send(world, INBOUND, { "content-type": FORM }, pieces);
      expect(answer.status).toBe(413);
      await post(world, INBOUND, inbound({ To: "+12125550199" })).expect(404);
    });

    it("takes a body of exactly the limit", async () => {
      const world = await createWorld(harness, { options: { webhook: () => {} } });
      const message = inbound();
      const room = 256 * KIB - new URLSearchParams({ ...message, Pad: "" }).toString().length;
      await post(world, INBOUND, { ...message, Pad: "x".repeat(room) }).expect(200);
    });

    it("an endless body by cutting the connection", async () => {
      const world = await createWorld(harness, { options: { maxBodyBytes: KIB } });
      const socket = await dial(world);
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.write(`POST ${INBOUND} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n`);
      const chunk = `${KIB.toString(16)}\r\n${"x".repeat(KIB)}\r\n`;
      let received = "";
      socket.on("data", (data) => {
        received += data.toString();
      });
      const pour = (): void => {
        if (!socket.destroyed && socket.writable) socket.write(chunk, pour);
      };
      pour();
      await closed;
      expect(received).toMatch(/^HTTP\/1\.1 413 /);
    });

    it("a body that does not arrive in time by 408", async () => {
      const world = await createWorld(harness, { options: { bodyTimeoutMs: 50 } });
      const socket = await dial(world);
      let received = "";
      socket.on("data", (data) => {
        received += data.toString();
      });
      const closed = new Promise((resolve) => socket.once("close", resolve));
      socket.write(
        `POST ${INBOUND} HTTP/1.1\r\nhost: a\r\ncontent-type: ${FORM}\r\ncontent-length: 100\r\n\r\nBody=`,
      );
      await closed;
      expect(received).toMatch(/^HTTP\/1\.1 408 /);
      expect(received).toContain("REQUEST_TIMEOUT");
    });

    it.each([
      ["a form that is not UTF-8", FORM, "MessageSid=%ff%fe"],
      ["a form of too many parameters", FORM, "a=b&".repeat(1_001)],
      ["JSON that is none", JSON_TYPE, '{"a":'],
      ["JSON that is not UTF-8", JSON_TYPE, Buffer.from([0x22, 0xff, 0x22])],
    ])("%s by 400", async (_, type, content) => {
      const world = await createWorld(harness);
      const headers = { "content-type": type, "x-twilio-signature": sign(INBOUND, {}) };
      const answer = await send(world, INBOUND, headers, [content]);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toMatchObject({ code: "MALFORMED_REQUEST" });
    });

    it("a signed message without its parts by 400", async () => {
      const world = await createWorld(harness);
      await post(world, INBOUND, { Body: "hi" }).expect(400);
    });

    it("any method but GET and POST by 405", async () => {
      const world = await createWorld(harness);
      for (const path of [INBOUND, "/messaging/status", "/messaging/m/code"]) {
        const answer = await supertest(world.server).put(path).send("a=b").expect(405);
        expect(answer.headers.allow).toBe("GET, POST");
      }
    });

    it("a provider that it does not have, and an unknown media link, by 404", async () => {
      const world = await createWorld(harness);
      await post(world, `${INBOUND}/telnyx`, inbound()).expect(404);
      await post(world, `${INBOUND}/toString`, inbound()).expect(404);
      await supertest(world.server).get("/messaging/m/unknown").expect(404);
    });

    it("everything by 503 with Retry-After while the store is down", async () => {
      const down = (): Promise<never> => Promise.reject(new Error("secret: connection refused"));
      const store: Store = Object.freeze({
        ...memoryStore(),
        get: down,
        getMany: down,
        set: down,
        setMany: down,
        setIfAbsent: down,
        compareAndSet: down,
        append: down,
        range: down,
        delete: down,
      });
      const world = await createWorld(harness, { options: { store, webhook: () => {} } });
      const answer = await post(world, INBOUND, inbound()).expect(503);
      expect(answer.headers["retry-after"]).toMatch(/^\d+$/);
      expect(answer.text).not.toContain("secret");
      await post(world, INBOUND, inbound({ Body: "STOP" })).expect(503);
    });
  });
}
