import { memoryStore } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createFaultyStore } from "../support/faulty-store.ts";
import { createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const OTHER = "+14155550124";

describe("the message record", () => {
  it("lists what was sent and received, newest first", async () => {
    const { service, carrier, clock } = createWorld();
    await service.send({ to: PHONE, body: "1" });
    await clock.advance(1_000);
    await carrier.handset(PHONE).text(SENDER, "2");
    await service.send({ to: OTHER, body: "3" });
    const list = await service.messages();
    expect(list.map(({ body, direction }) => `${body} ${direction}`)).toEqual([
      "3 outbound-api",
      "2 inbound",
      "1 outbound-api",
    ]);
    expect(list.cursor).toBeNull();
  });

  it("is filtered by its ends, direction and time, all together", async () => {
    const { service, carrier, clock } = createWorld({ senders: [SENDER, SECOND] });
    await service.send({ to: PHONE, from: SENDER, body: "1" });
    await clock.advance(10_000);
    const after = new Date(clock.now());
    await clock.advance(1_000);
    await service.send({ to: PHONE, from: SECOND, body: "2" });
    await service.send({ to: OTHER, from: SENDER, body: "3" });
    await carrier.handset(PHONE).text(SENDER, "4");
    const before = new Date(clock.now() + 1);
    await clock.advance(10_000);
    await service.send({ to: PHONE, from: SENDER, body: "5" });
    const bodies = async (filter: Parameters<typeof service.messages>[0]): Promise<string> =>
      (await service.messages(filter)).map(({ body }) => body).join("");
    expect(await bodies({ to: PHONE })).toBe("521");
    expect(await bodies({ from: SENDER })).toBe("531");
    expect(await bodies({ to: SENDER })).toBe("4");
    expect(await bodies({ direction: "inbound" })).toBe("4");
    expect(await bodies({ after })).toBe("5432");
    expect(await bodies({ before })).toBe("4321");
    expect(await bodies({ to: PHONE, after, before, direction: "outbound-api" })).toBe("2");
  });

  it("gives every message once, page by page, whatever is sent meanwhile", async () => {
    const { service } = createWorld();
    for (let n = 0; n < 25; n++) await service.send({ to: n % 2 === 0 ? PHONE : OTHER, body: `${n}` });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await service.messages({ to: PHONE, limit: 4, cursor });
      seen.push(...page.map(({ body }) => body));
      await service.send({ to: PHONE, body: "new" });
      cursor = page.cursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(["24", "22", "20", "18", "16", "14", "12", "10", "8", "6", "4", "2", "0"]);
  });

  it("finds a number however it is written", async () => {
    const { service } = createWorld({ defaultCountry: "US" });
    await service.send({ to: "(415) 555-0123", body: "1" });
    for (const to of [PHONE, "(415) 555-0123", "+1 415-555-0123"])
      expect((await service.messages({ to })).map(({ body }) => body)).toEqual(["1"]);
  });

  it("is what was sent and received, whatever becomes of the objects it came in", async () => {
    const heard: unknown[] = [];
    const { service, carrier } = createWorld({
      webhook: async ({ parameters }) => {
        heard.push(parameters, Reflect.set(parameters, "Body", "changed"));
      },
    });
    const [tags, mediaUrl] = [{ campaign: "spring" }, ["https://media.example/a.png"]];
    const { sid } = await service.send({ to: PHONE, body: "1", tags, mediaUrl });
    tags.campaign = "summer";
    mediaUrl.push("https://media.example/b.png");
    expect(await service.message(sid)).toMatchObject({
      tags: { campaign: "spring" },
      mediaUrl: ["https://media.example/a.png"],
    });
    await carrier.handset(PHONE).text(SENDER, "2");
    expect(heard).toEqual([expect.objectContaining({ Body: "2" }), false]);
  });

  it("refuses a cursor it did not give", async () => {
    const { service } = createWorld();
    await service.send({ to: PHONE, body: "1" });
    await expect(service.messages({ cursor: "nonsense!" })).rejects.toMatchObject({ code: "INVALID_CURSOR" });
  });

  it.each([{ after: "2026-01-01" }, { before: new Date(Number.NaN) }, { to: 14155550123 }, { from: null }])(
    "refuses %j, and says what it takes",
    async (filter) => {
      const { service } = createWorld();
      const [option] = Object.keys(filter);
      await expect(service.messages(filter as never)).rejects.toMatchObject({
        code: "INVALID_OPTION",
        details: { option },
      });
    },
  );

  it("knows a message by its SID, and of others nothing", async () => {
    const { service } = createWorld();
    const { sid } = await service.send({ to: PHONE, body: "1" });
    expect(await service.message(sid)).toMatchObject({ sid, body: "1" });
    expect(await service.message(`SM${"0".repeat(32)}`)).toBeUndefined();
  });

  it("is frozen, in and out", async () => {
    const { service } = createWorld();
    const sent = await service.send({ to: PHONE, body: "1" });
    expect(Object.isFrozen(sent)).toBe(true);
    expect(Object.isFrozen(sent.attempts)).toBe(true);
  });

  it("keeps a finished message for as long as retention says, and an unfinished one for ever", async () => {
    const { service, carrier, clock } = createWorld({ retention: 3_600 });
    carrier.outcome({ match: { body: "open" }, reset: true });
    const done = await service.send({ to: PHONE, body: "done" });
    const scheduled = await service.send({
      to: PHONE,
      body: "later",
      sendAt: new Date(clock.now() + 20 * 86_400_000),
    });
    await clock.advance(3_500_000);
    expect(await service.message(done.sid)).toBeDefined();
    await clock.advance(200_000);
    expect(await service.message(done.sid)).toBeUndefined();
    expect(await service.message(scheduled.sid)).toBeDefined();
  });
});

describe("redacting", () => {
  it("takes the text out of a finished message and leaves the rest", async () => {
    const { service, clock } = createWorld();
    const { sid } = await service.send({ to: PHONE, body: "secret" });
    await clock.advance(1_000);
    expect(await service.redact(sid)).toMatchObject({ body: "", status: "delivered", to: PHONE });
    expect((await service.message(sid))?.body).toBe("");
  });

  it("leaves no copy of the text in the store", async () => {
    const written = new Set<string>();
    const inner = memoryStore();
    const store = createFaultyStore(inner);
    store.break((call, key) => {
      if (call === "set" || call === "setIfAbsent" || call === "compareAndSet") written.add(key);
      return false;
    });
    const { service, carrier, clock } = createWorld({ store });
    const { sid } = await service.send({
      to: PHONE,
      body: "secret",
      contentSid: `HX${"a".repeat(32)}`,
      contentVariables: { 1: "secret" },
    });
    await clock.advance(1_000);
    const inbound = await carrier.handset(PHONE).text(SENDER, "secret");
    const holding = async (): Promise<string[]> => {
      const values = await Promise.all(
        [...written].map(async (key) => ({ key, value: await inner.get(key) })),
      );
      return values.filter(({ value }) => value?.includes("secret")).map(({ key }) => key);
    };
    expect(await holding()).toHaveLength(2);
    await service.redact(sid);
    await service.redact(inbound.sid);
    expect(await holding()).toEqual([]);
  });

  it("and removing wait until the message is finished", async () => {
    const { service, clock } = createWorld();
    const { sid } = await service.send({ to: PHONE, body: "x", sendAt: new Date(clock.now() + 600_000) });
    await expect(service.redact(sid)).rejects.toMatchObject({ code: "MESSAGE_UNFINISHED", status: 409 });
    await expect(service.remove(sid)).rejects.toMatchObject({
      code: "MESSAGE_UNFINISHED",
      twilioCode: 20009,
    });
  });

  it("and removing know no message that is not there", async () => {
    const { service } = createWorld();
    const sid = `SM${"0".repeat(32)}`;
    await expect(service.redact(sid)).rejects.toMatchObject({ code: "MESSAGE_NOT_FOUND" });
    await expect(service.remove(sid)).rejects.toMatchObject({ code: "MESSAGE_NOT_FOUND" });
  });
});

describe("removing", () => {
  it("leaves nothing to find or list", async () => {
    const { service, clock } = createWorld();
    const { sid } = await service.send({ to: PHONE, body: "x" });
    await clock.advance(1_000);
    await service.remove(sid);
    expect(await service.message(sid)).toBeUndefined();
    expect(await service.messages()).toHaveLength(0);
    await expect(service.remove(sid)).rejects.toMatchObject({ code: "MESSAGE_NOT_FOUND" });
  });
});

describe("a removed message", () => {
  it("keeps its idempotency key: the same call again sends nothing", async () => {
    const { service, carrier, clock } = createWorld();
    const request = { to: PHONE, body: "once", idempotencyKey: "order-1" };
    const { sid } = await service.send(request);
    await clock.advance(60_000);
    await service.remove(sid);
    await clock.advance(60_000);
    await expect(service.send(request)).rejects.toMatchObject({ code: "MESSAGE_NOT_FOUND" });
    expect(carrier.messages).toHaveLength(1);
  });

  it("leaves its key alone once that stands for a later message, or for none", async () => {
    const { service, clock } = createWorld({ heartbeatMs: 600_000, refreshMs: 60_000 });
    const request = { to: PHONE, body: "daily", idempotencyKey: "daily" };
    const first = await service.send(request);
    await clock.advance(25 * 3_600_000);
    const second = await service.send(request);
    await clock.advance(60_000);
    await service.remove(first.sid);
    expect((await service.send(request)).sid).toBe(second.sid);
    await clock.advance(25 * 3_600_000);
    await service.remove(second.sid);
    expect((await service.send(request)).status).toBe("queued");
  });
});
