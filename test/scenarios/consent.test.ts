import { memoryStore, type RangeOptions } from "@messaging-service/core";
import { describe, expect, it } from "vitest";
import { collect, createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const DAY = 86_400_000;

describe("the consent ledger", () => {
  it("knows nothing of somebody who said nothing, and refuses them nothing", async () => {
    const { service } = createWorld();
    expect(await service.consent.get(PHONE)).toEqual({
      address: PHONE,
      status: "unknown",
      since: null,
      source: null,
    });
    expect((await service.send({ to: PHONE, body: "x" })).status).toBe("queued");
  });

  it("is paged by whole numbers, and counted since a time that is one", async () => {
    const { service } = createWorld();
    for (const status of ["opted-out", "opted-in"] as const)
      await service.consent.set(PHONE, { status, source: "operator", force: true });
    for (const options of [{ limit: 1.5 }, { limit: "1" as never }, { since: "2026-01-01" as never }])
      await expect(
        "since" in options ? service.consent.stats(options) : service.consent.page(options),
      ).rejects.toMatchObject({ code: "INVALID_OPTION" });
    const first = await service.consent.page({ limit: 1 });
    expect(first.events).toHaveLength(1);
    const rest = await service.consent.page({ after: first.cursor, limit: 1_000_000 });
    expect(rest).toMatchObject({ events: [{ status: "opted-in" }], cursor: undefined });
  });

  it("counts the events of a time without reading all that were before", async () => {
    let reads = 0;
    const inner = memoryStore();
    const store = {
      ...inner,
      range(log: string, part?: RangeOptions) {
        if (log.endsWith(":consents")) reads += 1;
        return inner.range(log, part);
      },
    };
    const { service, carrier, clock } = createWorld({ store, heartbeatMs: 600_000, refreshMs: 3_600_000 });
    for (let n = 0; n < 1_200; n++)
      await service.consent.set(`+1415555${1_000 + n}`, { status: "opted-out", source: "import" });
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await clock.advance(3 * DAY);
    await service.consent.set(PHONE, { status: "opted-in", source: "operator", force: true });
    await carrier.handset(PHONE).text(SENDER, "STOP");
    reads = 0;
    const since = new Date(clock.now() - DAY);
    expect(await service.consent.stats({ since })).toMatchObject({ optOuts: 1, optIns: 1 });
    expect(reads).toBe(1);
    expect(await service.consent.stats({ since: new Date(0) })).toMatchObject({ optOuts: 1_202, optIns: 1 });
  });

  it("writes down what a website was told, and a send obeys", async () => {
    const { service, clock } = createWorld();
    expect(await service.consent.set(PHONE, { status: "opted-out", source: "website" })).toMatchObject({
      applied: true,
    });
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "OPTED_OUT" });
    await clock.advance(60_000);
    expect(await service.consent.set(PHONE, { status: "opted-in", source: "website" })).toMatchObject({
      applied: true,
    });
    expect((await service.send({ to: PHONE, body: "x" })).status).toBe("queued");
    expect((await collect(service.consent.history(PHONE))).map(({ status }) => status)).toEqual([
      "opted-out",
      "opted-in",
    ]);
    expect(await service.consent.get(PHONE)).toEqual({
      address: PHONE,
      status: "opted-in",
      since: new Date(clock.now()),
      source: "website",
    });
  });

  it("lets no import lift a STOP, earlier or later, unless forced", async () => {
    const { service, carrier, clock } = createWorld();
    await carrier.handset(PHONE).text(SENDER, "STOP");
    for (const at of [new Date(clock.now() - DAY), new Date(clock.now() + DAY)]) {
      const { applied, reason } = await service.consent.set(PHONE, {
        status: "opted-in",
        source: "import",
        at,
      });
      expect({ applied, why: reason !== undefined }).toEqual({ applied: false, why: true });
    }
    expect(await service.consent.get(PHONE)).toMatchObject({ status: "opted-out", source: "keyword" });
    expect((await collect(service.consent.history(PHONE))).map(({ effect }) => effect)).toEqual([
      "applied",
      "ignored",
      "ignored",
    ]);
    await clock.advance(60_000);
    expect(
      await service.consent.set(PHONE, { status: "opted-in", source: "operator", force: true }),
    ).toMatchObject({ applied: true });
    expect((await service.send({ to: PHONE, body: "x" })).status).toBe("queued");
  });

  it("takes an old import's opt-out only where nothing later was said", async () => {
    const { service, clock } = createWorld();
    await service.consent.set(PHONE, { status: "opted-in", source: "website" });
    const old = { status: "opted-out", source: "import", at: new Date(clock.now() - DAY) } as const;
    expect(await service.consent.set(PHONE, old)).toMatchObject({ applied: false });
    expect(await service.consent.set("+14155550124", old)).toMatchObject({ applied: true });
  });

  it("may be about one category, which leaves the others alone", async () => {
    const { service } = createWorld();
    await service.consent.set(PHONE, { status: "opted-out", source: "website", category: "marketing" });
    await expect(service.send({ to: PHONE, body: "x", category: "marketing" })).rejects.toMatchObject({
      code: "OPTED_OUT",
    });
    expect((await service.send({ to: PHONE, body: "x", category: "alerts" })).status).toBe("queued");
    expect((await service.send({ to: PHONE, body: "x" })).status).toBe("queued");
  });

  it("sees every form of a number as one person", async () => {
    const { service } = createWorld({ senders: ["+5215512345678"] });
    await service.consent.set("+5215587654321", { status: "opted-out", source: "website" });
    await expect(service.send({ to: "+525587654321", body: "x" })).rejects.toMatchObject({
      code: "OPTED_OUT",
    });
  });

  it("lists every event of the account, oldest first", async () => {
    const { service, clock } = createWorld();
    for (const [index, to] of [PHONE, "+14155550124", PHONE].entries()) {
      await service.consent.set(to, { status: index === 2 ? "opted-in" : "opted-out", source: "operator" });
      await clock.advance(1_000);
    }
    expect(
      (await collect(service.consent.entries())).map(({ person, status }) => `${person} ${status}`),
    ).toEqual([`${PHONE} opted-out`, "+14155550124 opted-out", `${PHONE} opted-in`]);
  });

  it("refuses events it cannot understand, in its own words", async () => {
    const { service } = createWorld();
    const bad: readonly unknown[] = [
      { status: "maybe", source: "import" },
      { status: "opted-in", source: "keyword" },
      { status: "opted-in", source: "hearsay" },
      { status: "opted-in" },
      { status: "opted-in", source: "import", at: new Date("nonsense") },
      { status: "opted-in", source: "import", at: "2026-01-01" },
      { status: "opted-in", source: "import", at: 5 },
      { status: "opted-in", source: "import", force: "false" },
      { status: "opted-in", source: "import", note: 7 },
      { status: "opted-in", source: "import", note: "x".repeat(1_001) },
      undefined,
    ];
    for (const event of bad)
      await expect(service.consent.set(PHONE, event as never)).rejects.toMatchObject({
        code: "INVALID_CONSENT",
      });
    await expect(
      service.consent.set("nobody", { status: "opted-in", source: "import" }),
    ).rejects.toMatchObject({
      code: "INVALID_RECIPIENT",
    });
    await expect(service.consent.get("nobody")).rejects.toMatchObject({ code: "INVALID_RECIPIENT" });
  });

  it("refuses a field that is misspelt, which would make of one category all", async () => {
    const { service } = createWorld();
    const misspelt = { status: "opted-in", source: "website", categroy: "alerts" } as never;
    for (const asked of [service.consent.set(PHONE, misspelt), service.consent.get(PHONE, misspelt)])
      await expect(asked).rejects.toMatchObject({ code: "UNKNOWN_REQUEST_OPTION" });
    await expect(service.consent.set(PHONE, misspelt)).rejects.toThrow('did you mean "category"?');
    expect((await service.consent.get(PHONE)).status).toBe("unknown");
  });

  it("keeps what STOP said at one sender to it, by scope, for questions about it", async () => {
    const { service, carrier } = createWorld({ senders: [SENDER, SECOND], optOut: { scope: "sender" } });
    await carrier.handset(PHONE).text(SENDER, "STOP");
    expect(await service.consent.get(PHONE, { sender: SENDER })).toMatchObject({ status: "opted-out" });
    expect((await service.consent.get(PHONE, { sender: SECOND })).status).not.toBe("opted-out");
  });

  it("survives a hundred writers at once", async () => {
    const { service } = createWorld();
    await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        service.consent.set(PHONE, { status: "opted-out", source: "operator", category: `c${n}` }),
      ),
    );
    for (const category of ["c0", "c50", "c99"])
      expect(await service.consent.get(PHONE, { category })).toMatchObject({ status: "opted-out" });
    expect(await collect(service.consent.history(PHONE))).toHaveLength(100);
  });
});
