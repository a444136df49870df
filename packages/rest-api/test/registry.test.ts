import type { MessagingServiceOptions, Store } from "@messaging-service/core";
import { createVirtualClock } from "@messaging-service/simulator";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ServicePage } from "../src/registry-types.ts";
import { addNumber, createSetting, FIRST, named, open, PHONE, register, SECOND } from "./support/registry.ts";

describe("a service of the registry", () => {
  it("is there for a second process, and after a restart, with its pool", async () => {
    const setting = createSetting();
    const first = open(setting);
    const { sid } = await first.create(named("Bookings"));
    await addNumber(first, sid, FIRST);
    const second = open(setting);
    expect((await second.read(sid))?.properties.friendlyName).toBe("Bookings");
    expect(((await second.get(sid))?.senders.list() ?? []).map(({ id }) => id)).toEqual([FIRST]);
    const sent = await (await second.get(sid))?.send({ to: PHONE, body: "Hello" });
    expect(sent?.from).toBe(FIRST);
  });

  it("drives the next send of a running service in another process within refreshMs", async () => {
    const setting = createSetting();
    const [first, second] = [open(setting), open(setting)];
    const { sid } = await first.create(named("Bookings"));
    await addNumber(first, sid, FIRST);
    await addNumber(first, sid, SECOND);
    const there = await second.get(sid);
    const service = await first.get(sid);
    await there?.sticky.pin(PHONE, SECOND);
    expect((await service?.send({ to: PHONE, body: "1" }))?.from).toBe(SECOND);
    await second.update(sid, { stickySender: false });
    // Every send reads the configuration along: no waiting.
    expect((await service?.send({ to: PHONE, body: "2" }))?.from).toBe(FIRST);
  });

  it("loses nothing of two processes' changes at once", async () => {
    const setting = createSetting();
    const [first, second] = [open(setting), open(setting)];
    const { sid } = await first.create(named("Bookings"));
    const url = "https://app.example/sms";
    await Promise.all([
      first.update(sid, { inboundRequestUrl: url }),
      second.update(sid, { fallbackUrl: `${url}/sorry` }),
      first.update(sid, { stickySender: false }),
      second.update(sid, { validityPeriod: 60 }),
    ]);
    const wanted = {
      url,
      method: "POST",
      fallbackUrl: `${url}/sorry`,
      fallbackMethod: "POST",
      guarded: true,
    };
    await setting.clock.advance(2_500);
    for (const registry of [first, second, open(setting)]) {
      const { webhook, stickySender, validityPeriod } = (await registry.get(sid))?.settings ?? {};
      expect({ webhook, stickySender, validityPeriod }).toEqual({
        webhook: wanted,
        stickySender: false,
        validityPeriod: 60,
      });
    }
  });

  it("is stopped when idle, and started again when asked for", async () => {
    const setting = createSetting();
    const registry = open(setting);
    const { sid } = await registry.create(named("Bookings"));
    const before = await registry.get(sid);
    await setting.clock.advance(70_000);
    await expect(before?.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "SERVICE_CLOSED" });
    expect(await registry.get(sid)).not.toBe(before);
  });

  it("is not stopped while a message waits, nor while somebody holds it", async () => {
    const setting = createSetting();
    const registry = open(setting);
    const [waits, held] = [await registry.create(named("A")), await registry.create(named("B"))];
    await addNumber(registry, waits.sid, FIRST);
    const service = await registry.get(waits.sid);
    const sendAt = new Date(setting.clock.now() + 600_000);
    const { sid } = (await service?.send({ to: PHONE, body: "Later", sendAt })) ?? { sid: "" };
    const kept = await registry.hold(held.sid);
    await setting.clock.advance(300_000);
    expect(await registry.get(waits.sid)).toBe(service);
    expect(await registry.get(held.sid)).toBe(kept);
    await setting.clock.advance(310_000);
    expect((await service?.message(sid))?.status).toBe("sent");
  });

  it("is taken up by another process when its own ends with something left", async () => {
    const setting = createSetting();
    const first = open(setting);
    const { sid } = await first.create(named("Bookings"));
    await addNumber(first, sid, FIRST);
    const sendAt = new Date(setting.clock.now() + 600_000);
    const message = await (await first.get(sid))?.send({ to: PHONE, body: "Later", sendAt });
    const closing = first.close({ timeoutMs: 0 });
    await setting.clock.advance(20_000);
    await closing;
    open(setting);
    await setting.clock.advance(600_000);
    expect(setting.carrier.handset(PHONE).inbox.map(({ body }) => body)).toEqual(["Later"]);
    expect(message?.status).toBe("scheduled");
  });
});

describe("a process that dies without a word", () => {
  it("leaves its services to another one, three signs of life later", async () => {
    const setting = createSetting();
    // Its clock stands still from the moment it dies: nothing of it runs any more.
    const first = open(setting, { clock: createVirtualClock(setting.clock.now()) });
    const { sid } = await first.create(named("Bookings"));
    await addNumber(first, sid, FIRST);
    const sendAt = new Date(setting.clock.now() + 600_000);
    await (await first.get(sid))?.send({ to: PHONE, body: "Later", sendAt });
    open(setting);
    await setting.clock.advance(620_000);
    expect(setting.carrier.handset(PHONE).inbox.map(({ body }) => body)).toEqual(["Later"]);
  });

  it("leaves a deletion that it began to be finished", async () => {
    const setting = createSetting();
    const clock = createVirtualClock(setting.clock.now());
    let dead = false;
    const hanging: (() => void)[] = [];
    const hang = (): Promise<never> =>
      new Promise((_, reject) => hanging.push(() => reject(new Error("The process is dead."))));
    const dying: Store = {
      ...setting.store,
      async compareAndSet(key, expected, value, ...rest) {
        if (dead) return hang();
        const done = await setting.store.compareAndSet(key, expected, value, ...rest);
        // The mark is written, and nothing after it.
        dead = key.includes("service:") && value?.includes("deletedAt") === true;
        return done;
      },
      delete: (key) => (dead ? hang() : setting.store.delete(key)),
    };
    const first = open({ ...setting, store: dying }, { clock });
    onTestFinished(() => {
      dead = false;
      for (const release of hanging) release();
    });
    const [{ sid }, other] = [await first.create(named("A")), await first.create(named("B"))];
    await addNumber(first, sid, FIRST);
    first.remove(sid).catch(() => undefined);
    await setting.clock.advance(1_000);
    const second = open(setting);
    await setting.clock.advance(30_000);
    expect(await second.read(sid)).toBeUndefined();
    expect(await second.pools.list(sid)).toEqual([]);
    expect(await addNumber(second, other.sid, FIRST)).toMatchObject({ member: { address: FIRST } });
  });
});

describe("a store that does not answer", () => {
  it("is an error to whoever asks, and keeps nobody from closing", async () => {
    const setting = createSetting();
    let gone = false;
    const lost = (): never => {
      throw new Error("connection refused");
    };
    const store: Store = {
      ...setting.store,
      get: (key) => (gone ? lost() : setting.store.get(key)),
      set: (key, value, ttlMs) => (gone ? lost() : setting.store.set(key, value, ttlMs)),
      delete: (key) => (gone ? lost() : setting.store.delete(key)),
    };
    const registry = open({ ...setting, store });
    const { sid } = await registry.create(named("A"));
    gone = true;
    await expect(registry.read(sid)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect(registry.get(sid)).rejects.toMatchObject({ code: "STORE_UNAVAILABLE" });
    gone = false;
    expect((await registry.get(sid))?.sid).toBe(sid);
    gone = true;
    await setting.clock.advance(10_000);
    const closing = registry.close({ timeoutMs: 0 });
    await setting.clock.advance(20_000);
    await closing;
  });
});

describe("a service that is deleted", () => {
  it("gives its numbers free, ends what waits, keeps consent and the record", async () => {
    const setting = createSetting();
    const [first, second] = [open(setting), open(setting)];
    const { sid } = await first.create(named("Bookings"));
    const other = await first.create(named("Other"));
    await addNumber(first, sid, FIRST);
    expect(await addNumber(first, other.sid, FIRST)).toEqual({ refused: "in-another" });
    const service = await first.get(sid);
    await service?.consent.set(PHONE, { status: "opted-out", source: "website" });
    const to = "+14155550124";
    const sendAt = new Date(setting.clock.now() + 600_000);
    const here = await service?.send({ to, body: "Later", sendAt });
    const there = await (await second.get(sid))?.send({ to, body: "Later", sendAt });
    expect(await first.remove(sid)).toBe(true);
    expect(await first.remove(sid)).toBe(false);
    await setting.clock.advance(2_500);
    for (const registry of [first, second]) {
      expect(await registry.read(sid)).toBeUndefined();
      expect(await registry.get(sid)).toBeUndefined();
      const behind = await registry.behind(sid);
      expect((await behind?.message(here?.sid ?? ""))?.status).toBe("canceled");
      expect((await behind?.message(there?.sid ?? ""))?.status).toBe("canceled");
      expect((await behind?.consent.get(PHONE))?.status).toBe("opted-out");
      expect(behind?.senders.list()).toEqual([]);
    }
    expect(await addNumber(first, other.sid, FIRST)).toMatchObject({ member: { address: FIRST } });
  });
});

describe("a pool", () => {
  it("has a sender once, and says where it is", async () => {
    const setting = createSetting();
    const [first, second] = [open(setting), open(setting)];
    const [one, two] = [await first.create(named("A")), await first.create(named("B"))];
    expect(await addNumber(first, one.sid, FIRST)).toMatchObject({ member: { kind: "phone-number" } });
    expect(await addNumber(second, one.sid, FIRST)).toEqual({ refused: "in-service" });
    expect(await addNumber(second, two.sid, FIRST)).toEqual({ refused: "in-another" });
    expect((await second.at(FIRST))?.sid).toBe(one.sid);
    const [member] = await second.pools.list(one.sid);
    const service = await second.get(one.sid);
    if (service === undefined || member === undefined) throw new Error("nothing there");
    await second.pools.remove(service, member.sid);
    expect(await first.pools.list(one.sid)).toEqual([]);
    expect(await first.at(FIRST)).toBeUndefined();
    expect(await addNumber(first, two.sid, FIRST)).toMatchObject({ member: { sid: member.sid } });
  });

  it("takes as many numbers as its limit", async () => {
    const setting = createSetting();
    const registry = open(setting, { poolLimit: 1 });
    const { sid } = await registry.create(named("A"));
    await addNumber(registry, sid, FIRST);
    expect(await addNumber(registry, sid, SECOND)).toEqual({ refused: "full" });
    const other = await registry.create(named("B"));
    expect(await addNumber(registry, other.sid, SECOND)).toMatchObject({ member: {} });
  });
});

describe("a service made in code", () => {
  it("is listed first, updated through its own settings, and keeps its function", async () => {
    const setting = createSetting();
    const registry = open(setting);
    const service = register(setting, registry, { webhook: () => undefined });
    const made = await registry.create(named("Made over REST"));
    expect(
      (await registry.page({ size: 10, cursor: undefined, back: false })).services.map(({ sid }) => sid),
    ).toEqual([service.sid, made.sid]);
    const view = await registry.update(service.sid, {
      friendlyName: "From code",
      stickySender: false,
      useInboundWebhookOnNumber: false,
      usecase: "poll",
    });
    expect(view?.properties).toMatchObject({
      friendlyName: "From code",
      stickySender: false,
      usecase: "poll",
    });
    expect(service.settings).toMatchObject({ stickySender: false, inboundHandling: "webhook" });
    expect(service.settings.webhook).toBeTypeOf("function");
  });

  it.each<[string, Partial<MessagingServiceOptions>]>([
    ["functions", { webhook: () => undefined, statusCallback: () => undefined }],
    ["conversations", { inboundHandling: "conversation" }],
    ["a function that is not called", { inboundHandling: "drop", webhook: () => undefined }],
    [
      "URLs",
      { webhook: { url: "http://127.0.0.1/in", format: "json" }, statusCallback: "http://127.0.0.1/" },
    ],
  ])("keeps %s when its properties come back as they were shown, or a method alone", async (_, options) => {
    const setting = createSetting();
    const registry = open(setting);
    const service = register(setting, registry, options);
    const { webhook, statusCallback, inboundHandling } = service.settings;
    const { sid } = service;
    await registry.update(sid, (await registry.read(sid))?.properties ?? {});
    const { settings } = service;
    expect([settings.webhook, settings.statusCallback]).toEqual([webhook, statusCallback]);
    await registry.update(sid, { fallbackMethod: "GET" });
    expect(service.settings.inboundHandling).toBe(inboundHandling);
    await registry.update(sid, { inboundRequestUrl: "https://e.example/in", inboundMethod: "GET" });
    expect(service.settings.webhook).toMatchObject({ url: "https://e.example/in", method: "GET" });
  });

  it("has senders that only code removes, and others that REST added", async () => {
    const setting = createSetting();
    const registry = open(setting);
    const service = register(setting, registry);
    expect(await addNumber(registry, service.sid, FIRST)).toEqual({ refused: "in-service" });
    expect(await addNumber(registry, service.sid, SECOND)).toMatchObject({ member: { address: SECOND } });
    const [fixed, added] = await registry.pools.list(service);
    expect(await registry.pools.remove(service, fixed?.sid ?? "")).toEqual({ refused: "fixed" });
    expect(await registry.pools.remove(service, added?.sid ?? "")).toMatchObject({ member: {} });
    expect(service.senders.list().map(({ id }) => id)).toEqual([FIRST]);
    expect((await registry.at(FIRST))?.sid).toBe(service.sid);
  });
});

describe("pages of services", () => {
  it("show each once, and go on over those that were deleted", async () => {
    const setting = createSetting();
    const registry = open(setting);
    const made: string[] = [];
    for (let n = 0; n < 7; n++) made.unshift((await registry.create(named(`S${n}`))).sid);
    await registry.remove(made[2] ?? "");
    const seen: string[] = [];
    const left = made.filter((_, index) => index !== 2);
    let cursor: string | undefined;
    let last: ServicePage | undefined;
    do {
      last = await registry.page({ size: 2, cursor, back: false });
      seen.push(...last.services.map(({ sid }) => sid));
      cursor = last.ends.next;
    } while (cursor !== undefined);
    expect(seen).toEqual(left);
    const back: string[] = [];
    for (let previous = last.ends.previous; previous !== undefined; ) {
      const page = await registry.page({ size: 2, cursor: previous, back: true });
      back.unshift(...page.services.map(({ sid }) => sid));
      previous = page.ends.previous;
    }
    expect(back).toEqual(left.slice(0, -last.services.length));
  });
});
