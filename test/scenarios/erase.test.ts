import { describe, expect, it } from "vitest";
import { collect, createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

describe("service.erase", () => {
  it("cancels scheduled messages and fails waiting ones with 21701", async () => {
    const { service, clock, message } = createWorld({
      senders: [{ phoneNumber: SENDER, throughput: 0.001 }],
    });
    const first = await service.send({ to: PHONE, body: "First" });
    await clock.advance(1_000);
    const waiting = await service.send({ to: PHONE, body: "Second" });
    const scheduled = await service.send({
      to: PHONE,
      body: "Third",
      sendAt: new Date(clock.now() + 3_600_000),
    });
    await service.erase();
    expect((await message(first.sid)).status).toBe("delivered");
    expect(await message(waiting.sid)).toMatchObject({ status: "failed", errorCode: 21701 });
    expect((await message(scheduled.sid)).status).toBe("canceled");
    expect(service.unfinished).toBe(0);
  });

  it("forgets settings, senders and mappings, and keeps consent", async () => {
    const { service, clock } = createWorld({ senders: [] });
    await service.senders.add(SECOND);
    await service.update({ stickySender: false });
    await service.sticky.pin(PHONE, SECOND);
    await service.consent.set(PHONE, { status: "opted-out", source: "website" });
    await service.erase();
    await clock.advance(2_000);
    expect(service.senders.list()).toEqual([]);
    expect(service.settings.stickySender).toBe(true);
    await service.senders.add(SECOND);
    expect(await service.sticky.get(PHONE)).toBeUndefined();
    expect((await service.consent.get(PHONE)).status).toBe("opted-out");
  });
});

describe("service.erase with conversations", () => {
  it("closes them, so that a service of that name begins anew", async () => {
    const { service, carrier } = createWorld({
      senders: [{ phoneNumber: SENDER, inboundHandling: "conversation" }],
    });
    await carrier.handset(PHONE).text(SENDER, "Hello");
    await service.erase();
    expect((await service.conversations.list()).map(({ state }) => state)).toEqual(["closed"]);
    expect(await service.conversations.find({ address: PHONE })).toBeUndefined();
  });
});

describe("service.unfinished", () => {
  it("counts what waits, what is handed over, and callbacks to be told", async () => {
    let tell: (() => void) | undefined;
    const { service, clock } = createWorld({
      statusCallback: () => new Promise<void>((resolve) => (tell = resolve)),
    });
    await service.send({ to: PHONE, body: "Hello" });
    expect(service.unfinished).toBe(1);
    await clock.advance(1_000);
    expect(service.unfinished).toBe(1);
    // One callback after the other: sent, delivered.
    for (let told = 0; told < 3; told++) {
      tell?.();
      await clock.advance(1_000);
    }
    expect(service.unfinished).toBe(0);
  });
});

describe("service.unfinished with conversations", () => {
  it("counts the hooks that are to be told", async () => {
    let tell: (() => void) | undefined;
    const { service, carrier, clock } = createWorld({
      inboundHandling: "conversation",
      conversations: { onMessageAdded: () => new Promise<void>((resolve) => (tell = resolve)) },
    });
    await carrier.handset(PHONE).text(SENDER, "Hello");
    await clock.advance(1_000);
    expect(service.unfinished).toBe(1);
    tell?.();
    await clock.advance(1_000);
    expect(service.unfinished).toBe(0);
  });
});

describe("service.update with null", () => {
  it("goes back to no webhook, no status callback and the standard words", async () => {
    const { service } = createWorld({
      webhook: { url: "https://app.example/sms" },
      statusCallback: "https://app.example/status",
      optOut: { brand: "Acme" },
    });
    const settings = await service.update({ webhook: null, statusCallback: null, optOut: null });
    expect(settings).toMatchObject({ webhook: undefined, statusCallback: undefined, optOut: undefined });
  });

  it("is no value of the other settings", async () => {
    const { service } = createWorld();
    await expect(service.update({ stickySender: null as unknown as boolean })).rejects.toThrow(
      "stickySender",
    );
  });
});

describe("pages", () => {
  it("of mappings go on from the cursor until there are none", async () => {
    const { service } = createWorld({ senders: [SENDER, SECOND] });
    const people = [PHONE, "+14155550124", "+14155550125"];
    for (const to of people) await service.sticky.pin(to, SECOND);
    const first = await service.sticky.page({ limit: 2 });
    const second = await service.sticky.page({ after: first.cursor, limit: 2 });
    expect([...first.entries, ...second.entries]).toEqual(people.map((to) => ({ to, sender: SECOND })));
    expect(second.cursor).toBeUndefined();
  });

  it("of consent go on from the cursor until there are none", async () => {
    const { service } = createWorld();
    for (const last of [4, 5, 6])
      await service.consent.set(`+1415555012${last}`, { status: "opted-out", source: "import" });
    const first = await service.consent.page({ limit: 2 });
    const second = await service.consent.page({ after: first.cursor, limit: 2 });
    expect([...first.events, ...second.events]).toEqual(await collect(service.consent.entries()));
    expect(second.cursor).toBeUndefined();
  });
});

describe("a request that other services have a part in", () => {
  it("is acknowledged, and the reply leaves as a message", async () => {
    const { service, carrier, clock } = createWorld({ webhook: (_message, { reply }) => reply("Hi") });
    const answers: string[] = [];
    carrier.connect({
      async handle(kind, request) {
        const answer = await service.handle(kind, request, { answerable: false });
        if (kind === "inbound") answers.push(String(answer?.body));
        return answer;
      },
    });
    const phone = carrier.handset(PHONE);
    await phone.text(SENDER, "Hello");
    await clock.advance(5_000);
    expect(answers).toHaveLength(1);
    expect(answers[0]).not.toContain("Hi");
    expect(phone.inbox.map(({ body }) => body)).toEqual(["Hi"]);
  });
});
