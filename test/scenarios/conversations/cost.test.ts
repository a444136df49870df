import { memoryStore, type Store } from "@messaging-service/core";
import { createVirtualClock } from "@messaging-service/simulator";
import { describe, expect, it } from "vitest";
import { createWorld, PHONE, SENDER, type World, type WorldOptions } from "../../support/world.ts";

/** A store that says which calls were made, and on what. */
function createCounted(): { readonly store: Store; readonly calls: string[] } {
  const clock = createVirtualClock();
  const inner = memoryStore({ clock });
  const calls: string[] = [];
  const counted = (
    name: "get" | "getMany" | "set" | "setMany" | "setIfAbsent" | "compareAndSet" | "append" | "range",
  ) =>
    ((...args: unknown[]) => {
      calls.push(`${name} ${JSON.stringify(args[0])}`);
      return (inner[name] as (...values: unknown[]) => unknown)(...args);
    }) as never;
  return {
    calls,
    store: {
      ...inner,
      get: counted("get"),
      getMany: counted("getMany"),
      set: counted("set"),
      setMany: counted("setMany"),
      setIfAbsent: counted("setIfAbsent"),
      compareAndSet: counted("compareAndSet"),
      append: counted("append"),
      range: counted("range"),
    },
  };
}

/** A service whose upkeep is out of the way, and what its calls cost. */
function createMetered(
  options: WorldOptions = {},
): World & { cost(what: () => Promise<unknown>): Promise<string[]> } {
  const { store, calls } = createCounted();
  const world = createWorld({ store, refreshMs: 3_600_000, heartbeatMs: 600_000, ...options });
  return {
    ...world,
    async cost(what) {
      const before = calls.length;
      await what();
      return calls.slice(before).map((call) => call.split(" ")[0] ?? "");
    },
  };
}

const TALK = { inboundHandling: "conversation" } as const;

describe("what conversations cost in calls of the store", () => {
  it("a page of messages and a page of the list are as much of three hundred as of three", async () => {
    const { service, carrier, cost } = createMetered(TALK);
    const phone = carrier.handset(PHONE);
    const costs: string[][][] = [];
    for (const count of [3, 297]) {
      for (let index = 0; index < count; index += 1) {
        await phone.text(SENDER, `Number ${index}`);
        await carrier.handset(`+1415556${String(1_000 + costs.length * 300 + index)}`).text(SENDER, "Hello");
      }
      const { sid = "" } = (await service.conversations.find({ address: PHONE })) ?? {};
      costs.push([
        await cost(() => service.conversations.messages(sid, { limit: 3 })),
        await cost(() => service.conversations.list({ limit: 3 })),
        await cost(() => service.conversations.find({ address: PHONE })),
        await cost(() => service.conversations.get(sid)),
      ]);
    }
    expect(costs[1]).toEqual(costs[0]);
    expect(costs[0]).toEqual([
      ["get", "range", "getMany"],
      ["range", "getMany"],
      ["getMany", "getMany"],
      ["get"],
    ]);
  });

  it("a message of a known conversation is one read and one write more than one for a webhook", async () => {
    const plain = createMetered({ inboundHandling: "webhook", webhook: () => undefined });
    const talk = createMetered(TALK);
    for (const world of [plain, talk]) await world.carrier.handset(PHONE).text(SENDER, "1");
    const of = ({ carrier, cost }: ReturnType<typeof createMetered>): Promise<string[]> =>
      cost(() => carrier.handset(PHONE).text(SENDER, "2"));
    const more = await of(talk);
    for (const call of await of(plain)) more.splice(more.indexOf(call), 1);
    expect(more.sort()).toEqual(["compareAndSet", "getMany"]);
  });

  it("the document stays small, and is written along with marks once in sixteen messages", async () => {
    const { service, carrier, cost } = createMetered(TALK);
    const phone = carrier.handset(PHONE);
    const calls = await cost(async () => {
      for (let index = 0; index < 200; index += 1) await phone.text(SENDER, `Number ${index}`);
    });
    expect(calls.filter((call) => call === "setMany").length).toBeLessThanOrEqual(200 / 16);
    expect((await service.conversations.find({ address: PHONE }))?.messageCount).toBe(200);
  });

  it("nothing at all where nobody uses them, not even while nothing happens", async () => {
    const { store, calls } = createCounted();
    const { carrier, clock } = createWorld({ store, webhook: () => undefined });
    await carrier.handset(PHONE).text(SENDER, "Hello");
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await clock.advance(60_000);
    expect(calls.filter((call) => /:(c|in|pair|talk|due):|:looked|:conversations"/.test(call))).toEqual([]);
    expect(calls.length).toBeGreaterThan(10);
  });
});
