import { once } from "node:events";
import type { ServerResponse } from "node:http";
import supertest from "supertest";
import { describe, expect, it } from "vitest";
import {
  type AdapterHarness,
  type AppRoute,
  createWorld,
  dial,
  FORM,
  gate,
  get,
  inbound,
  PHONE,
  post,
  sendForm,
  sign,
  type Turn,
} from "./adapter-world.ts";

const INBOUND = "/messaging/inbound";
const REPLY = "Olá 👋, ação!";

/** Who answers a message: the service, its webhook, or the application's own route. */
export function describeAdapterRoutes(harness: AdapterHarness): void {
  describe("whose turn it is", () => {
    it("answers with the webhook's reply, counted in bytes", async () => {
      const world = await createWorld(harness, {
        options: { webhook: (_, { reply }) => reply(REPLY).then(() => {}) },
      });
      const answer = await post(world, INBOUND, inbound()).expect(200);
      expect(answer.headers["content-type"]).toMatch(/^text\/xml/);
      expect(answer.text).toContain(REPLY);
      expect(answer.text).toMatch(/<\/Response>$/);
    });

    it("takes a webhook by GET", async () => {
      const world = await createWorld(harness, {
        options: { webhook: (message, { reply }) => reply(message.body).then(() => {}) },
      });
      const answer = await get(world, INBOUND, inbound({ Body: "café + tea" })).expect(200);
      expect(answer.text).toContain("café + tea");
    });

    it("answers a keyword itself and calls no route", async () => {
      const turns: Turn[] = [];
      const world = await createWorld(harness, { route: record(turns) });
      const answer = await post(world, INBOUND, inbound({ Body: "STOP" })).expect(200);
      expect(answer.text).toContain("<Message");
      expect(turns).toEqual([]);
      expect(await world.service.consent.get(PHONE)).toMatchObject({ status: "opted-out" });
    });

    it("hands any other message to the next route, whose first reply is the answer", async () => {
      const world = await createWorld(harness, {
        async route({ messaging }) {
          await messaging?.reply(`You said ${messaging.message.body}`);
          await messaging?.reply("and more");
          return undefined;
        },
      });
      const answer = await post(world, INBOUND, inbound({ Body: "é" })).expect(200);
      expect(answer.text).toContain("You said é");
      expect(answer.text).not.toContain("and more");
      await expect.poll(() => world.sent).toEqual(["and more"]);
    });

    it("gives a duplicate the route's own answer and runs it no second time", async () => {
      const turns: Turn[] = [];
      const world = await createWorld(harness, { route: record(turns, "<Response>own ✓</Response>") });
      const message = inbound();
      const first = await post(world, INBOUND, message).expect(200);
      const second = await post(world, INBOUND, message).expect(200);
      expect(first.text).toBe("<Response>own ✓</Response>");
      expect(second.text).toBe(first.text);
      expect(second.headers["content-type"]).toBe(first.headers["content-type"]);
      expect(turns).toHaveLength(1);
    });

    it("gives a duplicate the answer that a reply was", async () => {
      let runs = 0;
      const world = await createWorld(harness, {
        async route({ messaging }) {
          await messaging?.reply(`run ${++runs}`);
          return undefined;
        },
      });
      const message = inbound();
      const first = await post(world, INBOUND, message).expect(200);
      const second = await post(world, INBOUND, message).expect(200);
      expect(first.text).toContain("run 1");
      expect(second.text).toBe(first.text);
    });

    it("lets a route stream its answer as it comes", async () => {
      const seen = gate();
      const world = await createWorld(harness, {
        route: async () => ({
          body: (async function* () {
            yield "<Response>";
            await seen.passed;
            yield "</Response>";
          })(),
        }),
      });
      const message = inbound();
      const chunks: string[] = [];
      await sendForm(world, INBOUND, message, (chunk) => {
        chunks.push(chunk);
        seen.open();
      });
      expect(chunks).toEqual(["<Response>", "</Response>"]);
      expect((await post(world, INBOUND, message)).text).toBe("<Response></Response>");
    });

    it("sends a reply as a message when the route has answered already", async () => {
      const late = gate();
      const world = await createWorld(harness, {
        async route({ messaging }) {
          late.passed.then(() => messaging?.reply("late"));
          return { body: "<Response/>" };
        },
      });
      const answer = await post(world, INBOUND, inbound()).expect(200);
      late.open();
      expect(answer.text).toBe("<Response/>");
      await expect.poll(() => world.sent).toEqual(["late"]);
    });

    it("leaves a route's error to the framework", async () => {
      const world = await createWorld(harness, { route: () => Promise.reject(new Error("broken route")) });
      const answer = await post(world, INBOUND, inbound());
      expect([answer.status, answer.text]).toEqual([418, "broken route"]);
    });

    it("gives a route its turn again when the provider comes again after its 5xx", async () => {
      let runs = 0;
      const world = await createWorld(harness, {
        route: async () => (++runs === 1 ? { status: 502, body: "database down" } : { body: "<Response/>" }),
      });
      const message = inbound();
      expect((await post(world, INBOUND, message).expect(502)).text).toBe("database down");
      await expect.poll(async () => (await post(world, INBOUND, message)).text).toBe("<Response/>");
      expect((await post(world, INBOUND, message).expect(200)).text).toBe("<Response/>");
      expect(runs).toBe(2);
    });

    it("leaves a message that nobody's route takes to the framework's 404", async () => {
      const world = await createWorld(harness);
      await post(world, INBOUND, inbound()).expect(404);
    });

    it("runs a route once although the sender hung up before it answered", async () => {
      const entered = gate();
      const gone = gate();
      const turns: Turn[] = [];
      const world = await createWorld(harness, {
        async route(turn) {
          turns.push(turn);
          entered.open();
          await gone.passed;
          return { body: "nobody reads this" };
        },
      });
      const message = inbound();
      const form = new URLSearchParams(message).toString();
      const socket = await dial(world);
      const served = once(world.server, "request");
      socket.write(
        `POST ${INBOUND} HTTP/1.1\r\nhost: a\r\ncontent-type: ${FORM}\r\ncontent-length: ${form.length}\r\nx-twilio-signature: ${sign(INBOUND, message)}\r\n\r\n${form}`,
      );
      const [, response] = (await served) as [unknown, ServerResponse];
      await entered.passed;
      const closed = once(response, "close");
      socket.destroy();
      await closed;
      gone.open();
      await post(world, INBOUND, message).expect(200);
      expect(turns).toHaveLength(1);
    });

    it("moves a message on by its status callback", async () => {
      const world = await createWorld(harness);
      const { sid } = await world.service.send({ to: PHONE, body: "hello" });
      await expect.poll(async () => (await world.service.message(sid))?.providerSid).toBeTruthy();
      const MessageSid = (await world.service.message(sid))?.providerSid ?? "";
      const receipt = { MessageSid, MessageStatus: "undelivered", ErrorCode: "30003" };
      await post(world, `/messaging/status?sid=${sid}`, receipt).expect(200);
      expect(await world.service.message(sid)).toMatchObject({ status: "undelivered", errorCode: 30003 });
    });

    it("survives a connection that is cut in the middle of a body", async () => {
      const world = await createWorld(harness, { options: { webhook: () => {} } });
      const socket = await dial(world);
      const served = once(world.server, "request");
      socket.write(`POST ${INBOUND} HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nMessageSid=`);
      const [, response] = (await served) as [unknown, ServerResponse];
      const closed = once(response, "close");
      socket.destroy();
      await closed;
      await post(world, INBOUND, inbound()).expect(200);
    });

    it("serves HEAD and unknown places as the framework does", async () => {
      const world = await createWorld(harness, { route: async ({ url }) => ({ body: `route ${url}` }) });
      const agent = supertest(world.server);
      expect((await agent.get("/messaging/other").expect(200)).text).toBe("route /messaging/other");
      expect((await agent.post("/messaginginbound").expect(200)).text).toBe("route /messaginginbound");
      await agent.head(INBOUND).expect(405);
    });
  });
}

function record(turns: Turn[], body = "<Response/>"): AppRoute {
  return async (turn) => {
    turns.push(turn);
    return { body };
  };
}
