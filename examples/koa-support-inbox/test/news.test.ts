import KeyvRedis from "@keyv/redis";
import type { Clock } from "@messaging-service/core";
import { createVirtualClock } from "@messaging-service/simulator";
import Keyv from "keyv";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RedisServer, startRedis } from "../../../test/support/redis.ts";
import { listen } from "./events.ts";
import { firstRow, PHONE, startWorld } from "./world.ts";

describe("the event stream", () => {
  it("tells of texts as they come, in their order", async () => {
    const world = await startWorld();
    const page = await listen(world);
    expect(await page.next()).toMatchObject({ event: "ready", data: { resumed: false } });
    await world.text("one");
    await world.text("two");
    const told = [await page.next(), await page.next(), await page.next()];
    expect(told.map(({ event }) => event)).toEqual(["conversation", "conversation", "conversation"]);
    expect(told.at(-1)?.data).toMatchObject({
      address: PHONE,
      unread: true,
      last: { index: 1, text: "two" },
    });
    const places = told.map(({ data }) => data.last?.index);
    expect(places).toEqual([...places].sort());
    page.leave();
  });

  it("tells what has become of a reply, and of consent", async () => {
    const world = await startWorld();
    await world.text("hello");
    const agent = await world.signIn();
    const { sid } = await firstRow(agent);
    const page = await listen(world);
    await page.next();
    await agent.post(`/api/conversations/${sid}/messages`).send({ body: "hi", key: "1" }).expect(201);
    const told = await page.until(({ data }) => data.status === "delivered");
    expect(told.some(({ data }) => data.sid === sid && data.last?.text === "hi")).toBe(true);
    const statuses = told.flatMap(({ event, data }) => (event === "status" ? [data.status] : []));
    expect(statuses).toEqual(["sent", "delivered"]);
    await world.text("STOP");
    const stopped = await page.until(({ data }) => data.sid === sid && data.optedOut);
    expect(stopped.map(({ event, data }) => (event === "consent" ? data.address : undefined))).toContain(
      PHONE,
    );
    page.leave();
  });

  it("tells every agent what one of them did", async () => {
    const world = await startWorld();
    await world.text("hello");
    const agent = await world.signIn();
    const { sid } = await firstRow(agent);
    const page = await listen(world);
    await page.next();
    await agent.post(`/api/conversations/${sid}/read`).send({ index: 0 }).expect(204);
    await page.until(({ data }) => data.sid === sid && data.unread === false);
    await agent.post(`/api/conversations/${sid}/close`).send({}).expect(204);
    await page.until(({ data }) => data.sid === sid && data.state === "closed");
    page.leave();
  });

  it("goes on where a page left off, with what it missed, once and in order", async () => {
    const world = await startWorld();
    const before = await listen(world);
    await before.next();
    await world.text("one");
    await before.until(({ data }) => data.last?.text === "one");
    // The feed may have more to say of the same text.
    const witness = await listen(world);
    await witness.next();
    const left = before.lastEventId;
    before.leave();
    await world.text("two", "+14155550124");
    await world.text("three", "+14155550125");
    await witness.until(({ data }) => data.last?.text === "three");
    const after = await listen(world, left);
    expect(await after.next()).toMatchObject({ event: "ready", data: { resumed: true } });
    const missed = await after.until(({ data }) => data.last?.text === "three");
    const texts = missed.map(({ data }) => data.last?.text).filter((text) => text !== "one");
    expect([...new Set(texts)]).toEqual(["two", "three"]);
    const ids = missed.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    witness.leave();
    after.leave();
  });

  it.each(["nonsense", "1-0"])(
    "says that a page missed something where it cannot go on from %s",
    async (id) => {
      const world = await startWorld();
      await world.text("one");
      const page = await listen(world, id);
      expect(await page.next()).toMatchObject({ event: "ready", data: { resumed: false } });
      page.leave();
    },
  );

  it("moves while nothing happens, and ends with the session", async () => {
    const virtual = createVirtualClock();
    let ahead = 0;
    const clock: Clock = { ...virtual, now: () => virtual.now() + ahead };
    const world = await startWorld({ clock });
    const page = await listen(world);
    await page.next();
    await virtual.advance(15_000);
    expect(await page.comment()).toBe("still here");
    ahead = 12 * 3_600_000;
    await virtual.advance(15_000);
    await page.ended();
    expect(world.listening()).toBe(0);
  });

  it("forgets a page that left", async () => {
    const world = await startWorld();
    const page = await listen(world);
    await page.next();
    expect(world.listening()).toBe(1);
    page.leave();
    await expect.poll(() => world.listening()).toBe(0);
    await world.text("hello");
  });

  it("ends when the server closes", async () => {
    const world = await startWorld();
    const page = await listen(world);
    await page.next();
    await Promise.all([page.ended(), world.closeApp()]);
  });
});

describe("on a store that several processes share", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis({ persistent: true });
  });
  afterAll(() => redis.stop());
  const open = () => new Keyv(new KeyvRedis(redis.url, { throwOnErrors: true }), { throwOnErrors: true });

  it("tells of texts that another process took in, and any process goes on where another left off", async () => {
    const [first, second] = [await startWorld({ store: open() }), await startWorld({ store: open() })];
    const page = await listen(first);
    await page.next();
    await second.text("hello");
    expect(await page.next()).toMatchObject({ event: "conversation", data: { last: { text: "hello" } } });
    page.leave();
    const resumes = async () => {
      const other = await listen(second, page.lastEventId);
      const { data } = await other.next();
      other.leave();
      return data.resumed;
    };
    await expect.poll(resumes).toBe(true);
  });

  it("goes on by itself when the store was away", async () => {
    const world = await startWorld({ store: open(), storeTimeoutMs: 300 });
    const page = await listen(world);
    await page.next();
    await redis.kill();
    await expect(world.service.lastChange()).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await redis.restart();
    await expect
      .poll(() =>
        world.service.lastChange().then(
          () => "there",
          () => "away",
        ),
      )
      .toBe("there");
    await world.text("are you there?");
    await page.until(({ data }) => data.last?.text === "are you there?");
    page.leave();
  });
});
