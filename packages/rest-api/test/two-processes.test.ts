import type { Store } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { createRegistryKeys } from "../src/registry-keys.ts";
import type { ServiceRegistry } from "../src/registry-types.ts";
import {
  ACCOUNT,
  addNumber,
  createSetting,
  FIRST,
  named,
  open,
  register,
  SECOND,
} from "./support/registry.ts";

describe("two processes", () => {
  it("remove a sender that the other has added a moment ago", async () => {
    const setting = createSetting();
    const [first, second] = [open(setting), open(setting)];
    const { sid } = await first.create(named("Bookings"));
    const [here, there] = [await first.get(sid), await second.get(sid)];
    await addNumber(second, sid, FIRST);
    await addNumber(second, sid, SECOND);
    const member = (await first.members(sid))?.find(({ address }) => address === SECOND);
    expect(here && (await first.pools.remove(here, member?.sid ?? ""))).toMatchObject({ member: {} });
    await there?.update({});
    expect(there?.senders.list().map(({ id }) => id)).toEqual([FIRST]);
  });

  it("lose nothing of a service made in code, and are not behind", async () => {
    const setting = createSetting();
    const [first, second] = [open(setting), open(setting)];
    const options = { webhook: { url: "https://app.example/code" } };
    const service = register(setting, first, options);
    register(setting, second, options);
    const { sid } = service;
    await first.update(sid, { inboundRequestUrl: "https://app.example/sms" });
    expect((await second.read(sid))?.properties.inboundRequestUrl).toBe("https://app.example/sms");
    await Promise.all([
      first.update(sid, { inboundMethod: "GET" }),
      second.update(sid, { fallbackUrl: "https://app.example/sorry" }),
      first.configure(sid, (optOut) => ({ ...optOut, brand: "Acme" })),
      second.configure(sid, (optOut) => ({ ...optOut, supportContact: "help@acme.example" })),
    ]);
    expect(await first.read(sid)).toMatchObject({
      properties: {
        inboundRequestUrl: "https://app.example/sms",
        inboundMethod: "GET",
        fallbackUrl: "https://app.example/sorry",
      },
      optOut: { brand: "Acme", supportContact: "help@acme.example" },
    });
    await addNumber(first, sid, SECOND);
    expect((await second.members(sid))?.map(({ address }) => address)).toEqual([FIRST, SECOND]);
    // One that code has closed is shown as it was.
    const closing = service.close({ timeoutMs: 0 });
    await setting.clock.advance(10_000);
    await closing;
    expect((await first.read(sid))?.properties.inboundMethod).toBe("GET");
  });

  it("agree on who has a sender, in whatever order their calls reach the store", async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const setting = createSetting();
      const random = createRandom(seed);
      const processes = [0, 1, 2].map(() => open({ ...setting, store: hesitant(setting.store, random) }));
      const [first] = processes;
      if (first === undefined) throw new Error("no process");
      const sids = [(await first.create(named("A"))).sid, (await first.create(named("B"))).sid];
      const act = async (registry: ServiceRegistry): Promise<void> => {
        for (let turn = 0; turn < 4; turn++) {
          const sid = sids[random(2)] ?? "";
          if (random(2) === 0) await addNumber(registry, sid, FIRST);
          else {
            const service = await registry.get(sid);
            const [member] = (await registry.members(sid)) ?? [];
            if (service !== undefined && member !== undefined)
              await registry.pools.remove(service, member.sid);
          }
        }
      };
      await Promise.all(processes.map(act));
      const fresh = open(setting);
      const holders: (string | undefined)[] = [];
      for (const sid of sids) {
        const listed = ((await fresh.members(sid)) ?? []).map(({ address }) => address);
        expect(
          (await fresh.get(sid))?.senders.list().map(({ id }) => id),
          `seed ${seed}`,
        ).toEqual(listed);
        if (listed.length > 0) holders.push(sid);
      }
      expect(holders.length, `seed ${seed}`).toBeLessThan(2);
      expect(await fresh.pools.claimOf(FIRST), `seed ${seed}`).toBe(holders[0]);
    }
  });

  it("that ended between two writes leave the next start to bring pool, claim and service together", async () => {
    const setting = createSetting();
    const { store } = setting;
    const keys = createRegistryKeys(ACCOUNT);
    const first = open(setting);
    const [one, other] = [await first.create(named("A")), await first.create(named("B"))];
    await addNumber(first, one.sid, FIRST);
    await addNumber(first, one.sid, SECOND);
    const members = (await first.members(one.sid)) ?? [];
    const service = await first.get(one.sid);
    const left = members.find(({ address }) => address === SECOND);
    await service?.senders.remove(SECOND);
    if (service !== undefined) await first.pools.remove(service, left?.sid ?? "");
    // What a process adds that is killed before it looks again.
    await service?.senders.add(SECOND);
    // What two processes leave of which one is killed before it looks again.
    await store.set(keys.pool(other.sid), JSON.stringify(members.slice(0, 1)), 0);
    await store.set(keys.claim(FIRST), `${other.sid} NO${"0".repeat(32)}`, 0);
    const fresh = open(setting);
    expect((await fresh.get(other.sid))?.senders.list().map(({ id }) => id)).toEqual([FIRST]);
    expect((await fresh.get(one.sid))?.senders.list()).toEqual([]);
    expect(await fresh.members(one.sid)).toEqual([]);
    expect(await fresh.pools.claimOf(FIRST)).toBe(other.sid);
  });

  it("bring a number's webhook to where it is called, whichever writes last", async () => {
    const setting = createSetting();
    let isHeld = true;
    let proceed = () => {};
    const held = new Promise<void>((resolve) => {
      proceed = resolve;
    });
    const slow: Store = {
      ...setting.store,
      // The first process is slow to write to the account's service.
      async compareAndSet(key, ...rest) {
        if (isHeld && key.includes("account") && key.endsWith("config")) await held;
        return setting.store.compareAndSet(key, ...rest);
      },
    };
    const [first, second] = [open({ ...setting, store: slow }), open(setting)];
    const { sid } = await second.create({ ...named("Bookings"), useInboundWebhookOnNumber: true });
    await addNumber(second, sid, FIRST);
    const owned = await second.inventory.at(FIRST);
    await second.changeNumber(owned?.sid ?? "", { smsUrl: "https://app.example/0" });
    const early = first.changeNumber(owned?.sid ?? "", { smsUrl: "https://app.example/1" });
    await new Promise(setImmediate);
    await second.changeNumber(owned?.sid ?? "", { smsFallbackUrl: "https://app.example/sorry" });
    isHeld = false;
    proceed();
    await early;
    const webhook = { url: "https://app.example/1", fallbackUrl: "https://app.example/sorry" };
    for (const service of [second.account(), await second.get(sid)]) {
      await service?.update({});
      expect(service?.senders.list().find(({ id }) => id === FIRST)).toMatchObject({ webhook });
    }
  });
});

/** Whole numbers below a bound, the same for a seed. */
function createRandom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % bound;
  };
}

/** A store whose calls take a few turns of the event loop, before and after. */
function hesitant(store: Store, random: (bound: number) => number): Store {
  const turns = async (): Promise<void> => {
    for (let left = random(6); left > 0; left--) await new Promise(setImmediate);
  };
  return new Proxy(
    { ...store },
    {
      get(target, name, receiver) {
        const own: unknown = Reflect.get(target, name, receiver);
        if (typeof own !== "function" || name === "close") return own;
        return async (...parameters: unknown[]): Promise<unknown> => {
          await turns();
          const answer: unknown = await own.apply(target, parameters);
          await turns();
          return answer;
        };
      },
    },
  );
}
