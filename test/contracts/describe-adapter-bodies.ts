import twilioSdk from "twilio";
import { describe, expect, it } from "vitest";
import {
  type AdapterHarness,
  createWorld,
  FORM,
  inbound,
  JSON_TYPE,
  post,
  send,
  sendForm,
  sign,
  type Turn,
} from "./adapter-world.ts";

const INBOUND = "/messaging/inbound";
const STRANGER = "+12125550199";

/** What parsers in front left, and what parsers behind find. */
export function describeAdapterBodies(harness: AdapterHarness): void {
  const parsers = Object.entries(harness.parsers).map(([name, traits]) => ({ name, ...traits }));

  describe.each(parsers)("with parser $name behind", ({ name, reads }) => {
    const message = inbound({ Body: "a b+c é", To: STRANGER });

    it("neither hangs nor answers in the route's stead", async () => {
      const turns: Turn[] = [];
      const world = await createWorld(harness, {
        behind: name,
        async route(turn) {
          turns.push(turn);
          return { body: "route" };
        },
      });
      expect((await post(world, INBOUND, message).expect(200)).text).toBe("route");
      expect(await sendForm(world, INBOUND, message)).toMatchObject({ status: 200, text: "route" });
      expect((await post(world, INBOUND, inbound()).expect(200)).text).toBe("route");
      expect(turns.map(({ messaging }) => messaging !== undefined)).toEqual([false, false, true]);
      if (reads.includes(FORM)) expect(turns.every(({ body }) => Boolean(body))).toBe(true);
    });

    it("leaves requests of other paths to that parser", async () => {
      const world = await createWorld(harness, {
        behind: name,
        route: async ({ body }) => ({ body: JSON.stringify(body) ?? "nothing" }),
      });
      const type = reads[0] ?? "";
      const content = type === JSON_TYPE ? '{"a":"b"}' : "a=b";
      const { text } = await send(world, "/elsewhere", { "content-type": type }, [content]);
      expect(text).toMatch(/a/);
    });
  });

  const forming = parsers.filter(({ parses, reads }) => parses && reads.includes(FORM));
  for (const { name } of forming)
    it(`leaves a message that is none of ours as parser ${name} would`, async () => {
      const turns: Turn[] = [];
      const world = await createWorld(harness, {
        behind: name,
        async route(turn) {
          turns.push(turn);
          return { body: "" };
        },
      });
      const message = inbound({ Body: "a b+c é", To: STRANGER });
      const headers = { "content-type": FORM, "x-twilio-signature": sign(INBOUND, message) };
      // Past the service, and through it.
      for (const path of ["/elsewhere", INBOUND])
        await send(world, path, headers, [new URLSearchParams(message).toString()]);
      const [own, left] = turns;
      expect(own?.body).toEqual(message);
      expect(left?.body).toEqual(own?.body);
    });

  describe.each(parsers)("a signed JSON body behind parser $name", ({ name, reads, keepsBytes }) => {
    it("is judged by its bytes, or the refusal names both remedies", async () => {
      const world = await createWorld(harness, { front: name });
      const body = '{"b": 1,\n "a": "é"}';
      const path = `${INBOUND}?bodySHA256=${twilioSdk.getExpectedBodyHash(body)}`;
      const headers = { "content-type": JSON_TYPE, "x-twilio-signature": sign(path, {}) };
      const answer = await send(world, path, headers, [body]);
      const consumed = reads.includes(JSON_TYPE) && !keepsBytes;
      // Its signature is right; that it is no message is another matter.
      const code = consumed ? "BODY_CONSUMED" : "MALFORMED_REQUEST";
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toMatchObject({ code });
      const log = world.log.join();
      expect(log.includes("mount messagingService before it")).toBe(consumed);
      expect(log.includes("req.rawBody")).toBe(consumed);
    });
  });

  it("never reads a request outside its path", async () => {
    const world = await createWorld(harness, { options: { maxBodyBytes: 1_000, bodyTimeoutMs: 1 } });
    const piece = Buffer.alloc(65_536, 7);
    const pieces = Array.from({ length: 64 }, () => piece);
    const answer = await send(world, "/upload", { "content-type": "application/octet-stream" }, pieces);
    expect(answer).toEqual({ status: 200, text: String(64 * 65_536) });
  });
}
