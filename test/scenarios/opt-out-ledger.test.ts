import { keyvStore } from "@messaging-service/core";
import { Keyv } from "keyv";
import { describe, expect, it } from "vitest";
import { startSite, twiml } from "../support/webhook-site.ts";
import { collect, createWorld, PHONE, SECOND, SENDER } from "../support/world.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

describe("an entry of the ledger", () => {
  it("says who, what, when, by which word, in which message, what they were answered, and after which campaign", async () => {
    const { service, carrier, clock } = createWorld({ optOut: { languages: { es: true }, brand: "Acme" } });
    for (const campaign of ["winter", "spring"]) {
      await service.send({ to: PHONE, body: "x", tags: { campaign } });
      await clock.advance(MINUTE);
    }
    const at = clock.now();
    const { sid, replies } = await carrier.handset(PHONE).text(SENDER, "¡Baja!");
    expect(await collect(service.consent.history(PHONE))).toEqual([
      {
        person: PHONE,
        status: "opted-out",
        channel: "sms",
        at,
        source: "keyword",
        service: "default",
        sender: SENDER,
        keyword: "BAJA",
        language: "es",
        messageSid: sid,
        reply: replies[0]?.body,
        campaign: "spring",
        effect: "applied",
      },
    ]);
  });

  it("holds the reply as it left, look-alikes replaced", async () => {
    const { service, carrier } = createWorld({ optOut: { brand: "Ann’s" } });
    const { replies } = await carrier.handset(PHONE).text(SENDER, "STOP");
    expect(replies[0]?.body).toContain("Ann's:");
    expect((await collect(service.consent.history(PHONE)))[0]?.reply).toBe(replies[0]?.body);
  });

  it("counts a scheduled message for its campaign when it has left, not when it was ordered", async () => {
    const { service, carrier, clock } = createWorld();
    const sendAt = new Date(clock.now() + 10 * MINUTE);
    await service.send({ to: PHONE, body: "x", sendAt, tags: { campaign: "later" } });
    await carrier.handset(PHONE).text(SENDER, "STOP");
    expect((await collect(service.consent.history(PHONE)))[0]?.campaign).toBeUndefined();
  });
});

describe("what is written beside a STOP", () => {
  it("lifts it when it is later than the STOP, and never when it is earlier, unless forced", async () => {
    const { service, carrier, clock } = createWorld();
    await clock.advance(10 * MINUTE);
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await clock.advance(10 * MINUTE);
    const earlier = {
      status: "opted-in",
      source: "website",
      at: new Date(clock.now() - 15 * MINUTE),
    } as const;
    expect(await service.consent.set(PHONE, earlier)).toMatchObject({ applied: false });
    await expect(service.send({ to: PHONE, body: "x" })).rejects.toMatchObject({ code: "OPTED_OUT" });
    expect(await service.consent.set(PHONE, { ...earlier, at: undefined })).toMatchObject({ applied: true });
    expect((await service.send({ to: PHONE, body: "x" })).status).toBe("queued");
    await carrier.handset(PHONE).text(SENDER, "STOP");
    expect(await service.consent.set(PHONE, { ...earlier, force: true })).toMatchObject({ applied: true });
  });

  it("as an import lifts it only with a later date of its own", async () => {
    const { service, carrier, clock } = createWorld();
    await carrier.handset(PHONE).text(SENDER, "STOP");
    await clock.advance(10 * MINUTE);
    const list = { status: "opted-in", source: "import" } as const;
    expect(await service.consent.set(PHONE, list)).toMatchObject({ applied: false });
    const dated = { ...list, at: new Date(clock.now() - 5 * MINUTE) };
    expect(await service.consent.set(PHONE, dated)).toMatchObject({ applied: true });
  });

  it("with a date to come does not keep later opt-outs out", async () => {
    const { service, clock } = createWorld();
    await service.consent.set(PHONE, {
      status: "opted-in",
      source: "website",
      at: new Date(clock.now() + DAY),
    });
    await clock.advance(1);
    const out = { status: "opted-out", source: "website", at: new Date(clock.now()) } as const;
    expect(await service.consent.set(PHONE, out)).toMatchObject({ applied: true });
  });
});

describe("what is written of one sender or category", () => {
  it.each([SENDER, "+1 (415) 555-0100", "(415) 555-0100", "tel:+1-415-555-0100"])(
    "binds the sender however it is written: %s",
    async (sender) => {
      const { service } = createWorld({
        senders: [SENDER, SECOND],
        defaultCountry: "US",
        optOut: { scope: "sender" },
      });
      await service.consent.set(PHONE, { status: "opted-out", source: "website", sender });
      const refused = service.send({ to: PHONE, from: SENDER, body: "x" });
      await expect(refused).rejects.toMatchObject({ code: "OPTED_OUT" });
      expect((await service.send({ to: PHONE, from: SECOND, body: "x" })).status).toBe("queued");
      expect((await service.consent.get(PHONE, { sender })).status).toBe("opted-out");
      expect((await service.consent.get(PHONE, { sender: SECOND })).status).toBe("unknown");
    },
  );

  it.each([
    [{ sender: "" }, "sender"],
    [{ sender: "nobody at all, I fear" }, "sender"],
    [{ sender: `whatsapp:${SENDER}` }, "sender"],
    [{ category: "" }, "category"],
    [{ category: "x".repeat(256) }, "category"],
    [{ category: 5 as unknown as string }, "category"],
  ])("is refused where it would bind nobody: %j", async (about, field) => {
    const { service } = createWorld();
    const refusal = { code: "INVALID_CONSENT", message: expect.stringContaining(field) as string };
    const out = { status: "opted-out", source: "website", ...about } as const;
    await expect(service.consent.set(PHONE, out)).rejects.toMatchObject(refusal);
    await expect(service.consent.get(PHONE, about)).rejects.toMatchObject(refusal);
    expect(await collect(service.consent.history(PHONE))).toEqual([]);
  });
});

describe("the ledger's lists", () => {
  it("come in pages from the log on a backend that cannot iterate", async () => {
    const map = new Map<string, unknown>();
    const backend = {
      get: (key: string) => map.get(key),
      set: (key: string, value: unknown) => void map.set(key, value),
      delete: (key: string) => map.delete(key),
      clear: () => map.clear(),
      iterator: () => {
        throw new Error("This backend cannot iterate.");
      },
    };
    const keyv = new Keyv({ store: backend });
    const { service } = createWorld({ store: keyvStore(keyv) });
    for (let index = 0; index < 1_010; index += 1)
      await service.consent.set(`+1415555${String(index).padStart(4, "0")}`, {
        status: "opted-out",
        source: "import",
      });
    const people = (await collect(service.consent.entries())).map(({ person }) => person);
    expect(people).toHaveLength(1_010);
    expect(people).toEqual([...people].sort());
    expect(await service.consent.stats()).toMatchObject({ optOuts: 1_010, optIns: 0, messages: 0 });
  });
});

describe("stats", () => {
  it("count by word, sender, campaign and day, and a STOP said twice once", async () => {
    const { service, carrier, clock } = createWorld({ senders: [SENDER, SECOND] });
    const people = Array.from({ length: 10 }, (_, index) => `+1415555${2_000 + index}`);
    for (const [index, to] of people.entries())
      await service.send({
        to,
        from: index < 5 ? SENDER : SECOND,
        body: "x",
        tags: { campaign: index < 5 ? "a" : "b" },
      });
    await clock.advance(MINUTE);
    const [one = "", two = "", three = ""] = people;
    await carrier.handset(one).text(SENDER, "STOP");
    await carrier.handset(one).text(SENDER, "STOP");
    await carrier.handset(two).text(SENDER, "quit");
    await carrier.handset(people[9] ?? "").text(SECOND, "STOP");
    await clock.advance(MINUTE);
    await carrier.handset(one).text(SENDER, "START");
    await service.consent.set(three, { status: "opted-out", source: "website" });
    const stats = await service.consent.stats({ since: new Date(clock.now() - DAY) });
    expect(stats).toMatchObject({ optOuts: 4, optIns: 1, messages: 10, rate: 0.4 });
    expect(stats.byKeyword).toMatchObject({
      STOP: { optOuts: 2 },
      QUIT: { optOuts: 1 },
      START: { optIns: 1 },
    });
    expect(stats.bySender).toMatchObject({
      [SENDER]: { optOuts: 2, messages: 5, rate: 0.4 },
      [SECOND]: { optOuts: 1, messages: 5, rate: 0.2 },
    });
    expect(stats.byCampaign).toMatchObject({
      a: { optOuts: 3, messages: 5, rate: 0.6 },
      b: { optOuts: 1, messages: 5, rate: 0.2 },
    });
    expect(Object.values(stats.byDay)).toMatchObject([{ optOuts: 4, messages: 10 }]);
    expect(await service.consent.stats({ since: new Date(clock.now() + 1) })).toMatchObject({
      optOuts: 0,
      messages: 0,
    });
  });

  it.each([
    [2, []],
    [3, ["HIGH_OPT_OUT_RATE"]],
  ])("of %d opt-outs for 40 messages in a day alert %j: carriers act above 5 %%", async (stops, codes) => {
    const { service, carrier, clock } = createWorld();
    for (let index = 0; index < 40; index += 1)
      await service.send({ to: `+1415555${2_000 + index}`, body: "x" });
    await clock.advance(MINUTE);
    for (let index = 0; index < stops; index += 1)
      await carrier.handset(`+1415555${2_000 + index}`).text(SENDER, "STOP");
    await clock.advance(65 * MINUTE);
    expect((await service.alerts.list()).map(({ code }) => code)).toEqual(codes);
    await clock.advance(130 * MINUTE);
    expect(await service.alerts.list(), "once a day").toHaveLength(codes.length);
  });
});

describe("the application learns of a keyword", () => {
  const WORDS = ["STOP", "START", "HELP"];

  it("by its webhook function, events and the feed, with optOutType, once each", async () => {
    const heard: string[] = [];
    const { service, carrier, clock } = createWorld({
      webhook: ({ optOutType }) => void heard.push(`webhook ${optOutType}`),
    });
    for (const name of ["opt-out", "opt-in", "help", "received"] as const)
      service.on(name, ({ optOutType }) => heard.push(`${name} ${optOutType}`));
    for (const word of WORDS) {
      await carrier.handset(PHONE).text(SENDER, word, { duplicates: 2 });
      await clock.advance(MINUTE);
    }
    expect(heard.sort()).toEqual([
      "help HELP",
      "opt-in START",
      "opt-out STOP",
      "webhook HELP",
      "webhook START",
      "webhook STOP",
    ]);
    const feed = await collect(service.changes({ follow: false }));
    const inbound = feed.flatMap((change) => (change.type === "inbound" ? [change.optOutType] : []));
    expect(inbound).toEqual(WORDS);
    expect(feed).toContainEqual(
      expect.objectContaining({
        type: "opt-out",
        address: PHONE,
        sender: SENDER,
        source: "keyword",
        keyword: "STOP",
      }),
    );
    expect(
      (await service.messages({ direction: "inbound" })).map(({ optOutType }) => optOutType).sort(),
    ).toEqual([...WORDS].sort());
  });

  it("by its webhook URL, with OptOutType, and nothing that it answers is sent", async () => {
    const site = await startSite({ "/sms": twiml("From the webhook") });
    const { service, carrier } = createWorld({
      webhook: { url: `${site.origin}/sms` },
      allowPrivateHosts: ["127.0.0.1"],
    });
    const phone = carrier.handset(PHONE);
    for (const word of WORDS) await phone.text(SENDER, word);
    await expect.poll(() => site.requests.length).toBe(2);
    expect(site.requests.map(({ parameters }) => parameters.OptOutType)).toEqual(["STOP", "HELP"]);
    expect(site.requests[0]?.parameters).toMatchObject({ From: PHONE, To: SENDER, Body: "STOP" });
    expect(phone.inbox.map(({ body }) => body)).toEqual([expect.stringContaining("unsubscribed")]);
    expect(await service.alerts.list()).toEqual([]);
  });
});
